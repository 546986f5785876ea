#include "manifests/spec/azure_pipeline.h"

#include <algorithm>

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
                   const std::filesystem::path& folder, AzureReader& reader) {
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
    joined.text += "_" + step.key;
    node.set("name", std::move(joined));
  }
  bind_to_pipeline(node, source.path, pipeline, reader);
  translate_legacy_sections(node, source.path, reader);
  bind_to_inputs(node, source.path, true, reader);
  return source;
}

struct Steps {
  std::vector<const YamlNode*> sweeps;
  std::vector<const YamlNode*> others;
};

const YamlNode* jobs_of(const YamlNode& pipeline, AzureReader& reader) {
  const YamlNode* jobs = pipeline.find("jobs");
  if (jobs == nullptr || jobs->is_null() || (jobs->is_mapping() && jobs->items.empty())) {
    reader.error(jobs != nullptr ? jobs->key_where() : pipeline.where(), "jobs",
                 "missing; expected the pipeline's steps, one of them of type sweep");
    return nullptr;
  }
  if (jobs->is_mapping()) return jobs;
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
               "is of type '" + shown(type_of(*chosen)) + "'; only a sweep step can be run",
               steps.sweeps.empty() ? "" : "sweep steps: " + listed(steps.sweeps, false));
  return nullptr;
}

}  // namespace

std::vector<SweepSource> find_sweep_steps(const YamlNode& pipeline,
                                          const std::filesystem::path& folder,
                                          const std::optional<std::string>& step,
                                          AzureReader& reader) {
  std::vector<SweepSource> sources;
  reader.check_keys(pipeline, "", pipeline_keys());
  const YamlNode* jobs = jobs_of(pipeline, reader);
  if (jobs == nullptr) return sources;
  Steps steps;
  for (const YamlNode& item : jobs->items) {
    (type_of(item) == "sweep" ? steps.sweeps : steps.others).push_back(&item);
  }
  std::vector<const YamlNode*> taken;
  if (step) {
    if (const YamlNode* chosen = chosen_step(*jobs, steps, *step, reader)) taken.push_back(chosen);
  } else if (steps.sweeps.empty()) {
    const YamlNode& first = *steps.others.front();
    reader.error(
        first.key_where(), join("jobs", first.key),
        "type '" + shown(type_of(first)) + "' is not supported: the pipeline has no sweep step",
        "its steps: " + listed(steps.others, true));
  } else if (steps.sweeps.size() == 1 || reader.schema_only()) {
    taken = steps.sweeps;
    if (steps.sweeps.size() > 1) {
      reader.note(jobs->key_where(), "jobs",
                  "has several sweep steps: " + listed(steps.sweeps, false),
                  "name the one to run with --step");
    }
  } else {
    reader.error(jobs->key_where(), "jobs",
                 "has several sweep steps: " + listed(steps.sweeps, false), "name one with --step");
  }
  if (!taken.empty() && jobs->items.size() > taken.size() && !steps.others.empty()) {
    reader.note(jobs->key_where(), "jobs", "steps that are not run: " + listed(steps.others, true));
  }
  for (const YamlNode* item : taken) sources.push_back(as_job(pipeline, *item, folder, reader));
  return sources;
}

}  // namespace sweepjob::azure
