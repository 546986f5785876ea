// The way back from to_value(): a journal's spec. Keys that are missing keep their defaults, so
// that a spec journaled before a key existed still loads; a key that this version does not know is
// refused, because it may change what the sweep does.
#include <algorithm>
#include <charconv>
#include <limits>

#include "manifests/spec/spec_literal.h"
#include "manifests/spec/sweep_spec.h"

namespace sweepjob {
namespace {

// Nesting of choices is bounded, so that a damaged spec cannot exhaust the stack.
constexpr int kDepthMax = 64;

// The first thing found wrong; later reads go on with defaults.
struct Trouble {
  std::string message;

  void say(const std::string& path, const std::string& what) {
    if (message.empty()) message = "normalised spec: " + path + ": " + what;
  }
};

// The members of one object of the spec.
class Fields {
 public:
  Fields(const Value* value, std::string path, Trouble& trouble)
      : path_(std::move(path)), trouble_(trouble) {
    if (value == nullptr || value->is_null()) return;
    map_ = value->get<Value::Map>();
    if (map_ == nullptr) trouble_.say(path_, "expected an object");
  }
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;
  ~Fields() {
    if (map_ == nullptr) return;
    for (const auto& [name, value] : *map_) {
      if (std::find(taken_.begin(), taken_.end(), name) == taken_.end()) {
        trouble_.say(path_of(name), "unknown to this version of sweepjob");
      }
    }
  }

  // Null when absent or null.
  const Value* take(std::string_view name) {
    taken_.emplace_back(name);
    if (map_ == nullptr) return nullptr;
    for (const auto& [key, value] : *map_) {
      if (key == name) return value.is_null() ? nullptr : &value;
    }
    return nullptr;
  }

  void read(std::string_view name, std::string& out) { read_as(name, out, "text"); }
  void read(std::string_view name, bool& out) { read_as(name, out, "true or false"); }
  void read(std::string_view name, std::int64_t& out) { read_as(name, out, "an integer"); }
  void read(std::string_view name, double& out) {
    const Value* value = take(name);
    if (value == nullptr) return;
    const Value decoded = decode_literal(*value);
    double storage = 0;
    const double* number = decoded.as_number(storage);
    if (number == nullptr) return trouble_.say(path_of(name), "expected a number");
    out = *number;
  }
  void read(std::string_view name, std::uint32_t& out) {
    std::int64_t number = out;
    read(name, number);
    if (number < 0 || number > std::numeric_limits<std::uint32_t>::max()) {
      return trouble_.say(path_of(name), "out of range");
    }
    out = static_cast<std::uint32_t>(number);
  }
  void read(std::string_view name, std::chrono::seconds& out) {
    std::int64_t number = out.count();
    read(name, number);
    out = std::chrono::seconds(number);
  }
  template <class T>
  void read(std::string_view name, std::optional<T>& out) {
    if (take(name) == nullptr) return;
    T value{};
    read(name, value);
    out = value;
  }
  void read_seed(std::string_view name, std::optional<std::uint64_t>& out) {
    const Value* value = take(name);
    if (value == nullptr) return;
    const std::string text = python_str(*value);
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc() || end != text.data() + text.size()) {
      return trouble_.say(path_of(name), "expected an integer from 0 to 2^64-1");
    }
    out = seed;
  }

  // Calls `use(name, value)` for every member; an object of free names.
  template <class Use>
  void for_each(const Use& use) {
    if (map_ == nullptr) return;
    for (const auto& [name, value] : *map_) {
      taken_.push_back(name);
      use(name, value);
    }
  }

  // Those not taken so far, as options.
  void read_options(Options& out) {
    if (map_ == nullptr) return;
    for (const auto& [name, value] : *map_) {
      if (std::find(taken_.begin(), taken_.end(), name) != taken_.end()) continue;
      taken_.push_back(name);
      out.options.push_back({name, decode_literal(value), {}});
    }
  }

  [[nodiscard]] std::string path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }

 private:
  template <class T>
  void read_as(std::string_view name, T& out, const char* expected) {
    const Value* value = take(name);
    if (value == nullptr) return;
    const T* held = value->get<T>();
    if (held == nullptr) return trouble_.say(path_of(name), std::string("expected ") + expected);
    out = *held;
  }

  const Value::Map* map_ = nullptr;
  std::string path_;
  Trouble& trouble_;
  std::vector<std::string> taken_;
};

Parameter read_parameter(const std::string& name, const std::string& path, const Value& value,
                         int depth, Trouble& trouble);

