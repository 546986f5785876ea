// SMAC: a random forest of the losses, and the point with the largest expected improvement below
// the best one, found by local search and random draws. F. Hutter, H. Hoos, K. Leyton-Brown,
// "Sequential model-based optimization for general algorithm configuration", 2011; `rule: nni` is
// NNI's tuner (spec nni.md section 4.5). docs/samplers/smac.md has the options.
//
// Trials without a result count as seen with the loss that the forest expects there (kriging
// believer): its leaves become sure of them, and the expected improvement sinks.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/numerics/expected_improvement.h"
#include "samplers/surrogate/local_search.h"
#include "samplers/surrogate/model_losses.h"
#include "samplers/surrogate/random_forest.h"
#include "samplers/surrogate/study.h"
#include "samplers/surrogate/training_rows.h"

namespace sweepjob {
namespace {

struct Settings {
  RandomForest::Settings forest{.trees = 50,
                                .bootstrap = true,
                                .split = RandomForest::Split::Random,
                                .min_to_split = 2,
                                .min_in_leaf = 1};
  LossScale scale = LossScale::Log;
  LocalSearch search{.deviations = {0.2, 0.1, 0.05, 0.02}};
  std::size_t startup = 10;       // results, before the forest is asked
  std::size_t starts = 10;        // of the local search
  std::size_t candidates = 1000;  // those of the local search included
  double random_fraction = 0.2;
  bool believes = true;  // in pending trials; else one ranked list serves all requests
  bool dedup = true;
};

// Rows of a fit, at most.
constexpr std::size_t kMaxRows = 1000;

class Smac : public Sampler {
 public:
  Smac(const SamplerContext& context, const StudyOptions& options, const Settings& settings)
      : settings_(settings),
        study_(context, options,
               {.order_numeric_choices = true,
                .repeats = settings.dedup || !context.allow_duplicates ? Study::Repeats::Avoided
                                                                       : Study::Repeats::Allowed}) {
  }

  void observe(const TrialEvent& event) override {
    study_.observe(event);
    const bool added = std::holds_alternative<TrialAdded>(event);
    if (!added) fit_.reset();
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    return study_.propose(trials, rng, [&](const Study::Ask& ask) { return suggest(ask); });
  }

  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return true; }

 private:
  struct Fit {
    std::uint64_t seed = 0;
    std::vector<Point> points;
    double target = 0;  // the best loss, scaled
    RandomForest forest;
  };

  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const {
    const std::size_t results = study_.history().ended().size();
    RandomStream stream = ask.stream("draw");
    if (results < settings_.startup) {
      return {study_.encoding().draw(stream),
              fmt::format("start-up draw: {} of {} results", results, settings_.startup)};
    }
    if (is_random_turn(ask.trial)) return {study_.encoding().draw(stream), "interleaved draw"};
    return best_candidate(ask);
  }

  // Evenly spread: of n trials one after the other, n times the fraction.
  [[nodiscard]] bool is_random_turn(TrialId trial) const {
    const auto n = static_cast<double>(index_of(trial));
    return std::floor((n + 1) * settings_.random_fraction) >
           std::floor(n * settings_.random_fraction);
  }

  // The same for every request until the next result: a function of the results and the seed.
  [[nodiscard]] const Fit& fit(const Rng& rng) const {
    if (fit_ && fit_->seed == rng.seed()) return *fit_;
    const History& history = study_.history();
    std::vector<Point> points;
    std::vector<double> losses;
    for (const std::uint32_t row : training_rows(history, history.ended().size(), kMaxRows, rng)) {
      points.push_back(history.all()[row].at);
      losses.push_back(history.all()[row].loss);
    }
    losses = model_losses(losses, settings_.scale);
    const auto results = static_cast<std::uint32_t>(history.ended().size());
    RandomForest forest(study_.encoding(), settings_.forest, points, losses,
                        rng.stream(TrialId{results}, "forest"));
    const double target = *std::min_element(losses.begin(), losses.end());
    fit_ = Fit{rng.seed(), std::move(points), target, std::move(forest)};
    return *fit_;
  }

