// OrderStatistics: a multiset of doubles that answers "how many are at most x" and "which is the
// k-th". Used by the policies that compare a trial with all others at one interval.
//
// Lazy: insert() and erase() only note the key, and the first question after them puts all in
// order, one by one or, when many wait (a journal was replayed), by one sort. Questions cost
// O(log n) plus putting one block of 256 keys in order. About 11 bytes a key when large, 8 to 16
// when small, and 40 bytes for an empty one: a sweep may have a million intervals.
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

  void insert(double key) { waiting_.push_back(key); }
  // One copy of a key that is in the set.
  void erase(double key);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t count_at_most(double key) const;
  // The key with `index` others before it in ascending order; index < size().
  [[nodiscard]] double select(std::size_t index) const;

 private:
  class Blocks;

  void settle() const;

  // Without blocks: the whole set, the first `sorted_` keys in order. With blocks: keys that are
  // not yet in one.
  mutable std::vector<double> waiting_;
  mutable std::uint32_t sorted_ = 0;
  mutable std::unique_ptr<Blocks> blocks_;
};

}  // namespace sweepjob
