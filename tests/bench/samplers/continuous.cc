// Textbook functions of 2 to 20 real parameters. Those that are defined everywhere are moved so
// that their best point stands off the centre, each coordinate by an amount of its own.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "tests/bench/samplers/families.h"

namespace sweepjob::bench {
namespace {

using std::numbers::pi;

double sphere(const Vector& z) {
  double sum = 0;
  for (const double one : z) sum += one * one;
  return sum;
}

double rosenbrock(const Vector& z) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < z.size(); ++i) {
    sum += 100 * square(z[i + 1] - square(z[i])) + square(1 - z[i]);
  }
  return sum;
}

double ackley(const Vector& z) {
  const auto n = static_cast<double>(z.size());
  double squares = 0, waves = 0;
  for (const double one : z) {
    squares += one * one;
    waves += std::cos(2 * pi * one);
  }
  return 20 * (1 - std::exp(-0.2 * std::sqrt(squares / n))) + std::numbers::e - std::exp(waves / n);
}

double rastrigin(const Vector& z) {
  double sum = 0;
  for (const double one : z) sum += one * one + 10 * (1 - std::cos(2 * pi * one));
  return sum;
}

double levy(const Vector& z) {
  const auto w = [&](std::size_t i) { return 1 + (z[i] - 1) / 4; };
  double sum = square(std::sin(pi * w(0)));
  for (std::size_t i = 0; i + 1 < z.size(); ++i) {
    sum += square(w(i) - 1) * (1 + 10 * square(std::sin(pi * w(i) + 1)));
  }
  const double last = w(z.size() - 1);
  return sum + square(last - 1) * (1 + square(std::sin(2 * pi * last)));
}

double styblinski(const Vector& z) {
  double sum = 0;
  for (const double one : z) sum += (square(square(one)) - 16 * square(one) + 5 * one) / 2;
  return sum;
}

double zakharov(const Vector& z) {
  double squares = 0, weighted = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    squares += square(z[i]);
    weighted += 0.5 * static_cast<double>(i + 1) * z[i];
  }
  return squares + square(weighted) + square(square(weighted));
}

// Axes of length 1 to 1/100, turned in every plane.
double turned_ellipsoid(const Vector& z) {
  Vector turned = z;
  RandomStream angles = numbers_of("turned_ellipsoid");
  for (std::size_t i = 0; i < z.size(); ++i) {
    for (std::size_t j = i + 1; j < z.size(); ++j) {
      const double angle = 2 * pi * angles.uniform();
      const double a = turned[i], b = turned[j];
      turned[i] = std::cos(angle) * a - std::sin(angle) * b;
      turned[j] = std::sin(angle) * a + std::cos(angle) * b;
    }
  }
  double sum = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double exponent = 4.0 * static_cast<double>(i) / static_cast<double>(z.size() - 1);
    sum += std::pow(10.0, exponent) * square(turned[i]);
  }
  return sum;
}

// Twenty parameters of which five matter, two of them together.
double low_effective(const Vector& z) {
  return square(z[3]) + 0.6 * square(z[8]) + 0.3 * std::abs(z[11]) + 0.2 * square(z[14] - z[3]) +
         0.1 * (1 - std::cos(3 * z[17])) + 0.05 * square(z[17]);
}

double different_powers(const Vector& z) {
  double sum = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double exponent = 2 + 4.0 * static_cast<double>(i) / static_cast<double>(z.size() - 1);
    sum += std::pow(std::abs(z[i]), exponent);
  }
  return sum;
}

double branin(const Vector& x) {
  const double b = 5.1 / (4 * pi * pi), c = 5 / pi, t = 1 / (8 * pi);
  return square(x[1] - b * square(x[0]) + c * x[0] - 6) + 10 * (1 - t) * std::cos(x[0]) + 10;
}

template <std::size_t N>
double hartmann(const Vector& x, const std::array<std::array<double, N>, 4>& a,
                const std::array<std::array<double, N>, 4>& p) {
  constexpr std::array<double, 4> kAlpha{1.0, 1.2, 3.0, 3.2};
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    double inner = 0;
    for (std::size_t j = 0; j < N; ++j) inner += a[i][j] * square(x[j] - p[i][j]);
    sum -= kAlpha[i] * std::exp(-inner);
  }
  return sum;
}