  [[nodiscard]] Study::Suggestion best_candidate(const Study::Ask& ask) const {
    const Fit& fitted = fit(ask.rng);
    RandomForest forest = fitted.forest;
    RandomStream stream = ask.stream("candidates");
    if (settings_.believes) {
      for (const Point& point : ask.pending) forest.assume(point, forest.predict(point).mean);
    } else {
      const auto results = static_cast<std::uint32_t>(study_.history().ended().size());
      stream = ask.rng.stream(TrialId{results}, "ranked list");
    }
    const Score score = [&](const Point& point) {
      const Prediction expected = forest.predict(point);
      return log_expected_improvement(fitted.target, expected.mean, std::sqrt(expected.variance));
    };
    std::vector<ScoredPoint> ranked = candidates(fitted, score, stream);
    const auto chosen = std::find_if(ranked.begin(), ranked.end(),
                                     [&](const ScoredPoint& one) { return ask.is_new(one.at); });
    if (chosen == ranked.end()) return {std::move(ranked.front().at), "every candidate was tried"};
    return {std::move(chosen->at), fmt::format("forest: ln EI {:.3g}", chosen->score)};
  }

  // The best first; equal ones in the order of their making.
  [[nodiscard]] std::vector<ScoredPoint> candidates(const Fit& fitted, const Score& score,
                                                    RandomStream& stream) const {
    std::vector<ScoredPoint> result;
    for (const Point& point : fitted.points) result.push_back({point, score(point)});
    const auto better = [](const ScoredPoint& a, const ScoredPoint& b) {
      return a.score > b.score;
    };
    std::stable_sort(result.begin(), result.end(), better);
    result.resize(std::min(result.size(), settings_.starts));
    for (ScoredPoint& one : result) {
      one = climb(study_.encoding(), std::move(one), score, settings_.search, stream);
    }
    while (result.size() < settings_.candidates) {
      Point point = study_.encoding().draw(stream);
      const double value = score(point);
      result.push_back({std::move(point), value});
    }
    std::stable_sort(result.begin(), result.end(), better);
    return result;
  }

  Settings settings_;
  Study study_;
  mutable std::optional<Fit> fit_;
};

Settings nni_settings() {
  Settings settings;
  settings.forest = RandomForest::Settings{};
  settings.scale = LossScale::Linear;
  settings.search = LocalSearch{};
  settings.startup = 1;
  settings.candidates = 5000;
  settings.random_fraction = 0.5;
  settings.believes = false;
  settings.dedup = false;
  return settings;
}

template <class Number>
void read_number(OptionReader& reader, const char* name, double least, double most,
                 Number& setting) {
  std::optional<double> found;
  if constexpr (std::is_floating_point_v<Number>) {
    found = reader.number(name);
  } else if (const auto integer = reader.integer(name)) {
    found = static_cast<double>(*integer);
  }
  if (!found) return;
  if (!(*found >= least && *found <= most)) {
    reader.fail(name, fmt::format("expected {} to {}, found {}", least, most, *found));
    return;
  }
  setting = static_cast<Number>(*found);
}

Settings read_settings(OptionReader& reader) {
  const bool nni = reader.word("rule", {"default", "nni"}).value_or("default") == "nni";
  Settings settings = nni ? nni_settings() : Settings{};
  read_number(reader, "n_startup_jobs", 1, 1e6, settings.startup);
  read_number(reader, "n_trees", 1, 1000, settings.forest.trees);
  read_number(reader, "ratio_features", 0, 1, settings.forest.axes_per_split);
  read_number(reader, "min_samples_split", 2, 1e6, settings.forest.min_to_split);
  read_number(reader, "min_samples_leaf", 1, 1e6, settings.forest.min_in_leaf);
  read_number(reader, "max_depth", 1, 1000, settings.forest.max_depth);
  settings.forest.bootstrap = reader.boolean("bootstrapping").value_or(settings.forest.bootstrap);
  if (const auto split = reader.word("splits", {"best", "random"})) {
    settings.forest.split =
        *split == "best" ? RandomForest::Split::Best : RandomForest::Split::Random;
  }
  if (const auto scale = reader.word("loss_scale", {"linear", "log", "rank"})) {
    settings.scale = *scale == "linear" ? LossScale::Linear
                     : *scale == "log"  ? LossScale::Log
                                        : LossScale::Rank;
  }
  read_number(reader, "n_candidates", 1, 1e5, settings.candidates);
  read_number(reader, "random_fraction", 0, 1, settings.random_fraction);
  settings.dedup = reader.boolean("config_dedup").value_or(settings.dedup);
  return settings;
}

std::unique_ptr<Sampler> make_smac(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions options = read_study_options(context, reader, findings);
  const Settings settings = read_settings(reader);
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<Smac>(context, options, settings);
}

const SamplerEntry entry{"smac", make_smac};

}  // namespace
}  // namespace sweepjob
