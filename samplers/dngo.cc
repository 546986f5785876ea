// DNGO: Bayesian linear regression on the last hidden layer of a small network, and the point with
// the largest expected improvement among random draws. J. Snoek et al., "Scalable Bayesian
// optimization using deep neural networks", 2015; options as NNI's tuner (spec nni.md section
// 4.15). docs/samplers/dngo.md says where the two differ.
//
// The network is trained anew at every `trials_per_update` results; the regression on its features
// takes in every result, and trials without one as seen where it expects them.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <Eigen/Core>

#include "samplers/catalog.h"
#include "samplers/numerics/bayesian_regression.h"
#include "samplers/numerics/expected_improvement.h"
#include "samplers/numerics/neural_network.h"
#include "samplers/surrogate/input_columns.h"
#include "samplers/surrogate/local_search.h"
#include "samplers/surrogate/model_losses.h"
#include "samplers/surrogate/study.h"
#include "samplers/surrogate/training_rows.h"

namespace sweepjob {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// At most, so that cost stays bounded: rows that train the network, rows of the regression, and
// examples shown in all epochs together.
constexpr std::size_t kMaxTrainingRows = 500;
constexpr std::size_t kMaxRows = 1000;
constexpr std::size_t kMaxExamples = 100000;
constexpr std::size_t kStarts = 5;   // of the local search
constexpr Eigen::Index kWidth = 50;  // of each of the three hidden layers

struct Settings {
  std::size_t sample_size = 1000;
  std::size_t trials_per_update = 20;
  std::size_t epochs = 500;
  bool local_search = true;
};

class Dngo : public Sampler {
 public:
  Dngo(const SamplerContext& context, const StudyOptions& options, const Settings& settings)
      : settings_(settings), study_(context, options), columns_(study_.encoding()) {}

  void observe(const TrialEvent& event) override {
    study_.observe(event);
    if (std::holds_alternative<TrialAdded>(event)) return;
    regression_.reset();
    if (std::holds_alternative<TrialReopened>(event)) trained_.reset();
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    return study_.propose(trials, rng, [&](const Study::Ask& ask) { return suggest(ask); });
  }

  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return true; }

 private:
  struct Trained {
    std::uint64_t seed = 0;
    std::size_t results = 0;  // those it has seen
    NeuralNetwork network;
  };
  struct Fit {
    std::uint64_t seed = 0;
    BayesianRegression regression;
    double target = 0;          // the best loss, scaled
    std::vector<Point> starts;  // those with the best losses
  };

  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const {
    const std::size_t results = study_.history().ended().size();
    if (results < settings_.trials_per_update) {
      RandomStream stream = ask.stream("draw");
      return {study_.encoding().draw(stream),
              fmt::format("start-up draw: {} of {} results", results, settings_.trials_per_update)};
    }
    // The regression is soon too sure of itself for belief alone to spread many trials at once.
    const auto waiting = static_cast<double>(ask.pending.size());
    RandomStream hedge = ask.stream("hedge");
    if (hedge.uniform() * (waiting + static_cast<double>(results)) < waiting) {
      return {study_.encoding().draw(hedge),
              fmt::format("a draw: {} pending, {} results", ask.pending.size(), results)};
    }
    const Trained& trained = network(ask.rng);
    const Fit& fitted = fit(ask.rng, trained);
    BayesianRegression regression = fitted.regression;
    double target = fitted.target;  // what is believed of pending trials is to be improved upon too
    for (const Point& point : ask.pending) {
      const VectorXd features = phi(trained, point);
      target = std::min(target, regression.mean(features));
      regression.assume(features);
    }
    const Score score = [&](const Point& point) {
      const VectorXd features = phi(trained, point);
      return log_expected_improvement(target, regression.mean(features),
                                      std::sqrt(regression.variance(features)));
    };
    return best_candidate(ask, fitted, score);
  }

  [[nodiscard]] Study::Suggestion best_candidate(const Study::Ask& ask, const Fit& fitted,
                                                 const Score& score) const {
    RandomStream stream = ask.stream("candidates");
    std::vector<ScoredPoint> ranked;
    const auto better = [](const ScoredPoint& a, const ScoredPoint& b) {
      return a.score > b.score;
    };
    for (std::size_t i = 0; i < settings_.sample_size; ++i) {
      Point point = study_.encoding().draw(stream);
      const double value = score(point);
      ranked.push_back({std::move(point), value});
    }
    std::stable_sort(ranked.begin(), ranked.end(), better);
    if (settings_.local_search) {
      const LocalSearch search{.deviations = {0.2, 0.1, 0.05, 0.02}, .max_evaluations = 500};
      std::vector<ScoredPoint> starts{ranked.front()};
      for (const Point& point : fitted.starts) starts.push_back({point, score(point)});
      for (ScoredPoint& start : starts) {
        ranked.push_back(climb(study_.encoding(), std::move(start), score, search, stream));
      }
      std::stable_sort(ranked.begin(), ranked.end(), better);
    }
    const auto chosen = std::find_if(ranked.begin(), ranked.end(),
                                     [&](const ScoredPoint& one) { return ask.is_new(one.at); });
    if (chosen == ranked.end()) return {std::move(ranked.front().at), "every candidate was tried"};
    return {std::move(chosen->at), fmt::format("network: ln EI {:.3g}", chosen->score)};
  }

