// Problems of every family but the tables, chosen before any sampler had been measured on them and
// not changed since: they tell whether what was chosen by scores on the others holds elsewhere.
//
// Nobody chooses a setting of a sampler by these. Where that has happened they belong to the other
// families, and new ones are needed here.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "tests/bench/samplers/families.h"
#include "tests/support/spaces.h"

namespace sweepjob::bench {
namespace {

using std::numbers::pi;

// Textbook functions, nought at z = 0 unless said otherwise.

double griewank(const Vector& z) {
  double squares = 0, product = 1;
  for (std::size_t i = 0; i < z.size(); ++i) {
    squares += square(z[i]);
    product *= std::cos(z[i] / std::sqrt(static_cast<double>(i + 1)));
  }
  return squares / 4000 + 1 - product;
}

// Dixon and Price's best x_i is 2^(2^-i - 1), i = 0, 1, ...
double dixon_price(const Vector& z) {
  const auto x = [&](std::size_t i) {
    return z[i] + std::exp2(std::exp2(-static_cast<double>(i)) - 1);
  };
  double sum = square(x(0) - 1);
  for (std::size_t i = 1; i < z.size(); ++i) {
    sum += static_cast<double>(i + 1) * square(2 * square(x(i)) - x(i - 1));
  }
  return sum;
}

// Michalewicz's valleys, repeated beyond [0, pi].
constexpr double kMichalewicz = -4.687658179088148;
double michalewicz(const Vector& z) {
  static constexpr std::array kBest{2.2029055201726093, pi / 2, 1.2849915705529242,
                                    1.9230584698663629, 1.720469772565841};
  double sum = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double moved = z[i] + kBest.at(i), x = moved - pi * std::floor(moved / pi);
    sum -= std::sin(x) * std::pow(std::sin(static_cast<double>(i + 1) * square(x) / pi), 20);
  }
  return sum;
}

constexpr double kCamel = -1.0316284534898774;
double camel(const Vector& z) {
  const double x = square(z[0] + 0.08984201310031807), y = square(z[1] - 0.7126564030207396);
  const double both = (z[0] + 0.08984201310031807) * (z[1] - 0.7126564030207396);
  return (4 - 2.1 * x + x * x / 3) * x + both + (4 * y - 4) * y;
}

double alpine(const Vector& z) {
  double sum = 0;
  for (const double one : z) sum += std::abs(one * std::sin(one) + 0.1 * one);
  return sum;
}

double powell(const Vector& z) {
  double sum = 0;
  for (std::size_t i = 0; i + 3 < z.size(); i += 4) {
    sum += square(z[i] + 10 * z[i + 1]) + 5 * square(z[i + 2] - z[i + 3]) +
           std::pow(z[i + 1] - 2 * z[i + 2], 4) + 10 * std::pow(z[i] - z[i + 3], 4);
  }
  return sum;
}

double salomon(const Vector& z) {
  double squares = 0;
  for (const double one : z) squares += square(one);
  const double radius = std::sqrt(squares);
  return 1 - std::cos(2 * pi * radius) + 0.1 * radius;
}

// Schwefel's 1.2.
double double_sum(const Vector& z) {
  double sum = 0, partial = 0;
  for (const double one : z) {
    partial += one;
    sum += square(partial);
  }
  return sum;
}

// A language model: beyond a rate that falls with the width, training diverges; heads want a width
// of 64 each; depth stands against width.
Problem transformer() {
  static constexpr std::array kSchedules{"constant", "cosine", "linear"};
  static constexpr std::array kActivations{"gelu", "relu", "swiglu", "tanh"};
  Problem problem;
  problem.name = "transformer_9";
  problem.space.parameters = {log_real("rate", 1e-6, 1e-1),
                              log_steps("warmup", 10, 10000),
                              log_real("decay", 1e-5, 1),
                              steps("dropout", 0, 0.5, 0.05),
                              test::choice("heads", std::vector<Value>{2, 4, 8, 16}),
                              steps("layers", 2, 16),
                              log_steps("width", 64, 2048),
                              words("activation", kActivations),
                              words("schedule", kSchedules)};
  problem.best_at = {
      {"rate", 1e-3},        {"warmup", 600}, {"decay", 0.08}, {"dropout", 0.1},
      {"heads", 8},          {"layers", 6},   {"width", 512},  {"activation", "swiglu"},
      {"schedule", "cosine"}};
  problem.value = [](const Params& params) {
    const double width = std::log2(number(params, "width") / 512);
    const double depth = number(params, "layers") - 6;
    const double heads = std::log2(number(params, "heads") / 8);
    const double rate = log10_of(params, "rate") + 3 + 0.25 * width;
    const double warmup = std::log10(number(params, "warmup") / 600);
    const std::string_view activation = word(params, "activation");
    return (rate > 0.5 ? 3 * (rate - 0.5) : 0) + 0.15 * square(rate) +
           0.05 * square(warmup - 0.6 * rate) +
           0.04 * square(log10_of(params, "decay") - std::log10(0.08)) +
           1.5 * square(number(params, "dropout") - 0.1) + 0.05 * square(heads - width) +
           0.02 * square(width + 0.2 * depth) + 0.004 * square(depth) +
           (activation == "swiglu" ? 0
            : activation == "gelu" ? 0.01
            : activation == "relu" ? 0.03
                                   : 0.12) +
           (word(params, "schedule") == "cosine"   ? 0
            : word(params, "schedule") == "linear" ? 0.008
                                                   : 0.05);
  };
  return problem;
}

// Rosenbrock's function, every second coordinate an integer.
Problem rosenbrock_mixed() {
  constexpr std::size_t kDimensions = 6;
  Problem problem;
  problem.name = "rosenbrock_mixed_6";
  RandomStream stream = numbers_of(problem.name);
  Vector at;
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const std::string name = fmt::format("x{}", i);
    const double place = -5 + 10 * off_centre(stream);
    at.push_back(i % 2 == 0 ? place : std::nearbyint(place));
    problem.space.parameters.push_back(i % 2 == 0 ? real(name, -5, 5) : steps(name, -5, 5));
    problem.best_at.emplace_back(name, at.back());
  }
  problem.value = [at](const Params& params) {
    double sum = 0, previous = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double z = number(params, fmt::format("x{}", i)) - at[i] + 1;
      if (i > 0) sum += 100 * square(z - square(previous)) + square(1 - previous);
      previous = z;
    }
    return sum;
  };
  return problem;
}

