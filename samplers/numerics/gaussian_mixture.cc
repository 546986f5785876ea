#include "samplers/numerics/gaussian_mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "samplers/numerics/normal.h"

namespace sweepjob {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Part = GaussianMixture::Part;

constexpr int kMaxSteps = 100;
constexpr double kConverged = 1e-6;      // of the mean log density
constexpr double kLeastVariance = 1e-6;  // of a column whose rows are all equal

double log_normal_density(const Part& part, const VectorXd& x) {
  const VectorXd whitened = part.covariance.matrixL().solve(x - part.mean);
  const double log_root = part.covariance.matrixLLT().diagonal().array().log().sum();
  return -0.5 * whitened.squaredNorm() - log_root -
         0.5 * static_cast<double>(x.size()) * std::log(2 * std::numbers::pi);
}

// ln (w_k N(x; k)) for each part, and the logarithm of their sum.
double log_terms(const std::vector<Part>& parts, const VectorXd& x, VectorXd& terms) {
  terms.resize(static_cast<Index>(parts.size()));
  for (std::size_t k = 0; k < parts.size(); ++k) {
    terms[static_cast<Index>(k)] = std::log(parts[k].weight) + log_normal_density(parts[k], x);
  }
  const double most = terms.maxCoeff();
  return most + std::log((terms.array() - most).exp().sum());
}

// Each next one with a probability in proportion to its squared distance from the nearest chosen.
std::vector<Index> spread_rows(const MatrixXd& rows, std::size_t count, RandomStream& stream) {
  std::vector<Index> chosen{
      static_cast<Index>(stream.below(static_cast<std::uint64_t>(rows.rows())))};
  VectorXd distances = (rows.rowwise() - rows.row(chosen[0])).rowwise().squaredNorm();
  while (chosen.size() < count && distances.sum() > 0) {
    double left = stream.uniform() * distances.sum();
    Index next = 0;
    distances.maxCoeff(&next);  // where rounding leaves nothing else
    for (Index i = 0; i < distances.size(); ++i) {
      left -= distances[i];
      if (left >= 0) continue;
      next = i;
      break;
    }
    chosen.push_back(next);
    distances = distances.cwiseMin((rows.rowwise() - rows.row(next)).rowwise().squaredNorm());
  }
  return chosen;
}

void maximize(const MatrixXd& rows, const MatrixXd& shares, const VectorXd& prior,
              std::vector<Part>& parts) {
  const double extra = 2 * static_cast<double>(rows.cols()) + 4;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const VectorXd own = shares.col(static_cast<Index>(k));
    const double count = own.sum();
    Part& part = parts[k];
    part.weight =
        std::max(count / static_cast<double>(rows.rows()), std::numeric_limits<double>::min());
    if (count > 0) part.mean = rows.transpose() * own / count;
    const MatrixXd apart = rows.rowwise() - part.mean.transpose();
    MatrixXd covariance = apart.transpose() * own.asDiagonal() * apart;
    covariance.diagonal() += prior;
    part.covariance.compute(covariance / (count + extra));
  }
}

}  // namespace

GaussianMixture::GaussianMixture(const MatrixXd& rows, std::size_t parts, RandomStream& stream) {
  const auto columns = static_cast<double>(rows.cols());
  const std::size_t most =
      std::min(std::max<std::size_t>(parts, 1), static_cast<std::size_t>(rows.rows()));
  const std::vector<Index> first = spread_rows(rows, most, stream);
  const MatrixXd apart = rows.rowwise() - rows.colwise().mean();
  const VectorXd variances = (apart.colwise().squaredNorm() / static_cast<double>(rows.rows()))
                                 .cwiseMax(kLeastVariance)
                                 .transpose();
  const VectorXd prior =
      variances / std::pow(static_cast<double>(first.size()), 2 / std::max(columns, 1.0));
  for (const Index row : first) {
    Part& part = parts_.emplace_back();
    part.weight = 1 / static_cast<double>(first.size());
    part.mean = rows.row(row).transpose();
    part.covariance.compute(prior.asDiagonal().toDenseMatrix());
  }
  MatrixXd shares(rows.rows(), static_cast<Index>(parts_.size()));
  double before = -std::numeric_limits<double>::infinity();
  for (int step = 0; step < kMaxSteps; ++step) {
    double now = 0;
    VectorXd terms;
    for (Index i = 0; i < rows.rows(); ++i) {
      const double log_sum = log_terms(parts_, rows.row(i).transpose(), terms);
      now += log_sum / static_cast<double>(rows.rows());
      shares.row(i) = (terms.array() - log_sum).exp().transpose();
    }
    maximize(rows, shares, prior, parts_);
    if (std::abs(now - before) < kConverged) break;
    before = now;
  }
}

double GaussianMixture::log_density(const VectorXd& x) const {
  VectorXd terms;
  return log_terms(parts_, x, terms);
}

VectorXd GaussianMixture::draw(RandomStream& stream) const {
  double left = stream.uniform();
  const Part* part = &parts_.back();
  for (const Part& one : parts_) {
    left -= one.weight;
    if (left >= 0) continue;
    part = &one;
    break;
  }
  VectorXd z(part->mean.size());
  for (double& value : z) value = normal_draw(stream);
  return part->mean + part->covariance.matrixL() * z;
}

}  // namespace sweepjob
