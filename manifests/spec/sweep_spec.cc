#include "manifests/spec/sweep_spec.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "manifests/spec/spec_literal.h"

namespace sweepjob {
namespace {

using Map = Value::Map;
using List = Value::List;

template <class T>
Value or_null(const std::optional<T>& value) {
  return value ? Value(static_cast<std::int64_t>(*value)) : Value();
}

Value seconds(std::chrono::seconds duration) { return static_cast<std::int64_t>(duration.count()); }

// A seed uses all 64 bits; what an int64 cannot hold is kept as text, because a double would not
// give it back.
Value seed_value(const std::optional<std::uint64_t>& seed) {
  if (!seed) return {};
  if (*seed > static_cast<std::uint64_t>(INT64_MAX)) return std::to_string(*seed);
  return static_cast<std::int64_t>(*seed);
}

Map sorted(Map map) {
  std::stable_sort(map.begin(), map.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return map;
}

// `integral` is carried by the numbers' own type: all integers, or all reals.
void add_numbers(Map& out, const Parameter& parameter,
                 std::initializer_list<std::pair<const char*, double>> numbers) {
  const bool as_integers =
      parameter.integral && std::all_of(numbers.begin(), numbers.end(), [](const auto& number) {
        return std::trunc(number.second) == number.second && std::abs(number.second) < 0x1p63;
      });
  for (const auto& [name, number] : numbers) {
    out.emplace_back(name, as_integers ? Value(static_cast<std::int64_t>(number))
                                       : encode_literal(Value(number)));
  }
}

Value parameter_value(const Parameter& parameter);

Value entry_value(const ChoiceEntry& entry) {
  if (entry.members.empty()) return encode_literal(entry.literal);
  Map members;
  for (const ChoiceEntry::Member& member : entry.members) {
    const auto* nested = std::get_if<Parameter>(&member.content);
    members.emplace_back(member.name, nested != nullptr
                                          ? parameter_value(*nested)
                                          : encode_literal(std::get<Value>(member.content)));
  }
  return members;
}

Value parameter_value(const Parameter& parameter) {
  Map out{{"type", to_string(parameter.kind)}};
  const double min = parameter.min, max = parameter.max, q = parameter.q;
  const double mu = parameter.mu, sigma = parameter.sigma;
  switch (parameter.kind) {
    case DistributionKind::Choice: {
      List values;
      for (const ChoiceEntry& entry : parameter.choices) values.push_back(entry_value(entry));
      out.emplace_back("values", std::move(values));
      break;
    }
    case DistributionKind::RandInt: out.emplace_back("upper", parameter.upper); break;
    case DistributionKind::Uniform:
    case DistributionKind::LogUniform:
      add_numbers(out, parameter, {{"min_value", min}, {"max_value", max}});
      break;
    case DistributionKind::QUniform:
    case DistributionKind::QLogUniform:
      add_numbers(out, parameter, {{"min_value", min}, {"max_value", max}, {"q", q}});
      break;
    case DistributionKind::Normal:
    case DistributionKind::LogNormal:
      add_numbers(out, parameter, {{"mu", mu}, {"sigma", sigma}});
      break;
    case DistributionKind::QNormal:
    case DistributionKind::QLogNormal:
      add_numbers(out, parameter, {{"mu", mu}, {"sigma", sigma}, {"q", q}});
      break;
  }
  return out;
}

void add_options(Map& out, const Options& options) {
  Map own;
  for (const Option& option : options.options) {
    own.emplace_back(option.name, encode_literal(option.value));
  }
  for (auto& option : sorted(std::move(own))) out.push_back(std::move(option));
}

Value trial_value(const TrialSpec& trial) {
  Map environment_variables;
  for (const auto& [name, value] : trial.environment_variables) {
    environment_variables.emplace_back(name, value);
  }
  return Map{
      {"command", trial.command},
      {"code", trial.code},
      {"environment", Map{{"name", trial.environment.name}, {"image", trial.environment.image}}},
      {"environment_variables", sorted(std::move(environment_variables))},
      {"distribution", Map{{"type", trial.distribution},
                           {"process_count_per_instance",
                            static_cast<std::int64_t>(trial.process_count_per_instance)}}},
      {"resources", Map{{"instance_count", static_cast<std::int64_t>(trial.instance_count)},
                        {"instance_type", trial.instance_type}}}};
}

Value inputs_value(const std::vector<InputSpec>& inputs) {
  Map out;
  for (const InputSpec& input : inputs) {
    Map one;
    if (input.is_data) {
      one = {{"type", input.type},
             {"path", input.path},
             {"resolved_path", input.resolved_path},
             {"mode", input.mode}};
    } else {
      one = {{"value", encode_literal(input.literal)}};
    }
    one.emplace_back("optional", input.optional);
    out.emplace_back(input.name, std::move(one));
  }
  return out;
}

Value outputs_value(const std::vector<OutputSpec>& outputs) {
  Map out;
  for (const OutputSpec& output : outputs) {
    out.emplace_back(output.name,
                     Map{{"type", output.type}, {"mode", output.mode}, {"path", output.path}});
  }
  return out;
}

Value early_termination_value(const std::optional<EarlyTermination>& early) {
  if (!early) return {};
  Map out{{"type", early->policy.type},
          {"evaluation_interval", static_cast<std::int64_t>(early->evaluation_interval)},
          {"delay_evaluation", static_cast<std::int64_t>(early->delay_evaluation)}};
  add_options(out, early->policy);
  return out;
}

Value extensions_value(const Extensions& extensions) {
  List patterns;
  for (const MetricPattern& pattern : extensions.metric_patterns) {
    patterns.push_back(Map{{"regex", pattern.regex}, {"metric", pattern.metric}});
  }
  return Map{{"retries", static_cast<std::int64_t>(extensions.retries)},
             {"retry_backoff", seconds(extensions.retry_backoff)},
             {"max_failed_trials", or_null(extensions.max_failed_trials)},
             {"stall_timeout", seconds(extensions.stall_timeout)},
             {"grace", seconds(extensions.grace)},
             {"gpus_per_trial",
              extensions.gpus_per_trial ? encode_literal(*extensions.gpus_per_trial) : Value()},
             {"cpus_per_trial", encode_literal(extensions.cpus_per_trial)},
             {"keep_best", or_null(extensions.keep_best)},
             {"seed", seed_value(extensions.seed)},
             {"metric_channel", extensions.metric_channel},
             {"metric_patterns", std::move(patterns)},
             {"on_retry", extensions.on_retry},
             {"quote_parameters", extensions.quote_parameters},
             {"allow_duplicates", extensions.allow_duplicates},
             {"require_metric", extensions.require_metric},
             {"min_trials", static_cast<std::int64_t>(extensions.min_trials)},
             {"control_fraction", encode_literal(extensions.control_fraction)}};
}

Value limits_value(const Limits& limits) {
  return Map{{"max_total_trials", static_cast<std::int64_t>(limits.max_total_trials)},
             {"max_concurrent_trials", or_null(limits.max_concurrent_trials)},
             {"timeout", seconds(limits.timeout)},
             {"trial_timeout", seconds(limits.trial_timeout)}};
}

}  // namespace

const std::string& primary_metric_of(const SweepSpec& spec) {
  static const std::string kNone;
  return spec.objectives.empty() ? kNone : spec.objectives.front().primary_metric;
}

bool is_objective(const SweepSpec& spec, const std::string& metric) {
  return std::any_of(spec.objectives.begin(), spec.objectives.end(),
                     [&](const Objective& one) { return one.primary_metric == metric; });
}

// Left out, because two submits of one file may differ in them without meaning another sweep: where
// a key stood, where the file and its code lie. The code's content is compared by its digest.
Value to_value(const SweepSpec& spec) {
  Map tags;
  for (const auto& [name, value] : spec.tags) tags.emplace_back(name, encode_literal(value));
  Map sampling{{"type", spec.sampling.type}};
  add_options(sampling, spec.sampling);
  Map space;
  for (const Parameter& parameter : spec.space.parameters) {
    space.emplace_back(parameter.name, parameter_value(parameter));
  }
  List objectives;
  for (const Objective& objective : spec.objectives) {
    objectives.push_back(
        Map{{"goal", to_string(objective.goal)}, {"primary_metric", objective.primary_metric}});
  }
  return Map{{"name", spec.name},
             {"display_name", spec.display_name},
             {"experiment_name", spec.experiment_name},
             {"description", spec.description},
             {"tags", sorted(std::move(tags))},
             {"dialect", spec.dialect},
             {"step", spec.step},
             {"trial", trial_value(spec.trial)},
             {"inputs", inputs_value(spec.inputs)},
             {"outputs", outputs_value(spec.outputs)},
             {"compute", spec.compute},
             {"sampling_algorithm", std::move(sampling)},
             {"search_space", std::move(space)},
             {"objectives", std::move(objectives)},
             {"early_termination", early_termination_value(spec.early_termination)},
             {"limits", limits_value(spec.limits)},
             {"extensions", extensions_value(spec.extensions)}};
}

}  // namespace sweepjob
