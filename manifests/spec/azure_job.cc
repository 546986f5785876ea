#include "manifests/spec/azure_job.h"

#include <algorithm>
#include <limits>

#include "manifests/spec/azure_command.h"
#include "manifests/spec/azure_extensions.h"
#include "manifests/spec/azure_ignored.h"
#include "manifests/spec/azure_inputs.h"
#include "manifests/spec/azure_paths.h"
#include "manifests/spec/azure_search_space.h"
#include "manifests/spec/azure_settings.h"
#include "manifests/spec/azure_trial.h"
#include "model/ids.h"

namespace sweepjob::azure {
namespace {

constexpr std::int64_t kMaxCommandSeconds = 100LL * 365 * 24 * 3600;

const std::vector<std::string>& job_keys() {
  static const std::vector<std::string> kKeys = {"$schema",
                                                 "type",
                                                 "name",
                                                 "display_name",
                                                 "experiment_name",
                                                 "description",
                                                 "tags",
                                                 "properties",
                                                 "trial",
                                                 "inputs",
                                                 "outputs",
                                                 "compute",
                                                 "sampling_algorithm",
                                                 "search_space",
                                                 "objective",
                                                 "early_termination",
                                                 "limits",
                                                 "queue_settings",
                                                 "resources",
                                                 "identity",
                                                 "services",
                                                 "creation_context",
                                                 "id",
                                                 "status",
                                                 "log_files",
                                                 "parent_job_name"};
  return kKeys;
}

// What a command step and the trial that it is have in common.
const std::vector<std::string>& command_keys() {
  static const std::vector<std::string> kKeys = {
      "command", "code", "environment", "environment_variables", "distribution", "resources"};
  return kKeys;
}

std::vector<std::string> step_keys() {
  std::vector<std::string> keys = command_keys();
  for (const char* more : {"$schema",          "type",
                           "component",        "name",
                           "display_name",     "experiment_name",
                           "description",      "tags",
                           "properties",       "inputs",
                           "outputs",          "compute",
                           "limits",           "queue_settings",
                           "identity",         "services",
                           "is_deterministic", "id",
                           "status",           "log_files",
                           "creation_context", "parent_job_name"}) {
    keys.emplace_back(more);
  }
  return keys;
}

class SweepReader {
 public:
  SweepReader(const SweepSource& source, AzureReader& reader)
      : node_(source.node), path_(source.path), source_(source), reader_(reader) {}

  SweepSpec read() {
    is_sweep_ = true;
    reader_.check_keys(node_, path_, job_keys(),
                       source_.in_pipeline ? UnknownKeys::Warn : UnknownKeys::Deviate);
    read_names();
    read_tags();
    read_compute();
    spec_.extensions =
        read_extensions(extensions_node(), join(join(path_, "properties"), "sweepjob"), reader_);
    read_search();
    read_trial_and_io();
    check_ignored_sections(node_, path_, reader_);
    check_together();
    return std::move(spec_);
  }

  SweepSpec read_command() {
    reader_.check_keys(node_, path_, step_keys(), UnknownKeys::Warn);
    read_names();
    read_tags();
    read_compute();
    spec_.extensions =
        read_extensions(extensions_node(), join(join(path_, "properties"), "sweepjob"), reader_);
    spec_.sampling.type = "random";
    spec_.sampling.path = at("sampling_algorithm");
    spec_.limits.max_total_trials = 1;
    spec_.limits.max_concurrent_trials = 1;
    if (const YamlNode* limits = child("limits")) read_command_limits(*limits);
    read_io(command_source());
    check_ignored_sections(node_, path_, reader_);
    return std::move(spec_);
  }

 private:
  [[nodiscard]] const YamlNode* child(std::string_view key) const {
    const YamlNode* found = node_.find(key);
    return found != nullptr && !found->is_null() ? found : nullptr;
  }
  [[nodiscard]] std::string at(std::string_view key) const { return join(path_, key); }

  [[nodiscard]] const YamlNode* extensions_node() const {
    const YamlNode* properties = child("properties");
    return properties != nullptr ? properties->find("sweepjob") : nullptr;
  }

