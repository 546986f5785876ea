#include "policies/order_statistics.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "model/check.h"

namespace sweepjob {

namespace {

constexpr std::size_t kSmall =
    256;  // up to here one sorted vector does, and a block is put in order
constexpr std::size_t kFewWaiting = 16;  // inserted one by one
constexpr std::size_t kManyErased = 1024;

// As push_back(), but growing by a quarter: doubling would waste a third of the memory.
void append(std::vector<double>& keys, double key) {
  if (keys.size() == keys.capacity()) keys.reserve(keys.size() + keys.size() / 4 + 4);
  keys.push_back(key);
}

// Orders keys[sorted..] into the ordered keys[..sorted].
void sort_tail(std::vector<double>& keys, std::size_t sorted) {
  if (keys.size() - sorted > kFewWaiting) {
    const auto tail = keys.begin() + static_cast<std::ptrdiff_t>(sorted);
    std::sort(tail, keys.end());
    std::inplace_merge(keys.begin(), tail, keys.end());
    return;
  }
  for (; sorted < keys.size(); ++sorted) {
    const auto last = keys.begin() + static_cast<std::ptrdiff_t>(sorted);
    std::rotate(std::upper_bound(keys.begin(), last, *last), last, last + 1);
  }
}

}  // namespace

// Keys in blocks: all of a block are at least those of the block before. A block grows as long as
// nobody asks; the one in which a question ends is halved until it is small, and put in order
// ("Incremental Quicksort", Paredes and Navarro, 2006). Policies ask about the same few places
// again and again, so that 100,000 keys lie in a dozen blocks. Where questions go everywhere, all
// blocks become small. A Fenwick tree (1994) over the block sizes finds ranks.
//
// Keys that are not of the block that was asked about last wait until a question leaves it: an
// insertion then touches three lines of the cache, and cold lines are all that it costs.
class OrderStatistics::Blocks {
 public:
  std::vector<double> erased;  // still in a block

  explicit Blocks(std::vector<double> keys) { start_over(std::move(keys)); }

  [[nodiscard]] std::size_t size() const { return size_; }

  void insert(double key) {
    if (blocks_.empty()) return start_over({key});
    ++size_;
    if (!hot_ || is_hot(key)) return place(key);
    if (key < hot_low_) ++below_;
    append(waiting_, key);
  }

  void erase(double key) {
    cool();
    SWEEPJOB_CHECK(!blocks_.empty(), "only a key that is in the set is erased");
    const std::size_t at = ordered_block_of(key);
    std::vector<double>& keys = blocks_[at].keys;
    const auto found = std::lower_bound(keys.begin(), keys.end(), key);
    SWEEPJOB_CHECK(found != keys.end() && *found == key, "only a key that is in the set is erased");
    keys.erase(found);
    --size_;
    blocks_[at].ordered = keys.size();
    if (keys.empty()) {
      blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
      lows_.erase(lows_.begin() + static_cast<std::ptrdiff_t>(at));
      return build_counts();
    }
    lows_[at] = keys.front();
    for (std::size_t i = at + 1; i <= counts_.size(); i += i & (~i + 1)) --counts_[i - 1];
    if (blocks_.size() > 8 && size_ * 8 < blocks_.size() * kSmall) start_over(flatten());
  }

  [[nodiscard]] std::size_t count_at_most(double key) {
    if (blocks_.empty()) return 0;
    if (!hot_ || !is_hot(key) || blocks_[*hot_].keys.size() > kSmall) {
      cool();
      const std::size_t at = ordered_block_of(key);
      std::size_t before = 0;
      for (std::size_t i = at; i > 0; i &= i - 1) before += counts_[i - 1];
      heat(at, before);
    }
    order(*hot_);
    const std::vector<double>& keys = blocks_[*hot_].keys;
    const auto above = std::upper_bound(keys.begin(), keys.end(), key);
    return before_ + below_ + static_cast<std::size_t>(above - keys.begin());
  }

