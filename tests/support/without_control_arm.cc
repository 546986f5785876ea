#include "tests/support/without_control_arm.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "model/check.h"

namespace sweepjob::testing {
namespace {

std::unique_ptr<Rules> without(Rules rules) {
  rules.spec.extensions.control_fraction = 0;
  return std::make_unique<Rules>(std::move(rules));
}

Sweep sweep_of(const Rules& rules) {
  Findings findings;
  Sweep sweep = make_sweep(rules, findings);
  SWEEPJOB_CHECK(!findings.has_errors(), "the rules of a test are sound");
  return sweep;
}

std::string text_of(const std::optional<StopRequested>& stop) {
  if (!stop) return "no cut";
  return fmt::format("trial {} cut at {}: {}", index_of(stop->trial), stop->interval, stop->reason);
}

}  // namespace

WithoutControlArm::WithoutControlArm(const Rules& rules)
    : rules_(without(rules)), plain_(sweep_of(*rules_)) {}

// What a trial that was cut would not have had.
bool WithoutControlArm::is_of_cut_trial(const Event& event) const {
  std::optional<TrialId> trial;
  if (const auto* reported = std::get_if<MetricReported>(&event.body)) {
    trial = reported->attempt.trial;
  } else if (const auto* truncated = std::get_if<CurveTruncated>(&event.body)) {
    trial = truncated->trial;
  } else if (const auto* left_out = std::get_if<TrialLeftOut>(&event.body)) {
    trial = left_out->trial;
  } else if (const auto* finished = std::get_if<TrialFinished>(&event.body)) {
    trial = finished->trial;
  } else if (const auto* stop = std::get_if<StopRequested>(&event.body)) {
    trial = stop->trial;
  }
  return trial && cut_.contains(*trial);
}

void WithoutControlArm::compare(const Event& event) {
  std::optional<StopRequested> found;
  if (const auto* withheld = std::get_if<CutWithheld>(&event.body)) {
    found = StopRequested{withheld->trial, StopCause::EarlyTermination, withheld->interval,
                          withheld->reason};
  } else if (const auto* stop = std::get_if<StopRequested>(&event.body)) {
    if (stop->cause == StopCause::EarlyTermination) found = *stop;
  }
  const auto expected = std::exchange(expected_, std::nullopt);
  if (found == expected || !violation_.empty()) return;
  violation_ = text_of(found) + "; without the control arm " + text_of(expected);
}

void WithoutControlArm::carry_out(const CutWithheld& withheld, Timestamp time) {
  ++withheld_;
  apply(plain_, {time, StopRequested{withheld.trial, StopCause::EarlyTermination, withheld.interval,
                                     withheld.reason}});
  apply(plain_, {time, TrialFinished{withheld.trial, Status::Canceled, "early_termination",
                                     withheld.reason, std::nullopt}});
  cut_.insert(withheld.trial);
}

void WithoutControlArm::observe(const Event& event) {
  compare(event);
  if (const auto* withheld = std::get_if<CutWithheld>(&event.body)) {
    return carry_out(*withheld, event.time);
  }
  if (is_of_cut_trial(event)) return;
  if (const auto* retried = std::get_if<TrialRetried>(&event.body)) {
    // A later attempt of the control trial has made it Queued here: it had ended.
    if (cut_.erase(retried->trial) > 0) {
      plain_.trials[index_of(retried->trial)].status = Status::Canceled;
    }
  }
  apply(plain_, event);
  if (!std::holds_alternative<MetricReported>(event.body)) return;
  std::vector<Event> verdict;
  react(*rules_, plain_, event, verdict);
  if (!verdict.empty()) expected_ = std::get<StopRequested>(verdict.front().body);
}

}  // namespace sweepjob::testing