  void read_names() {
    reader_.read_text(node_, path_, "name", spec_.name);
    if (!spec_.name.empty() && !is_valid_sweep_name(spec_.name)) {
      reader_.error(child("name")->where(), at("name"),
                    "'" + shown(spec_.name) + "' is no name of a job",
                    "1 to 128 letters, digits, '-', '_' and '.', and a letter or digit first");
    }
    reader_.read_text(node_, path_, "display_name", spec_.display_name);
    reader_.read_text(node_, path_, "experiment_name", spec_.experiment_name);
    reader_.read_text(node_, path_, "description", spec_.description);
    if (spec_.experiment_name.empty()) {
      spec_.experiment_name = resolve_local(source_.folder, ".").filename().string();
    }
  }

  void read_tags() {
    const YamlNode* tags = child("tags");
    if (tags != nullptr && reader_.expect_mapping(*tags, at("tags"))) {
      for (const YamlNode& tag : tags->items) {
        if (!tag.is_scalar()) {
          reader_.error(tag.where(), join(at("tags"), tag.key),
                        "expected text, not " + std::string(describe(tag.kind)));
        } else {
          spec_.tags.emplace_back(tag.key,
                                  tag.is_null() ? Value() : Value(python_str(to_value(tag))));
        }
      }
    }
    const YamlNode* properties = child("properties");
    if (properties == nullptr || !reader_.expect_mapping(*properties, at("properties"))) return;
    for (const YamlNode& property : properties->items) {
      if (property.key == "sweepjob" || property.is_scalar()) continue;
      reader_.deviation(property.where(), join(at("properties"), property.key),
                        "expected text, not " + std::string(describe(property.kind)));
    }
  }

  void read_compute() {
    const YamlNode* compute = child("compute");
    spec_.compute_where = compute == nullptr ? node_.where() : compute->where();
    if (compute == nullptr) return;
    if (auto name = reader_.text(*compute, at("compute"))) spec_.compute = std::move(*name);
  }

  void read_search() {
    spec_.sampling =
        read_sampling(node_.find("sampling_algorithm"), node_, at("sampling_algorithm"), reader_);
    if (const YamlNode* space =
            reader_.require(node_, path_, "search_space", "a mapping of parameters")) {
      spec_.space =
          read_search_space(*space, at("search_space"), log_base_of(spec_.sampling), reader_);
    }
    spec_.objectives = read_objectives(node_.find("objective"), node_, at("objective"), reader_);
    spec_.goal_where = place_of_goal(node_.find("objective"));
    spec_.early_termination =
        read_early_termination(node_.find("early_termination"), at("early_termination"), reader_);
    spec_.limits = read_limits(node_.find("limits"), node_, at("limits"), reader_);
  }

  void read_trial_and_io() {
    const YamlNode* trial = child("trial");
    if (trial == nullptr) {
      reader_.error(node_.where(), at("trial"),
                    "missing; expected {command: ..., environment: ...}", hint_for_missing_trial());
      TrialSource nothing;
      nothing.unavailable = true;
      return read_io(nothing);
    }
    read_io(find_trial(*trial, at("trial"), source_.folder, source_.in_pipeline, reader_));
  }

  // `timeout` is that of the command: the attempt keeps to it while no controller runs, too.
  void read_command_limits(const YamlNode& node) {
    if (!reader_.expect_mapping(node, at("limits"))) return;
    reader_.check_keys(node, at("limits"), {"timeout"});
    const YamlNode* timeout = node.find("timeout");
    if (timeout == nullptr || timeout->is_null()) return;
    const auto seconds =
        reader_.integer(*timeout, join(at("limits"), "timeout"), 0, kMaxCommandSeconds);
    if (seconds) spec_.limits.trial_timeout = std::chrono::seconds(*seconds);
  }

  // The component's own file with what the step says over it, or the step itself.
  TrialSource command_source() {
    TrialSource source;
    if (const YamlNode* component = child("component")) {
      source = find_trial(*component, at("component"), source_.folder, true, reader_);
    } else {
      source.node.kind = YamlKind::Mapping;
      source.node.file = node_.file;
      source.node.line = node_.line;
      source.node.column = node_.column;
      source.path = path_;
      source.folder = source_.folder;
      source.is_component = true;
    }
    for (const std::string& key : command_keys()) {
      const YamlNode* own = child(key);
      if (own == nullptr) continue;
      if (child("component") != nullptr && (key == "command" || key == "code")) {
        reader_.warning(own->key_where(), at(key), "has no meaning beside 'component'");
      } else {
        source.node.set(key, *own);
      }
    }
    return source;
  }