// The best point is in a corner, along edges without a slope that vanishes there.
Problem corner() {
  static constexpr std::array kModes{"first", "second", "third"};
  Problem problem;
  problem.name = "corner_6";
  problem.space.parameters = {real("a", 0, 1),   real("b", -2, 3), log_real("c", 1e-3, 1e2),
                              steps("d", 0, 10), steps("e", 1, 7), words("mode", kModes)};
  problem.best_at = {{"a", 1.0}, {"b", -2.0}, {"c", 1e2}, {"d", 0}, {"e", 7}, {"mode", "second"}};
  problem.value = [](const Params& params) {
    const double a = 1 - number(params, "a"), b = (number(params, "b") + 2) / 5;
    const double c = (2 - log10_of(params, "c")) / 5, d = number(params, "d") / 10;
    const double e = (7 - number(params, "e")) / 6;
    const std::string_view mode = word(params, "mode");
    return 0.5 * a + b * (1 + a) + 0.7 * std::sqrt(std::abs(c)) + std::max(d, e) + 0.3 * d +
           (mode == "second"  ? 0
            : mode == "third" ? 0.1 * (1 + c)
                              : 0.4);
  };
  return problem;
}

// One to four layers, each with a width of its own and each branch with all its widths.
Problem layers_tree() {
  constexpr int kMost = 4;
  static constexpr std::array<std::array<double, kMost>, kMost> kBest{
      {{90}, {250, 60}, {400, 150, 40}, {120, 300, 300, 20}}};
  static constexpr std::array<const char*, kMost> kNames{"one", "two", "three", "four"};
  static constexpr std::array kOffsets{0.2, 0.06, 0.0, 0.05};
  Problem problem;
  problem.name = "layers_tree";
  std::vector<ChoiceEntry> branches;
  for (std::size_t count = 1; count <= kMost; ++count) {
    std::vector<Parameter> inner;
    for (std::size_t i = 0; i < count; ++i) {
      inner.push_back(log_steps(fmt::format("width{}", i), 8, 1024));
    }
    inner.push_back(real("dropout", 0, 0.8));
    branches.push_back(branch(kNames.at(count - 1), std::move(inner)));
  }
  problem.space.parameters = {log_real("rate", 1e-5, 1), tree("net", std::move(branches))};
  problem.best_at = {
      {"rate", std::pow(10, -2.2)},
      {"net",
       Value::Map{
           {"name", "three"}, {"width0", 400}, {"width1", 150}, {"width2", 40}, {"dropout", 0.3}}}};
  problem.value = [](const Params& params) {
    const auto found = std::find(kNames.begin(), kNames.end(), word(params, "net.name"));
    const auto layers = static_cast<std::size_t>(found - kNames.begin());
    double sum = kOffsets.at(layers);
    for (std::size_t i = 0; i <= layers; ++i) {
      const double width = number(params, fmt::format("net.width{}", i));
      sum += 0.02 * square(std::log2(width / kBest.at(layers).at(i)));
    }
    const double rate = log10_of(params, "rate") + 2.8 - 0.3 * static_cast<double>(layers);
    return sum + 0.6 * (1 - std::exp(-0.7 * square(rate))) +
           0.4 * square(number(params, "net.dropout") - 0.15 * static_cast<double>(layers));
  };
  return problem;
}

