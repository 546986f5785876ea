// OptunaTpe: Optuna's TPESampler (4.9; 5 with its defaults), rule by rule:
//
//   split    n results, cut ones behind the completed; the first gamma(n) are good, the rest and
//            (constant_liar) what is being tried bad, both in the order in which they were proposed
//   weights  forgetting_weights() in that order, then the prior's
//   joint    multivariate: the parameters that are always active together, group: also those below
//            each entry of a choice; else, and for what is left, each parameter on its own
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "samplers/surrogate/tpe_rules.h"

namespace sweepjob {
namespace {

struct Split {
  std::vector<const Point*> good;
  std::vector<const Point*> bad;
};

Split split(const Study::Ask& ask, std::size_t good_count, bool constant_liar) {
  const std::vector<Observation>& all = ask.study.history().all();
  std::vector<std::uint32_t> order = ask.study.history().ended();
  std::sort(order.begin(), order.end());
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(all[a].cut, all[a].loss) < std::pair(all[b].cut, all[b].loss);
  });
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(good_count);
  std::vector<std::uint32_t> bad(middle, order.end());
  order.erase(middle, order.end());
  // The pending ones of the history, and the earlier ones of this call behind them.
  std::size_t pending = 0;
  if (constant_liar) {
    for (const std::uint32_t index : ask.study.history().pending()) {
      bad.push_back(index);
      ++pending;
    }
  }
  std::sort(order.begin(), order.end());
  std::sort(bad.begin(), bad.end());
  Split split;
  for (const std::uint32_t index : order) split.good.push_back(&all[index].at);
  for (const std::uint32_t index : bad) split.bad.push_back(&all[index].at);
  for (; constant_liar && pending < ask.pending.size(); ++pending) {
    split.bad.push_back(&ask.pending[pending]);
  }
  return split;
}

using Axes = std::vector<std::size_t>;

// Each with its axes in their order; those that decide on the activity of others come first.
std::vector<Axes> groups_of(const Encoding& encoding, bool multivariate, bool group) {
  std::vector<Axes> groups;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> of_entry;
  for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
    const auto& condition = encoding.axes()[axis].condition;
    const bool joins = multivariate && (group || !condition);
    // Unconditional ones are those of no entry: of an axis that there is not.
    const auto key = condition ? std::pair(condition->axis, condition->entry)
                               : std::pair(encoding.size(), std::size_t{0});
    const auto [found, is_new] = of_entry.emplace(key, groups.size());
    if (!joins || is_new) {
      if (!joins) of_entry.erase(key);
      groups.emplace_back();
    }
    groups[joins ? found->second : groups.size() - 1].push_back(axis);
  }
  return groups;
}

std::vector<const Point*> active_ones(const std::vector<const Point*>& points, const Axes& axes) {
  std::vector<const Point*> result;
  for (const Point* point : points) {
    const auto is_inactive = [&](std::size_t axis) { return std::isnan((*point)[axis]); };
    if (std::none_of(axes.begin(), axes.end(), is_inactive)) result.push_back(point);
  }
  return result;
}

}  // namespace

Study::Suggestion OptunaTpe::suggest(const Study::Ask& ask) const {
  const Encoding& encoding = ask.study.encoding();
  const std::size_t ended = ask.study.history().ended().size();
  if (ended < settings_.startup) {
    RandomStream stream = ask.stream("start");
    return {encoding.draw(stream),
            fmt::format("tpe: start-up, {} of {} results", ended, settings_.startup)};
  }
  RandomStream stream = ask.stream("tpe");
  const Split parts = split(ask, settings_.good.of(ended), settings_.constant_liar);
  const auto weights_of = [&](std::size_t count) {
    return settings_.forgetting ? forgetting_weights(count) : std::vector<double>(count, 1);
  };
  Study::Suggestion result{Point(encoding.size(), 0), {}};
  double score = 0;
  for (const Axes& axes : groups_of(encoding, settings_.multivariate, settings_.group)) {
    if (!encoding.is_active(result.at, axes.front())) {
      for (const std::size_t axis : axes) result.at[axis] = std::nan("");
      continue;
    }
    const auto good_points = active_ones(parts.good, axes);
    const auto bad_points = active_ones(parts.bad, axes);
    const auto good_weights = weights_of(good_points.size());
    const auto bad_weights = weights_of(bad_points.size());
    const Parzen good(encoding, axes, good_points, good_weights, settings_.parzen);
    const Parzen bad(encoding, axes, bad_points, bad_weights, settings_.parzen);
    std::optional<double> best;
    const Point before = result.at;
    for (std::size_t i = 0; i < settings_.candidates; ++i) {
      Point candidate = before;
      good.draw(stream, candidate);
      encoding.snap(candidate);
      const double own = good.log_density(candidate) - bad.log_density(candidate);
      if (best && !(own > *best)) continue;
      best = own;
      result.at = std::move(candidate);
    }
    score += *best;
    // What comes later is decided later: snap() has left no coordinates where it is not active.
    for (std::size_t axis = axes.back() + 1; axis < encoding.size(); ++axis) {
      if (std::isnan(result.at[axis])) result.at[axis] = 0;
    }
  }
  result.note = fmt::format("tpe: ln l/g {:.2f}", score);
  return result;
}

}  // namespace sweepjob
