#include "manifests/spec/azure_legacy.h"

#include <array>

#include "manifests/spec/azure_search_space.h"

namespace sweepjob::azure {
namespace {

bool has_value(const YamlNode* node) { return node != nullptr && !node->is_null(); }

void say_old(AzureReader& reader, const YamlNode& node, const std::string& path,
             const std::string& now) {
  reader.deviation(node.key_where(), path, "an old form", "write " + now);
}

// Moves `from` to `to` inside one mapping or between two; both at once is a contradiction.
void move_key(YamlNode& source, const std::string& source_path, const char* from, YamlNode& target,
              const std::string& target_path, const char* to, AzureReader& reader) {
  auto node = source.take(from);
  if (!node) return;
  const std::string old_path = join(source_path, from);
  const std::string new_path = join(target_path, to);
  if (has_value(target.find(to))) {
    reader.error(node->key_where(), old_path, "stands beside '" + new_path + "', which replaced it",
                 "remove one of them");
    return;
  }
  say_old(reader, *node, old_path, new_path);
  target.set(to, std::move(*node));
}

YamlNode& mapping_at(YamlNode& job, const char* key, const YamlNode& like) {
  YamlNode* found = job.find(key);
  if (found != nullptr && found->is_mapping()) return *found;
  YamlNode node;
  node.kind = YamlKind::Mapping;
  node.file = like.file;
  node.line = like.line;
  node.column = like.column;
  return job.set(key, std::move(node));
}

YamlNode scalar_like(const YamlNode& like, YamlKind kind, std::string text) {
  YamlNode node;
  node.kind = kind;
  node.text = std::move(text);
  node.file = like.file;
  node.line = like.line;
  node.column = like.column;
  return node;
}

void translate_type(YamlNode& job, AzureReader& reader) {
  YamlNode* type = job.find("type");
  if (auto job_type = job.take("job_type")) {
    if (!has_value(type) && snake_case(job_type->text) == "sweep") {
      say_old(reader, *job_type, "job_type", "type: sweep");
      job.set("type", scalar_like(*job_type, YamlKind::String, "sweep"));
    } else {
      reader.deviation(job_type->key_where(), "job_type", "unknown key", "write type: sweep");
    }
  } else if (has_value(type) && snake_case(type->text) == "sweep_job") {
    say_old(reader, *type, "type", "type: sweep");
    type->text = "sweep";
  }
}

// minutes: the value is multiplied by 60.
void move_limit(YamlNode& job, YamlNode& source, const std::string& source_path, const char* from,
                const char* to, bool minutes, AzureReader& reader) {
  if (source.find(from) == nullptr) return;
  if (minutes) {
    YamlNode& node = *source.find(from);
    const auto value = as_number(node);
    if (value && *value >= 0 && *value < 1e9) {
      node.text = std::to_string(static_cast<std::int64_t>(*value * 60));
      node.kind = YamlKind::Integer;
    }
  }
  // Taken out first: making `limits` may move the tree.
  YamlNode holder;
  holder.kind = YamlKind::Mapping;
  holder.set(from, *source.take(from));
  YamlNode& limits = mapping_at(job, "limits", job);
  move_key(holder, source_path, from, limits, "limits", to, reader);
}

struct OldLimit {
  const char* from;
  const char* to;
  bool minutes;
};
constexpr std::array<OldLimit, 5> kOldLimits = {
    {{"max_total_runs", "max_total_trials", false},
     {"max_concurrent_runs", "max_concurrent_trials", false},
     {"max_duration_minutes", "timeout", true},
     {"timeout_minutes", "timeout", true},
     {"trial_timeout_minutes", "trial_timeout", true}}};
constexpr std::array<const char*, 4> kMisplacedLimits = {
    "max_total_trials", "max_concurrent_trials", "timeout", "trial_timeout"};

void translate_limits(YamlNode& job, AzureReader& reader) {
  const YamlNode* limits = job.find("limits");
  if (has_value(limits) && !limits->is_mapping()) return;
  for (const OldLimit& old : kOldLimits) {
    move_limit(job, job, "", old.from, old.to, old.minutes, reader);
    if (YamlNode* inside = job.find("limits")) {
      move_limit(job, *inside, "limits", old.from, old.to, old.minutes, reader);
    }
  }
  for (const char* key : kMisplacedLimits) move_limit(job, job, "", key, key, false, reader);
}

// The very first preview had no `trial`: the command stood at the top.
void translate_missing_trial(YamlNode& job, AzureReader& reader) {
  if (has_value(job.find("trial")) || !has_value(job.find("command"))) return;
  say_old(reader, *job.find("command"), "command", "trial.command, trial.code and so on");
  YamlNode trial;
  trial.kind = YamlKind::Mapping;
  trial.file = job.file;
  trial.line = job.find("command")->line;
  trial.column = job.find("command")->column;
  for (const char* key :
       {"command", "code", "environment", "environment_variables", "distribution"}) {
    if (auto node = job.take(key)) trial.set(key, std::move(*node));
  }
  job.set("trial", std::move(trial));
}

// What Azure wants at the top and users write into the trial.
void lift_from_trial(YamlNode& job, AzureReader& reader) {
  YamlNode* trial = job.find("trial");
  if (trial == nullptr || !trial->is_mapping() || trial->find("type") != nullptr) return;
  for (const char* key : {"inputs", "outputs"}) {
    auto node = trial->take(key);
    if (!node) continue;
    say_old(reader, *node, join("trial", key), std::string(key) + " at the top of the file");
    YamlNode& target = mapping_at(job, key, *node);
    trial = job.find("trial");
    for (YamlNode& item : node->items) {
      if (target.find(item.key) == nullptr) target.set(item.key, item);
    }
  }
  for (const char* key : {"compute", "on_compute"}) {
    auto node = trial->take(key);
    if (!node) continue;
    say_old(reader, *node, join("trial", key), "compute at the top of the file");
    if (!has_value(job.find("compute"))) job.set("compute", std::move(*node));
    trial = job.find("trial");
  }
  auto limits = trial->take("limits");
  if (!limits) return;
  say_old(reader, *limits, "trial.limits", "limits.trial_timeout at the top of the file");
  if (limits->find("timeout") != nullptr) {
    YamlNode timeout = *limits->find("timeout");
    YamlNode& target = mapping_at(job, "limits", *limits);
    if (!has_value(target.find("trial_timeout"))) target.set("trial_timeout", std::move(timeout));
  }
}

void translate_compute(YamlNode& job, const std::string& path, AzureReader& reader) {
  YamlNode* compute = job.find("compute");
  if (compute == nullptr || !compute->is_mapping()) return;
  auto target = compute->take("target");
  if (!target) return;
  say_old(reader, *target, join(join(path, "compute"), "target"),
          "compute: " + shown(target->text));
  target->key_line = compute->key_line;
  target->key_column = compute->key_column;
  job.set("compute", std::move(*target));
}

// {data: {path: P}}, {data: P}, {name: P}, {file: P}, {folder: P}, {default: V}.
void translate_input(YamlNode& input, const std::string& path, AzureReader& reader) {
  if (!input.is_mapping() || input.find("path") != nullptr || input.find("value") != nullptr)
    return;
  struct OldForm {
    const char* key;
    const char* type;
  };
  static constexpr std::array<OldForm, 4> kForms = {
      {{"data", nullptr}, {"name", nullptr}, {"file", "uri_file"}, {"folder", "uri_folder"}}};
  for (const OldForm& form : kForms) {
    auto node = input.take(form.key);
    if (!node) continue;
    say_old(reader, *node, join(path, form.key), "{path: ...}");
    YamlNode place = *node;
    if (node->is_mapping() && node->find("path") != nullptr) place = *node->find("path");
    if (form.type != nullptr && input.find("type") == nullptr) {
      input.set("type", scalar_like(place, YamlKind::String, form.type));
    }
    input.set("path", std::move(place));
    return;
  }
  auto fallback = input.take("default");
  if (!fallback) return;
  const YamlNode* type = input.find("type");
  const std::string word = type != nullptr ? snake_case(type->text) : std::string();
  const bool literal =
      word == "integer" || word == "number" || word == "string" || word == "boolean";
  say_old(reader, *fallback, join(path, "default"), literal ? "value" : "path");
  input.set(literal ? "value" : "path", std::move(*fallback));
}

void translate_code(YamlNode& trial, const std::string& path, AzureReader& reader) {
  YamlNode* code = trial.find("code");
  if (code == nullptr || !code->is_mapping()) return;
  for (const char* key : {"local_path", "directory", "file"}) {
    auto node = code->take(key);
    if (!node) continue;
    say_old(reader, *node, join(join(path, "code"), key), "code: " + shown(node->text));
    node->key_line = code->key_line;
    node->key_column = code->key_column;
    trial.set("code", std::move(*node));
    return;
  }
}

void translate_environment(YamlNode& trial, const std::string& path, AzureReader& reader) {
  YamlNode* environment = trial.find("environment");
  if (environment == nullptr || !environment->is_mapping()) return;
  const std::string here = join(path, "environment");
  if (auto docker = environment->take("docker")) {
    say_old(reader, *docker, join(here, "docker"), "environment: {image: ...}");
    if (auto image = docker->take("image")) environment->set("image", std::move(*image));
  }
  if (environment->items.size() == 1 && environment->find("name") != nullptr) {
    auto name = environment->take("name");
    say_old(reader, *name, join(here, "name"), "environment: NAME");
    name->key_line = environment->key_line;
    name->key_column = environment->key_column;
    trial.set("environment", std::move(*name));
  }
}

// `spec:` for `type:`, also inside nested choices.
void translate_spec_keys(YamlNode& node, const std::string& path, AzureReader& reader) {
  const YamlNode* spec = node.find("spec");
  if (spec != nullptr && node.find("type") == nullptr && is_distribution(spec->text)) {
    move_key(node, path, "spec", node, path, "type", reader);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string item_path =
        node.is_sequence() ? path + "[" + std::to_string(i) + "]" : join(path, node.items[i].key);
    translate_spec_keys(node.items[i], item_path, reader);
  }
}

void translate_early_termination(YamlNode& policy, const std::string& path, AzureReader& reader) {
  if (policy.is_mapping()) {
    for (const char* key : {"spec", "policy_type"})
      move_key(policy, path, key, policy, path, "type", reader);
  }
  YamlNode* type = policy.is_mapping() ? policy.find("type") : &policy;
  if (has_value(type) && type->is_scalar() && snake_case(type->text) == "truncation") {
    say_old(reader, *type, type == &policy ? path : join(path, "type"), "truncation_selection");
    type->text = "truncation_selection";
  }
}

}  // namespace

void translate_legacy_job(YamlNode& job, AzureReader& reader) {
  translate_type(job, reader);
  move_key(job, "", "algorithm", job, "", "sampling_algorithm", reader);
  translate_missing_trial(job, reader);
  lift_from_trial(job, reader);
  translate_limits(job, reader);
  translate_legacy_sections(job, "", reader);
}

void translate_legacy_sections(YamlNode& job, const std::string& path, AzureReader& reader) {
  translate_compute(job, path, reader);
  if (YamlNode* inputs = job.find("inputs"); inputs != nullptr && inputs->is_mapping()) {
    for (YamlNode& input : inputs->items) {
      translate_input(input, join(join(path, "inputs"), input.key), reader);
    }
  }
  if (YamlNode* trial = job.find("trial"); trial != nullptr && trial->is_mapping()) {
    translate_code(*trial, join(path, "trial"), reader);
    translate_environment(*trial, join(path, "trial"), reader);
  }
  if (YamlNode* space = job.find("search_space")) {
    translate_spec_keys(*space, join(path, "search_space"), reader);
  }
  if (YamlNode* policy = job.find("early_termination")) {
    translate_early_termination(*policy, join(path, "early_termination"), reader);
  }
}

}  // namespace sweepjob::azure
