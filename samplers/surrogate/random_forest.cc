#include "samplers/surrogate/random_forest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "model/check.h"

namespace sweepjob {
namespace {

constexpr double kInactive = -1;  // of ordered axes: below all others
constexpr std::uint64_t kWordBits = 64;

std::uint64_t word_count(std::uint64_t categories) {
  return (categories + 1 + kWordBits - 1) / kWordBits;  // one more: not active
}

bool holds(const std::uint64_t* set, std::uint64_t category) {
  return ((set[category / kWordBits] >> (category % kWordBits)) & 1) != 0;
}

// The sum of squares that a split explains, but for a constant of the node.
double explained(double left_sum, double left_count, double sum, double count) {
  const double right_sum = sum - left_sum;
  const double right_count = count - left_count;
  return left_sum * left_sum / left_count + right_sum * right_sum / right_count;
}

}  // namespace

// Grows one tree after the other. For every axis the rows are kept sorted by its values; a node is
// the same range [begin, end) in all of these lists, and a split parts each list without
// disturbing its order: no node sorts.
class RandomForest::Grower {
 public:
  Grower(RandomForest& forest, const Settings& settings, std::span<const Point> points,
         std::span<const double> losses, RandomStream stream)
      : forest_(forest), settings_(settings), losses_(losses), stream_(stream) {
    const std::size_t rows = points.size();
    for (std::size_t axis = 0; axis < forest.categories_.size(); ++axis) {
      std::vector<double> column(rows);
      const std::uint64_t categories = forest.categories_[axis];
      const double inactive = categories > 0 ? static_cast<double>(categories) : kInactive;
      for (std::size_t row = 0; row < rows; ++row) {
        column[row] = std::isnan(points[row][axis]) ? inactive : points[row][axis];
      }
      const auto [low, high] = std::minmax_element(column.begin(), column.end());
      if (*low == *high) continue;
      std::vector<std::uint32_t> order(rows);
      std::iota(order.begin(), order.end(), 0U);
      std::stable_sort(order.begin(), order.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return column[a] < column[b]; });
      columns_.push_back(
          {static_cast<std::uint32_t>(axis), categories, std::move(column), std::move(order), {}});
      if (categories >= by_category_.size()) by_category_.resize(categories + 1);
    }
    weights_.resize(rows);
    goes_left_.resize(rows);
    rows_.reserve(rows);
    buffer_.reserve(rows);
  }

  void grow() {
    sample_rows();
    forest_.roots_.push_back(static_cast<std::uint32_t>(forest_.nodes_.size()));
    forest_.nodes_.emplace_back();
    std::vector<Task> tasks{{forest_.roots_.back(), 0, rows_.size(), 0}};
    while (!tasks.empty()) {
      const Task task = tasks.back();
      tasks.pop_back();
      const Sums sums = sums_of(task);
      std::optional<Cut> cut;
      if (may_split(task, sums)) cut = choose(task, sums);
      if (!cut) {
        make_leaf(task, sums);
        continue;
      }
      const std::size_t middle = part(task, *cut);
      const auto children = static_cast<std::uint32_t>(forest_.nodes_.size());
      forest_.nodes_.resize(children + 2);
      Node& node = forest_.nodes_[task.node];
      node.axis = columns_[cut->column].axis;
      node.next = children;
      node.threshold = cut->threshold;
      node.is_category = !cut->left.empty();
      node.set = static_cast<std::uint32_t>(forest_.sets_.size());
      forest_.sets_.insert(forest_.sets_.end(), cut->left.begin(), cut->left.end());
      tasks.push_back({children + 1, middle, task.end, task.depth + 1});
      tasks.push_back({children, task.begin, middle, task.depth + 1});
    }
  }

 private:
  struct Column {
    std::uint32_t axis = 0;
    std::uint64_t categories = 0;
    std::vector<double> values;         // by row
    std::vector<std::uint32_t> sorted;  // all rows
    std::vector<std::uint32_t> order;   // the rows of this tree, parted by its nodes
  };
  struct Task {
    std::uint32_t node = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t depth = 0;
  };
  struct Sums {
    double count = 0;
    double sum = 0;
    double lowest = std::numeric_limits<double>::infinity();
    double highest = -std::numeric_limits<double>::infinity();
  };
  struct Cut {
    std::size_t column = 0;
    double explained = -std::numeric_limits<double>::infinity();
    double threshold = 0;
    std::vector<std::uint64_t> left;  // of categories
  };
  struct Category {
    double count = 0;
    double sum = 0;
  };

  void sample_rows() {
    const std::size_t rows = weights_.size();
    std::fill(weights_.begin(), weights_.end(), settings_.bootstrap ? 0.0 : 1.0);
    if (settings_.bootstrap) {
      for (std::size_t i = 0; i < rows; ++i) weights_[stream_.below(rows)] += 1;
    }
    const auto is_in = [&](std::uint32_t row) { return weights_[row] > 0; };
    rows_.clear();
    for (std::uint32_t row = 0; row < rows; ++row) {
      if (is_in(row)) rows_.push_back(row);
    }
    for (Column& column : columns_) {
      column.order.clear();
      std::copy_if(column.sorted.begin(), column.sorted.end(), std::back_inserter(column.order),
                   is_in);
    }
  }

