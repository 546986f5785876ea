// Commands of people: pause, cancel, retry, update. Each is answered once, by its id.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "runner/core/decide_internal.h"

namespace sweepjob::internal {
namespace {

struct Answer {
  bool accepted = true;
  std::string message;
};

// The trials that go on from this one's checkpoint and have not ended. O(trials).
std::vector<TrialId> live_children(const Sweep& sweep, TrialId parent) {
  std::vector<TrialId> children;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Trial& trial = sweep.trials[i];
    if (trial.proposal.parent == parent && !is_terminal(trial.status)) {
      children.push_back(TrialId{i});
    }
  }
  return children;
}

// "trial 4 (Running) goes on from it", "trials 4 (Running), 5 (Queued) and 2 more go on from it".
std::string words_for(const Sweep& sweep, const std::vector<TrialId>& children) {
  constexpr std::size_t kShown = 5;
  std::string text = children.size() == 1 ? "trial" : "trials";
  for (std::size_t i = 0; i < std::min(children.size(), kShown); ++i) {
    text += fmt::format("{} {} ({})", i == 0 ? "" : ",", index_of(children[i]),
                        to_string(trial_of(sweep, children[i]).status));
  }
  if (children.size() > kShown) text += fmt::format(" and {} more", children.size() - kShown);
  return text + (children.size() == 1 ? " goes on from it" : " go on from it");
}

class Requester {
 public:
  Requester(const Sweep& sweep, Timestamp time, std::vector<Event>& out)
      : sweep_(sweep), time_(time), out_(out) {}

  Answer operator()(const PauseSweep&) {
    if (sweep_.finished) return refuse_finished();
    if (sweep_.paused) return {true, "already paused"};
    emit(out_, time_, SweepPaused{});
    return {true, fmt::format("paused; {} running trials go on", sweep_.counts.running)};
  }
  Answer operator()(const UnpauseSweep&) {
    if (sweep_.finished) return refuse_finished();
    if (!sweep_.paused) return {true, "not paused"};
    emit(out_, time_, SweepUnpaused{});
    return {true, "goes on"};
  }
  Answer operator()(const CancelSweep& request) {
    if (sweep_.finished) return refuse_finished();
    if (sweep_.stopping) return {true, "already stopping"};
    emit(out_, time_,
         SweepStopping{StopCause::SweepCanceled,
                       request.reason.empty() ? "canceled by the user" : request.reason});
    return {true, fmt::format("stopping {} trials", sweep_.counts.live)};
  }
  Answer operator()(const CancelTrial& request) {
    const Trial* trial = find(request.trial);
    if (trial == nullptr) return unknown(request.trial);
    if (is_terminal(trial->status)) {
      return {false, fmt::format("trial {} is {} already", index_of(request.trial),
                                 to_string(trial->status))};
    }
    if (trial->stop) {
      return {true, fmt::format("trial {} is stopping already", index_of(request.trial))};
    }
    stop_trial(sweep_, request.trial, StopCause::UserCanceled, "canceled by the user", time_, out_);
    if (out_.empty()) {
      return {false, fmt::format("trial {} has ended by itself; its metrics are being read",
                                 index_of(request.trial))};
    }
    return {true, fmt::format("stopping trial {}", index_of(request.trial))};
  }
  Answer operator()(const RetryTrial& request) {
    const Trial* trial = find(request.trial);
    if (trial == nullptr) return unknown(request.trial);
    if (trial->status != Status::Failed && trial->status != Status::Canceled) {
      return {false, fmt::format("trial {} is {}; only a Failed or Canceled one can be retried",
                                 index_of(request.trial), to_string(trial->status))};
    }
    if (sweep_.stopping && !sweep_.finished) {
      return {false, "the sweep is stopping; retry when it has stopped"};
    }
    if (const auto children = live_children(sweep_, request.trial); !children.empty()) {
      return {false, fmt::format("{}: a new attempt would change the checkpoint under them; cancel "
                                 "them, or retry trial {} when they have ended",
                                 words_for(sweep_, children), index_of(request.trial))};
    }
    if (sweep_.finished) emit(out_, time_, SweepReopened{});
    emit(out_, time_, TrialRetried{request.trial});
    const auto number = static_cast<std::uint32_t>(trial->attempts.size()) + 1;
    emit(out_, time_,
         AttemptRequested{{request.trial, number}, sweep_.last_batch + 1, sweep_.created.backend});
    return {true,
            fmt::format("trial {} starts again as attempt {}", index_of(request.trial), number)};
  }
  Answer operator()(const UpdateLimits& request) {
    const LimitsChanged& limits = request.limits;
    if (limits.max_total_trials && *limits.max_total_trials < 1) {
      return {false, "max_total_trials must be at least 1"};
    }
    if (limits.max_concurrent_trials && *limits.max_concurrent_trials < 1) {
      return {false, "max_concurrent_trials must be at least 1"};
    }
    if ((limits.timeout_seconds && *limits.timeout_seconds < 0) ||
        (limits.trial_timeout_seconds && *limits.trial_timeout_seconds < 0)) {
      return {false, "a timeout must be 0 (none) or more seconds"};
    }
    emit(out_, time_, limits);
    const bool more = limits.max_total_trials && !sweep_.exhausted &&
                      *limits.max_total_trials > sweep_.trials.size();
    const bool timed_out = sweep_.stopping && sweep_.stopping->cause == StopCause::SweepTimeout;
    const bool longer = limits.timeout_seconds && timed_out;
    if (sweep_.finished && (more || longer)) {
      emit(out_, time_, SweepReopened{});
      return {true, "limits changed; the sweep is open again"};
    }
    return {true, "limits changed"};
  }

 private:
  const Trial* find(TrialId trial) const {
    return index_of(trial) < sweep_.trials.size() ? &trial_of(sweep_, trial) : nullptr;
  }
  Answer unknown(TrialId trial) const {
    return {false, fmt::format("there is no trial {}; the sweep has {}", index_of(trial),
                               sweep_.trials.size())};
  }
  Answer refuse_finished() const {
    return {false, fmt::format("the sweep is {} already", to_string(sweep_.finished->status))};
  }

  const Sweep& sweep_;
  Timestamp time_;
  std::vector<Event>& out_;
};

}  // namespace

void decide_request(const Sweep& sweep, const UserRequest& request, Timestamp time,
                    std::vector<Event>& out) {
  if (sweep.handled.contains(request.id)) return;
  std::vector<Event> consequences;
  Answer answer = std::visit(Requester(sweep, time, consequences), request.what);
  emit(out, time, RequestHandled{request.id, answer.accepted, std::move(answer.message)});
  for (Event& event : consequences) out.push_back(std::move(event));
}

}  // namespace sweepjob::internal
