#include "manifests/spec/parse_manifest.h"

#include <algorithm>
#include <filesystem>

#include "manifests/spec/azure_bindings.h"
#include "manifests/spec/azure_extensions.h"
#include "manifests/spec/azure_job.h"
#include "manifests/spec/azure_legacy.h"
#include "manifests/spec/azure_pipeline.h"
#include "manifests/spec/azure_reader.h"
#include "manifests/spec/azure_step_order.h"
#include "manifests/spec/yaml_node.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxFindings = 500;

// In the order of the lines, the file itself before the components that it names.
void sort_and_bound(Findings& findings, const std::string& file) {
  findings.sort_by_place(file);
  std::vector<Finding> all = findings.all();
  if (all.size() > kMaxFindings) {
    // Errors first: the count of what is left out must not hide one.
    std::stable_partition(all.begin(), all.end(),
                          [](const Finding& f) { return f.severity == Severity::Error; });
    const std::size_t left_out = all.size() - kMaxFindings;
    all.resize(kMaxFindings);
    all.push_back({Severity::Note,
                   {file, 1, 1},
                   "",
                   std::to_string(left_out) + " more findings are not shown",
                   ""});
  }
  findings = Findings();
  for (Finding& finding : all) findings.add(std::move(finding));
}

class ManifestParser {
 public:
  ManifestParser(const std::string& file, const ParseOptions& options)
      : file_(file),
        options_(options),
        folder_(options.base_folder.empty() ? std::filesystem::path(file).parent_path()
                                            : std::filesystem::path(options.base_folder)),
        reader_(result_.findings, options.strict, options.schema_only) {}

  ParsedManifest parse(std::string_view text) {
    if (auto root = load_yaml(text, file_, result_.findings)) read(*root);
    reader_.report_ignored();
    sort_and_bound(result_.findings, file_);
    if (result_.findings.has_errors()) keep_as_drafts();
    return std::move(result_);
  }

 private:
  void read(YamlNode& root) {
    if (!root.is_mapping()) {
      reader_.error(
          root.where(), "",
          "expected a sweep job (a mapping of keys), not " + std::string(describe(root.kind)));
      return;
    }
    expand(root);
    for (const auto& [path, value] : options_.overrides) {
      static_cast<void>(apply_override(root, path, value, result_.findings));
    }
    reader_.refuse_nul(root, "");
    read_as(type_of(root), root);
  }

  void read_as(const std::string& type, YamlNode& root) {
    if (type == "pipeline") {
      read_pipeline(root);
    } else if (type == "sweep" || type == "sweep_job") {
      read_job(root);
    } else if (type == "command" && is_component(root)) {
      read_component(root);
    } else {
      refuse_type(root, type);
      // What it was probably meant to be, so that the other mistakes are said too.
      const std::string meant = meant_type(root, type);
      if (!meant.empty()) read_as(meant, root);
    }
  }

  static std::string meant_type(const YamlNode& root, const std::string& type) {
    const std::string nearest = type.empty() ? "sweep" : nearest_word(type, {"sweep", "pipeline"});
    const char* sign = nearest == "sweep" ? "search_space" : "jobs";
    return !nearest.empty() && root.find(sign) != nullptr ? nearest : "";
  }

  // Never to be run.
  void keep_as_drafts() {
    result_.drafts = std::move(result_.steps);
    result_.steps.clear();
    if (result_.drafts.empty() && result_.spec) {
      result_.drafts.push_back({"", StepType::Sweep, *std::move(result_.spec), {}});
    }
    result_.spec.reset();
  }

  void expand(YamlNode& root) {
    azure::expand_extensions(root, "", reader_);
    YamlNode* jobs = root.find("jobs");
    if (jobs == nullptr || !jobs->is_mapping()) return;
    for (YamlNode& step : jobs->items) {
      azure::expand_extensions(step, azure::join("jobs", step.key), reader_);
    }
  }

  static std::string type_of(const YamlNode& root) {
    for (const char* key : {"type", "job_type"}) {
      const YamlNode* type = root.find(key);
      if (type != nullptr && type->is_scalar() && !type->is_null()) {
        return azure::snake_case(type->text.substr(0, azure::kMaxName));
      }
    }
    return {};
  }

  // A command component, not a command job: its inputs are declared, and it names no compute.
  static bool is_component(const YamlNode& root) {
    return root.find("command") != nullptr && root.find("compute") == nullptr &&
           root.find("experiment_name") == nullptr;
  }

  void read_job(YamlNode& root) {
    result_.dialect = "azure";
    if (options_.step) {
      reader_.error(root.where(), "", "--step is for pipelines; this file is a sweep of its own");
    }
    azure::translate_legacy_job(root, reader_);
    azure::bind_to_inputs(root, "", false, reader_);
    take(azure::read_sweep({std::move(root), "", folder_, false}, reader_));
  }

  void read_pipeline(const YamlNode& root) {
    result_.dialect = "azure-pipeline";
    if (const YamlNode* name = root.find("name"); name != nullptr && name->is_scalar()) {
      result_.pipeline_name = name->text;
    }
    std::vector<PipelineStep> steps;
    for (const azure::StepSource& step : azure::find_steps(root, folder_, options_.step, reader_)) {
      const bool is_sweep = step.type == StepType::Sweep;
      SweepSpec spec = is_sweep ? azure::read_sweep(step.source, reader_)
                                : azure::read_command_step(step.source, reader_);
      spec.source_file = file_;
      spec.step = step.source.node.key;
      steps.push_back({spec.step, step.type, std::move(spec), {}});
    }
    const auto is_sweep = [](const PipelineStep& step) { return step.type == StepType::Sweep; };
    if (std::count_if(steps.begin(), steps.end(), is_sweep) == 1) {
      result_.spec = std::find_if(steps.begin(), steps.end(), is_sweep)->spec;
    }
    if (options_.step) return;
    azure::order_steps(steps, reader_);
    result_.steps = std::move(steps);
  }

  void take(SweepSpec spec) {
    spec.source_file = file_;
    result_.spec = std::move(spec);
  }

  void read_component(const YamlNode& root) {
    result_.dialect = "azure-component";
    if (!options_.schema_only) {
      reader_.error(root.where(), "type",
                    "a command component is no sweep, so there is nothing to run",
                    "name this file in a sweep's 'trial'");
      return;
    }
    reader_.note(root.where(), "type", "a command component: what a sweep's 'trial' may name");
    azure::check_component(root, folder_, reader_);
  }

  void refuse_type(const YamlNode& root, const std::string& type) {
    const YamlNode* node = root.find("type");
    if (type.empty()) {
      reader_.error(node != nullptr ? node->where() : root.where(), "type",
                    "missing; expected sweep or pipeline", hint_without_type(root));
      return;
    }
    const SourceLocation where = node != nullptr ? node->where() : root.find("job_type")->where();
    const std::string hint = reader_.suggest(type, {"sweep", "pipeline"});
    reader_.error(where, "type", "type '" + azure::shown(type) + "' is not supported",
                  hint.empty() ? "expected sweep or pipeline" : hint);
  }

  static std::string hint_without_type(const YamlNode& root) {
    return root.find("search_space") != nullptr ? "write type: sweep" : "";
  }

  const std::string& file_;
  const ParseOptions& options_;
  std::filesystem::path folder_;
  ParsedManifest result_;
  azure::AzureReader reader_;
};

}  // namespace

ParsedManifest parse_manifest(std::string_view text, const std::string& file_name,
                              const ParseOptions& options) {
  return ManifestParser(file_name, options).parse(text);
}

}  // namespace sweepjob
