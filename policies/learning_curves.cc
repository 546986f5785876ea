#include "policies/learning_curves.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <unsupported/Eigen/LevenbergMarquardt>
#include <unsupported/Eigen/NumericalDiff>

namespace sweepjob {

namespace {

constexpr std::size_t kMostPoints = 100;
constexpr Eigen::Index kEvaluationsPerParameter = 200;

double vap(double x, const CurveParameters& p) {
  return std::exp(p[0] + p[1] / x + p[2] * std::log(x));
}
double pow3(double x, const CurveParameters& p) { return p[0] - p[1] * std::pow(x, -p[2]); }
double linear(double x, const CurveParameters& p) { return p[0] * x + p[1]; }
double logx_linear(double x, const CurveParameters& p) { return p[0] * std::log(x) + p[1]; }
double dr_hill_zero_background(double x, const CurveParameters& p) {
  const double power = std::pow(x, p[1]);
  return p[0] * power / (std::pow(p[2], p[1]) + power);
}
double log_power(double x, const CurveParameters& p) {
  return p[0] / (1 + std::pow(x / std::exp(p[1]), p[2]));
}
double pow4(double x, const CurveParameters& p) { return p[3] - std::pow(p[1] * x + p[2], -p[0]); }
double mmf(double x, const CurveParameters& p) {
  return p[0] - (p[0] - p[1]) / (1 + std::pow(p[2] * x, p[3]));
}
double exp4(double x, const CurveParameters& p) {
  return p[0] - std::exp(-p[1] * std::pow(x, p[3]) + p[2]);
}
double ilog2(double x, const CurveParameters& p) { return p[0] - p[1] / std::log(x); }
double weibull(double x, const CurveParameters& p) {
  return p[0] - (p[0] - p[1]) * std::exp(-std::pow(p[2] * x, p[3]));
}
double janoschek(double x, const CurveParameters& p) {
  return p[0] - (p[0] - p[1]) * std::exp(-p[2] * std::pow(x, p[3]));
}

struct Point {
  double x;
  double y;
};

std::vector<Point> points_of(std::span<const double> y) {
  const std::size_t stride = (y.size() + kMostPoints - 1) / kMostPoints;
  std::vector<Point> points;
  for (std::size_t left = y.size(); left > 0; left -= std::min(left, stride)) {
    points.push_back({static_cast<double>(left), y[left - 1]});
  }
  std::reverse(points.begin(), points.end());
  return points;
}

CurveParameters to_parameters(const Eigen::VectorXd& x) {
  CurveParameters parameters{};
  std::copy(x.begin(), x.end(), parameters.begin());
  return parameters;
}

// Eigen's functors know their sizes and are called with vectors.
struct Residuals : Eigen::DenseFunctor<double> {
  Residuals(const CurveFamily& fitted, const std::vector<Point>& through)
      : DenseFunctor(static_cast<int>(fitted.parameters), static_cast<int>(through.size())),
        family(&fitted),
        points(&through) {}

  int operator()(const Eigen::VectorXd& x, Eigen::VectorXd& residuals) const {
    const CurveParameters parameters = to_parameters(x);
    Eigen::Index i = 0;
    for (const Point& point : *points) {
      residuals[i++] = family->value(point.x, parameters) - point.y;
    }
    return 0;
  }

  const CurveFamily* family;
  const std::vector<Point>* points;
};

}  // namespace

const std::array<CurveFamily, kCurveFamilies>& curve_families() {
  static constexpr std::array<CurveFamily, kCurveFamilies> kFamilies{{
      {"vap", 3, {-0.622028, -0.470050, 0.042322}, vap},
      {"pow3", 3, {0.84, 0.52, 0.01}, pow3},
      {"linear", 2, {1, 0}, linear},
      {"logx_linear", 2, {0.378106, 0.046506}, logx_linear},
      {"dr_hill_zero_background", 3, {0.772320, 0.586449, 2.460843}, dr_hill_zero_background},
      {"log_power", 3, {0.77, 2.98, -0.51}, log_power},
      {"pow4", 4, {0.1, 200, 0, 0.8}, pow4},
      {"mmf", 4, {0.7, 0.1, 0.01, 5}, mmf},
      {"exp4", 4, {0.7, 0.8, -0.8, 0.3}, exp4},
      {"ilog2", 2, {0.78, 0.43}, ilog2},
      {"weibull", 4, {0.7, 0.1, 0.01, 1}, weibull},
      {"janoschek", 4, {0.73, 0.07, 0.355, 0.46}, janoschek},
  }};
  return kFamilies;
}

CurveFit fit_curve(const CurveFamily& family, std::span<const double> y) {
  const CurveFit failed{family.defaults, false};
  const std::vector<Point> points = points_of(y);
  if (points.size() < family.parameters) return failed;
  const auto count = static_cast<Eigen::Index>(family.parameters);
  Eigen::VectorXd x = Eigen::VectorXd::Ones(count);
  Residuals residuals(family, points);
  Eigen::VectorXd at_start(residuals.values());
  residuals(x, at_start);
  if (!at_start.allFinite()) return failed;
  Eigen::NumericalDiff<Residuals> differentiated(residuals);
  Eigen::LevenbergMarquardt<Eigen::NumericalDiff<Residuals>> solver(differentiated);
  solver.setMaxfev(kEvaluationsPerParameter * (count + 1));
  const auto status = solver.minimize(x);
  const bool converged = status >= Eigen::LevenbergMarquardtSpace::RelativeReductionTooSmall &&
                         status <= Eigen::LevenbergMarquardtSpace::CosinusTooSmall;
  if (!converged || !x.allFinite()) return failed;
  return {to_parameters(x), true};
}

}  // namespace sweepjob
