// RandomForest: regression trees over the points of an Encoding that know how unsure they are.
// Layer 2; read-only after construction but for assume(); any thread.
//
// With T trees, x in a leaf of mean m_t and variance s_t in tree t, the law of total variance gives
// (F. Hutter, L. Xu, H. Hoos, K. Leyton-Brown, "Algorithm runtime prediction: methods and
// evaluation", Artificial Intelligence 206, 2014, section 4.3.2)
//
//   mean(x) = 1/T sum m_t          variance(x) = 1/T sum (s_t + m_t^2) - mean(x)^2
//
// A split lies anywhere in the gap between two neighbouring values, drawn anew for each tree, so
// that the trees agree where there are data and disagree between them. Categories are split into
// any two sets: the best one by the residual sum of squares is a cut of the categories sorted by
// their mean loss (W. Fisher 1958); those that a node has not seen go to a side at random. A
// coordinate that is not active counts as -1, below all others, or as a category of its own.
//
// No library here: of Debian's, OpenCV's trees and dlib's keep no variance and know no inactive
// coordinates, ALGLIB's forest gives a mean alone, mlpack and Shark are not in Debian 12.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/rng.h"
#include "samplers/surrogate/encoding.h"

namespace sweepjob {

struct Prediction {
  double mean = 0;
  double variance = 0;
};

class RandomForest {
 public:
  // Best looks at every split of an axis, Random at one drawn among them (P. Geurts, D. Ernst,
  // L. Wehenkel, "Extremely randomized trees", 2006).
  enum class Split : std::uint8_t { Best, Random };

  struct Settings {
    std::size_t trees = 10;
    bool bootstrap = true;  // each tree sees as many rows, drawn with replacement
    Split split = Split::Best;
    double axes_per_split = 5.0 / 6;  // the share of the axes that a split may choose from
    double min_to_split = 3;          // rows, repeats of the bootstrap counted
    double min_in_leaf = 3;
    std::size_t max_depth = 20;
    double purity = 1e-8;  // rows whose losses differ by no more are not split
  };

  // Snapped points of `encoding`, at least one, and their finite losses, of moderate size.
  RandomForest(const Encoding& encoding, const Settings& settings, std::span<const Point> points,
               std::span<const double> losses, RandomStream stream);

  [[nodiscard]] Prediction predict(const Point& point) const;
  // Counts the point as seen with this loss: its leaves then know more, no tree grows.
  void assume(const Point& point, double loss);

 private:
  class Grower;

  static constexpr std::uint32_t kLeaf = UINT32_MAX;
  struct Node {
    std::uint32_t axis = kLeaf;
    std::uint32_t next = 0;  // the left child, the right one follows it; of a leaf, its number
    double threshold = 0;    // of an ordered axis: left if not above
    std::uint32_t set = 0;   // of categories: where the bits of the left ones begin
    bool is_category = false;
  };
  struct Leaf {
    double count = 0;
    double mean = 0;
    double squares = 0;  // of the differences from the mean, summed
  };

  [[nodiscard]] std::uint32_t leaf_of(std::uint32_t root, const Point& point) const;

  std::vector<std::uint64_t> categories_;  // by axis; 0: ordered
  std::vector<std::uint32_t> roots_;
  std::vector<Node> nodes_;
  std::vector<std::uint64_t> sets_;
  std::vector<Leaf> leaves_;
};

}  // namespace sweepjob
