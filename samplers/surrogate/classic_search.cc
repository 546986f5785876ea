#include "samplers/surrogate/classic_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "samplers/numerics/bounded_minimum.h"
#include "samplers/numerics/normal.h"
#include "samplers/surrogate/training_rows.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMostNniResults = 500;
constexpr std::size_t kWandbResults = 100;
constexpr std::size_t kWandbPending = 95;
constexpr int kWandbCandidates = 1000;
constexpr double kWandbDiagonal = 1e-7;
constexpr double kWandbOffset = 1e-6;  // of deviations

// What an entry of a choice is as a number: itself, or else its index.
double number_of(const ChoiceEntry& entry, std::size_t index) {
  double storage = 0;
  const double* number = entry.members.empty() ? entry.literal.as_number(storage) : nullptr;
  return number != nullptr && std::isfinite(*number) ? *number : static_cast<double>(index);
}

bool is_unbounded(DistributionKind kind) {
  return kind == DistributionKind::Normal || kind == DistributionKind::QNormal ||
         kind == DistributionKind::LogNormal || kind == DistributionKind::QLogNormal;
}

Eigen::MatrixXd rows_of(const std::vector<Eigen::VectorXd>& points) {
  Eigen::MatrixXd rows(static_cast<Eigen::Index>(points.size()), points.front().size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    rows.row(static_cast<Eigen::Index>(i)) = points[i].transpose();
  }
  return rows;
}

}  // namespace

double wandb_improvement(double lowest, double mean, double deviation) {
  const double z = (lowest - mean) / (deviation + kWandbOffset);
  const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
  return (lowest - mean) * normal_probability(z) + deviation * density;
}

Study::Suggestion ClassicSearch::suggest(const Study::Ask& ask) const {
  return options_.rule == ClassicOptions::Rule::Nni ? suggest_nni(ask) : suggest_wandb(ask);
}

Study::Suggestion ClassicSearch::draw(const Study::Ask& ask, const char* why) const {
  RandomStream stream = ask.stream("classic draw");
  return {study_.encoding().draw(stream), why};
}

Eigen::VectorXd ClassicSearch::raw(const Point& point) const {
  const Encoding& encoding = study_.encoding();
  const Params params = encoding.decode(point);
  Eigen::VectorXd result(static_cast<Eigen::Index>(params.size()));
  for (std::size_t i = 0; i < params.size(); ++i) {
    double storage = 0;
    const double* number = params[i].second.as_number(storage);
    const bool is_number = number != nullptr && std::isfinite(*number);
    result[static_cast<Eigen::Index>(i)] = is_number ? *number : point[i];
  }
  return result;
}

Point ClassicSearch::nearest(const Eigen::VectorXd& raw) const {
  const Encoding& encoding = study_.encoding();
  Params params = encoding.decode([&] {
    Point middle(encoding.size(), 0.5);
    encoding.snap(middle);
    return middle;
  }());
  for (std::size_t i = 0; i < params.size(); ++i) {
    const double wanted = raw[static_cast<Eigen::Index>(i)];
    const Parameter& parameter = *encoding.axes()[i].parameter;
    if (parameter.kind != DistributionKind::Choice) {
      params[i].second = wanted;
      continue;
    }
    std::size_t best = 0;
    for (std::size_t entry = 1; entry < parameter.choices.size(); ++entry) {
      if (std::abs(number_of(parameter.choices[entry], entry) - wanted) <
          std::abs(number_of(parameter.choices[best], best) - wanted)) {
        best = entry;
      }
    }
    params[i].second = parameter.choices[best].literal;
  }
  Point point = *encoding.encode(params);
  encoding.snap(point);
  return point;
}

// The bounds of every parameter; where there are none, as far as the starts go.
std::pair<Eigen::VectorXd, Eigen::VectorXd> ClassicSearch::box(
    const std::vector<Eigen::VectorXd>& starts) const {
  const Encoding& encoding = study_.encoding();
  Eigen::VectorXd lower = starts.front(), upper = starts.front();
  for (const Eigen::VectorXd& one : starts) {
    lower = lower.cwiseMin(one);
    upper = upper.cwiseMax(one);
  }
  Point first(encoding.size(), 0), last(encoding.size(), 1);
  encoding.snap(first);
  encoding.snap(last);
  const Eigen::VectorXd low = raw(first), high = raw(last);
  for (Eigen::Index i = 0; i < low.size(); ++i) {
    const Parameter& parameter = *encoding.axes()[static_cast<std::size_t>(i)].parameter;
    if (is_unbounded(parameter.kind)) continue;
    lower[i] = std::min({lower[i], low[i], high[i]});
    upper[i] = std::max({upper[i], low[i], high[i]});
    for (std::size_t entry = 0; entry < parameter.choices.size(); ++entry) {
      const double number = number_of(parameter.choices[entry], entry);
      lower[i] = std::min(lower[i], number);
      upper[i] = std::max(upper[i], number);
    }
  }
  return {std::move(lower), std::move(upper)};
}