  [[nodiscard]] Sums sums_of(const Task& task) const {
    Sums sums;
    for (std::size_t i = task.begin; i < task.end; ++i) {
      const double loss = losses_[rows_[i]];
      sums.count += weights_[rows_[i]];
      sums.sum += weights_[rows_[i]] * loss;
      sums.lowest = std::min(sums.lowest, loss);
      sums.highest = std::max(sums.highest, loss);
    }
    return sums;
  }

  [[nodiscard]] bool may_split(const Task& task, const Sums& sums) const {
    return task.depth < settings_.max_depth && task.end - task.begin > 1 &&
           sums.count >= settings_.min_to_split && sums.count >= 2 * settings_.min_in_leaf &&
           sums.highest - sums.lowest > settings_.purity;
  }

  void make_leaf(const Task& task, const Sums& sums) {
    Leaf leaf{sums.count, sums.sum / sums.count, 0};
    for (std::size_t i = task.begin; i < task.end; ++i) {
      const double difference = losses_[rows_[i]] - leaf.mean;
      leaf.squares += weights_[rows_[i]] * difference * difference;
    }
    forest_.nodes_[task.node].next = static_cast<std::uint32_t>(forest_.leaves_.size());
    forest_.leaves_.push_back(leaf);
  }

  // Axes in a random order; those on which the node has one value only do not count.
  [[nodiscard]] std::optional<Cut> choose(const Task& task, const Sums& sums) {
    shuffled_.resize(columns_.size());
    std::iota(shuffled_.begin(), shuffled_.end(), std::size_t{0});
    const double share = settings_.axes_per_split * static_cast<double>(forest_.categories_.size());
    auto left = static_cast<std::size_t>(std::max(1.0, std::floor(share + 1e-9)));
    Cut best;
    for (std::size_t i = 0; i < shuffled_.size() && left > 0; ++i) {
      std::swap(shuffled_[i], shuffled_[i + stream_.below(shuffled_.size() - i)]);
      const Column& column = columns_[shuffled_[i]];
      const double first = column.values[column.order[task.begin]];
      const double last = column.values[column.order[task.end - 1]];
      if (first == last) continue;
      --left;
      Cut cut = column.categories > 0 ? category_cut(column, task, sums)
                                      : ordered_cut(column, task, sums);
      cut.column = shuffled_[i];
      if (cut.explained > best.explained) best = std::move(cut);
    }
    if (!std::isfinite(best.explained)) return std::nullopt;
    return best;
  }

  [[nodiscard]] bool is_big_enough(double count, const Sums& sums) const {
    return count >= settings_.min_in_leaf && sums.count - count >= settings_.min_in_leaf;
  }

  [[nodiscard]] Cut ordered_cut(const Column& column, const Task& task, const Sums& sums) {
    const double u = stream_.uniform();
    const bool random = settings_.split == Split::Random;
    const double drawn = random ? random_threshold(column, task, u) : 0;
    Cut best;
    double count = 0, sum = 0;
    for (std::size_t i = task.begin; i + 1 < task.end; ++i) {
      const std::uint32_t row = column.order[i];
      count += weights_[row];
      sum += weights_[row] * losses_[row];
      const double here = column.values[row];
      const double next = column.values[column.order[i + 1]];
      if (here == next || (random && next <= drawn)) continue;
      if (is_big_enough(count, sums)) {
        const double value = explained(sum, count, sums.sum, sums.count);
        const double threshold = random ? drawn : here + u * (next - here);
        if (value > best.explained) {
          best.explained = value;
          best.threshold = threshold < next ? threshold : here;
        }
      }
      if (random) break;
    }
    return best;
  }

  // Between the lowest and the highest value. Where some are not active, half of the draws part
  // those from the others.
  [[nodiscard]] double random_threshold(const Column& column, const Task& task, double u) const {
    const auto begin = column.order.begin() + static_cast<std::ptrdiff_t>(task.begin);
    const auto end = column.order.begin() + static_cast<std::ptrdiff_t>(task.end);
    double low = column.values[*begin];
    const double high = column.values[*(end - 1)];
    if (low == kInactive) {
      if (u < 0.5) return kInactive;
      u = 2 * u - 1;
      low = column.values[*std::partition_point(
          begin, end, [&](std::uint32_t row) { return column.values[row] == kInactive; })];
    }
    return low + u * (high - low);
  }