// Two levels: below a family its kind, below the kind its settings.
double families(const Params& params) {
  const std::string_view family = word(params, "family.name");
  if (family == "linear") return 0.25 + 0.03 * square(log10_of(params, "family.penalty") + 1.5);
  const std::string_view kind = word(params, "family.kind.name");
  if (family == "boosted") {
    const double size = log10_of(params, "family.rounds") - 2.5;
    const double rate = log10_of(params, "family.kind.rate") + 1.4 + 0.8 * size;
    const double shared = 0.06 + 0.1 * square(rate) + 0.02 * square(size);
    if (kind == "plain") {
      return shared + 0.01 + 0.003 * square(number(params, "family.kind.depth") - 6);
    }
    return shared + 0.003 * square(number(params, "family.kind.depth") - 8) +
           0.5 * square(number(params, "family.kind.drop") - 0.1);
  }
  const double width = std::log2(number(params, "family.width") / 180);
  const double rate = log10_of(params, "family.kind.rate");
  const double batch = word(params, "family.norm.name") == "batch"
                           ? 0.3 * square(number(params, "family.norm.momentum") - 0.9)
                           : 0.07;
  if (kind == "adam") {
    return 0.02 + batch + 0.01 * square(width) + 0.5 * (1 - std::exp(-square(rate + 3.1)));
  }
  return batch + 0.01 * square(width) +
         0.8 * (1 - std::exp(-0.9 * square(rate + 1.3 + 0.1 * width))) +
         0.4 * square(number(params, "family.kind.momentum") - 0.85);
}

Problem families_tree() {
  const Parameter booster = tree(
      "kind",
      {branch("plain", {log_real("rate", 1e-3, 1), steps("depth", 1, 15)}),
       branch("dart", {log_real("rate", 1e-3, 1), steps("depth", 1, 15), real("drop", 0, 0.9)})});
  const Parameter optimizer =
      tree("kind", {branch("adam", {log_real("rate", 1e-6, 1e-1)}),
                    branch("sgd", {log_real("rate", 1e-4, 10), real("momentum", 0, 0.99)})});
  const Parameter norm =
      tree("norm", {branch("none", {}), branch("batch", {real("momentum", 0.3, 1)})});
  Problem problem;
  problem.name = "families_tree";
  problem.space.parameters = {
      tree("family", {branch("linear", {log_real("penalty", 1e-5, 1e3)}),
                      branch("boosted", {log_steps("rounds", 20, 2000), booster}),
                      branch("deep", {log_steps("width", 16, 1024), optimizer, norm})})};
  problem.best_at = {
      {"family",
       Value::Map{
           {"name", "deep"},
           {"width", 180},
           {"kind", Value::Map{{"name", "sgd"}, {"rate", std::pow(10, -1.3)}, {"momentum", 0.85}}},
           {"norm", Value::Map{{"name", "batch"}, {"momentum", 0.9}}}}}};
  problem.value = families;
  return problem;
}

// Five methods without settings, good at once, and one with five that has to be tuned to be better.
Problem lopsided_tree() {
  Problem problem;
  problem.name = "lopsided_tree";
  problem.space.parameters = {
      tree("method", {branch("mean", {}), branch("median", {}), branch("nearest", {}),
                      branch("tuned", {real("a", 0, 1), log_real("b", 1e-4, 1e2), steps("c", 0, 30),
                                       real("d", -1, 1), real("e", 0, 5)}),
                      branch("tree", {}), branch("vote", {})}),
      real("threshold", 0, 1)};
  problem.best_at = {
      {"method",
       Value::Map{{"name", "tuned"}, {"a", 0.7}, {"b", 0.05}, {"c", 9}, {"d", -0.4}, {"e", 3.6}}},
      {"threshold", 0.35}};
  problem.value = [](const Params& params) {
    const std::string_view method = word(params, "method.name");
    const double threshold = 0.2 * square(number(params, "threshold") - 0.35);
    if (method != "tuned") {
      return threshold + (method == "vote" ? 0.08 : method == "tree" ? 0.1 : 0.2);
    }
    const double a = number(params, "method.a") - 0.7;
    const double b = (log10_of(params, "method.b") - std::log10(0.05)) / 6;
    const double c = (number(params, "method.c") - 9) / 30, d = number(params, "method.d") + 0.4;
    const double e = (number(params, "method.e") - 3.6) / 5;
    return threshold + square(a + b) + 2 * square(b) + square(c - 0.5 * d) + 0.3 * square(d) +
           0.5 * square(e) + 0.1 * std::abs(a * e);
  };
  return problem;
}

