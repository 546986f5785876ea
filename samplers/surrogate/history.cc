#include "samplers/surrogate/history.h"

#include <algorithm>

namespace sweepjob {

using State = Observation::State;

void History::observe(const TrialEvent& event) {
  if (const auto* added = std::get_if<TrialAdded>(&event)) {
    auto point = encoding_.encode(added->proposal.params);
    if (!point) return;
    of_trial_[added->trial] = static_cast<std::uint32_t>(all_.size());
    Observation& one = all_.emplace_back();
    one.trial = added->trial;
    one.at = *std::move(point);
    if (added->proposal.budget) one.budget = added->proposal.budget->amount;
    return;
  }
  const auto index_of_trial = [&](TrialId trial) -> std::optional<std::uint32_t> {
    const auto found = of_trial_.find(trial);
    if (found == of_trial_.end()) return std::nullopt;
    return found->second;
  };
  if (const auto* ended = std::get_if<TrialEnded>(&event)) {
    if (const auto index = index_of_trial(ended->trial)) end(*index, *ended);
  } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
    if (const auto index = index_of_trial(reopened->trial)) reopen(*index);
  }
}

void History::end(std::uint32_t index, const TrialEnded& ended) {
  Observation& one = all_[index];
  if (one.state != State::Pending) return;
  const bool counts =
      ended.status == Status::Completed ||
      (ended.status == Status::Canceled && cut_trials_ == CutTrials::CountTheirBest);
  const bool has_value = counts && ended.best.has_value() && !is_worst(*ended.best);
  if (!has_value) {
    one.state = State::Failed;
    ++failed_;
    return;
  }
  one.state = State::Ended;
  one.loss = goal_ == Goal::Minimize ? *ended.best : -*ended.best;
  one.cut = ended.status == Status::Canceled;
  ended_.push_back(index);
  if (!best_ || one.loss < all_[*best_].loss) best_ = index;
}

void History::reopen(std::uint32_t index) {
  Observation& one = all_[index];
  if (one.state == State::Failed) --failed_;
  if (one.state == State::Ended) {
    ended_.erase(std::find(ended_.begin(), ended_.end(), index));
    best_.reset();
    for (const std::uint32_t other : ended_) {
      if (!best_ || all_[other].loss < all_[*best_].loss) best_ = other;
    }
  }
  one.state = State::Pending;
  one.loss = kWorst;
  one.cut = false;
}

std::vector<std::uint32_t> History::pending() const {
  std::vector<std::uint32_t> result;
  for (std::uint32_t i = 0; i < all_.size(); ++i) {
    if (all_[i].state == State::Pending) result.push_back(i);
  }
  return result;
}

}  // namespace sweepjob
