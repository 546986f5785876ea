#include "samplers/surrogate/bohb_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "samplers/budget/rungs.h"

namespace sweepjob {
namespace {

constexpr double kSmallestDensity = 1e-32;

std::size_t share_of(std::size_t count, double percent) {
  return static_cast<std::size_t>(std::floor(static_cast<double>(count) * percent / 100));
}

}  // namespace

BohbModel::BohbModel(const SamplerContext& context, const StudyOptions& options,
                     const Settings& settings)
    : study_(context, options, {.order_numeric_choices = false}),
      goal_(context.objectives.empty() ? Goal::Minimize : context.objectives.front().goal),
      options_(options),
      settings_(settings) {
  for (std::size_t axis = 0; axis < study_.encoding().size(); ++axis) {
    if (!study_.encoding().axes()[axis].is_constant()) axes_.push_back(axis);
  }
  settings_.min_points = std::max(settings_.min_points, axes_.size() + 1);
}

// Results of earlier sweeps come as configurations that have ended. (NNI takes what is imported for
// trained to the end as well.)
void BohbModel::observe(const TrialEvent& event) {
  study_.observe(event);
  if (is_prior(trial_of(event))) learn(event);
}

void BohbModel::learn(const TrialEvent& evaluation) {
  if (const auto* added = std::get_if<TrialAdded>(&evaluation)) {
    auto point = study_.encoding().encode(added->proposal.params);
    if (!point) return;
    of_trial_[added->trial] = evaluations_.size();
    const double budget =
        added->proposal.budget ? added->proposal.budget->amount : settings_.full_budget;
    evaluations_.push_back({*std::move(point), budget, std::nullopt});
    return;
  }
  const auto found = of_trial_.find(trial_of(evaluation));
  if (found == of_trial_.end()) return;
  Evaluation& one = evaluations_[found->second];
  std::vector<std::size_t>& ended_here = ended_[one.budget];
  if (const auto* ended = std::get_if<TrialEnded>(&evaluation)) {
    if (one.loss) return;
    double value = result_of(*ended);
    if (ended->status == Status::Canceled && ended->best &&
        options_.cut_trials == History::CutTrials::CountTheirBest) {
      value = *ended->best;
    }
    one.loss = is_worst(value)           ? std::numeric_limits<double>::infinity()
               : goal_ == Goal::Minimize ? value
                                         : -value;
    ended_here.push_back(found->second);
  } else if (std::holds_alternative<TrialReopened>(evaluation) && one.loss) {
    one.loss.reset();
    ended_here.erase(std::find(ended_here.begin(), ended_here.end(), found->second));
  }
}

Proposals BohbModel::propose(std::span<const TrialId> trials, const Rng& rng) const {
  return study_.propose(trials, rng, [this](const Study::Ask& ask) { return suggest(ask); });
}

std::optional<BohbModel::Densities> BohbModel::fit(RandomStream& stream) const {
  for (auto budget = ended_.rbegin(); budget != ended_.rend(); ++budget) {
    std::vector<std::size_t> order = budget->second;
    const std::size_t good =
        std::max(settings_.min_points, share_of(order.size(), settings_.top_n_percent));
    const std::size_t bad =
        std::max(settings_.min_points, share_of(order.size(), 100 - settings_.top_n_percent));
    if (order.size() < good + axes_.size() + 1) continue;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return *evaluations_[a].loss < *evaluations_[b].loss;
    });
    const auto rows_of = [&](std::size_t from, std::size_t to) {
      std::vector<Point> rows;
      for (std::size_t i = from; i < std::min(to, order.size()); ++i) {
        rows.push_back(evaluations_[order[i]].at);
      }
      impute(study_.encoding(), axes_, rows, stream);
      return rows;
    };
    auto good_rows = rows_of(0, good);
    auto bad_rows = rows_of(good, good + bad);
    const auto density = [&](std::vector<Point> rows) {
      return ProductKde(study_.encoding(), axes_, std::move(rows), settings_.min_bandwidth);
    };
    return Densities{budget->first, density(std::move(good_rows)), density(std::move(bad_rows))};
  }
  return std::nullopt;
}

Study::Suggestion BohbModel::suggest(const Study::Ask& ask) const {
  RandomStream stream = ask.stream("bohb");
  const bool is_random = stream.uniform() < settings_.random_fraction;
  RandomStream imputation = ask.stream("bohb: impute");
  const auto densities = is_random ? std::nullopt : fit(imputation);
  if (!densities) {
    return {study_.encoding().draw(stream), is_random ? "bohb: at random" : "bohb: no model yet"};
  }
  Study::Suggestion best;
  double best_ratio = 0;
  for (std::size_t i = 0; i < settings_.num_samples; ++i) {
    Point point = densities->good.draw(stream, settings_.bandwidth_factor);
    const double ratio = std::max(kSmallestDensity, densities->bad.density(point)) /
                         std::max(kSmallestDensity, densities->good.density(point));
    if (i > 0 && ratio >= best_ratio) continue;
    best.at = std::move(point);
    best_ratio = ratio;
  }
  for (std::size_t axis = 0; axis < best.at.size(); ++axis) {
    // A constant below an entry that the row had not taken: it has but one value.
    if (std::isnan(best.at[axis])) best.at[axis] = 0;
  }
  best.note = fmt::format("bohb: ln l/g {:.2f} at budget {}", -std::log(best_ratio),
                          to_string(Budget{densities->budget}));
  return best;
}

}  // namespace sweepjob