Eigen::VectorXd ClassicSearch::unit(const Point& point) const {
  Eigen::VectorXd result(static_cast<Eigen::Index>(point.size()));
  for (std::size_t i = 0; i < point.size(); ++i) {
    const Axis& axis = study_.encoding().axes()[i];
    double value = std::isnan(point[i]) ? 0 : point[i];
    if (axis.kind == Axis::Kind::Categories && !std::isnan(point[i])) {
      value = (point[i] + 0.5) / static_cast<double>(axis.count);
    }
    result[static_cast<Eigen::Index>(i)] = value;
  }
  return result;
}

Study::Suggestion ClassicSearch::suggest_nni(const Study::Ask& ask) const {
  const History& history = study_.history();
  if (history.ended().size() <
      static_cast<std::size_t>(std::max<std::int64_t>(options_.startup, 1))) {
    return draw(ask, "start-up draw");
  }
  std::vector<Eigen::VectorXd> points;
  std::vector<double> losses;
  for (const std::uint32_t index :
       training_rows(history, history.ended().size(), kMostNniResults, ask.rng)) {
    points.push_back(raw(history.all()[index].at));
    losses.push_back(history.all()[index].loss);
  }
  const ClassicProcess process(rows_of(points), losses,
                               {.smoothness = options_.smoothness, .diagonal = options_.alpha});
  const Utility utility{options_.utility, process.lowest() - options_.xi, options_.kappa};
  constexpr double kLeastDeviation = 1e-12;  // at a result itself
  const auto value_at = [&](const Eigen::VectorXd& x, Eigen::VectorXd* gradient) {
    Eigen::MatrixXd slopes;
    const auto [mean, deviation] = process.at(x, gradient != nullptr ? &slopes : nullptr);
    const auto value = utility.at(mean, std::max(deviation, kLeastDeviation));
    if (gradient != nullptr) {
      *gradient = -(value.by_mean * slopes.col(0) + value.by_deviation * slopes.col(1));
    }
    return -value.value;
  };
  RandomStream stream = ask.stream("classic search");
  Point best;
  double lowest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < options_.warm_up; ++i) {
    Point candidate = study_.encoding().draw(stream);
    const double value = value_at(raw(candidate), nullptr);
    if (best.empty() || value < lowest) {
      best = std::move(candidate);
      lowest = value;
    }
  }
  std::vector<Eigen::VectorXd> starts;
  for (int i = 0; i < options_.starts; ++i) starts.push_back(raw(study_.encoding().draw(stream)));
  const auto [lower, upper] = box(starts);
  const Differentiable function = [&](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    return value_at(x, &gradient);
  };
  for (const Eigen::VectorXd& start : starts) {
    const BoundedMinimum found = minimize_bounded(function, start, lower, upper);
    if (found.value > lowest) continue;
    lowest = found.value;
    best = nearest(found.at);
  }
  return {std::move(best), fmt::format("gp nni: utility {:.3g}, length scale {:.3g}", -lowest,
                                       process.length_scale())};
}

Study::Suggestion ClassicSearch::suggest_wandb(const Study::Ask& ask) const {
  const History& history = study_.history();
  const std::vector<std::uint32_t>& ended = history.ended();
  if (ended.size() < 2) return draw(ask, "a draw: fewer than two results");
  RandomStream stream = ask.stream("classic search");
  std::vector<Eigen::VectorXd> points;
  std::vector<double> losses;
  const auto add = [&](std::uint32_t index) {
    points.push_back(unit(history.all()[index].at));
    losses.push_back(history.all()[index].loss);
  };
  if (ended.size() > kWandbResults) {
    for (std::size_t i = 0; i < kWandbResults; ++i) add(ended[stream.below(ended.size())]);
  } else {
    for (const std::uint32_t index : ended) add(index);
  }
  const ClassicProcess::Settings settings{ClassicProcess::Smoothness::ThreeHalves, kWandbDiagonal,
                                          kWandbOffset};
  std::optional<ClassicProcess> process(std::in_place, rows_of(points), losses, settings);
  if (!ask.pending.empty()) {
    const std::size_t told = std::min(kWandbPending, ask.pending.size());
    for (std::size_t i = 0; i < told; ++i) {
      points.push_back(unit(ask.pending[i]));
      losses.push_back(process->unscaled(process->at(points.back()).mean));
    }
    process.emplace(rows_of(points), losses, settings);
  }
  if (process->is_at_bound()) return draw(ask, "a draw: the losses fit no length scale");
  Point best;
  double most = -1;
  for (int i = 0; i < kWandbCandidates; ++i) {
    Point candidate = study_.encoding().draw(stream);
    const auto [mean, deviation] = process->at(unit(candidate));
    const double improvement = wandb_improvement(process->lowest(), mean, deviation);
    if (best.empty() || improvement > most) {
      best = std::move(candidate);
      most = improvement;
    }
  }
  return {std::move(best), fmt::format("gp wandb: expected improvement {:.3g}", most)};
}

}  // namespace sweepjob
