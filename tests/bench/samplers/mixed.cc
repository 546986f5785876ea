// Reals, integers, logarithms and categories together: made-up trainings, sums of terms that are
// never negative and all nought at best_at. And the noisy problems, which are others with noise.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "model/check.h"
#include "tests/bench/samplers/families.h"
#include "tests/support/spaces.h"

namespace sweepjob::bench {
namespace {

using std::numbers::pi;

// The best learning rate depends on the optimizer and the batch, the best dropout on the depth, and
// depth stands against width. Rates that are far off learn nothing: a plateau.
double training(const Params& params) {
  const std::string_view optimizer = word(params, "optimizer");
  const bool sgd = optimizer == "sgd", adam = optimizer == "adam";
  const double batch = std::log2(number(params, "batch") / 32);
  const double target = (sgd ? -1.2 : adam ? -2.9 : -3.3) + 0.2 * batch;
  const double rate = log10_of(params, "learning_rate") - target;
  const double layers = number(params, "layers");
  const double capacity = std::log2(number(params, "units") / 200) + 0.8 * (layers - 3);
  const double dropout = number(params, "dropout") - 0.1 - 0.05 * layers;
  const double momentum = number(params, "momentum") - 0.86;
  return (1 - std::exp(-0.6 * square(rate))) +
         (sgd    ? 0.03
          : adam ? 0
                 : 0.015) +
         0.004 * square(batch) + 0.01 * square(log10_of(params, "weight_decay") + 4.1) +
         0.8 * square(dropout) + 0.03 * square(capacity) + 0.008 * square(layers - 3) +
         (sgd ? 0.4 : 0.1) * square(momentum);
}

Problem training_8() {
  static constexpr std::array kOptimizers{"sgd", "adam", "rmsprop"};
  Problem problem;
  problem.name = "training_8";
  problem.space.parameters = {
      log_real("learning_rate", 1e-5, 1),
      log_real("weight_decay", 1e-7, 1e-1),
      real("dropout", 0, 0.7),
      real("momentum", 0, 0.99),
      steps("layers", 1, 6),
      log_steps("units", 16, 1024),
      test::choice("batch", std::vector<Value>{16, 32, 64, 128, 256}),
      words("optimizer", kOptimizers),
  };
  problem.best_at = {{"learning_rate", std::pow(10, -2.9)},
                     {"weight_decay", std::pow(10, -4.1)},
                     {"dropout", 0.25},
                     {"momentum", 0.86},
                     {"layers", 3},
                     {"units", 200},
                     {"batch", 32},
                     {"optimizer", "adam"}};
  problem.value = training;
  return problem;
}

// Each kernel has its valley at another place; the second best one is the widest.
Problem kernels_5() {
  static constexpr std::array kKernels{"linear", "cubic", "radial", "sine"};
  Problem problem;
  problem.name = "kernels_5";
  problem.space.parameters = {words("kernel", kKernels), real("x0", 0, 1), real("x1", 0, 1),
                              real("x2", 0, 1), real("x3", 0, 1)};
  problem.best_at = {{"kernel", "cubic"}, {"x0", 0.83}, {"x1", 0.22}, {"x2", 0.71}, {"x3", 0.34}};
  problem.value = [](const Params& params) {
    struct Valley {
      double offset, steepness;
      std::array<double, 4> at;
    };
    static constexpr std::array<Valley, 4> kValleys{{{0.3, 1, {0.2, 0.8, 0.3, 0.7}},
                                                     {0, 4, {0.83, 0.22, 0.71, 0.34}},
                                                     {0.1, 0.8, {0.4, 0.6, 0.5, 0.1}},
                                                     {0.15, 2, {0.1, 0.1, 0.9, 0.9}}}};
    const auto kernel = std::find(kKernels.begin(), kKernels.end(), word(params, "kernel"));
    const Valley& valley = kValleys.at(static_cast<std::size_t>(kernel - kKernels.begin()));
    double sum = valley.offset;
    for (std::size_t i = 0; i < valley.at.size(); ++i) {
      const double away = number(params, fmt::format("x{}", i)) - valley.at.at(i);
      sum += valley.steepness * square(away) + 0.03 * (1 - std::cos(6 * pi * away));
    }
    return sum;
  };
  return problem;
}

// Integers of 5 to 1,000 values, neighbours of which depend on each other.
Problem integers_8() {
  static constexpr std::array kLast{4, 9, 19, 50, 100, 250, 500, 1000};
  static constexpr std::array kBest{1, 7, 4, 38, 21, 201, 91, 777};
  Problem problem;
  problem.name = "integers_8";
  for (std::size_t i = 0; i < kLast.size(); ++i) {
    const std::string name = fmt::format("k{}", i);
    problem.space.parameters.push_back(steps(name, 0, kLast.at(i)));
    problem.best_at.emplace_back(name, kBest.at(i));
  }
  problem.value = [](const Params& params) {
    std::array<double, kLast.size()> away{};
    for (std::size_t i = 0; i < away.size(); ++i) {
      away.at(i) = (number(params, fmt::format("k{}", i)) - kBest.at(i)) / kLast.at(i);
    }
    double sum = 0;
    for (std::size_t i = 0; i < away.size(); ++i) {
      sum += square(away.at(i)) * static_cast<double>(i + 1);
      if (i > 0) sum += 2 * square(away.at(i) - away.at(i - 1));
    }
    return sum;
  };
  return problem;
}

// Ackley's function, half of its coordinates integers.
Problem ackley_mixed_8() {
  constexpr std::size_t kDimensions = 8;
  Problem problem;
  problem.name = "ackley_mixed_8";
  RandomStream stream = numbers_of(problem.name);
  std::vector<double> at;
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const std::string name = fmt::format("x{}", i);
    const double whole = i < kDimensions / 2 ? 0 : 1;
    const double place = -10 + 20 * off_centre(stream);
    at.push_back(whole > 0 ? std::nearbyint(place) : place);
    problem.space.parameters.push_back(whole > 0 ? steps(name, -10, 10) : real(name, -10, 10));
    problem.best_at.emplace_back(name, at.back());
  }
  problem.value = [at](const Params& params) {
    double squares = 0, waves = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double z = number(params, fmt::format("x{}", i)) - at[i];
      squares += z * z / static_cast<double>(at.size());
      waves += std::cos(2 * pi * z) / static_cast<double>(at.size());
    }
    return 20 * (1 - std::exp(-0.2 * std::sqrt(squares))) + std::numbers::e - std::exp(waves);
  };
  return problem;
}