  [[nodiscard]] double select(std::size_t index) {
    if (hot_) {
      const std::size_t size = blocks_[*hot_].keys.size();
      // Wraps round where the rank lies before the block.
      const std::size_t place = index - before_ - below_;
      if (place < size && size <= kSmall) {
        order(*hot_);
        return blocks_[*hot_].keys[place];
      }
      cool();
    }
    auto [at, offset] = block_at(index);
    if (blocks_[at].keys.size() > kSmall) {
      narrow(at,
             [place = offset](std::size_t middle, double /*pivot*/) { return place >= middle; });
      std::tie(at, offset) = block_at(index);
    }
    order(at);
    heat(at, index - offset);
    return blocks_[at].keys[offset];
  }

 private:
  struct Block {
    std::vector<double> keys;
    std::size_t ordered = 0;  // the first of them
  };

  [[nodiscard]] bool is_hot(double key) const { return key >= hot_low_ && key < hot_end_; }
  // From here on only keys of this block go into a block; `before` are in those before it.
  void heat(std::size_t at, std::size_t before) {
    hot_ = at;
    before_ = before;
    hot_low_ = at == 0 ? -std::numeric_limits<double>::infinity() : lows_[at];
    hot_end_ = at + 1 < lows_.size() ? lows_[at + 1] : std::numeric_limits<double>::infinity();
  }
  // All keys into their blocks.
  void cool() {
    hot_.reset();
    below_ = 0;
    for (const double key : waiting_) place(key);
    if (waiting_.size() > kSmall) std::vector<double>().swap(waiting_);
    waiting_.clear();
  }
  void place(double key) {
    const std::size_t at = block_of(key);
    append(blocks_[at].keys, key);
    lows_[at] = std::min(lows_[at], key);
    for (std::size_t i = at + 1; i <= counts_.size(); i += i & (~i + 1)) ++counts_[i - 1];
  }

  void start_over(std::vector<double> keys) {
    size_ = keys.size();
    lows_.assign(1, *std::min_element(keys.begin(), keys.end()));
    blocks_.clear();
    blocks_.push_back({std::move(keys), 0});
    build_counts();
  }

  [[nodiscard]] std::vector<double> flatten() const {
    std::vector<double> all;
    all.reserve(size_);
    for (const Block& block : blocks_) {
      all.insert(all.end(), block.keys.begin(), block.keys.end());
    }
    return all;
  }

  void order(std::size_t at) {
    Block& block = blocks_[at];
    if (block.ordered == block.keys.size()) return;
    sort_tail(block.keys, block.ordered);
    block.ordered = block.keys.size();
  }

  // The last block whose lowest key is at most `key`: every copy of `key` that is in the set has
  // one in it.
  [[nodiscard]] std::size_t block_of(double key) const {
    const auto above = std::upper_bound(lows_.begin(), lows_.end(), key);
    return above == lows_.begin() ? 0 : static_cast<std::size_t>(above - lows_.begin()) - 1;
  }
  [[nodiscard]] std::size_t ordered_block_of(double key) {
    std::size_t at = block_of(key);
    if (blocks_[at].keys.size() > kSmall) {
      narrow(at, [key](std::size_t /*middle*/, double pivot) { return key >= pivot; });
      at = block_of(key);
    }
    order(at);
    return at;
  }
  // The block that holds the key of this rank, and how many of its keys come before.
  [[nodiscard]] std::pair<std::size_t, std::size_t> block_at(std::size_t index) const {
    std::size_t at = 0;
    for (std::size_t step = top_step_; step > 0; step /= 2) {
      if (at + step > counts_.size() || counts_[at + step - 1] > index) continue;
      at += step;
      index -= counts_[at - 1];
    }
    return {at, index};
  }

  // Halves a block, and again the half that the question is about, until that one is small.
  // is_above(middle, pivot): whether it is about the keys from `middle` on, which are at least
  // `pivot`.
  template <class IsAbove>
  void narrow(std::size_t at, const IsAbove& is_above);

  void build_counts() {
    counts_.assign(blocks_.size(), 0);
    for (std::size_t i = 1; i <= counts_.size(); ++i) {
      counts_[i - 1] += static_cast<std::uint32_t>(blocks_[i - 1].keys.size());
      const std::size_t parent = i + (i & (~i + 1));
      if (parent <= counts_.size()) counts_[parent - 1] += counts_[i - 1];
    }
    top_step_ = 1;
    while (top_step_ * 2 <= counts_.size()) top_step_ *= 2;
  }

