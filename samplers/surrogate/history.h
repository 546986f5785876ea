// History: what has been tried and what came of it, as points and losses. Layer 2; a fold of the
// trial events, as thread-safe as the sampler that holds it.
//
// The loss is minimised whatever the goal: the metric, or its negative when maximising. What a
// trial counts with:
//
//   Completed   its best value by the goal (what `best` of the sweep compares). Without a finite
//               one it is Failed here
//   Canceled    the best it had when it was cut, marked as cut; without a finite one, or where cut
//               trials are to count as failed, Failed
//   Failed      no loss: each sampler says what it does with those
//   otherwise   Pending
//
// One whose parameters are not of this space plays no part. TrialExcluded is for policies: the
// curve of such a trial compares with no other, its result does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "model/objective.h"
#include "model/trial.h"
#include "samplers/surrogate/encoding.h"

namespace sweepjob {

struct Observation {
  enum class State : std::uint8_t { Pending, Ended, Failed };

  TrialId trial{};
  Point at;  // snapped
  State state = State::Pending;
  double loss = kWorst;  // of Ended, finite
  bool cut = false;
  std::optional<double> budget;
};

class History {
 public:
  enum class CutTrials : std::uint8_t { CountTheirBest, CountAsFailed };

  // `encoding` outlives this.
  History(const Encoding& encoding, Goal goal, CutTrials cut_trials = CutTrials::CountTheirBest)
      : encoding_(encoding), goal_(goal), cut_trials_(cut_trials) {}

  void observe(const TrialEvent& event);

  // In the order in which they were added; never removed.
  [[nodiscard]] const std::vector<Observation>& all() const { return all_; }
  // Indices of the Ended ones, in the order of their ends.
  [[nodiscard]] const std::vector<std::uint32_t>& ended() const { return ended_; }
  // Indices, in the order in which they were added.
  [[nodiscard]] std::vector<std::uint32_t> pending() const;
  [[nodiscard]] std::size_t failed_count() const { return failed_; }
  // Of ended(), the smallest loss, the first of equal ones; nothing while there is none.
  [[nodiscard]] std::optional<std::uint32_t> best() const { return best_; }

 private:
  void end(std::uint32_t index, const TrialEnded& ended);
  void reopen(std::uint32_t index);

  const Encoding& encoding_;
  Goal goal_;
  CutTrials cut_trials_;
  std::vector<Observation> all_;
  std::unordered_map<TrialId, std::uint32_t> of_trial_;
  std::vector<std::uint32_t> ended_;
  std::optional<std::uint32_t> best_;
  std::size_t failed_ = 0;
};

}  // namespace sweepjob
