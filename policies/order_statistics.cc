#include "policies/order_statistics.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <boost/sort/spreadsort/float_sort.hpp>

#include "model/check.h"

namespace sweepjob {

namespace {

constexpr std::size_t kBlockSize = 256;
constexpr std::size_t kFilledTo = 192;   // by a bulk build: room for later insertions
constexpr std::size_t kSmall = 256;      // up to here one sorted vector does
constexpr std::size_t kFewWaiting = 16;  // always inserted one by one
constexpr std::size_t kBulkShare = 128;  // more than size/128 waiting: one sort is cheaper
constexpr std::size_t kManyErased = 1024;

using Block = std::array<double, kBlockSize>;

}  // namespace

// Keys in blocks: all of a block are at least those of the block before, while within a block only
// the first `ordered` are in order. An insertion then touches one line of one block, and a block is
// put in order when a question ends in it: at 100,000 keys most insertions land where nobody asks.
// A Fenwick tree (1994) over the block sizes finds ranks.
class OrderStatistics::Blocks {
 public:
  std::vector<double> erased;  // still in a block, or waiting outside

  [[nodiscard]] std::size_t size() const { return size_; }

  void build(const std::vector<double>& sorted) {
    blocks_.clear();
    lows_.clear();
    sizes_.clear();
    for (std::size_t from = 0; from < sorted.size(); from += kFilledTo) {
      const std::size_t to = std::min(from + kFilledTo, sorted.size());
      blocks_.push_back(std::make_unique<Block>());
      std::copy(sorted.begin() + static_cast<std::ptrdiff_t>(from),
                sorted.begin() + static_cast<std::ptrdiff_t>(to), blocks_.back()->begin());
      lows_.push_back(sorted[from]);
      sizes_.push_back(
          {static_cast<std::uint16_t>(to - from), static_cast<std::uint16_t>(to - from)});
    }
    blocks_.shrink_to_fit();
    lows_.shrink_to_fit();
    size_ = sorted.size();
    build_counts();
  }

  [[nodiscard]] std::vector<double> flatten() {
    std::vector<double> all;
    all.reserve(size_);
    for (std::size_t at = 0; at < blocks_.size(); ++at) {
      order(at);
      all.insert(all.end(), begin(at), end(at));
    }
    return all;
  }

  void insert(double key) {
    if (blocks_.empty()) return build({key});
    std::size_t at = block_of(key);
    if (sizes_[at].keys == kBlockSize) {
      split(at);
      at = block_of(key);
    }
    *end(at) = key;
    ++sizes_[at].keys;
    lows_[at] = std::min(lows_[at], key);
    ++size_;
    for (std::size_t i = at + 1; i <= counts_.size(); i += i & (~i + 1)) ++counts_[i - 1];
  }

  void erase(double key) {
    SWEEPJOB_CHECK(!blocks_.empty(), "only a key that is in the set is erased");
    const std::size_t at = block_of(key);
    order(at);
    double* const found = std::lower_bound(begin(at), end(at), key);
    SWEEPJOB_CHECK(found != end(at) && *found == key, "only a key that is in the set is erased");
    std::copy(found + 1, end(at), found);
    --size_;
    sizes_[at].ordered = --sizes_[at].keys;
    if (sizes_[at].keys == 0) {
      blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
      lows_.erase(lows_.begin() + static_cast<std::ptrdiff_t>(at));
      sizes_.erase(sizes_.begin() + static_cast<std::ptrdiff_t>(at));
      return build_counts();
    }
    lows_[at] = *begin(at);
    for (std::size_t i = at + 1; i <= counts_.size(); i += i & (~i + 1)) --counts_[i - 1];
    if (blocks_.size() > 8 && size_ * 8 < blocks_.size() * kBlockSize) build(flatten());
  }

  [[nodiscard]] std::size_t count_at_most(double key) {
    if (blocks_.empty()) return 0;
    const std::size_t at = block_of(key);
    order(at);
    auto count = static_cast<std::size_t>(std::upper_bound(begin(at), end(at), key) - begin(at));
    for (std::size_t i = at; i > 0; i &= i - 1) count += counts_[i - 1];
    return count;
  }

  [[nodiscard]] double select(std::size_t index) {
    std::size_t at = 0;
    for (std::size_t step = top_step_; step > 0; step /= 2) {
      if (at + step > counts_.size() || counts_[at + step - 1] > index) continue;
      at += step;
      index -= counts_[at - 1];
    }
    order(at);
    return (*blocks_[at])[index];
  }

 private:
  struct Sizes {
    std::uint16_t keys;
    std::uint16_t ordered;
  };

  [[nodiscard]] double* begin(std::size_t at) { return blocks_[at]->data(); }
  [[nodiscard]] double* end(std::size_t at) { return begin(at) + sizes_[at].keys; }

  void order(std::size_t at) {
    if (sizes_[at].ordered == sizes_[at].keys) return;
    double* const tail = begin(at) + sizes_[at].ordered;
    if (end(at) - tail == 1) {
      std::rotate(std::upper_bound(begin(at), tail, *tail), tail, end(at));
    } else {
      std::sort(tail, end(at));
      std::inplace_merge(begin(at), tail, end(at));
    }
    sizes_[at].ordered = sizes_[at].keys;
  }

  // The last block whose lowest key is at most `key`: every copy of `key` that is in the set has
  // one in it.
  [[nodiscard]] std::size_t block_of(double key) const {
    const auto above = std::upper_bound(lows_.begin(), lows_.end(), key);
    return above == lows_.begin() ? 0 : static_cast<std::size_t>(above - lows_.begin()) - 1;
  }

