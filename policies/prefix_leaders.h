// PrefixLeaders: the best value of slots 0..s over all trials, and which trial holds it; of equal
// ones the lowest id, so that the answer depends on the set of values alone. Used by bandit.
//
// One cell a slot and a Fenwick tree of prefix maxima over them: offer() and leader() are
// O(log slots), whatever the number of trials. Taking back a value that does not lead its slot
// costs nothing; taking back a leader's makes that slot stale, and the owner offers all values of
// stale slots again before the next question (rare: one trial in n leads a slot). To keep every
// value in order instead would cost 16 bytes each.
// Goal-free: keys are rank_key(), larger is better. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "model/ids.h"

namespace sweepjob {

class PrefixLeaders {
 public:
  struct Leader {
    double key = -std::numeric_limits<double>::infinity();  // as it is: nobody has a number
    TrialId trial{std::numeric_limits<std::uint32_t>::max()};

    [[nodiscard]] bool beats(const Leader& other) const {
      return key > other.key || (key == other.key && trial < other.trial);
    }
  };
  struct Range {
    std::size_t first = 0;
    std::size_t end = 0;
  };

  // A stale slot takes nothing here: its owner still has the value for refill().
  void offer(std::size_t slot, Leader candidate);
  // `trial` takes back a value of this slot.
  void withdraw(std::size_t slot, TrialId trial);
  // Over slots 0..slot; none of them stale.
  [[nodiscard]] Leader leader(std::size_t slot) const;

  // The stale slots lie within this range; empty when there are none. Offer every value of theirs
  // to refill(), which ignores the other slots, then call finish_refill().
  [[nodiscard]] Range stale_range() const { return stale_range_; }
  void refill(std::size_t slot, Leader candidate);
  void finish_refill();

 private:
  void grow(std::size_t slots);
  void append_to_tree();

  std::vector<Leader> cells_;
  std::vector<Leader> tree_;  // tree_[i-1]: the best of cells (i - lowest bit of i, i]
  std::vector<bool> stale_;
  Range stale_range_;
};

}  // namespace sweepjob