double hartmann_3(const Vector& x) {
  return hartmann<3>(x, {{{3, 10, 30}, {0.1, 10, 35}, {3, 10, 30}, {0.1, 10, 35}}},
                     {{{0.3689, 0.1170, 0.2673},
                       {0.4699, 0.4387, 0.7470},
                       {0.1091, 0.8732, 0.5547},
                       {0.0381, 0.5743, 0.8828}}});
}

double hartmann_6(const Vector& x) {
  return hartmann<6>(x,
                     {{{10, 3, 17, 3.5, 1.7, 8},
                       {0.05, 10, 17, 0.1, 8, 14},
                       {3, 3.5, 1.7, 10, 17, 8},
                       {17, 8, 0.05, 10, 0.1, 14}}},
                     {{{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                       {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                       {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                       {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}}});
}

double schwefel(const Vector& x) {
  double sum = 0;
  for (const double one : x) sum -= one * std::sin(std::sqrt(std::abs(one)));
  return sum;
}

// Four parameters on logarithmic scales, as learning rates are, the best of two depending on each
// other.
Problem log_scales() {
  Problem problem;
  problem.name = "log_scales_4";
  problem.space.parameters = {log_real("rate", 1e-6, 1), log_real("decay", 1e-8, 1e-1),
                              log_real("smoothing", 1e-3, 1e3), log_real("width", 1, 1e4)};
  problem.best_at = {{"rate", 3e-3}, {"decay", 2e-7}, {"smoothing", 20.0}, {"width", 4e3}};
  problem.value = [](const Params& params) {
    const double rate = std::log10(number(params, "rate") / 3e-3);
    const double decay = std::log10(number(params, "decay") / 2e-7);
    const double smoothing = std::log10(number(params, "smoothing") / 20);
    const double width = std::log10(number(params, "width") / 4e3);
    return 1 - std::exp(-square(rate + 0.5 * width)) + 0.02 * square(decay - rate) +
           0.1 * std::abs(smoothing) + 0.05 * square(width);
  };
  return problem;
}

}  // namespace

void add_continuous(std::vector<Problem>& problems) {
  const std::size_t first = problems.size();
  problems.push_back(
      in_box("branin_2", {{-5, 10}, {0, 15}}, {pi, 2.275}, 0.39788735772973816, branin));
  problems.push_back(in_box("hartmann_3", std::vector<Box>(3, {0, 1}),
                            {0.114588902, 0.555648870, 0.852546979}, -3.862779787332663,
                            hartmann_3));
  problems.push_back(
      in_box("hartmann_6", std::vector<Box>(6, {0, 1}),
             {0.20168951, 0.15001069, 0.47687398, 0.27533243, 0.31165162, 0.65730053},
             -3.32236801141551, hartmann_6));
  const double edge = 420.968746359982;
  problems.push_back(in_box("schwefel_3", std::vector<Box>(3, {-500, 500}), {edge, edge, edge},
                            schwefel({edge, edge, edge}), schwefel));
  problems.push_back(moved("sphere_5", 5, {-5, 5}, 0, 0, sphere));
  problems.push_back(moved("rosenbrock_4", 4, {-3, 3}, 1, 0, rosenbrock));
  problems.push_back(moved("rastrigin_4", 4, {-5.12, 5.12}, 0, 0, rastrigin));
  const double dip = -2.903534027771177;
  problems.push_back(
      moved("styblinski_5", 5, {-5, 5}, dip, styblinski(Vector(5, dip)), styblinski));
  problems.push_back(moved("ackley_6", 6, {-20, 20}, 0, 0, ackley));
  problems.push_back(moved("levy_8", 8, {-10, 10}, 1, 0, levy));
  problems.push_back(moved("turned_ellipsoid_8", 8, {-5, 5}, 0, 0, turned_ellipsoid));
  problems.push_back(moved("zakharov_10", 10, {-5, 5}, 0, 0, zakharov));
  problems.push_back(moved("low_effective_20", 20, {-5, 5}, 0, 0, low_effective));
  problems.push_back(moved("different_powers_20", 20, {-2, 2}, 0, 0, different_powers));
  problems.push_back(log_scales());
  for (std::size_t i = first; i < problems.size(); ++i) problems[i].family = Family::Continuous;
}

}  // namespace sweepjob::bench