  struct Rows {
    std::vector<Point> points;
    MatrixXd inputs;
    VectorXd losses;  // scaled
  };
  [[nodiscard]] Rows rows_of(std::size_t results, std::size_t limit, const Rng& rng) const {
    const History& history = study_.history();
    Rows rows;
    std::vector<double> losses;
    for (const std::uint32_t row : training_rows(history, results, limit, rng)) {
      rows.points.push_back(history.all()[row].at);
      losses.push_back(history.all()[row].loss);
    }
    losses = model_losses(losses, LossScale::Linear);
    rows.losses = Eigen::Map<VectorXd>(losses.data(), static_cast<Eigen::Index>(losses.size()));
    rows.inputs.resize(rows.losses.size(), static_cast<Eigen::Index>(columns_.size()));
    for (Eigen::Index i = 0; i < rows.inputs.rows(); ++i) {
      Eigen::RowVectorXd row(rows.inputs.cols());
      columns_.write(rows.points[static_cast<std::size_t>(i)], row);
      rows.inputs.row(i) = row;
    }
    return rows;
  }

  // A function of the first k trials_per_update results and the seed.
  [[nodiscard]] const Trained& network(const Rng& rng) const {
    const std::size_t ended = study_.history().ended().size();
    const std::size_t results = ended - ended % settings_.trials_per_update;
    if (trained_ && trained_->seed == rng.seed() && trained_->results == results) return *trained_;
    regression_.reset();
    const Rows rows = rows_of(results, kMaxTrainingRows, rng);
    RandomStream stream = rng.stream(TrialId{static_cast<std::uint32_t>(results)}, "network");
    NeuralNetwork network(columns_.size(), {kWidth, kWidth, kWidth}, stream);
    const auto count = static_cast<std::size_t>(rows.losses.size());
    const std::size_t epochs =
        std::min(settings_.epochs, std::max<std::size_t>(1, kMaxExamples / count));
    network.train(rows.inputs, rows.losses, {.epochs = epochs}, stream);
    trained_ = Trained{rng.seed(), results, std::move(network)};
    return *trained_;
  }

  [[nodiscard]] const Fit& fit(const Rng& rng, const Trained& trained) const {
    if (regression_ && regression_->seed == rng.seed()) return *regression_;
    const Rows rows = rows_of(study_.history().ended().size(), kMaxRows, rng);
    MatrixXd features(rows.inputs.rows(), kWidth + 1);
    features.leftCols(kWidth) = trained.network.features(rows.inputs);
    features.col(kWidth).setOnes();
    std::vector<std::size_t> order(rows.points.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return rows.losses[static_cast<Eigen::Index>(a)] < rows.losses[static_cast<Eigen::Index>(b)];
    });
    std::vector<Point> starts;
    for (std::size_t i = 0; i < std::min(kStarts, order.size()); ++i) {
      starts.push_back(rows.points[order[i]]);
    }
    regression_ = Fit{rng.seed(), BayesianRegression(features, rows.losses), rows.losses.minCoeff(),
                      std::move(starts)};
    return *regression_;
  }

  [[nodiscard]] VectorXd phi(const Trained& trained, const Point& point) const {
    Eigen::RowVectorXd row(static_cast<Eigen::Index>(columns_.size()));
    columns_.write(point, row);
    VectorXd result(kWidth + 1);
    result.head(kWidth) = trained.network.features(row).row(0).transpose();
    result[kWidth] = 1;
    return result;
  }

  Settings settings_;
  Study study_;
  InputColumns columns_;
  mutable std::optional<Trained> trained_;
  mutable std::optional<Fit> regression_;
};

Settings read_settings(OptionReader& reader) {
  Settings settings;
  const auto read = [&](const char* name, std::int64_t most, std::size_t& setting) {
    const auto found = reader.integer(name);
    if (!found) return;
    if (*found < 1 || *found > most) {
      reader.fail(name, fmt::format("expected 1 to {}, found {}", most, *found));
    } else {
      setting = static_cast<std::size_t>(*found);
    }
  };
  read("sample_size", 100000, settings.sample_size);
  read("trials_per_update", 10000, settings.trials_per_update);
  read("num_epochs_per_training", 10000, settings.epochs);
  settings.local_search = reader.boolean("local_search").value_or(settings.local_search);
  return settings;
}

std::unique_ptr<Sampler> make_dngo(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions options = read_study_options(context, reader, findings);
  const Settings settings = read_settings(reader);
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<Dngo>(context, options, settings);
}

const SamplerEntry entry{"dngo", make_dngo};

}  // namespace
}  // namespace sweepjob