ChoiceEntry read_entry(const std::string& path, const Value& value, int depth, Trouble& trouble) {
  const auto* map = value.get<Value::Map>();
  const bool nested = map != nullptr && !is_escaped(value) &&
                      std::any_of(map->begin(), map->end(), [](const auto& member) {
                        return expression_kind(member.second).has_value();
                      });
  if (!nested) return {decode_literal(value), {}};
  ChoiceEntry entry;
  for (const auto& [name, member] : *map) {
    if (expression_kind(member)) {
      entry.members.push_back(
          {name, read_parameter(name, path + "." + name, member, depth + 1, trouble)});
    } else {
      entry.members.push_back({name, decode_literal(member)});
    }
  }
  return entry;
}

bool all_integers(const Value& value, std::initializer_list<const char*> names) {
  return std::all_of(names.begin(), names.end(), [&](const char* name) {
    const Value* number = value.find(name);
    return number == nullptr || number->get<std::int64_t>() != nullptr;
  });
}

Parameter read_parameter(const std::string& name, const std::string& path, const Value& value,
                         int depth, Trouble& trouble) {
  Parameter parameter;
  parameter.name = name;
  parameter.path = path;
  const auto kind = expression_kind(value);
  if (!kind || depth > kDepthMax) {
    trouble.say("search_space." + path, kind ? "nested too deeply" : "unknown type");
    return parameter;
  }
  parameter.kind = *kind;
  Fields fields(&value, "search_space." + path, trouble);
  (void)fields.take("type");
  switch (*kind) {
    case DistributionKind::Choice: {
      const Value* values = fields.take("values");
      const auto* list = values == nullptr ? nullptr : values->get<Value::List>();
      if (list == nullptr) {
        trouble.say(fields.path_of("values"), "expected a list");
        break;
      }
      for (const Value& entry : *list) {
        parameter.choices.push_back(read_entry(path, entry, depth, trouble));
      }
      break;
    }
    case DistributionKind::RandInt:
      fields.read("upper", parameter.upper);
      parameter.integral = true;
      break;
    default:
      for (const auto& [key, number] : {std::pair{"min_value", &parameter.min},
                                        {"max_value", &parameter.max},
                                        {"q", &parameter.q},
                                        {"mu", &parameter.mu},
                                        {"sigma", &parameter.sigma}}) {
        fields.read(key, *number);
      }
      parameter.integral = all_integers(value, {"min_value", "max_value", "q", "mu", "sigma"});
  }
  return parameter;
}

void read_trial(const Value* value, TrialSpec& trial, Trouble& trouble) {
  Fields fields(value, "trial", trouble);
  fields.read("command", trial.command);
  fields.read("code", trial.code);
  {
    Fields environment(fields.take("environment"), "trial.environment", trouble);
    environment.read("name", trial.environment.name);
    environment.read("image", trial.environment.image);
  }
  Fields(fields.take("environment_variables"), "trial.environment_variables", trouble)
      .for_each([&](const std::string& name, const Value& text) {
        trial.environment_variables.emplace_back(name, python_str(text));
      });
  {
    Fields distribution(fields.take("distribution"), "trial.distribution", trouble);
    distribution.read("type", trial.distribution);
    distribution.read("process_count_per_instance", trial.process_count_per_instance);
  }
  Fields resources(fields.take("resources"), "trial.resources", trouble);
  resources.read("instance_count", trial.instance_count);
  resources.read("instance_type", trial.instance_type);
}

void read_inputs(const Value* value, std::vector<InputSpec>& inputs, Trouble& trouble) {
  Fields(value, "inputs", trouble).for_each([&](const std::string& name, const Value& one) {
    InputSpec input;
    input.name = name;
    Fields fields(&one, "inputs." + name, trouble);
    input.is_data = fields.take("type") != nullptr;
    if (input.is_data) {
      fields.read("type", input.type);
      fields.read("path", input.path);
      fields.read("resolved_path", input.resolved_path);
      fields.read("mode", input.mode);
    } else if (const Value* literal = fields.take("value")) {
      input.literal = decode_literal(*literal);
    }
    fields.read("optional", input.optional);
    inputs.push_back(std::move(input));
  });
}

void read_outputs(const Value* value, std::vector<OutputSpec>& outputs, Trouble& trouble) {
  Fields(value, "outputs", trouble).for_each([&](const std::string& name, const Value& one) {
    OutputSpec output;
    output.name = name;
    Fields fields(&one, "outputs." + name, trouble);
    fields.read("type", output.type);
    fields.read("mode", output.mode);
    fields.read("path", output.path);
    outputs.push_back(std::move(output));
  });
}

void read_objectives(const Value* value, std::vector<Objective>& objectives, Trouble& trouble) {
  const auto* list = value == nullptr ? nullptr : value->get<Value::List>();
  if (list == nullptr) return trouble.say("objectives", "expected a list");
  for (const Value& one : *list) {
    Objective objective;
    Fields fields(&one, "objectives", trouble);
    std::string goal;
    fields.read("goal", goal);
    fields.read("primary_metric", objective.primary_metric);
    if (goal != "minimize" && goal != "maximize") {
      trouble.say("objectives.goal", "expected minimize or maximize");
    }
    objective.goal = goal == "maximize" ? Goal::Maximize : Goal::Minimize;
    objectives.push_back(std::move(objective));
  }
}