  [[nodiscard]] Cut category_cut(const Column& column, const Task& task, const Sums& sums) {
    seen_.clear();
    for (std::size_t i = task.begin; i < task.end; ++i) {
      const std::uint32_t row = column.order[i];
      const auto category = static_cast<std::size_t>(column.values[row]);
      if (seen_.empty() || seen_.back() != category) {
        seen_.push_back(category);
        by_category_[category] = {};
      }
      by_category_[category].count += weights_[row];
      by_category_[category].sum += weights_[row] * losses_[row];
    }
    Cut best;
    best.left.resize(word_count(column.categories));
    for (std::uint64_t& word : best.left) word = stream_.next();  // sides of the unseen ones
    std::size_t on_left = 0;
    if (settings_.split == Split::Random) {
      // A random set of a random size.
      for (std::size_t i = seen_.size() - 1; i > 0; --i) {
        std::swap(seen_[i], seen_[stream_.below(i + 1)]);
      }
      on_left = 1 + static_cast<std::size_t>(stream_.below(seen_.size() - 1));
    } else {
      std::stable_sort(seen_.begin(), seen_.end(), [&](std::size_t a, std::size_t b) {
        return by_category_[a].sum / by_category_[a].count <
               by_category_[b].sum / by_category_[b].count;
      });
    }
    double count = 0, sum = 0;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i + 1 < seen_.size(); ++i) {
      count += by_category_[seen_[i]].count;
      sum += by_category_[seen_[i]].sum;
      if ((on_left > 0 && i + 1 != on_left) || !is_big_enough(count, sums)) continue;
      const double value = explained(sum, count, sums.sum, sums.count);
      if (value > best.explained) {
        best.explained = value;
        chosen = i + 1;
      }
    }
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      std::uint64_t& word = best.left[seen_[i] / kWordBits];
      const std::uint64_t bit = std::uint64_t{1} << (seen_[i] % kWordBits);
      word = i < chosen ? word | bit : word & ~bit;
    }
    return best;
  }

  // The end of the left rows, in every list.
  [[nodiscard]] std::size_t part(const Task& task, const Cut& cut) {
    const Column& by = columns_[cut.column];
    std::size_t middle = task.begin;
    for (std::size_t i = task.begin; i < task.end; ++i) {
      const double value = by.values[rows_[i]];
      const bool left = cut.left.empty()
                            ? value <= cut.threshold
                            : holds(cut.left.data(), static_cast<std::uint64_t>(value));
      goes_left_[rows_[i]] = left ? 1 : 0;
      if (left) ++middle;
    }
    part(rows_, task);
    for (Column& column : columns_) part(column.order, task);
    return middle;
  }

  void part(std::vector<std::uint32_t>& order, const Task& task) {
    buffer_.clear();
    std::size_t left = task.begin;
    for (std::size_t i = task.begin; i < task.end; ++i) {
      const std::uint32_t row = order[i];
      if (goes_left_[row] != 0) {
        order[left++] = row;
      } else {
        buffer_.push_back(row);
      }
    }
    std::copy(buffer_.begin(), buffer_.end(), order.begin() + static_cast<std::ptrdiff_t>(left));
  }

  RandomForest& forest_;
  const Settings& settings_;
  std::span<const double> losses_;
  RandomStream stream_;
  std::vector<Column> columns_;  // of the axes with more than one value
  std::vector<double> weights_;  // by row: how often it is in this tree
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint8_t> goes_left_;
  std::vector<std::uint32_t> buffer_;
  std::vector<std::size_t> shuffled_;
  std::vector<std::size_t> seen_;
  std::vector<Category> by_category_;
};

RandomForest::RandomForest(const Encoding& encoding, const Settings& settings,
                           std::span<const Point> points, std::span<const double> losses,
                           RandomStream stream) {
  SWEEPJOB_CHECK(!points.empty() && points.size() == losses.size(), "one loss for each point");
  for (const Axis& axis : encoding.axes()) {
    categories_.push_back(axis.kind == Axis::Kind::Categories ? axis.count : 0);
  }
  Grower grower(*this, settings, points, losses, stream);
  for (std::size_t tree = 0; tree < settings.trees; ++tree) grower.grow();
}

std::uint32_t RandomForest::leaf_of(std::uint32_t root, const Point& point) const {
  const Node* node = &nodes_[root];
  while (node->axis != kLeaf) {
    const double value = point[node->axis];
    bool left = !(value > node->threshold);  // so is what is not active
    if (node->is_category) {
      const std::uint64_t category =
          std::isnan(value) ? categories_[node->axis] : static_cast<std::uint64_t>(value);
      left = holds(sets_.data() + node->set, category);
    }
    node = &nodes_[node->next + (left ? 0 : 1)];
  }
  return node->next;
}

Prediction RandomForest::predict(const Point& point) const {
  double sum = 0, within = 0, squares = 0;
  const auto trees = static_cast<double>(roots_.size());
  for (const std::uint32_t root : roots_) {
    const Leaf& leaf = leaves_[leaf_of(root, point)];
    sum += leaf.mean;
    squares += leaf.mean * leaf.mean;
    within += leaf.squares / leaf.count;
  }
  const double mean = sum / trees;
  return {mean, std::max(0.0, (within + squares) / trees - mean * mean)};
}

void RandomForest::assume(const Point& point, double loss) {
  for (const std::uint32_t root : roots_) {
    Leaf& leaf = leaves_[leaf_of(root, point)];
    leaf.count += 1;
    const double before = loss - leaf.mean;
    leaf.mean += before / leaf.count;
    leaf.squares += before * (loss - leaf.mean);
  }
}

}  // namespace sweepjob