  void split(std::size_t at) {
    constexpr std::uint16_t kHalf = kBlockSize / 2;
    order(at);
    auto upper = std::make_unique<Block>();
    std::copy(begin(at) + kHalf, end(at), upper->begin());
    const auto behind = static_cast<std::ptrdiff_t>(at) + 1;
    const auto moved = static_cast<std::uint16_t>(sizes_[at].keys - kHalf);
    sizes_[at] = {kHalf, kHalf};
    sizes_.insert(sizes_.begin() + behind, {moved, moved});
    lows_.insert(lows_.begin() + behind, upper->front());
    blocks_.insert(blocks_.begin() + behind, std::move(upper));
    build_counts();
  }

  void build_counts() {
    counts_.assign(blocks_.size(), 0);
    for (std::size_t i = 1; i <= counts_.size(); ++i) {
      counts_[i - 1] += sizes_[i - 1].keys;
      const std::size_t parent = i + (i & (~i + 1));
      if (parent <= counts_.size()) counts_[parent - 1] += counts_[i - 1];
    }
    top_step_ = 1;
    while (top_step_ * 2 <= counts_.size()) top_step_ *= 2;
  }

  std::vector<std::unique_ptr<Block>> blocks_;
  // Beside the blocks, because a look into each of them would miss the cache.
  std::vector<double> lows_;
  std::vector<Sizes> sizes_;
  std::vector<std::uint32_t> counts_;
  std::size_t size_ = 0;
  std::size_t top_step_ = 1;
};

OrderStatistics::OrderStatistics() = default;
OrderStatistics::~OrderStatistics() = default;
OrderStatistics::OrderStatistics(OrderStatistics&&) noexcept = default;
OrderStatistics& OrderStatistics::operator=(OrderStatistics&&) noexcept = default;

namespace {

// Orders keys[sorted..] into the ordered keys[..sorted].
void sort_tail(std::vector<double>& keys, std::size_t sorted) {
  if (keys.size() - sorted > kFewWaiting) {
    const auto tail = keys.begin() + static_cast<std::ptrdiff_t>(sorted);
    boost::sort::spreadsort::float_sort(tail, keys.end());
    std::inplace_merge(keys.begin(), tail, keys.end());
    return;
  }
  for (; sorted < keys.size(); ++sorted) {
    const auto last = keys.begin() + static_cast<std::ptrdiff_t>(sorted);
    std::rotate(std::upper_bound(keys.begin(), last, *last), last, last + 1);
  }
}

}  // namespace

void OrderStatistics::settle() const {
  if (!blocks_) {
    if (sorted_ == waiting_.size()) return;
    sort_tail(waiting_, sorted_);
    if (waiting_.size() <= kSmall) {
      sorted_ = static_cast<std::uint32_t>(waiting_.size());
      return;
    }
    blocks_ = std::make_unique<Blocks>();
    blocks_->build(waiting_);
    std::vector<double>().swap(waiting_);
    sorted_ = 0;
    return;
  }
  std::vector<double>& erased = blocks_->erased;
  const std::size_t changes = waiting_.size() + erased.size();
  if (changes == 0) return;
  if (changes <= std::max(kFewWaiting, blocks_->size() / kBulkShare)) {
    for (const double key : waiting_) blocks_->insert(key);
    for (const double key : erased) blocks_->erase(key);
  } else {
    boost::sort::spreadsort::float_sort(waiting_.begin(), waiting_.end());
    boost::sort::spreadsort::float_sort(erased.begin(), erased.end());
    std::vector<double> with;
    with.reserve(blocks_->size() + waiting_.size());
    const std::vector<double> old = blocks_->flatten();
    std::merge(old.begin(), old.end(), waiting_.begin(), waiting_.end(), std::back_inserter(with));
    std::vector<double> left;
    left.reserve(with.size() - erased.size());
    std::set_difference(with.begin(), with.end(), erased.begin(), erased.end(),
                        std::back_inserter(left));
    SWEEPJOB_CHECK(left.size() + erased.size() == with.size(),
                   "only a key that is in the set is erased");
    blocks_->build(left);
    std::vector<double>().swap(waiting_);
    std::vector<double>().swap(erased);
  }
  waiting_.clear();
  erased.clear();
}

void OrderStatistics::erase(double key) {
  if (!blocks_) settle();
  if (!blocks_) {
    const auto found = std::lower_bound(waiting_.begin(), waiting_.end(), key);
    SWEEPJOB_CHECK(found != waiting_.end() && *found == key,
                   "only a key that is in the set is erased");
    waiting_.erase(found);
    --sorted_;
    return;
  }
  blocks_->erased.push_back(key);
  if (blocks_->erased.size() >= std::max(kManyErased, size() / 2)) settle();
}

std::size_t OrderStatistics::size() const {
  return blocks_ ? blocks_->size() + waiting_.size() - blocks_->erased.size() : waiting_.size();
}

std::size_t OrderStatistics::count_at_most(double key) const {
  settle();
  if (blocks_) return blocks_->count_at_most(key);
  return static_cast<std::size_t>(std::upper_bound(waiting_.begin(), waiting_.end(), key) -
                                  waiting_.begin());
}

double OrderStatistics::select(std::size_t index) const {
  SWEEPJOB_CHECK(index < size(), "there is no key of that rank");
  settle();
  return blocks_ ? blocks_->select(index) : waiting_[index];
}

}  // namespace sweepjob
