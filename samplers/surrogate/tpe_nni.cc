// NniTpe: the TPE tuner of NNI 3 (nni/algorithms/hpo/tpe_tuner.py), each parameter on its own with
// the results of trials in which it was active:
//
//   start-up  a draw from the prior, while the parameter has fewer than n_startup_jobs results
//   pending   count as results with the best, worst or mean loss so far (constant_liar_type)
//   good      the best min(ceil(gamma sqrt(n)), linear_forgetting) of n
//   weights   forgetting_weights(), in the order of losses: the best ones lose weight, as there
//   choices   p_i = (weights of i + prior_weight) / sum; randint counts as a choice
//   numbers   AdaptiveParzen, on the logarithm or the normal's z where the kind has one
//
// NNI keeps its draws before they are rounded, the journal what the trial got: values of quantized
// kinds count with the middle of their step.
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <boost/math/distributions/normal.hpp>

#include "samplers/numerics/truncated_normal.h"
#include "samplers/surrogate/adaptive_parzen.h"
#include "samplers/surrogate/tpe_rules.h"

namespace sweepjob {
namespace {

using Settings = NniTpe::Settings;

struct Result {
  double at = 0;
  double loss = 0;
};

// Of one parameter, best first.
struct Parts {
  std::vector<double> good;
  std::vector<double> bad;
};

struct Choice {
  double at = 0;
  double score = 0;
};

double lie_of(const History& history, NniTpe::Lie lie) {
  const auto& ended = history.ended();
  if (ended.empty()) return 0;
  double best = history.all()[ended.front()].loss;
  double worst = best;
  double mean = 0;
  const auto count = static_cast<double>(ended.size());
  for (const std::uint32_t index : ended) {
    const double loss = history.all()[index].loss;
    best = std::min(best, loss);
    worst = std::max(worst, loss);
    mean += loss / count;
  }
  return lie == NniTpe::Lie::Best ? best : lie == NniTpe::Lie::Worst ? worst : mean;
}

std::vector<Result> results_of(const Study::Ask& ask, std::size_t axis, const Settings& settings) {
  const History& history = ask.study.history();
  std::vector<Result> results;
  for (const std::uint32_t index : history.ended()) {
    const Observation& one = history.all()[index];
    if (!std::isnan(one.at[axis])) results.push_back({one.at[axis], one.loss});
  }
  if (settings.lie != NniTpe::Lie::None) {
    const double lie = lie_of(history, settings.lie);
    for (const Point& point : ask.pending) {
      if (!std::isnan(point[axis])) results.push_back({point[axis], lie});
    }
  }
  return results;
}

Parts split(std::vector<Result> results, const Settings& settings) {
  std::stable_sort(results.begin(), results.end(),
                   [](const Result& a, const Result& b) { return a.loss < b.loss; });
  const GoodShare share{.of_root = true, .share = settings.gamma, .most = settings.forgetting};
  const std::size_t good = share.of(results.size());
  Parts parts;
  for (std::size_t i = 0; i < results.size(); ++i) {
    (i < good ? parts.good : parts.bad).push_back(results[i].at);
  }
  return parts;
}

// Only of what was observed: a randint may have more values than memory.
class Histogram {
 public:
  Histogram(const std::vector<double>& observed, double count, const Settings& settings)
      : prior_weight_(settings.prior_weight), count_(count), observed_(observed) {
    const auto weights = forgetting_weights(observed.size(), settings.forgetting);
    for (std::size_t i = 0; i < observed.size(); ++i) {
      weight_of_[observed[i]] += weights[i];
      cumulated_.push_back(sum_ += weights[i]);
    }
  }
  [[nodiscard]] double log_probability(double option) const {
    const auto found = weight_of_.find(option);
    const double weight = found == weight_of_.end() ? 0 : found->second;
    return std::log((weight + prior_weight_) / (sum_ + prior_weight_ * count_));
  }
  [[nodiscard]] double draw(RandomStream& stream) const {
    const double target = stream.uniform() * (sum_ + prior_weight_ * count_);
    const double u = stream.uniform();
    if (target >= sum_) return std::min(std::floor(u * count_), count_ - 1);
    const auto found = std::upper_bound(cumulated_.begin(), cumulated_.end(), target);
    return observed_[static_cast<std::size_t>(found - cumulated_.begin())];
  }

