#include "samplers/budget/lane.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "model/check.h"

namespace sweepjob {

Lane::Lane(std::vector<Rung> rungs, Goal goal, PromotionOrder order)
    : rungs_(std::move(rungs)),
      goal_(goal),
      order_(order),
      running_at_(rungs_.size()),
      groups_(rungs_.size()) {
  SWEEPJOB_CHECK(!rungs_.empty(), "the options were checked");
}

void Lane::start(TrialId trial, std::uint32_t rung) {
  if (!members_.emplace(trial, Member{rung, State::Running, kWorst}).second) return;
  ++running_at_[rung];
  ++running_;
}

void Lane::stop_running(const Member& member) {
  --running_at_[member.rung];
  --running_;
}

void Lane::add_fresh(TrialId trial) {
  ++fresh_;
  start(trial, 0);
}

void Lane::add_promoted(TrialId trial, TrialId parent) {
  const auto found = members_.find(parent);
  SWEEPJOB_CHECK(found != members_.end(), "the sampler knows which lane the parent is in");
  Member& member = found->second;
  if (member.state == State::InGroup) close(member.rung);
  if (member.state == State::Won) dequeue(parent);
  if (member.state == State::Running || member.state == State::RunsAgain) stop_running(member);
  member.state = State::Done;
  const auto last = static_cast<std::uint32_t>(rungs_.size() - 1);
  start(trial, std::min(member.rung + 1, last));
}

void Lane::end(TrialId trial, double value) {
  const auto found = members_.find(trial);
  if (found == members_.end()) return;
  Member& member = found->second;
  if (member.state != State::Running && member.state != State::RunsAgain) return;
  const bool had_won = member.state == State::RunsAgain;
  stop_running(member);
  member.value = value;
  member.state = State::Done;
  if (member.rung + 1 == rungs_.size()) return;
  if (had_won) {
    if (is_worst(value)) return;
    member.state = State::Won;
    enqueue({{trial, member.rung + 1}});
    return;
  }
  member.state = State::InGroup;
  auto& group = groups_[member.rung];
  group.push_back(trial);
  if (group.size() >= rungs_[member.rung].trials) close(member.rung);
}

void Lane::reopen(TrialId trial) {
  const auto found = members_.find(trial);
  if (found == members_.end()) return;
  Member& member = found->second;
  if (member.state == State::InGroup) {
    std::erase(groups_[member.rung], trial);
    member.state = State::Running;
  } else if (member.state == State::Won) {
    dequeue(trial);
    member.state = State::RunsAgain;
  } else {
    return;
  }
  ++running_at_[member.rung];
  ++running_;
}

// O(n log n) in the group, which is closed once; closing() asks again only near the end of a sweep.
std::vector<Promotion> Lane::winners_of(std::uint32_t rung) const {
  std::vector<std::pair<double, TrialId>> finite;
  for (const TrialId trial : groups_[rung]) {
    const double value = members_.at(trial).value;
    if (!is_worst(value)) finite.emplace_back(-rank_key(goal_, value), trial);
  }
  std::sort(finite.begin(), finite.end());
  finite.resize(std::min<std::uint64_t>(finite.size(), rungs_[rung + 1].trials));
  std::vector<Promotion> winners;
  for (const auto& [key, trial] : finite) winners.push_back({trial, rung + 1});
  return winners;
}

void Lane::close(std::uint32_t rung) {
  std::vector<Promotion> winners = winners_of(rung);
  for (const TrialId trial : groups_[rung]) members_.at(trial).state = State::Done;
  groups_[rung].clear();
  for (const Promotion& winner : winners) members_.at(winner.parent).state = State::Won;
  if (order_ == PromotionOrder::PopFromEnd) std::reverse(winners.begin(), winners.end());
  enqueue(std::move(winners));
}

void Lane::enqueue(std::vector<Promotion> winners) {
  if (winners.empty()) return;
  auto place = queue_.end();
  if (order_ == PromotionOrder::HighestRungFirst) {
    const std::uint32_t rung = winners.front().rung;
    place = std::find_if(queue_.begin(), queue_.end(),
                         [rung](const Promotion& waiting) { return waiting.rung < rung; });
  }
  queue_.insert(place, winners.begin(), winners.end());
}

void Lane::dequeue(TrialId parent) {
  const auto found = std::find_if(queue_.begin(), queue_.end(), [parent](const Promotion& waiting) {
    return waiting.parent == parent;
  });
  if (found != queue_.end()) queue_.erase(found);
}

std::vector<Promotion> Lane::promotions(std::size_t at_most) const {
  const auto count = static_cast<std::ptrdiff_t>(std::min(at_most, queue_.size()));
  return {queue_.begin(), queue_.begin() + count};
}

std::vector<Promotion> Lane::closing(std::size_t at_most) const {
  for (std::uint32_t rung = 0; rung + 1 < rungs_.size(); ++rung) {
    if (running_at_[rung] > 0) return {};
    const bool awaited = std::any_of(queue_.begin(), queue_.end(),
                                     [rung](const Promotion& one) { return one.rung <= rung; });
    if (awaited) return {};
    if (groups_[rung].empty()) continue;
    auto winners = winners_of(rung);
    if (winners.empty()) continue;
    winners.resize(std::min(winners.size(), at_most));
    return winners;
  }
  return {};
}

}  // namespace sweepjob
