#include "tests/support/core_script.h"

#include <charconv>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "model/check.h"
#include "model/value.h"
#include "runner/io/event_json.h"

namespace sweepjob::testing {
namespace {

constexpr Timestamp kStart{std::chrono::seconds(1'767'225'600)};

double number(const std::string& text) {
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  return std::stod(text);
}

// "0" is the newest attempt of trial 0, "0.1" its first.
AttemptId attempt_from(const Sweep& sweep, const std::string& text) {
  const std::size_t dot = text.find('.');
  const TrialId trial{static_cast<std::uint32_t>(std::stoul(text.substr(0, dot)))};
  if (dot != std::string::npos) {
    return {trial, static_cast<std::uint32_t>(std::stoul(text.substr(dot + 1)))};
  }
  const bool known = index_of(trial) < sweep.trials.size();
  const auto count = known ? trial_of(sweep, trial).attempts.size() : 1;
  return {trial, static_cast<std::uint32_t>(count)};
}

// What is the same in every run, or an address.
bool is_dull(const std::string& key, const Value& value) {
  static const std::set<std::string> kDull{
      "schema_version", "sequence", "time",  "event",   "batch", "backend",      "host",
      "handle",         "started",  "ended", "boot_id", "pid",   "stdout_bytes", "metrics_bytes"};
  const auto* text = value.get<std::string>();
  return kDull.contains(key) || (text != nullptr && text->empty()) || value.is_null() ||
         (key == "request" && value == Value(0));
}

std::string quoted(const Value& value) {
  const auto* text = value.get<std::string>();
  if (text == nullptr || text->find(' ') != std::string::npos) return to_json(value, true);
  return *text;
}

}  // namespace

std::string event_text(const Event& event, Timestamp start) {
  std::string text = event_name(event.body);
  const auto line = from_json(event_to_json_line(0, event));
  SWEEPJOB_CHECK(line.has_value(), "what the dump writes is JSON");
  for (const auto& [key, value] : *line->get<Value::Map>()) {
    if (is_dull(key, value)) continue;
    if (key == "when") {
      const auto when = std::get<RetryScheduled>(event.body).when - start;
      text +=
          fmt::format(" when={}s", std::chrono::duration_cast<std::chrono::seconds>(when).count());
    } else {
      text += " " + key + "=" + quoted(value);
    }
  }
  return text;
}

std::string effect_text(const Effect& effect) {
  const auto named = [](const char* name, const AttemptId& id) {
    return fmt::format("-> {} {}.{}", name, index_of(id.trial), id.number);
  };
  if (const auto* launch = std::get_if<Launch>(&effect.what))
    return named("Launch", launch->attempt);
  if (const auto* cancel = std::get_if<Cancel>(&effect.what))
    return named("Cancel", cancel->attempt);
  if (const auto* follow = std::get_if<Follow>(&effect.what))
    return named("Follow", follow->attempt);
  if (const auto* drain = std::get_if<Drain>(&effect.what)) return named("Drain", drain->attempt);
  if (const auto* done = std::get_if<Collect>(&effect.what)) return named("Collect", done->attempt);
  return fmt::format("-> AskSampler {}", std::get<AskSampler>(effect.what).request.request);
}

CoreScript::CoreScript(std::string_view settings, std::uint32_t capacity) : now_(kStart) {
  rules_.capacity = capacity;
  rules_.ahead = 1;
  SweepSpec& spec = rules_.spec;
  spec.objectives = {{"acc", Goal::Maximize}};
  spec.sampling.type = "random";
  spec.limits.max_total_trials = 2;
  Parameter parameter;
  parameter.name = parameter.path = "x";
  parameter.kind = DistributionKind::Choice;
  parameter.choices = {{Value(1), {}}};
  spec.space.parameters = {parameter};
  const std::string error = run("sweep " + std::string(settings));
  SWEEPJOB_CHECK(error.empty(), "the settings of a test are right");
}

Sweep& CoreScript::sweep() {
  if (!sweep_) sweep_ = make();
  return *sweep_;
}

std::unique_ptr<Sweep> CoreScript::make() const {
  Findings findings;
  auto made = std::make_unique<Sweep>(make_sweep(rules_, findings));
  SWEEPJOB_CHECK(!findings.has_errors(), "the settings of a test are right");
  if (sampler) made->sampler = sampler();
  if (policy) made->policy = policy();
  return made;
}

std::string CoreScript::run(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string verb;
  words >> verb;
  std::vector<std::string> plain;
  Arguments arguments;
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      plain.push_back(word);
    } else {
      arguments[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  try {
    return command(verb, plain, arguments);
  } catch (const std::logic_error& problem) {  // std::stoul and at() on a wrong word
    return fmt::format("error: {}: {}\n", line, problem.what());
  }
}

std::string CoreScript::command(const std::string& verb, const std::vector<std::string>& words,
                                const Arguments& arguments) {
  static const std::set<std::string> kOfAttempts{"running", "report",    "end",      "drained",
                                                 "stalled", "collected", "accepted", "rejected",
                                                 "absent",  "submitted", "odd"};
  if (verb == "sweep") return set(arguments);
  if (verb == "start") return start();
  if (verb == "restart") return restart();
  if (verb == "wait") {
    now_ += std::chrono::seconds(std::stoul(words.at(0)));
    return feed(DeadlineReached{});
  }
  if (kOfAttempts.contains(verb)) {
    return attempt_command(verb, attempt_from(sweep(), words.at(0)), words, arguments);
  }
  return request_command(verb, words, arguments);
}

std::string CoreScript::attempt_command(const std::string& verb, const AttemptId& id,
                                        const std::vector<std::string>& words,
                                        const Arguments& arguments) {
  AttemptStatus status;
  status.key = {sweep().created.uid, id};
  status.start = AttemptStart{"host", "pid 1", arguments.contains("checkpoint"), now_};
  if (verb == "running") {
    status.phase = AttemptPhase::Running;
    return feed(AttemptChanged{id, status});
  }
  if (verb == "absent" || verb == "submitted") {
    status.phase = verb == "absent" ? AttemptPhase::Absent : AttemptPhase::Submitted;
    status.start.reset();
    return feed(AttemptChanged{id, status});
  }
  if (verb == "end") {
    status.phase = AttemptPhase::Ended;
    status.end = AttemptEnd{outcome_from(words.at(1)).value(), 0, "", {}, now_};
    if (words.size() > 2) status.end->code = std::stoi(words[2]);
    if (arguments.contains("unstarted")) status.start.reset();
    return feed(AttemptChanged{id, status});
  }
  if (verb == "report") {
    MetricPoint point;
    point.name = arguments.contains("name") ? arguments.at("name") : "acc";
    point.value = number(words.at(1));
    if (arguments.contains("step")) point.step = number(arguments.at("step"));
    if (arguments.contains("channel")) point.channel = Channel::File;
    point.position = arguments.contains("position") ? std::stoul(arguments.at("position"))
                                                    : (positions_[id] += 10);
    return feed(MetricArrived{id, point});
  }
  if (verb == "drained") return feed(MetricsDrained{id});
  if (verb == "stalled") return feed(AttemptStalled{id});
  if (verb == "odd") return feed(ReadingWarned{id, {words.at(1), "odd text"}});
  if (verb == "collected") return feed(Collected{id});
  SubmitResult result;
  result.key = status.key;
  result.accepted = verb == "accepted";
  result.retry = arguments.contains("retry");
  (result.accepted ? result.handle : result.message) = result.accepted ? "job 1" : "no such queue";
  return feed(SubmitAnswered{id, result});
}

std::string CoreScript::request_command(const std::string& verb,
                                        const std::vector<std::string>& words,
                                        const Arguments& arguments) {
  UserRequest request;
  const auto known = arguments.find("id");
  request.id = known != arguments.end() ? known->second : fmt::format("r{}", ++requests_);
  const auto trial = [&] { return TrialId{static_cast<std::uint32_t>(std::stoul(words.at(0)))}; };
  if (verb == "pause") {
    request.what = PauseSweep{};
  } else if (verb == "unpause") {
    request.what = UnpauseSweep{};
  } else if (verb == "cancel" && words.empty()) {
    request.what = CancelSweep{};
  } else if (verb == "cancel") {
    request.what = CancelTrial{trial()};
  } else if (verb == "retry") {
    request.what = RetryTrial{trial()};
  } else if (verb == "update") {
    LimitsChanged limits;
    for (const auto& [key, text] : arguments) {
      if (key == "total") limits.max_total_trials = std::stoul(text);
      if (key == "concurrent") limits.max_concurrent_trials = std::stoul(text);
      if (key == "timeout") limits.timeout_seconds = std::stol(text);
      if (key == "trial_timeout") limits.trial_timeout_seconds = std::stol(text);
    }
    request.what = UpdateLimits{limits};
  } else {
    return "error: no such command: " + verb + "\n";
  }
  return feed(std::move(request));
}

std::string CoreScript::set(const Arguments& arguments) {
  SweepSpec& spec = rules_.spec;
  for (const auto& [key, text] : arguments) {
    const auto count = [value = &text] { return static_cast<std::uint32_t>(std::stoul(*value)); };
    const auto option = [&](Options& options) {
      options.options.push_back({key, Value(text), {}});
    };
    if (key == "metric") {
      spec.objectives.front().primary_metric = text;
    } else if (key == "goal") {
      spec.objectives.front().goal = text == "minimize" ? Goal::Minimize : Goal::Maximize;
    } else if (key == "total") {
      spec.limits.max_total_trials = count();
    } else if (key == "concurrent") {
      spec.limits.max_concurrent_trials = count();
    } else if (key == "timeout") {
      spec.limits.timeout = std::chrono::seconds(count());
    } else if (key == "retries") {
      spec.extensions.retries = count();
    } else if (key == "backoff") {
      spec.extensions.retry_backoff = std::chrono::seconds(count());
    } else if (key == "max_failed") {
      spec.extensions.max_failed_trials = count();
    } else if (key == "stall_timeout") {
      spec.extensions.stall_timeout = std::chrono::seconds(count());
    } else if (key == "on_retry") {
      spec.extensions.on_retry = text;
    } else if (key == "control") {
      spec.extensions.control_fraction = number(text);
    } else if (key == "channel") {
      spec.extensions.metric_channel = text;
    } else if (key == "require_metric") {
      spec.extensions.require_metric = true;
    } else if (key == "sampler") {
      spec.sampling.type = text;
    } else if (key == "ahead") {
      rules_.ahead = count();
    } else if (key == "values") {
      spec.space.parameters.front().choices.clear();
      for (std::uint32_t i = 1; i <= count(); ++i) {
        spec.space.parameters.front().choices.push_back({Value(static_cast<int>(i)), {}});
      }
    } else if (key == "policy" || key == "interval" || key == "delay") {
      if (!spec.early_termination) spec.early_termination.emplace();
      if (key == "policy") spec.early_termination->policy.type = text;
      if (key == "interval") spec.early_termination->evaluation_interval = count();
      if (key == "delay") spec.early_termination->delay_evaluation = count();
    } else if (spec.early_termination || arguments.contains("policy")) {
      if (!spec.early_termination) spec.early_termination.emplace();
      option(spec.early_termination->policy);
    } else {
      return "error: no such setting: " + key + "\n";
    }
  }
  sweep_.reset();
  return {};
}

std::string CoreScript::start() {
  SweepCreated created;
  created.name = "example";
  created.seed = 1;
  created.backend = "local";
  journal_.push_back(Event{now_, created});
  apply(sweep(), journal_.back());
  ControllerStarted controller;
  controller.epoch = 1;
  return feed(Started{controller});
}

// The controller died; the next one replays the journal and does what is outstanding.
std::string CoreScript::restart() {
  const std::uint64_t epoch = sweep().controller.epoch + 1;
  sweep_ = make();
  for (const Event& event : journal_) apply(*sweep_, event);
  std::string text;
  for (const Effect& effect : outstanding(*sweep_)) text += effect_text(effect) + "\n";
  ControllerStarted controller;
  controller.epoch = epoch;
  return text + feed(Started{controller});
}

std::string CoreScript::feed(InputBody input) {
  std::vector<Event> events;
  std::vector<Effect> effects;
  advance(rules_, sweep(), Input{now_, std::move(input)}, events, effects);
  std::string text;
  for (Event& event : events) {
    text += event_text(event, kStart) + "\n";
    journal_.push_back(std::move(event));
  }
  for (const Effect& effect : effects) text += effect_text(effect) + "\n";
  return text;
}

std::string CoreScript::told(std::string_view prefix) const {
  std::string text;
  for (const Event& event : journal_) {
    const std::string line = event_text(event, kStart);
    if (line.starts_with(prefix)) text += line + "\n";
  }
  return text;
}

}  // namespace sweepjob::testing