 private:
  double prior_weight_;
  double count_;
  double sum_ = 0;
  const std::vector<double>& observed_;
  std::unordered_map<double, double> weight_of_;  // looked up only, never walked through
  std::vector<double> cumulated_;
};

template <class Density>
Choice best_of(const Density& good, const Density& bad, std::size_t candidates,
               RandomStream& stream, double (Density::*log_of)(double) const) {
  Choice best;
  for (std::size_t i = 0; i < candidates; ++i) {
    const double at = good.draw(stream);
    const double score = (good.*log_of)(at) - (bad.*log_of)(at);
    if (i == 0 || score > best.score) best = {at, score};
  }
  return best;
}

bool is_normal(DistributionKind kind) {
  return kind == DistributionKind::Normal || kind == DistributionKind::QNormal ||
         kind == DistributionKind::LogNormal || kind == DistributionKind::QLogNormal;
}

double quantile_of(double u) {
  using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  return boost::math::quantile(boost::math::normal_distribution<double, Policy>(),
                               std::clamp(u, 0x1p-33, 1 - 0x1p-33));
}

Choice choose_number(Parts parts, bool normal, const Settings& settings, RandomStream& stream) {
  if (normal) {
    for (double& at : parts.good) at = quantile_of(at);
    for (double& at : parts.bad) at = quantile_of(at);
  }
  const NumberPrior& prior = normal ? kNormalPrior : kUniformPrior;
  const auto density = [&](const std::vector<double>& values) {
    const auto weights = forgetting_weights(values.size(), settings.forgetting);
    return AdaptiveParzen(values, weights, settings.prior_weight, prior);
  };
  Choice best = best_of(density(parts.good), density(parts.bad), settings.candidates, stream,
                        &AdaptiveParzen::log_density);
  if (normal) best.at = normal_cdf(best.at);
  return best;
}

}  // namespace

Study::Suggestion NniTpe::suggest(const Study::Ask& ask) const {
  const Encoding& encoding = ask.study.encoding();
  RandomStream stream = ask.stream("tpe");
  RandomStream start = ask.stream("start");
  const Point drawn = encoding.draw(start);
  Study::Suggestion result{Point(encoding.size(), 0), {}};
  double score = 0;
  for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
    const Axis& own = encoding.axes()[axis];
    double& at = result.at[axis];
    if (!encoding.is_active(result.at, axis)) {
      at = std::nan("");
      continue;
    }
    auto results = results_of(ask, axis, settings_);
    const DistributionKind kind = own.parameter->kind;
    if (results.size() < settings_.startup) {
      // The whole point was drawn, some of it below another entry than the one taken here.
      at = !std::isnan(drawn[axis]) ? drawn[axis]
           : own.kind == Axis::Kind::Categories
               ? std::floor(start.uniform() * static_cast<double>(own.count))
               : start.uniform();
      continue;
    }
    Parts parts = split(std::move(results), settings_);
    Choice best;
    if (own.kind == Axis::Kind::Categories || kind == DistributionKind::RandInt) {
      const auto count = static_cast<double>(own.count);
      const bool is_step = own.kind == Axis::Kind::Steps;
      const auto to_index = [&](std::vector<double>& values) {
        for (double& value : values) {
          value = static_cast<double>(encoding.step_of(axis, value));
        }
      };
      if (is_step) to_index(parts.good);
      if (is_step) to_index(parts.bad);
      best =
          best_of(Histogram(parts.good, count, settings_), Histogram(parts.bad, count, settings_),
                  settings_.candidates, stream, &Histogram::log_probability);
      if (is_step) best.at = encoding.step_at(axis, static_cast<std::uint64_t>(best.at));
    } else {
      best = choose_number(std::move(parts), is_normal(kind), settings_, stream);
    }
    at = best.at;
    score += best.score;
  }
  result.note = fmt::format("tpe: ln l/g {:.2f}", score);
  return result;
}

}  // namespace sweepjob