// Boosted trees: few big steps or many small ones, and deep trees need big leaves.
Problem boosting_10() {
  static constexpr std::array kBoosters{"linear", "dropout", "trees"};
  static constexpr std::array kGrowths{"depth", "loss"};
  const double rounds = 400;
  Problem problem;
  problem.name = "boosting_10";
  problem.space.parameters = {log_real("rate", 1e-3, 1),   log_steps("rounds", 10, 3000),
                              steps("depth", 1, 12),       log_steps("leaf", 1, 100),
                              real("rows", 0.2, 1),        steps("columns", 0.1, 1, 0.1),
                              log_real("gamma", 1e-4, 10), log_real("lambda", 1e-3, 1e3),
                              words("booster", kBoosters), words("growth", kGrowths)};
  problem.best_at = {{"rate", std::pow(10, 1.2) / rounds},
                     {"rounds", rounds},
                     {"depth", 5},
                     {"leaf", 6},
                     {"rows", 0.7},
                     {"columns", 0.4},
                     {"gamma", 1e-3},
                     {"lambda", std::pow(10, 0.5)},
                     {"booster", "trees"},
                     {"growth", "loss"}};
  problem.value = [rounds](const Params& params) {
    const double reach = log10_of(params, "rate") + log10_of(params, "rounds") - 1.2;
    const double size = std::log10(number(params, "rounds") / rounds);
    const double depth = number(params, "depth") - 5;
    const double leaf = std::log2(number(params, "leaf") / 6);
    const double gamma = std::max(0.0, log10_of(params, "gamma") + 2);  // flat below 0.01
    const std::string_view booster = word(params, "booster");
    return (reach > 0 ? 0.1 : 0.4) * square(reach) + 0.02 * square(size) +
           0.01 * square(depth + 0.4 * leaf) + 0.005 * square(leaf) + 0.05 * square(gamma) +
           0.3 * square(number(params, "rows") - 0.7) +
           0.2 * square(number(params, "columns") - 0.4) +
           0.01 * square(log10_of(params, "lambda") - 0.5) +
           (booster == "trees"     ? 0
            : booster == "dropout" ? 0.01
                                   : 0.25) +
           (word(params, "growth") == "loss" ? 0 : 0.004);
  };
  return problem;
}

}  // namespace

void add_mixed(std::vector<Problem>& problems) {
  for (Problem problem :
       {training_8(), kernels_5(), integers_8(), ackley_mixed_8(), boosting_10()}) {
    problem.family = Family::Mixed;
    problems.push_back(std::move(problem));
  }
}

// A tenth to a third of what separates random search from the best.
void add_noisy(std::vector<Problem>& problems) {
  struct Noisy {
    const char* name;
    double noise;
  };
  for (const Noisy& noisy : {Noisy{"hartmann_6", 0.2}, Noisy{"sphere_5", 2.0},
                             Noisy{"training_8", 0.03}, Noisy{"models_tree", 0.03}}) {
    const auto found = std::find_if(problems.begin(), problems.end(), [&](const Problem& problem) {
      return problem.name == noisy.name;
    });
    SWEEPJOB_CHECK(found != problems.end(), "noise is added to a problem that is there");
    Problem problem = *found;
    problem.name += "_noisy";
    problem.noise = noisy.noise;
    problem.family = Family::Noisy;
    problems.push_back(std::move(problem));
  }
}

}  // namespace sweepjob::bench
