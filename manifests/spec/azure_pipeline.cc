#include "manifests/spec/azure_pipeline.h"

#include <map>

#include "manifests/spec/azure_bindings.h"
#include "manifests/spec/azure_legacy.h"

namespace sweepjob::azure {
namespace {

const std::vector<std::string>& pipeline_keys() {
  static const std::vector<std::string> kKeys = {
      "$schema",        "type",     "name",       "display_name", "experiment_name",
      "description",    "tags",     "properties", "inputs",       "outputs",
      "jobs",           "settings", "compute",    "identity",     "services",
      "component",      "id",       "status",     "log_files",    "creation_context",
      "parent_job_name"};
  return kKeys;
}

// A step without a type is a command.
std::string type_of(const YamlNode& step) {
  const YamlNode* type = step.find("type");
  if (type == nullptr || !type->is_scalar() || type->is_null()) return "command";
  return snake_case(type->text.substr(0, kMaxName));
}

std::string listed(const std::vector<const YamlNode*>& steps, bool with_type) {
  std::string text;
  for (const YamlNode* step : steps) {
    if (text.size() > 500) return text + ", ...";
    text += (text.empty() ? "" : ", ") + shown(step->key);
    if (with_type) text += " (" + shown(type_of(*step)) + ")";
  }
  return text;
}

void inherit(YamlNode& step, const YamlNode& pipeline, const char* key) {
  const YamlNode* own = step.find(key);
  const YamlNode* common = pipeline.find(key);
  const bool has_own = own != nullptr && !own->is_null();
  if (!has_own && common != nullptr && !common->is_null()) step.set(key, *common);
}

// The step with what it takes from the pipeline around it.
SweepSource as_job(const YamlNode& pipeline, const YamlNode& step,
                   const std::filesystem::path& folder, OtherSteps others, AzureReader& reader) {
  SweepSource source{step, join("jobs", step.key), folder, true};
  YamlNode& node = source.node;
  const YamlNode* settings = pipeline.find("settings");
  if (settings != nullptr) {
    const YamlNode* compute = settings->find("default_compute");
    if (compute == nullptr) compute = settings->find("default_compute_target");
    const YamlNode* own = node.find("compute");
    const bool has_own = own != nullptr && !own->is_null();
    if (!has_own && compute != nullptr && !compute->is_null()) node.set("compute", *compute);
  }
  for (const char* key : {"compute", "experiment_name", "description", "tags"})
    inherit(node, pipeline, key);
  const YamlNode* name = pipeline.find("name");
  if (name != nullptr && name->is_scalar() && !name->is_null() && node.find("name") == nullptr) {
    YamlNode joined = *name;
    joined.kind = YamlKind::String;
    joined.text += "_" + sweep_name_part(step.key);
    node.set("name", std::move(joined));
  }
  bind_to_pipeline(node, source.path, pipeline, others, reader);
  translate_legacy_sections(node, source.path, reader);
  bind_to_inputs(node, source.path, true, reader);
  return source;
}

struct Steps {
  std::vector<const YamlNode*> sweeps;
  std::vector<const YamlNode*> commands;
  std::vector<const YamlNode*> others;
};

Steps sorted_by_type(const YamlNode& jobs) {
  Steps steps;
  for (const YamlNode& item : jobs.items) {
    const std::string type = type_of(item);
    if (type == "sweep") {
      steps.sweeps.push_back(&item);
    } else {
      (type == "command" ? steps.commands : steps.others).push_back(&item);
    }
  }
  return steps;
}

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  return count;
}

// Each step gets a copy of what the pipeline says for all of them.
bool is_of_bounded_size(const YamlNode& pipeline, const YamlNode& jobs, AzureReader& reader) {
  constexpr std::size_t kMaxCopied = 2'000'000;
  if (jobs.items.size() * count_nodes(pipeline) <= kMaxCopied) return true;
  reader.error(jobs.key_where(), "jobs",
               "too large: " + std::to_string(jobs.items.size()) + " steps in a file of this size");
  return false;
}

const YamlNode* jobs_of(const YamlNode& pipeline, AzureReader& reader) {
  const YamlNode* jobs = pipeline.find("jobs");
  if (jobs == nullptr || jobs->is_null() || (jobs->is_mapping() && jobs->items.empty())) {
    reader.error(jobs != nullptr ? jobs->key_where() : pipeline.where(), "jobs",
                 "missing; expected the pipeline's steps, of type sweep or command");
    return nullptr;
  }
  if (jobs->is_mapping()) return is_of_bounded_size(pipeline, *jobs, reader) ? jobs : nullptr;
  reader.error(jobs->where(), "jobs",
               "expected a mapping of steps, not " + std::string(describe(jobs->kind)));
  return nullptr;
}

const YamlNode* chosen_step(const YamlNode& jobs, const Steps& steps, const std::string& name,
                            AzureReader& reader) {
  const YamlNode* chosen = jobs.find(name);
  if (chosen == nullptr) {
    std::vector<std::string> names;
    for (const YamlNode& step : jobs.items) names.push_back(step.key);
    const std::string hint = reader.suggest(name, names);
    reader.error(jobs.key_where(), "jobs", "has no step '" + shown(name) + "'",
                 hint.empty() ? "its sweep steps: " + listed(steps.sweeps, false) : hint);
    return nullptr;
  }
  if (type_of(*chosen) == "sweep") return chosen;
  reader.error(chosen->key_where(), join("jobs", name),
               "is of type '" + shown(type_of(*chosen)) + "'; only a sweep step can be run alone",
               steps.sweeps.empty() ? "" : "sweep steps: " + listed(steps.sweeps, false));
  return nullptr;
}

std::vector<StepSource> one_step(const YamlNode& pipeline, const YamlNode& jobs,
                                 const std::filesystem::path& folder, const std::string& name,
                                 AzureReader& reader) {
  Steps steps = sorted_by_type(jobs);
  const YamlNode* chosen = chosen_step(jobs, steps, name, reader);
  if (chosen == nullptr) return {};
  std::vector<const YamlNode*> rest;
  for (const YamlNode& item : jobs.items) {
    if (&item != chosen) rest.push_back(&item);
  }
  if (!rest.empty()) {
    reader.note(jobs.key_where(), "jobs", "steps that are not run: " + listed(rest, true));
  }
  return {{StepType::Sweep, as_job(pipeline, *chosen, folder, OtherSteps::AreNotRun, reader)}};
}

// A pipeline runs as a whole or not at all. Where a sweep step could run alone the text is right.
void refuse_types(const Steps& steps, AzureReader& reader) {
  for (const YamlNode* step : steps.others) {
    const SourceLocation where = step->key_where();
    const std::string path = join("jobs", step->key);
    const std::string message = "type '" + shown(type_of(*step)) +
                                "' is not supported; a pipeline runs if each of its steps is a "
                                "sweep or a command";
    if (steps.sweeps.empty()) {
      reader.error(where, path, message);
    } else {
      reader.missing_to_run(
          where, path, message,
          "one sweep step runs alone with --step: " + listed(steps.sweeps, false));
    }
  }
}

// Each step becomes a sweep of a name of its own.
void check_names(const YamlNode& jobs, AzureReader& reader) {
  std::map<std::string, std::string> taken;
  for (const YamlNode& step : jobs.items) {
    const auto [other, is_new] = taken.emplace(sweep_name_part(step.key), step.key);
    if (is_new) continue;
    reader.error(step.key_where(), join("jobs", step.key),
                 "steps '" + shown(other->second) + "' and '" + shown(step.key) +
                     "' would both be the sweep NAME_" + shown(other->first));
  }
}

}  // namespace

std::vector<StepSource> find_steps(const YamlNode& pipeline, const std::filesystem::path& folder,
                                   const std::optional<std::string>& step, AzureReader& reader) {
  reader.check_keys(pipeline, "", pipeline_keys());
  const YamlNode* jobs = jobs_of(pipeline, reader);
  if (jobs == nullptr) return {};
  if (step) return one_step(pipeline, *jobs, folder, *step, reader);
  const Steps steps = sorted_by_type(*jobs);
  refuse_types(steps, reader);
  // There is nothing in it for us: one clear error.
  if (!steps.others.empty() && steps.sweeps.empty()) return {};
  check_names(*jobs, reader);
  std::vector<StepSource> sources;
  for (const YamlNode& item : jobs->items) {
    const std::string type = type_of(item);
    if (type != "sweep" && type != "command") continue;
    if (!item.is_mapping()) {
      reader.error(item.where(), join("jobs", item.key),
                   "expected a step, which is a mapping, not " + std::string(describe(item.kind)));
      continue;
    }
    sources.push_back({type == "sweep" ? StepType::Sweep : StepType::Command,
                       as_job(pipeline, item, folder, OtherSteps::AreRun, reader)});
  }
  return sources;
}

}  // namespace sweepjob::azure
