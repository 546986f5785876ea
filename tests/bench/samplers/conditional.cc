// Trees: parameters that exist below one entry of a choice only.
#include <algorithm>
#include <array>
#include <cmath>

#include "tests/bench/samplers/families.h"

namespace sweepjob::bench {
namespace {

// Three models. The best one is hard to tune, and bad where it is not tuned.
double models(const Params& params) {
  const std::string_view name = word(params, "model.name");
  if (name == "svm") {
    return 0.1 + 0.02 * square(log10_of(params, "model.C") - 1.3) +
           0.05 * square(log10_of(params, "model.gamma") + 2.2);
  }
  if (name == "forest") {
    return 0.05 + 0.002 * square(number(params, "model.depth") - 13) +
           0.2 * square(number(params, "model.features") - 0.31) +
           0.01 * std::abs(std::log2(number(params, "model.trees") / 500));
  }
  const double rate = log10_of(params, "model.rate") + 2.7;
  return 0.6 * (1 - std::exp(-2 * square(rate))) +
         0.02 * square(number(params, "model.layers") - 4) +
         0.5 * square(number(params, "model.dropout") - 0.15) +
         0.2 * square(number(params, "model.momentum") - 0.8 + 0.1 * rate);
}

Problem models_tree() {
  Problem problem;
  problem.name = "models_tree";
  problem.space.parameters = {
      tree("model", {branch("svm", {log_real("C", 1e-3, 1e3), log_real("gamma", 1e-5, 10)}),
                     branch("forest", {steps("depth", 1, 20), real("features", 0.05, 1),
                                       log_steps("trees", 10, 1000)}),
                     branch("network", {log_real("rate", 1e-5, 1), steps("layers", 1, 6),
                                        real("dropout", 0, 0.7), real("momentum", 0, 0.99)})})};
  problem.best_at = {{"model", Value::Map{{"name", "network"},
                                          {"rate", std::pow(10, -2.7)},
                                          {"layers", 4},
                                          {"dropout", 0.15},
                                          {"momentum", 0.8}}}};
  problem.value = models;
  return problem;
}

// Parameters of all beside parameters of one optimizer; the width shifts every best rate.
double optimizers(const Params& params) {
  const std::string_view name = word(params, "optimizer.name");
  const double width = std::log2(number(params, "width") / 300);
  const double shared = 0.01 * square(width) + 0.01 * square(log10_of(params, "decay") + 3.4);
  if (name == "lbfgs") {
    return shared + 0.12 + 0.0005 * square(number(params, "optimizer.memory") - 20);
  }
  const double rate = log10_of(params, "optimizer.rate") + 0.15 * width;
  if (name == "sgd") {
    const double schedule = word(params, "optimizer.schedule") == "cosine" ? 0 : 0.02;
    return shared + schedule + 1 - std::exp(-0.8 * square(rate + 1.1)) +
           0.3 * square(number(params, "optimizer.momentum") - 0.9);
  }
  return shared + 0.03 + 1 - std::exp(-0.4 * square(rate + 3)) +
         0.02 * square(log10_of(params, "optimizer.one_minus_beta1") + 1) +
         0.005 * square(log10_of(params, "optimizer.one_minus_beta2") + 3);
}

Problem optimizers_tree() {
  static constexpr std::array kSchedules{"constant", "cosine", "linear"};
  Problem problem;
  problem.name = "optimizers_tree";
  problem.space.parameters = {
      log_steps("width", 16, 2048), log_real("decay", 1e-7, 1e-1),
      tree("optimizer",
           {branch("adam", {log_real("rate", 1e-6, 1), log_real("one_minus_beta1", 1e-3, 1),
                            log_real("one_minus_beta2", 1e-5, 1)}),
            branch("lbfgs", {steps("memory", 1, 50)}),
            branch("sgd", {log_real("rate", 1e-6, 1), real("momentum", 0, 0.99),
                           words("schedule", kSchedules)})})};
  problem.best_at = {{"width", 300},
                     {"decay", std::pow(10, -3.4)},
                     {"optimizer", Value::Map{{"name", "sgd"},
                                              {"rate", std::pow(10, -1.1)},
                                              {"momentum", 0.9},
                                              {"schedule", "cosine"}}}};
  problem.value = optimizers;
  return problem;
}

// Two independent choices, one with a choice inside one of its branches.
double pipeline(const Params& params) {
  double sum = 0;
  const std::string_view before = word(params, "prepare.name");
  if (before == "pca") sum += 0.3 * square(std::log2(number(params, "prepare.parts") / 12) / 3);
  if (before == "select") sum += 0.05 + 0.3 * square(number(params, "prepare.share") - 0.6);
  if (before == "none") sum += 0.15;
  if (word(params, "model.name") == "linear") {
    return sum + 0.1 + 0.02 * square(log10_of(params, "model.C") + 0.7);
  }
  if (word(params, "model.kernel.name") == "radial") {
    return sum + 0.03 * square(log10_of(params, "model.C") - 1.6) +
           0.08 * square(log10_of(params, "model.kernel.gamma") + 2.6 -
                         0.3 * (log10_of(params, "model.C") - 1.6));
  }
  return sum + 0.04 + 0.03 * square(log10_of(params, "model.C") - 0.2) +
         0.03 * square(number(params, "model.kernel.degree") - 3) +
         0.02 * square(number(params, "model.kernel.shift") - 0.7);
}

Problem pipeline_tree() {
  Problem problem;
  problem.name = "pipeline_tree";
  const Parameter kernel =
      tree("kernel", {branch("polynomial", {steps("degree", 2, 6), real("shift", 0, 2)}),
                      branch("radial", {log_real("gamma", 1e-6, 1e2)})});
  problem.space.parameters = {
      tree("prepare", {branch("none", {}), branch("pca", {log_steps("parts", 2, 64)}),
                       branch("select", {real("share", 0.05, 1)})}),
      tree("model", {branch("linear", {log_real("C", 1e-4, 1e4)}),
                     branch("machine", {log_real("C", 1e-4, 1e4), kernel})})};
  problem.best_at = {
      {"prepare", Value::Map{{"name", "pca"}, {"parts", 12}}},
      {"model",
       Value::Map{{"name", "machine"},
                  {"C", std::pow(10, 1.6)},
                  {"kernel", Value::Map{{"name", "radial"}, {"gamma", std::pow(10, -2.6)}}}}}};
  problem.value = pipeline;
  return problem;
}

}  // namespace

void add_conditional(std::vector<Problem>& problems) {
  for (Problem problem : {models_tree(), optimizers_tree(), pipeline_tree()}) {
    problem.family = Family::Conditional;
    problems.push_back(std::move(problem));
  }
}

}  // namespace sweepjob::bench
