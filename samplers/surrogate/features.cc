#include "samplers/surrogate/features.h"

#include <cmath>

namespace sweepjob {
namespace {

void append_rows(Eigen::MatrixXd& to, const Eigen::MatrixXd& from) {
  const Eigen::Index rows = to.rows();
  to.conservativeResize(rows + from.rows(), from.cols());
  to.bottomRows(from.rows()) = from;
}

}  // namespace

void Features::append(const Features& more) {
  append_rows(numbers, more.numbers);
  append_rows(categories, more.categories);
}

FeatureMap::FeatureMap(const Encoding& encoding) {
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    const Axis& axis = encoding.axes()[i];
    // One that is constant where it is active says no more than the choice above it.
    if (axis.is_constant()) continue;
    if (axis.kind == Axis::Kind::Categories) {
      categories_.push_back({i, weights_++});
      continue;
    }
    const bool arc = axis.condition.has_value();
    numbers_.push_back({i, weights_++, arc, columns_});
    columns_ += arc ? 2 : 1;
  }
}

Features FeatureMap::of(std::span<const Point> points) const {
  const auto rows = static_cast<Eigen::Index>(points.size());
  Features result{Eigen::MatrixXd(rows, columns_),
                  Eigen::MatrixXd(rows, static_cast<Eigen::Index>(categories_.size()))};
  for (Eigen::Index row = 0; row < rows; ++row) {
    const Point& point = points[static_cast<std::size_t>(row)];
    for (const Number& number : numbers_) {
      const double x = point[number.axis];
      const bool active = !std::isnan(x);
      if (number.arc) {
        result.numbers(row, number.column) = active ? std::cos(x) : 0;
        result.numbers(row, number.column + 1) = active ? std::sin(x) : 0;
      } else {
        result.numbers(row, number.column) = x;
      }
    }
    for (std::size_t i = 0; i < categories_.size(); ++i) {
      const double entry = point[categories_[i].axis];
      result.categories(row, static_cast<Eigen::Index>(i)) = std::isnan(entry) ? -1 : entry;
    }
  }
  return result;
}

Eigen::VectorXd FeatureMap::number_weights(const Eigen::VectorXd& weights) const {
  Eigen::VectorXd result(columns_);
  for (const Number& number : numbers_) {
    result[number.column] = weights[number.weight];
    if (number.arc) result[number.column + 1] = weights[number.weight];
  }
  return result;
}

Eigen::VectorXd FeatureMap::category_weights(const Eigen::VectorXd& weights) const {
  Eigen::VectorXd result(static_cast<Eigen::Index>(categories_.size()));
  for (std::size_t i = 0; i < categories_.size(); ++i) {
    result[static_cast<Eigen::Index>(i)] = weights[categories_[i].weight];
  }
  return result;
}

Eigen::MatrixXd squared_distances(const Features& a, const Features& b,
                                  const Eigen::VectorXd& number_weights,
                                  const Eigen::VectorXd& category_weights) {
  // |a - b|^2 = |a|^2 + |b|^2 - 2 ab: a matrix product, exact to about 1e-15 of the largest |a|^2,
  // which is far below the noise that keeps the covariance invertible.
  const Eigen::VectorXd roots = number_weights.cwiseSqrt();
  const Eigen::MatrixXd left = a.numbers * roots.asDiagonal();
  const Eigen::MatrixXd right = b.numbers * roots.asDiagonal();
  Eigen::MatrixXd result(a.rows(), b.rows());
  result.noalias() = -2 * left * right.transpose();
  result.colwise() += left.rowwise().squaredNorm();
  result.rowwise() += right.rowwise().squaredNorm().transpose();
  result = result.cwiseMax(0.0);
  for (Eigen::Index axis = 0; axis < category_weights.size(); ++axis) {
    const double weight = category_weights[axis];
    for (Eigen::Index j = 0; j < b.rows(); ++j) {
      const double entry = b.categories(j, axis);
      result.col(j).array() += (a.categories.col(axis).array() != entry)
                                   .select(Eigen::ArrayXd::Constant(a.rows(), weight), 0.0);
    }
  }
  return result;
}

}  // namespace sweepjob
