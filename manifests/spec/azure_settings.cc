#include "manifests/spec/azure_settings.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "manifests/spec/yaml_options.h"

namespace sweepjob::azure {
namespace {

constexpr std::int64_t kMaxTrials = 100'000'000;
constexpr std::int64_t kMaxSeconds = 100LL * 365 * 24 * 3600;
constexpr std::int64_t kAzureMaxTrials = 1000;
constexpr std::int64_t kShortestTimeout = 60;

// "random" or {type: random, ...}: everything but `type` becomes an option.
std::optional<Options> read_typed(const YamlNode& node, const std::string& path,
                                  std::string_view example, AzureReader& reader) {
  Options options;
  options.path = path;
  options.where = node.where();
  if (node.is_scalar() && !node.is_null()) {
    options.type = snake_case(node.text.substr(0, kMaxName));
    return options;
  }
  if (!node.is_mapping()) {
    reader.error(
        node.where(), path,
        "expected a name or a mapping with 'type', not " + std::string(describe(node.kind)),
        "for example " + std::string(example));
    return std::nullopt;
  }
  const YamlNode* type =
      reader.require(node, path, "type", "a name such as " + std::string(example));
  if (type == nullptr) return std::nullopt;
  const auto word = reader.text(*type, join(path, "type"));
  if (!word) return std::nullopt;
  options.type = snake_case(word->substr(0, kMaxName));
  options.type_where = type->where();
  for (const YamlNode& item : node.items) {
    if (item.key != "type") options.options.push_back(read_option(item));
  }
  return options;
}

std::optional<Objective> read_objective(const YamlNode& node, const std::string& path,
                                        AzureReader& reader) {
  if (!node.is_mapping()) {
    reader.error(
        node.where(), path,
        "expected {goal: maximize, primary_metric: NAME}, not " + std::string(describe(node.kind)));
    return std::nullopt;
  }
  reader.check_keys(node, path, {"goal", "primary_metric"});
  Objective objective;
  bool complete = false;
  if (const YamlNode* metric = reader.require(node, path, "primary_metric", "a metric's name")) {
    const std::string metric_path = join(path, "primary_metric");
    const auto name = reader.text(*metric, metric_path);
    if (name && (name->empty() || name->size() > kMaxName)) {
      reader.error(metric->where(), metric_path,
                   "expected a metric's name of 1 to " + std::to_string(kMaxName) + " bytes");
    }
    objective.primary_metric = name.value_or("");
    complete = name.has_value();
  }
  const YamlNode* goal = reader.require(node, path, "goal", "minimize or maximize");
  if (goal == nullptr) return std::nullopt;
  const auto word = reader.word(*goal, join(path, "goal"), {"minimize", "maximize"});
  if (!word || !complete) return std::nullopt;
  objective.goal = *word == "minimize" ? Goal::Minimize : Goal::Maximize;
  return objective;
}

std::uint32_t read_interval(EarlyTermination& policy, const YamlNode& node, const std::string& path,
                            const char* key, std::uint32_t if_absent, AzureReader& reader) {
  std::erase_if(policy.policy.options, [&](const Option& option) { return option.name == key; });
  const YamlNode* child = node.find(key);
  if (child == nullptr || child->is_null()) return if_absent;
  const auto value = reader.integer(*child, join(path, key), 0, UINT32_MAX);
  return static_cast<std::uint32_t>(value.value_or(0));
}

std::optional<std::chrono::seconds> read_timeout(const YamlNode& limits, const std::string& path,
                                                 const char* key, AzureReader& reader) {
  const YamlNode* child = limits.find(key);
  if (child == nullptr || child->is_null()) return std::nullopt;
  auto seconds = reader.integer(*child, join(path, key), 0, kMaxSeconds);
  if (!seconds) return std::nullopt;
  if (*seconds > 0 && *seconds < kShortestTimeout) {
    reader.warning(child->where(), join(path, key),
                   std::to_string(*seconds) + " seconds are raised to 60, as Azure's tools do");
    seconds = kShortestTimeout;
  }
  return std::chrono::seconds(*seconds);
}

}  // namespace

Options read_sampling(const YamlNode* node, const YamlNode& job, const std::string& path,
                      AzureReader& reader) {
  Options fallback;
  fallback.type = "random";
  fallback.path = path;
  fallback.where = job.where();
  if (node == nullptr || node->is_null()) {
    reader.deviation(job.where(), path, "missing; random is used",
                     "write sampling_algorithm: random");
    return fallback;
  }
  auto options = read_typed(*node, path, "random, grid or bayesian", reader);
  return options ? *options : fallback;
}

double log_base_of(const Options& sampling) {
  const Option* base = sampling.find("logbase");
  double storage = 0;
  const double* number = base != nullptr ? base->value.as_number(storage) : nullptr;
  const bool usable = number != nullptr && std::isfinite(*number) && *number > 0 && *number != 1;
  return usable ? *number : std::numbers::e;
}

std::vector<Objective> read_objectives(const YamlNode* node, const YamlNode& job,
                                       const std::string& path, AzureReader& reader) {
  std::vector<Objective> objectives;
  if (node == nullptr || node->is_null()) {
    reader.error(job.where(), path, "missing; expected {goal: maximize, primary_metric: NAME}");
    return objectives;
  }
  if (!node->is_sequence()) {
    if (auto objective = read_objective(*node, path, reader)) objectives.push_back(*objective);
    return objectives;
  }
  reader.deviation(node->where(), path, "a list of objectives is an extension of sweepjob's");
  if (node->items.empty()) reader.error(node->where(), path, "the list is empty");
  if (node->items.size() > kMaxObjectives) {
    reader.error(
        node->where(), path,
        fmt::format("{} objectives; at most {} are followed", node->items.size(), kMaxObjectives));
    return objectives;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const std::string entry_path = path + "[" + std::to_string(i) + "]";
    auto objective = read_objective(node->items[i], entry_path, reader);
    if (!objective) continue;
    for (const Objective& earlier : objectives) {
      if (earlier.primary_metric == objective->primary_metric) {
        reader.error(node->items[i].where(), entry_path, "this metric is an objective already");
      }
    }
    objectives.push_back(*objective);
  }
  return objectives;
}

SourceLocation place_of_goal(const YamlNode* objective) {
  if (objective != nullptr && objective->is_sequence()) {
    objective = objective->items.empty() ? nullptr : &objective->items.front();
  }
  const YamlNode* goal =
      objective != nullptr && objective->is_mapping() ? objective->find("goal") : nullptr;
  return goal == nullptr ? SourceLocation{} : goal->where();
}

std::optional<EarlyTermination> read_early_termination(const YamlNode* node,
                                                       const std::string& path,
                                                       AzureReader& reader) {
  if (node == nullptr || node->is_null()) return std::nullopt;
  auto options = read_typed(*node, path, "bandit, median_stopping or truncation_selection", reader);
  if (!options) return std::nullopt;
  EarlyTermination result;
  result.policy = std::move(*options);
  result.evaluation_interval =
      std::max(1U, read_interval(result, *node, path, "evaluation_interval", 1, reader));
  result.delay_evaluation = read_interval(result, *node, path, "delay_evaluation", 0, reader);
  return result;
}

Limits read_limits(const YamlNode* node, const YamlNode& job, const std::string& path,
                   AzureReader& reader) {
  Limits limits;
  if (node == nullptr || node->is_null()) {
    reader.deviation(job.where(), path,
                     "missing; Azure requires it. At most 1000 trials in 60 days are run",
                     "write limits: {max_total_trials: 20}");
    return limits;
  }
  if (!reader.expect_mapping(*node, path)) return limits;
  reader.check_keys(*node, path,
                    {"max_total_trials", "max_concurrent_trials", "timeout", "trial_timeout"});
  const YamlNode* total = node->find("max_total_trials");
  if (total == nullptr || total->is_null()) {
    reader.deviation(node->where(), join(path, "max_total_trials"),
                     "missing; Azure requires it. 1000 is used");
  } else if (const auto value =
                 reader.integer(*total, join(path, "max_total_trials"), 1, kMaxTrials)) {
    limits.max_total_trials = static_cast<std::uint32_t>(*value);
    if (reader.strict() && *value > kAzureMaxTrials) {
      reader.warning(total->where(), join(path, "max_total_trials"),
                     "Azure refuses more than 1000 trials");
    }
  }
  const YamlNode* concurrent = node->find("max_concurrent_trials");
  if (concurrent != nullptr && !concurrent->is_null()) {
    const std::string concurrent_path = join(path, "max_concurrent_trials");
    const auto value = reader.integer(*concurrent, concurrent_path, 1, kMaxTrials);
    if (value) limits.max_concurrent_trials = static_cast<std::uint32_t>(*value);
    const bool total_known = total == nullptr || total->is_null() || as_integer(*total);
    if (value && total_known && *limits.max_concurrent_trials > limits.max_total_trials) {
      reader.note(
          concurrent->where(), concurrent_path,
          "more than max_total_trials; " + std::to_string(limits.max_total_trials) + " is used");
      limits.max_concurrent_trials = limits.max_total_trials;
    }
  }
  limits.timeout = read_timeout(*node, path, "timeout", reader).value_or(limits.timeout);
  limits.trial_timeout =
      read_timeout(*node, path, "trial_timeout", reader).value_or(limits.trial_timeout);
  return limits;
}

}  // namespace sweepjob::azure
