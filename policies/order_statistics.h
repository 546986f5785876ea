// OrderStatistics: a multiset of doubles that answers "how many are at most x" and "which is the
// k-th". Used by the policies that compare a trial with all others at one interval.
//
// Lazy: keys are put in order around the places that questions are about, and nowhere else (a
// journal is replayed without any). Where these places hardly move, as a policy's do, an insertion
// is an append and a question O(log n); a question in a new place costs O(n) once. 8 to 16 bytes
// a key, and 40 for an empty set: a sweep may have a million intervals.
//
// Why not a library: boost::multi_index (ranked) and __gnu_pbds trees with order statistics
// allocate a node of 48 to 64 bytes a key and miss the cache at every level; the budget is 16
// bytes a key. Boost.Container's flat_multiset moves O(n) bytes at each insertion.
//
// Keys are never NaN; infinities are fine. Not thread-safe, not even the const functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sweepjob {

class OrderStatistics {
 public:
  OrderStatistics();
  ~OrderStatistics();
  OrderStatistics(OrderStatistics&&) noexcept;
  OrderStatistics& operator=(OrderStatistics&&) noexcept;

  void insert(double key);
  // One copy of a key that is in the set.
  void erase(double key);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t count_at_most(double key) const;
  // The key with `index` others before it in ascending order; index < size().
  [[nodiscard]] double select(std::size_t index) const;

 private:
  class Blocks;

  void settle() const;

  mutable std::vector<double> few_;   // the whole set while there are no blocks
  mutable std::uint32_t sorted_ = 0;  // the first of them
  mutable std::unique_ptr<Blocks> blocks_;
};

}  // namespace sweepjob