  std::optional<std::size_t> hot_;  // the block that was asked about last
  double hot_low_ = 0;              // its keys, and those to come: [low, end)
  double hot_end_ = 0;
  std::vector<double> waiting_;  // keys that are not of the hot block
  std::size_t below_ = 0;        // those of them that come before it
  std::size_t before_ = 0;       // keys of the blocks before it
  std::vector<Block> blocks_;
  std::vector<double> lows_;  // the lowest key of each block
  std::vector<std::uint32_t> counts_;
  std::size_t size_ = 0;
  std::size_t top_step_ = 1;
};

template <class IsAbove>
void OrderStatistics::Blocks::narrow(std::size_t at, const IsAbove& is_above) {
  struct Part {
    std::size_t from;
    double low;
  };
  std::vector<double> keys = std::move(blocks_[at].keys);
  const auto place = [&](std::size_t i) { return keys.begin() + static_cast<std::ptrdiff_t>(i); };
  std::vector<Part> parts{{0, lows_[at]}};
  std::vector<Part> above;  // the last one first
  std::size_t from = 0;
  std::size_t to = keys.size();
  while (to - from > kSmall) {
    const std::size_t middle = from + (to - from) / 2;
    std::nth_element(place(from), place(middle), place(to));
    const Part upper{middle, keys[middle]};
    if (is_above(middle, upper.low)) {
      parts.push_back(upper);
      from = middle;
    } else {
      above.push_back(upper);
      to = middle;
    }
  }
  parts.insert(parts.end(), above.rbegin(), above.rend());
  std::vector<Block> blocks(parts.size());
  std::vector<double> lows(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = i + 1 < parts.size() ? parts[i + 1].from : keys.size();
    blocks[i].keys.assign(place(parts[i].from), place(end));
    lows[i] = parts[i].low;
  }
  const auto offset = static_cast<std::ptrdiff_t>(at);
  blocks_[at] = std::move(blocks.front());
  blocks_.insert(blocks_.begin() + offset + 1, std::make_move_iterator(blocks.begin() + 1),
                 std::make_move_iterator(blocks.end()));
  lows_.insert(lows_.begin() + offset + 1, lows.begin() + 1, lows.end());
  build_counts();
}

OrderStatistics::OrderStatistics() = default;
OrderStatistics::~OrderStatistics() = default;
OrderStatistics::OrderStatistics(OrderStatistics&&) noexcept = default;
OrderStatistics& OrderStatistics::operator=(OrderStatistics&&) noexcept = default;

void OrderStatistics::insert(double key) {
  if (blocks_) return blocks_->insert(key);
  append(few_, key);
}

void OrderStatistics::settle() const {
  if (!blocks_) {
    if (sorted_ == few_.size()) return;
    if (few_.size() <= kSmall) {
      sort_tail(few_, sorted_);
      sorted_ = static_cast<std::uint32_t>(few_.size());
      return;
    }
    blocks_ = std::make_unique<Blocks>(std::exchange(few_, {}));
    sorted_ = 0;
    return;
  }
  for (const double key : blocks_->erased) blocks_->erase(key);
  blocks_->erased.clear();
}

void OrderStatistics::erase(double key) {
  if (!blocks_) settle();
  if (!blocks_) {
    const auto found = std::lower_bound(few_.begin(), few_.end(), key);
    SWEEPJOB_CHECK(found != few_.end() && *found == key, "only a key that is in the set is erased");
    few_.erase(found);
    --sorted_;
    return;
  }
  blocks_->erased.push_back(key);
  if (blocks_->erased.size() >= std::max(kManyErased, size() / 2)) settle();
}

std::size_t OrderStatistics::size() const {
  return blocks_ ? blocks_->size() - blocks_->erased.size() : few_.size();
}

std::size_t OrderStatistics::count_at_most(double key) const {
  settle();
  if (blocks_) return blocks_->count_at_most(key);
  return static_cast<std::size_t>(std::upper_bound(few_.begin(), few_.end(), key) - few_.begin());
}

double OrderStatistics::select(std::size_t index) const {
  SWEEPJOB_CHECK(index < size(), "there is no key of that rank");
  settle();
  return blocks_ ? blocks_->select(index) : few_[index];
}

}  // namespace sweepjob
