#include "policies/prefix_leaders.h"

#include <algorithm>

#include "model/check.h"

namespace sweepjob {

namespace {

std::size_t lowest_bit(std::size_t i) { return i & (~i + 1); }

}  // namespace

void PrefixLeaders::append_to_tree() {
  const std::size_t i = tree_.size() + 1;
  Leader best = cells_[i - 1];
  for (std::size_t child = i - 1; child > i - lowest_bit(i); child -= lowest_bit(child)) {
    if (tree_[child - 1].beats(best)) best = tree_[child - 1];
  }
  tree_.push_back(best);
}

void PrefixLeaders::grow(std::size_t slots) {
  while (cells_.size() < slots) {
    cells_.emplace_back();
    stale_.push_back(false);
    append_to_tree();
  }
}

void PrefixLeaders::offer(std::size_t slot, Leader candidate) {
  grow(slot + 1);
  if (stale_[slot] || !candidate.beats(cells_[slot])) return;
  cells_[slot] = candidate;
  // A node that is better already has only better ones above it: they cover it.
  for (std::size_t i = slot + 1; i <= tree_.size() && candidate.beats(tree_[i - 1]);
       i += lowest_bit(i)) {
    tree_[i - 1] = candidate;
  }
}

void PrefixLeaders::withdraw(std::size_t slot, TrialId trial) {
  if (slot >= cells_.size() || stale_[slot] || cells_[slot].trial != trial) return;
  cells_[slot] = Leader{};
  stale_[slot] = true;
  const bool none = stale_range_.first == stale_range_.end;
  stale_range_.first = none ? slot : std::min(stale_range_.first, slot);
  stale_range_.end = none ? slot + 1 : std::max(stale_range_.end, slot + 1);
}

PrefixLeaders::Leader PrefixLeaders::leader(std::size_t slot) const {
  SWEEPJOB_CHECK(stale_range_.first == stale_range_.end || slot < stale_range_.first,
                 "stale slots are refilled before they are asked about");
  Leader best;
  for (std::size_t i = std::min(slot + 1, tree_.size()); i > 0; i -= lowest_bit(i)) {
    if (tree_[i - 1].beats(best)) best = tree_[i - 1];
  }
  return best;
}

void PrefixLeaders::refill(std::size_t slot, Leader candidate) {
  if (slot < stale_.size() && stale_[slot] && candidate.beats(cells_[slot])) {
    cells_[slot] = candidate;
  }
}

void PrefixLeaders::finish_refill() {
  for (std::size_t slot = stale_range_.first; slot < stale_range_.end; ++slot) {
    stale_[slot] = false;
  }
  stale_range_ = {};
  tree_.clear();
  while (tree_.size() < cells_.size()) append_to_tree();
}

}  // namespace sweepjob
