#include "runner/app/simulated_objective.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "model/rng.h"
#include "runner/app/ask_tell.h"
#include "runner/app/cli/verb.h"
#include "runner/app/line_process.h"

namespace sweepjob {
namespace {

constexpr std::string_view kBuiltin = "builtin:";
constexpr std::string_view kCurves = "curves";
constexpr std::size_t kShownBytes = 300;

Error bad(std::string message) { return {ErrorCode::Usage, std::move(message)}; }

// A number; "nan", "inf", "-inf" and their longer forms as text; null is NaN.
std::optional<double> value_of(const Value& value) {
  double storage = 0;
  if (const double* number = value.as_number(storage)) return *number;
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  const auto* text = value.get<std::string>();
  if (text == nullptr) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

Result<void> read_curve(const Value& list, std::vector<double>& curve) {
  const auto* values = list.get<Value::List>();
  if (values == nullptr) return bad("'curve' must be a list of numbers");
  if (values->size() > kMaxSimSteps) {
    return bad(
        fmt::format("'curve' holds {} values; at most {} are taken", values->size(), kMaxSimSteps));
  }
  curve.reserve(values->size());
  for (std::size_t i = 0; i < values->size(); ++i) {
    const auto number = value_of((*values)[i]);
    if (!number) {
      return bad(
          fmt::format("'curve[{}]' must be a number, null or \"nan\", \"inf\", \"-inf\"", i));
    }
    curve.push_back(*number);
  }
  return {};
}

Result<double> read_step(const Value& value) {
  double storage = 0;
  const double* seconds = value.as_number(storage);
  if (seconds == nullptr || !(*seconds >= 0) || *seconds > kMaxSimStepSeconds) {
    return bad(
        fmt::format("'seconds_per_step' must be a number from 0 to {:g}", kMaxSimStepSeconds));
  }
  return *seconds;
}

// The first objective's is a curve of one value.
Result<void> read_values(const Value& value, const std::vector<Objective>& objectives,
                         SimAnswer& answer) {
  const auto* map = value.get<Value::Map>();
  if (map == nullptr) return bad("'values' must be an object, by the names of the objectives");
  for (const auto& [name, content] : *map) {
    const auto number = value_of(content);
    const std::string shown = printable(name, kShownBytes);
    if (!number) {
      return bad(
          fmt::format("'values.{}' must be a number, null or \"nan\", \"inf\", \"-inf\"", shown));
    }
    const auto objective =
        std::find_if(objectives.begin(), objectives.end(),
                     [&](const Objective& one) { return one.primary_metric == name; });
    if (objective == objectives.end()) return bad(fmt::format("'{}' is no objective", shown));
    if (objective == objectives.begin()) {
      answer.curve.push_back(*number);
    } else {
      answer.others.emplace_back(name, *number);
    }
  }
  return {};
}

Result<void> read_key(const std::string& key, const Value& value, TrialId trial,
                      const std::vector<Objective>& objectives, SimAnswer& answer) {
  if (key == "values") return read_values(value, objectives, answer);
  if (key == "curve") return read_curve(value, answer.curve);
  if (key == "value") {
    const auto number = value_of(value);
    if (!number) return bad("'value' must be a number, null or \"nan\", \"inf\", \"-inf\"");
    answer.curve.push_back(*number);
  } else if (key == "seconds_per_step") {
    auto seconds = read_step(value);
    if (seconds.has_error()) return seconds.error();
    answer.seconds_per_step = *seconds;
  } else if (key == "error") {
    const auto* text = value.get<std::string>();
    if (text == nullptr) return bad("'error' must be a text");
    answer.error = printable(*text, kShownBytes);
  } else if (key == "trial") {
    const auto* number = value.get<std::int64_t>();
    if (number == nullptr || *number != static_cast<std::int64_t>(index_of(trial))) {
      return bad(fmt::format("it answers about another trial than {}", index_of(trial)));
    }
  }
  return {};
}

class CommandObjective final : public SimulatedObjective {
 public:
  CommandObjective(LineProcess process, const std::vector<Objective>& objectives)
      : process_(std::move(process)), objectives_(objectives) {}

  Result<SimAnswer> evaluate(const SimQuestion& question) override {
    const std::uint32_t trial = index_of(question.trial);
    ++lines_;
    auto line = process_.ask(question_line(question));
    if (line.has_error()) {
      return bad(fmt::format("the objective, asked about trial {}: {}", trial,
                             printable(line.error().message(), kShownBytes)));
    }
    auto answer = parse_answer(*line, question.trial, objectives_);
    if (answer.has_value()) return answer;
    return bad(fmt::format("the objective's answer about trial {} (line {}): {}: {}", trial, lines_,
                           answer.error().message(), printable(*line, kShownBytes)));
  }

 private:
  LineProcess process_;
  const std::vector<Objective>& objectives_;
  std::uint64_t lines_ = 0;
};

}  // namespace

std::string question_line(const SimQuestion& question) {
  // Of the trial alone, and small enough for every JSON reader to keep it exactly.
  RandomStream random = Rng(question.seed).stream(question.trial, "objective");
  Value::Map members{{"trial", static_cast<std::int64_t>(index_of(question.trial))},
                     {"params", Value(question.proposal.params)},
                     {"seed", static_cast<std::int64_t>(random.next() >> 11)}};
  const Proposal& proposal = question.proposal;
  if (proposal.budget) members.emplace_back("budget", proposal.budget->amount);
  if (proposal.parent) {
    members.emplace_back("parent", static_cast<std::int64_t>(index_of(*proposal.parent)));
  }
  return to_json(Value(std::move(members)), true);
}

Result<SimAnswer> parse_answer(std::string_view line, TrialId trial,
                               const std::vector<Objective>& objectives) {
  auto value = from_json(quote_nonfinite(line));
  if (value.has_error()) return bad("it is no JSON");
  const auto* members = value->get<Value::Map>();
  if (members == nullptr) return bad("it is no JSON object");
  const bool curve = value->find("curve") != nullptr;
  const bool single = value->find("value") != nullptr;
  if (curve && single) return bad("it has both 'curve' and 'value'");
  const Value* values = value->find("values");
  const bool has_first = values != nullptr && !objectives.empty() &&
                         values->find(objectives.front().primary_metric) != nullptr;
  if (!curve && !single && !has_first && value->find("error") == nullptr) {
    return bad("it has none of 'curve', 'value' and 'error', nor the primary metric in 'values'");
  }
  if (has_first && (curve || single)) {
    return bad(fmt::format("it has '{}' in 'values', and '{}' as well",
                           printable(objectives.front().primary_metric, kShownBytes),
                           curve ? "curve" : "value"));
  }
  SimAnswer answer;
  for (const auto& [key, content] : *members) {
    auto read = read_key(key, content, trial, objectives, answer);
    if (read.has_error()) return read.error();
  }
  return answer;
}

Result<std::unique_ptr<SimulatedObjective>> make_objective(const std::string& text,
                                                           const SweepSpec& spec,
                                                           std::chrono::milliseconds patience) {
  if (text.starts_with(kBuiltin)) {
    const std::string_view rest = std::string_view(text).substr(kBuiltin.size());
    const std::string_view name = rest.substr(0, rest.find(','));
    if (name == kCurves) {
      const std::size_t options = std::min(rest.size(), name.size() + 1);
      return make_synthetic_curves(rest.substr(options), spec);
    }
    return bad("there is no objective '" + printable(text, kShownBytes) +
               "'; the one that is built in is builtin:curves");
  }
  if (text.find_first_not_of(" \t\n") == std::string::npos) {
    return bad("--objective is empty: a command that answers, or builtin:curves");
  }
  auto process = LineProcess::start(text, patience);
  if (process.has_error()) return process.error();
  return std::unique_ptr<SimulatedObjective>(
      std::make_unique<CommandObjective>(*std::move(process), spec.objectives));
}

}  // namespace sweepjob