void read_early_termination(const Value* value, std::optional<EarlyTermination>& out,
                            Trouble& trouble) {
  if (value == nullptr) return;
  EarlyTermination early;
  early.policy.path = "early_termination";
  Fields fields(value, "early_termination", trouble);
  fields.read("type", early.policy.type);
  fields.read("evaluation_interval", early.evaluation_interval);
  fields.read("delay_evaluation", early.delay_evaluation);
  fields.read_options(early.policy);
  out = std::move(early);
}

void read_limits(const Value* value, Limits& limits, Trouble& trouble) {
  Fields fields(value, "limits", trouble);
  fields.read("max_total_trials", limits.max_total_trials);
  fields.read("max_concurrent_trials", limits.max_concurrent_trials);
  fields.read("timeout", limits.timeout);
  fields.read("trial_timeout", limits.trial_timeout);
}

void read_extensions(const Value* value, Extensions& extensions, Trouble& trouble) {
  Fields fields(value, "extensions", trouble);
  fields.read("retries", extensions.retries);
  fields.read("retry_backoff", extensions.retry_backoff);
  fields.read("max_failed_trials", extensions.max_failed_trials);
  fields.read("stall_timeout", extensions.stall_timeout);
  fields.read("grace", extensions.grace);
  fields.read("gpus_per_trial", extensions.gpus_per_trial);
  fields.read("cpus_per_trial", extensions.cpus_per_trial);
  fields.read("keep_best", extensions.keep_best);
  fields.read_seed("seed", extensions.seed);
  fields.read("metric_channel", extensions.metric_channel);
  fields.read("on_retry", extensions.on_retry);
  fields.read("quote_parameters", extensions.quote_parameters);
  fields.read("allow_duplicates", extensions.allow_duplicates);
  fields.read("require_metric", extensions.require_metric);
  fields.read("min_trials", extensions.min_trials);
  fields.read("control_fraction", extensions.control_fraction);
  const Value* patterns = fields.take("metric_patterns");
  if (patterns == nullptr) return;
  const auto* list = patterns->get<Value::List>();
  if (list == nullptr) return trouble.say("extensions.metric_patterns", "expected a list");
  for (const Value& one : *list) {
    MetricPattern pattern;
    Fields pattern_fields(&one, "extensions.metric_patterns", trouble);
    pattern_fields.read("regex", pattern.regex);
    pattern_fields.read("metric", pattern.metric);
    extensions.metric_patterns.push_back(std::move(pattern));
  }
}

void read_spec(const Value& value, SweepSpec& spec, Trouble& trouble) {
  Fields fields(&value, "", trouble);
  fields.read("name", spec.name);
  fields.read("display_name", spec.display_name);
  fields.read("experiment_name", spec.experiment_name);
  fields.read("description", spec.description);
  Fields(fields.take("tags"), "tags", trouble)
      .for_each([&](const std::string& name, const Value& tag) {
        spec.tags.emplace_back(name, decode_literal(tag));
      });
  fields.read("dialect", spec.dialect);
  fields.read("step", spec.step);
  read_trial(fields.take("trial"), spec.trial, trouble);
  read_inputs(fields.take("inputs"), spec.inputs, trouble);
  read_outputs(fields.take("outputs"), spec.outputs, trouble);
  fields.read("compute", spec.compute);
  spec.sampling.path = "sampling_algorithm";
  Fields sampling(fields.take("sampling_algorithm"), "sampling_algorithm", trouble);
  sampling.read("type", spec.sampling.type);
  sampling.read_options(spec.sampling);
  Fields(fields.take("search_space"), "search_space", trouble)
      .for_each([&](const std::string& name, const Value& parameter) {
        spec.space.parameters.push_back(read_parameter(name, name, parameter, 0, trouble));
      });
  read_early_termination(fields.take("early_termination"), spec.early_termination, trouble);
  read_limits(fields.take("limits"), spec.limits, trouble);
  read_extensions(fields.take("extensions"), spec.extensions, trouble);
  read_objectives(fields.take("objectives"), spec.objectives, trouble);
}

}  // namespace

Result<SweepSpec> spec_from_value(const Value& value) {
  SweepSpec spec;
  Trouble trouble;
  if (value.get<Value::Map>() == nullptr) trouble.say("top level", "expected an object");
  read_spec(value, spec, trouble);
  if (!trouble.message.empty()) return Error(ErrorCode::InvalidManifest, trouble.message);
  return spec;
}

}  // namespace sweepjob
