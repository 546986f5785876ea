// BohbModel: the sampler inside `bohb`, which draws configurations by what evaluations at the
// largest budget have shown (Falkner, Klein, Hutter 2018, Algorithm 2). Layer 2; as thread-safe as
// the sampler around it.
//
//   model   of the largest budget with enough results: N >= min_points, of which the best
//           n_good = max(min_points, floor(top N / 100)) and, behind them,
//           n_bad = max(min_points, floor((100 - top) N / 100)) or what is left give the densities
//           l and g; both need more rows than there are parameters
//   draw    with probability random_fraction, and without a model, from the prior; else of
//           num_samples draws from l the one with the smallest g / l
//
// It has two ears: observe() hears of configurations, numbered from 0, as any sampler inside
// another; learn() of every evaluation and its budget.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "samplers/sampler.h"
#include "samplers/surrogate/product_kde.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {

class BohbModel : public Sampler {
 public:
  struct Settings {
    std::size_t min_points = 0;  // at least one more than the parameters
    double top_n_percent = 15;
    std::size_t num_samples = 64;
    double random_fraction = 1.0 / 3;
    double bandwidth_factor = 3;
    double min_bandwidth = 1e-3;
    double full_budget = 0;  // of results of earlier sweeps
  };

  BohbModel(const SamplerContext& context, const StudyOptions& options, const Settings& settings);

  void learn(const TrialEvent& evaluation);
  void observe(const TrialEvent& event) override;
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override;
  [[nodiscard]] bool needs_results() const override { return true; }
  // A density of all results of a budget, for each of the samples.
  [[nodiscard]] bool slow() const override { return true; }

 private:
  struct Evaluation {
    Point at;
    double budget = 0;
    std::optional<double> loss;  // infinite when it failed
  };
  struct Densities {
    double budget;
    ProductKde good;
    ProductKde bad;
  };

  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const;
  [[nodiscard]] std::optional<Densities> fit(RandomStream& stream) const;

  Study study_;
  Goal goal_;
  StudyOptions options_;
  Settings settings_;
  std::vector<std::size_t> axes_;  // those that vary
  std::vector<Evaluation> evaluations_;
  std::unordered_map<TrialId, std::size_t> of_trial_;
  std::map<double, std::vector<std::size_t>> ended_;  // by budget, in the order of their ends
};

}  // namespace sweepjob