// Ten levels that want to be at their best, and neighbours as far from theirs as each other.
Problem levels() {
  static constexpr std::array<std::int64_t, 10> kBest{1, 6, 2, 5, 7, 0, 6, 1, 2, 6};
  constexpr std::int64_t kCount = 8;
  Problem problem;
  problem.name = "levels_10";
  for (std::size_t i = 0; i < kBest.size(); ++i) {
    const std::string name = fmt::format("k{}", i);
    problem.space.parameters.push_back(test::randint(name, kCount));
    problem.best_at.emplace_back(name, kBest.at(i));
  }
  problem.value = [](const Params& params) {
    double sum = 0, previous = 0;
    for (std::size_t i = 0; i < kBest.size(); ++i) {
      const double away = number(params, fmt::format("k{}", i)) - static_cast<double>(kBest.at(i));
      sum += (i % 3 == 0 ? 1.0 : 0.4) * std::abs(away) + 0.5 * std::abs(away - previous);
      previous = away;
    }
    return sum;
  };
  return problem;
}

// A cell of a network: an operation for each edge among four nodes. Every path from the first node
// to the last wants the strength that it has in the best cell, the product of its operations'.
Problem cell() {
  static constexpr std::array kOperations{"conv1", "conv3", "none", "pool", "skip"};
  static constexpr std::array kStrengths{0.7, 1.0, 0.0, 0.4, 0.5};
  static constexpr std::array kEdges{"e01", "e02", "e12", "e03", "e13", "e23"};
  static constexpr std::array<std::size_t, 6> kBest{1, 0, 4, 2, 3, 1};
  static constexpr std::array<std::array<int, 3>, 4> kPaths{
      {{3, -1, -1}, {0, 4, -1}, {1, 5, -1}, {0, 2, 5}}};
  using Cell = std::array<std::size_t, kEdges.size()>;
  const auto strength = [](const Cell& cell, const std::array<int, 3>& path) {
    double product = 1;
    for (const int edge : path) {
      if (edge >= 0) product *= kStrengths.at(cell.at(static_cast<std::size_t>(edge)));
    }
    return product;
  };
  Problem problem;
  problem.name = "cell_6";
  for (std::size_t i = 0; i < kEdges.size(); ++i) {
    problem.space.parameters.push_back(words(kEdges.at(i), kOperations));
    problem.best_at.emplace_back(kEdges.at(i), kOperations.at(kBest.at(i)));
  }
  problem.value = [strength](const Params& params) {
    Cell cell{};
    double sum = 0;
    for (std::size_t i = 0; i < kEdges.size(); ++i) {
      const auto found =
          std::find(kOperations.begin(), kOperations.end(), word(params, kEdges.at(i)));
      cell.at(i) = static_cast<std::size_t>(found - kOperations.begin());
      if (cell.at(i) != kBest.at(i)) sum += 0.02 + 0.01 * static_cast<double>(i);
    }
    for (const auto& path : kPaths) sum += square(strength(cell, path) - strength(kBest, path));
    return sum;
  };
  return problem;
}

// A fifth of what separates random search from the best.
Problem noisy(Problem problem, double noise) {
  problem.name += "_noisy";
  problem.noise = noise;
  return problem;
}

}  // namespace

void add_heldout(std::vector<Problem>& problems) {
  const Problem alpine_7 = moved("alpine_7", 7, {-10, 10}, 0, 0, alpine);
  for (Problem problem :
       {moved("camel_2", 2, {-3, 3}, 0, kCamel, camel),
        moved("salomon_4", 4, {-100, 100}, 0, 0, salomon),
        moved("dixon_price_5", 5, {-10, 10}, 0, 0, dixon_price),
        moved("michalewicz_5", 5, {0, pi}, 0, kMichalewicz, michalewicz),
        moved("griewank_6", 6, {-600, 600}, 0, 0, griewank), alpine_7,
        moved("powell_8", 8, {-4, 5}, 0, 0, powell),
        moved("double_sum_15", 15, {-10, 10}, 0, 0, double_sum), transformer(), rosenbrock_mixed(),
        corner(), layers_tree(), families_tree(), lopsided_tree(), noisy(alpine_7, 1.7),
        noisy(transformer(), 0.04), levels(), cell()}) {
    problem.family = Family::HeldOut;
    problems.push_back(std::move(problem));
  }
}

}  // namespace sweepjob::bench