  void read_io(const TrialSource& found) {
    const Section values{child("inputs"), at("inputs"), source_.folder, source_.in_pipeline};
    const Section outputs{child("outputs"), at("outputs"), source_.folder};
    if (!found.unavailable) spec_.trial = read_trial(found, reader_);
    if (const YamlNode* resources = child("resources")) {
      read_resources(*resources, at("resources"), spec_.trial, reader_);
    }
    if (found.unavailable) {
      spec_.inputs = read_inputs(values, {}, nullptr, reader_);
      spec_.outputs = read_outputs(outputs, {}, reader_);
      return;
    }
    const Section declared{found.node.find("inputs"), join(found.path, "inputs"), found.folder};
    const Section made{found.node.find("outputs"), join(found.path, "outputs"), found.folder};
    spec_.inputs = read_inputs(values, declared, node_.find("search_space"), reader_);
    spec_.outputs = read_outputs(outputs, made, reader_);
    check_command(spec_, found, known_sections(), reader_);
  }

  [[nodiscard]] KnownSections known_sections() const {
    const auto is_readable = [&](const char* key) {
      const YamlNode* node = child(key);
      return node == nullptr || node->is_mapping();
    };
    // A sweep without parameters has said so; a command step has none to miss.
    const bool has_space = !is_sweep_ || !spec_.space.parameters.empty();
    return {is_readable("inputs"), is_readable("outputs"), has_space};
  }

  // The trial under another name is the usual reason.
  [[nodiscard]] std::string hint_for_missing_trial() const {
    for (const YamlNode& item : node_.items) {
      if (item.is_mapping() && item.find("command") != nullptr) {
        return "rename '" + shown(item.key) + "' to 'trial'";
      }
    }
    return {};
  }

  // What only two sections together show.
  void check_together() {
    check_space_for_sampler(spec_.space, at("search_space"), spec_.sampling, reader_);
    warn_of_hidden_variables(spec_.space, at("search_space"), reader_);
    const Option* seed = spec_.sampling.find("seed");
    if (seed != nullptr && spec_.extensions.seed) {
      reader_.note(seed->where, join(at("sampling_algorithm"), "seed"),
                   "the sampler takes this seed, not the one under properties.sweepjob");
    }
    if (spec_.extensions.control_fraction > 0 && child("early_termination") == nullptr) {
      reader_.warning(extensions_node()->find("control_fraction")->where(),
                      join(join(at("properties"), "sweepjob"), "control_fraction"),
                      "nothing is cut, so that no cut runs on", "early_termination names a policy");
    }
    if (spec_.sampling.type == "bayesian" && spec_.early_termination) {
      reader_.warning(spec_.early_termination->policy.where, at("early_termination"),
                      "a trial that is stopped early enters the bayesian model with its best value "
                      "so far");
    }
  }

  const YamlNode& node_;
  const std::string& path_;
  const SweepSource& source_;
  AzureReader& reader_;
  SweepSpec spec_;
  bool is_sweep_ = false;  // or a command step
};

}  // namespace

SweepSpec read_sweep(const SweepSource& source, AzureReader& reader) {
  return SweepReader(source, reader).read();
}

SweepSpec read_command_step(const SweepSource& source, AzureReader& reader) {
  return SweepReader(source, reader).read_command();
}

void check_component(const YamlNode& node, const std::filesystem::path& folder,
                     AzureReader& reader) {
  const TrialSource source = find_trial(node, "", folder, true, reader);
  SweepSpec spec;
  spec.trial = read_trial(source, reader);
  // Every input may be given by the job that uses it, so a missing value is no finding.
  YamlNode given;
  given.kind = YamlKind::Mapping;
  if (const YamlNode* inputs = source.node.find("inputs")) given = *inputs;
  spec.inputs = read_inputs({}, {source.node.find("inputs"), "inputs", folder}, &given, reader);
  for (const YamlNode& item : given.items) {
    InputSpec input;
    input.name = item.key;
    input.is_data = true;
    spec.inputs.push_back(std::move(input));
  }
  spec.outputs = read_outputs({}, {source.node.find("outputs"), "outputs", folder}, reader);
  check_command(spec, source, {}, reader);
}

}  // namespace sweepjob::azure
