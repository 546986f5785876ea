// Lane: synchronous successive halving over one list of rungs. Layer 2; plain state, no I/O.
//
// Rule (Jamieson and Talwalkar 2016; d2l's SuccessiveHalvingScheduler): once n_k results have come
// to rung k, the best n_{k+1} of them go on to rung k + 1, and the rung begins a new group. Ties go
// to the earlier trial. What failed, was cut or timed out counts as a result, infinitely bad, and
// never goes on. A group that nobody can join any more is closed with what it has.
//
// A trial that is started again by hand takes its result with it while its group is open; one that
// had won its place keeps the place if it ends well again; what a closed group decided stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "model/objective.h"
#include "model/trial.h"
#include "samplers/budget/rungs.h"

namespace sweepjob {

enum class PromotionOrder : std::uint8_t {
  HighestRungFirst,  // and in a group the best first
  PopFromEnd,        // as d2l's code has it: the oldest group first, and in it the worst first
};

class Lane {
 public:
  // At least one rung.
  Lane(std::vector<Rung> rungs, Goal goal, PromotionOrder order);

  void add_fresh(TrialId trial);
  // `parent` is a member. If its group is still open, the group is closed: closing() said so.
  void add_promoted(TrialId trial, TrialId parent);
  void end(TrialId trial, double value);  // not finite: failed
  void reopen(TrialId trial);

  [[nodiscard]] const std::vector<Rung>& rungs() const { return rungs_; }
  [[nodiscard]] std::uint64_t fresh() const { return fresh_; }
  [[nodiscard]] bool has(TrialId trial) const { return members_.contains(trial); }
  // Those that have won their place, in their order.
  [[nodiscard]] std::vector<Promotion> promotions(std::size_t at_most) const;
  // Promotions out of the lowest open group that nobody can join any more, if no fresh trial comes.
  [[nodiscard]] std::vector<Promotion> closing(std::size_t at_most) const;
  // Some trial is running whose result counts.
  [[nodiscard]] bool is_running() const { return running_ > 0; }

 private:
  enum class State : std::uint8_t { Running, InGroup, Won, RunsAgain, Done };
  struct Member {
    std::uint32_t rung = 0;
    State state = State::Running;
    double value = kWorst;
  };

  void start(TrialId trial, std::uint32_t rung);
  void stop_running(const Member& member);
  void close(std::uint32_t rung);
  void enqueue(std::vector<Promotion> winners);
  void dequeue(TrialId parent);
  [[nodiscard]] std::vector<Promotion> winners_of(std::uint32_t rung) const;

  std::vector<Rung> rungs_;
  Goal goal_;
  PromotionOrder order_;
  std::uint64_t fresh_ = 0;
  std::uint64_t running_ = 0;
  std::vector<std::uint64_t> running_at_;     // by rung
  std::vector<std::vector<TrialId>> groups_;  // the open ones, by rung
  std::deque<Promotion> queue_;
  std::unordered_map<TrialId, Member> members_;
};

}  // namespace sweepjob
