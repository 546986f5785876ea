#include "runner/app/ask_tell.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <istream>
#include <ostream>
#include <utility>
#include <vector>

#include "model/check.h"
#include "runner/app/cli/verb.h"
#include "runner/app/views/front.h"
#include "runner/app/views/sweep_document.h"
#include "runner/core/decide.h"

namespace sweepjob {
namespace {

// Nothing here has a duration.
constexpr Timestamp kNow{};

Error bad(std::string message) { return {ErrorCode::Usage, std::move(message)}; }

Rules rules_for(SweepSpec spec) {
  Extensions& extensions = spec.extensions;
  extensions.metric_channel.clear();
  if (!extensions.max_failed_trials) extensions.max_failed_trials = 0;
  Rules rules{std::move(spec)};
  rules.ahead = 1;
  return rules;
}

Sweep sweep_for(const Rules& rules) {
  Findings findings;
  Sweep sweep = make_sweep(rules, findings);
  SWEEPJOB_CHECK(sweep.sampler != nullptr, "read_job() has made it before");
  return sweep;
}

Result<double> number_of(const Value& request, const std::string& key) {
  const Value* value = request.find(key);
  if (value == nullptr) return bad("'" + key + "' is missing");
  double storage = 0;
  if (const double* number = value->as_number(storage)) return *number;
  if (const auto* text = value->get<std::string>()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error == std::errc() && end == text->data() + text->size() && !std::isfinite(number)) {
      return number;
    }
  }
  return bad("'" + printable(key, 100) + "' must be a number, or NaN or Infinity as a string");
}

Value error_answer(const Error& error) { return Value(Value::Map{{"error", error.message()}}); }

}  // namespace

struct AskTell::State {
  State(SweepSpec spec, std::uint64_t seed)
      : rules(rules_for(std::move(spec))), sweep(sweep_for(rules)) {
    SweepCreated created;
    created.name = "ask-tell";
    created.seed = seed;
    created.backend = "ask-tell";
    apply(sweep, {kNow, std::move(created)});
    apply(sweep, {kNow, ControllerStarted{1, "", "", 0}});
  }

  // Without what the sweep would do next by itself: trials start when they are asked for.
  void take(InputBody body) { absorb(rules, sweep, {kNow, std::move(body)}, events, effects); }
  void go_on() { advance(rules, sweep, {kNow, DeadlineReached{}}, events, effects); }

  Result<Value> handle(const Value& request);
  Value ask();
  Result<Value> report(const Value& request);
  Result<Value> tell(const Value& request);
  Value best() const;
  [[nodiscard]] Result<std::vector<double>> told_values(const Value& request) const;

  [[nodiscard]] std::optional<AttemptId> next_launch();
  [[nodiscard]] Value exhausted() const;
  [[nodiscard]] Value proposal(TrialId trial) const;
  [[nodiscard]] Result<TrialId> find_trial(const Value& request) const;
  void end(TrialId trial, AttemptEnd how);

  Rules rules;
  Sweep sweep;
  std::uint32_t active = 0;  // asked for and not ended
  std::uint64_t position = 0;
  std::vector<Event> events;  // what happened; the sweep holds all that is needed of it
  std::vector<Effect> effects;
};

