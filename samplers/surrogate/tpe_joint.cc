// JointTpe: all parameters in one product kernel. What differs from Optuna's, each measured over
// many objectives (docs/samplers/tpe.md):
//
//   start-up   scrambled Sobol points
//   good       the best 15 % n / (n + pending) of n, 25 at most, with weight ln(m + 1) - ln(rank)
//   bad        the newest 256 of the others, and what is being tried
//   widths     neither l nor g is narrower than h, and each proposal draws its own h from 0.02 to
//              0.1, evenly in its logarithm: now close by, now further away
//   branches   where an observation is not active its kernel is the prior's, so that l / g compares
//              points of different branches
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "samplers/surrogate/tpe_rules.h"

namespace sweepjob {
namespace {

// More of the others tell g nothing new, and cost.
constexpr std::size_t kBadOnes = 256;
// Of candidates that were tried before, before it gives up.
constexpr std::size_t kDrawsPerCandidate = 8;

struct Parts {
  std::vector<const Point*> good;  // best first
  std::vector<const Point*> bad;   // newest first
};

Parts split(const History& history, std::size_t good) {
  const std::vector<Observation>& all = history.all();
  std::vector<std::uint32_t> order = history.ended();
  const auto is_better = [&](std::uint32_t a, std::uint32_t b) {
    return all[a].loss < all[b].loss || (all[a].loss == all[b].loss && a < b);
  };
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(good);
  std::partial_sort(order.begin(), middle, order.end(), is_better);
  Parts parts;
  for (auto one = order.begin(); one != middle; ++one) parts.good.push_back(&all[*one].at);
  const auto& ended = history.ended();
  for (auto one = ended.rbegin(); one != ended.rend() && parts.bad.size() < kBadOnes; ++one) {
    if (is_better(*(middle - 1), *one)) parts.bad.push_back(&all[*one].at);
  }
  return parts;
}

// Summing to their number, so that the prior's weight means the same as with equal ones.
std::vector<double> weights_by_rank(std::size_t count) {
  std::vector<double> weights;
  double sum = 0;
  const auto last = static_cast<double>(count);
  for (std::size_t rank = 0; rank < count; ++rank) {
    weights.push_back(std::log(last + 1) - std::log(static_cast<double>(rank) + 1));
    sum += weights.back();
  }
  for (double& weight : weights) weight *= last / sum;
  return weights;
}

bool has_active_real(const Encoding& encoding, const Point& point) {
  for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
    if (encoding.axes()[axis].count == 0 && !std::isnan(point[axis])) return true;
  }
  return false;
}

}  // namespace

JointTpe::JointTpe(const Settings& settings, std::size_t dimensions) : settings_(settings) {
  if (dimensions <= SobolSequence::kMaxDimensions) sequence_.emplace(dimensions);
}

Study::Suggestion JointTpe::start(const Study::Ask& ask) const {
  const Encoding& encoding = ask.study.encoding();
  const std::size_t ended = ask.study.history().ended().size();
  std::string note = fmt::format("tpe: start-up, {} of {} results", ended, settings_.startup);
  RandomStream stream = ask.stream("start");
  Point point = encoding.draw(stream);
  if (sequence_) {
    for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
      const Axis& own = encoding.axes()[axis];
      RandomStream key = ask.rng.stream(TrialId{}, "tpe:" + own.path);
      const double u = owen_scramble(sequence_->at(index_of(ask.trial), axis), key.next());
      const auto count = static_cast<double>(own.count);
      point[axis] =
          own.kind == Axis::Kind::Categories ? std::min(std::floor(u * count), count - 1) : u;
    }
  }
  return {std::move(point), std::move(note)};
}

// Where much is under way that l does not know yet, fewer results are trusted.
std::size_t JointTpe::good_count(std::size_t ended, std::size_t pending) const {
  const auto results = static_cast<double>(ended);
  const double known = results / (results + static_cast<double>(pending));
  const GoodShare share{.share = settings_.good.share * known, .most = settings_.good.most};
  return std::max<std::size_t>(1, share.of(ended));
}

Study::Suggestion JointTpe::suggest(const Study::Ask& ask) const {
  const Encoding& encoding = ask.study.encoding();
  const History& history = ask.study.history();
  const std::size_t ended = history.ended().size();
  if (ended < settings_.startup) return start(ask);

  RandomStream stream = ask.stream("tpe");
  const double ratio = settings_.widest / settings_.narrowest;
  ParzenRule rule;
  rule.smallest = settings_.narrowest * std::pow(ratio, stream.uniform());
  rule.prior_weight = settings_.prior_weight;
  rule.step_masses = false;

  Parts parts = split(history, good_count(ended, ask.pending.size()));
  if (settings_.avoid_pending) {
    for (const Point& point : ask.pending) parts.bad.push_back(&point);
  }
  std::vector<std::size_t> axes(encoding.size());
  for (std::size_t axis = 0; axis < axes.size(); ++axis) axes[axis] = axis;
  const std::vector<double> good_weights = weights_by_rank(parts.good.size());
  const std::vector<double> bad_weights(parts.bad.size(), 1);
  const Parzen good(encoding, axes, parts.good, good_weights, rule);
  const Parzen bad(encoding, axes, parts.bad, bad_weights, rule);

  Study::Suggestion best;
  double best_score = 0;
  std::size_t candidates = 0;
  Point point(encoding.size());
  for (std::size_t draw = 0; draw < settings_.candidates * kDrawsPerCandidate; ++draw) {
    if (candidates == settings_.candidates) break;
    std::fill(point.begin(), point.end(), 0);
    good.draw(stream, point);
    encoding.snap(point);
    if (!has_active_real(encoding, point) && !ask.is_new(point)) continue;
    ++candidates;
    const double score = good.log_density(point) - bad.log_density(point);
    if (best.at.empty() || score > best_score) {
      best.at = point;
      best_score = score;
    }
  }
  if (best.at.empty()) return {encoding.draw(stream), "tpe: a draw, all candidates were known"};
  best.note = fmt::format("tpe: ln l/g {:.2f}, width {:.3f}", best_score, *rule.smallest);
  return best;
}

}  // namespace sweepjob
