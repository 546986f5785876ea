// Features: points of a search space as rows of numbers for kernels of Euclidean distances. Layer
// 2; read-only after construction; any thread.
//
// The squared distance of two points is D = sum_i w_i d_i^2 over the axes that have more than one
// value, with
//
//   numbers      d = x - x', coordinates in [0, 1]
//   categories   d^2 = 1 where the entries differ, 0 where they agree
//   not active   d = 0 where the axis is active in neither point, d^2 = 1 where in one only
//
// A kernel that is positive definite in Euclidean space stays so, since every d is a distance in
// one: categories (not active is one more of them) are corners of a simplex of edge 1, and a
// number that is not always active is a point on an arc of one radian about an apex, which stands
// for not active: (cos x, sin x) against (0, 0). The chord 2 sin(|x - x'| / 2) differs from
// |x - x'| by 4 % at most. (After Swersky et al., "Raiders of the Lost Architecture", 2013.)
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "samplers/surrogate/encoding.h"

namespace sweepjob {

struct Features {
  Eigen::MatrixXd numbers;     // a row for each point
  Eigen::MatrixXd categories;  // entries by index; not active is -1

  [[nodiscard]] Eigen::Index rows() const { return numbers.rows(); }
  void append(const Features& more);
};

class FeatureMap {
 public:
  // A weight for each axis with more than one value, in the order of the axes.
  explicit FeatureMap(const Encoding& encoding);

  struct Number {
    std::size_t axis = 0;
    Eigen::Index weight = 0;
    bool arc = false;  // two columns: cosine and sine
    Eigen::Index column = 0;
  };
  struct Category {
    std::size_t axis = 0;
    Eigen::Index weight = 0;
  };

  [[nodiscard]] Eigen::Index weight_count() const { return weights_; }
  [[nodiscard]] const std::vector<Number>& numbers() const { return numbers_; }
  [[nodiscard]] const std::vector<Category>& categories() const { return categories_; }
  [[nodiscard]] Eigen::Index column_count() const { return columns_; }

  // Of snapped points.
  [[nodiscard]] Features of(std::span<const Point> points) const;
  // The weight of each column of numbers, and of each of categories.
  [[nodiscard]] Eigen::VectorXd number_weights(const Eigen::VectorXd& weights) const;
  [[nodiscard]] Eigen::VectorXd category_weights(const Eigen::VectorXd& weights) const;

 private:
  std::vector<Number> numbers_;
  std::vector<Category> categories_;
  Eigen::Index columns_ = 0;
  Eigen::Index weights_ = 0;
};

// D for every row of a against every row of b.
[[nodiscard]] Eigen::MatrixXd squared_distances(const Features& a, const Features& b,
                                                const Eigen::VectorXd& number_weights,
                                                const Eigen::VectorXd& category_weights);

}  // namespace sweepjob