Result<Value> AskTell::State::handle(const Value& request) {
  const Value* op = request.find("op");
  const auto* word = op == nullptr ? nullptr : op->get<std::string>();
  if (word == nullptr) return bad("a request is an object with \"op\": ask, report, tell or best");
  if (*word == "ask") return ask();
  if (*word == "report") return report(request);
  if (*word == "tell") return tell(request);
  if (*word == "best") return best();
  const std::string nearest = nearest_word(*word, {"ask", "report", "tell", "best"});
  return bad("unknown op '" + printable(*word, 100) + "'" +
             (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
}

// The attempt that the core wants started; a slow sampler is asked on the way.
std::optional<AttemptId> AskTell::State::next_launch() {
  constexpr int kRounds = 3;  // the sampler's answer may only lead to its next question
  std::optional<AttemptId> launch;
  for (int round = 0; round < kRounds && !launch; ++round) {
    effects.clear();
    go_on();
    for (const Effect& effect : std::exchange(effects, {})) {
      if (const auto* wanted = std::get_if<Launch>(&effect.what)) launch = wanted->attempt;
      const auto* question = std::get_if<AskSampler>(&effect.what);
      if (question == nullptr) continue;
      const ProposalRequested& request = question->request;
      take(ProposalReady{request.request, propose(sweep, request.first_trial, request.count)});
    }
  }
  return launch;
}

Value AskTell::State::ask() {
  const auto& limit = sweep.limits.max_concurrent_trials;
  if (sweep.finished || sweep.stopping) return exhausted();
  const bool none_waits = sweep.waiting.empty();
  if (none_waits && (sweep.exhausted || sweep.trials.size() >= sweep.limits.max_total_trials)) {
    return exhausted();
  }
  if (limit && active >= *limit) return Value(Value::Map{{"trial", Value()}, {"wait", true}});
  rules.capacity = active + 1;  // one more, and no other
  const auto launch = next_launch();
  if (!launch) {
    if (sweep.finished || sweep.stopping || sweep.exhausted) return exhausted();
    return Value(Value::Map{{"trial", Value()}, {"wait", true}});
  }
  AttemptStatus running;
  running.phase = AttemptPhase::Running;
  running.start = AttemptStart{};
  take(AttemptChanged{*launch, running});
  ++active;
  return proposal(launch->trial);
}

Value AskTell::State::exhausted() const {
  Value::Map answer{{"trial", Value()}, {"exhausted", true}};
  if (sweep.stopping) answer.emplace_back("reason", sweep.stopping->reason);
  return Value(std::move(answer));
}

Value AskTell::State::proposal(TrialId trial) const {
  const Proposal& proposal = trial_of(sweep, trial).proposal;
  Value::Map answer{{"trial", static_cast<std::int64_t>(index_of(trial))},
                    {"params", Value(proposal.params)}};
  if (proposal.budget) answer.emplace_back("budget", proposal.budget->amount);
  if (proposal.parent) {
    answer.emplace_back("parent", static_cast<std::int64_t>(index_of(*proposal.parent)));
  }
  return Value(std::move(answer));
}

Result<TrialId> AskTell::State::find_trial(const Value& request) const {
  const Value* value = request.find("trial");
  const auto* number = value == nullptr ? nullptr : value->get<std::int64_t>();
  if (number == nullptr) return bad("'trial' must be the number of a trial");
  const bool known = *number >= 0 && static_cast<std::uint64_t>(*number) < sweep.trials.size();
  const TrialId trial{known ? static_cast<std::uint32_t>(*number) : 0};
  const Attempt* attempt = known ? latest_attempt(trial_of(sweep, trial)) : nullptr;
  if (attempt == nullptr || attempt->state == AttemptState::Requested) {
    return bad("trial " + std::to_string(*number) + " has not been given out");
  }
  return trial;
}

void AskTell::State::end(TrialId trial, AttemptEnd how) {
  const AttemptId attempt{trial, latest_attempt(trial_of(sweep, trial))->number};
  AttemptStatus ended;
  ended.phase = AttemptPhase::Ended;
  ended.end = std::move(how);
  take(AttemptChanged{attempt, std::move(ended)});
  take(MetricsDrained{attempt});
  take(Collected{attempt});
  --active;
}

Result<Value> AskTell::State::report(const Value& request) {
  auto trial = find_trial(request);
  if (trial.has_error()) return trial.error();
  auto value = number_of(request, "value");
  if (value.has_error()) return value.error();
  MetricPoint point{Channel::File, ++position, rules.spec.objectives.front().primary_metric, {}, {},
                    *value};
  if (request.find("step") != nullptr) {
    auto step = number_of(request, "step");
    if (step.has_error()) return step.error();
    point.step = *step;
  }
  const Trial& state = trial_of(sweep, *trial);
  if (is_terminal(state.status)) return Value(Value::Map{{"ok", true}, {"ignored", true}});
  take(MetricArrived{{*trial, latest_attempt(state)->number}, std::move(point)});
  if (!state.stop) return Value(Value::Map{{"stop", false}});
  AttemptEnd canceled;
  canceled.outcome = Outcome::Canceled;
  end(*trial, canceled);
  return Value(Value::Map{{"stop", true}, {"reason", trial_of(sweep, *trial).stop->reason}});
}

Result<Value> AskTell::State::tell(const Value& request) {
  auto trial = find_trial(request);
  if (trial.has_error()) return trial.error();
  const Value* word = request.find("state");
  const auto* text = word == nullptr ? nullptr : word->get<std::string>();
  const bool failed = text != nullptr && *text == "failed";
  if (word != nullptr && !failed && (text == nullptr || *text != "completed")) {
    return bad("'state' must be \"failed\" or \"completed\"");
  }
  std::vector<double> values;
  if (word == nullptr || request.find("value") != nullptr || request.find("values") != nullptr) {
    auto told = told_values(request);
    if (told.has_error()) return told.error();
    values = *std::move(told);
  }
  Trial& state = sweep.trials[index_of(*trial)];
  if (is_terminal(state.status)) return Value(Value::Map{{"ok", true}, {"ignored", true}});
  // The last value of the trial, but no interval that a policy hears of: the core has no such
  // input, because a trial's result is what it reported. No journal sees this sweep, so that
  // nothing has to be replayed.
  if (!values.empty()) {
    state.values.push_back(values.front());
    if (!state.steps.empty()) state.steps.push_back(kWorst);
    state.best = best_of(sweep.goal, state.best, values.front());
    state.others.assign(values.begin() + 1, values.end());
  }
  AttemptEnd exited;
  exited.code = failed ? 1 : 0;
  end(*trial, exited);
  return Value(Value::Map{{"ok", true}});
}

// One for each objective: `value` is the first one's, `values` has them by name.
Result<std::vector<double>> AskTell::State::told_values(const Value& request) const {
  const Value* named = request.find("values");
  if (named == nullptr) {
    auto number = number_of(request, "value");
    if (number.has_error()) return number.error();
    std::vector<double> values(rules.spec.objectives.size(), kWorst);
    values.front() = *number;
    return values;
  }
  const auto* map = named->get<Value::Map>();
  if (map == nullptr || request.find("value") != nullptr) {
    return bad(
        "'values' must be an object, the metric of each objective with its value, in place "
        "of 'value'");
  }
  std::vector<double> values;
  for (const Objective& objective : rules.spec.objectives) {
    auto number = number_of(*named, objective.primary_metric);
    if (number.has_error()) return number.error();
    values.push_back(*number);
  }
  for (const auto& [name, value] : *map) {
    if (!is_objective(rules.spec, name)) {
      return bad("'" + printable(name, 100) + "' is no objective of this job");
    }
  }
  return values;
}

Value AskTell::State::best() const {
  Value found = best_document(sweep);
  if (found.is_null()) found = Value(Value::Map{{"trial", Value()}});
  if (rules.spec.objectives.size() > 1) {
    found.get<Value::Map>()->emplace_back("front", front_document(rules, sweep));
  }
  return found;
}

AskTell::AskTell(SweepSpec spec, std::uint64_t seed)
    : state_(std::make_unique<State>(std::move(spec), seed)) {}
AskTell::~AskTell() = default;

std::string AskTell::answer(std::string_view line) {
  state_->events.clear();
  state_->effects.clear();
  auto request = from_json(quote_nonfinite(line));
  if (request.has_error()) {
    return to_json(error_answer(bad("this is no JSON: " + request.error().message())));
  }
  auto answer = state_->handle(*request);
  return to_json(answer.has_error() ? error_answer(answer.error()) : *answer, true);
}

std::string quote_nonfinite(std::string_view json) {
  std::string text;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    if (in_string && c == '\\' && i + 1 < json.size()) {
      text.append(json.substr(i, 2));
      i += 2;
      continue;
    }
    if (c == '"') in_string = !in_string;
    std::string_view word;
    for (const std::string_view candidate : {"NaN", "Infinity", "-Infinity"}) {
      if (!in_string && json.substr(i, candidate.size()) == candidate) word = candidate;
    }
    if (word.empty()) {
      text.push_back(c);
      ++i;
    } else {
      text.append("\"").append(word).append("\"");
      i += word.size();
    }
  }
  return text;
}

namespace {

enum class LineRead { Whole, TooLong, End };

// std::getline has no bound.
LineRead read_line(std::istream& in, std::string& line) {
  line.clear();
  bool too_long = false, any = false;
  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    any = true;
    if (c == '\n') return too_long ? LineRead::TooLong : LineRead::Whole;
    if (line.size() < kMaxAskTellLine) {
      line.push_back(static_cast<char>(c));
    } else {
      too_long = true;
    }
  }
  if (!any) return LineRead::End;
  return too_long ? LineRead::TooLong : LineRead::Whole;
}

}  // namespace

int ask_tell(std::istream& in, std::ostream& out, SweepSpec spec, std::uint64_t seed) {
  AskTell conversation(std::move(spec), seed);
  std::string line;
  for (;;) {
    const LineRead read = read_line(in, line);
    if (read == LineRead::End) return kExitCompleted;
    if (read == LineRead::TooLong) {
      out << to_json(error_answer(bad("a request is at most 1 MiB long"))) << std::endl;
    } else if (line.find_first_not_of(" \t\r") != std::string::npos) {
      out << conversation.answer(line) << std::endl;
    }
    if (!out.good()) return kExitInternal;
  }
}

}  // namespace sweepjob
