#include "samplers/surrogate/process_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "samplers/surrogate/model_losses.h"

namespace sweepjob {
namespace {

constexpr std::size_t kFitted = 256;      // results at most that hyperparameters are found from
constexpr std::size_t kEveryResult = 50;  // until then they are found after every one
constexpr double kApart = 0.002;          // from pending trials, in some real coordinate
constexpr std::size_t kIncumbents = 5;
constexpr std::size_t kStartup = 10;  // of a space without branches, and of each branch
constexpr std::size_t kMostStartup = 30;
constexpr std::size_t kPending = 128;  // of which the process is told, the latest

std::size_t startup_of(const Encoding& encoding) {
  std::set<std::pair<std::size_t, std::size_t>> branches;
  for (const Axis& axis : encoding.axes()) {
    if (axis.condition) branches.emplace(axis.condition->axis, axis.condition->entry);
  }
  return std::clamp(kStartup * branches.size(), kStartup, kMostStartup);
}

// The number of results at which the hyperparameters in use after `count` were found.
std::size_t fit_due(std::size_t count) {
  if (count <= kEveryResult) return count;
  std::size_t due = kEveryResult;
  for (;;) {
    const std::size_t next = due + due / 20;
    if (next > count) return due;
    due = next;
  }
}

// Whether a real coordinate or anything discrete tells the point from each of those being tried.
// Where the process is sure of itself everywhere, its own doubt would not keep them apart.
bool is_apart(const Encoding& encoding, const Point& point, const std::vector<Point>& pending) {
  const auto tells = [&](const Point& other) {
    for (std::size_t i = 0; i < point.size(); ++i) {
      const bool real = encoding.axes()[i].kind == Axis::Kind::Real;
      if (std::isnan(point[i]) != std::isnan(other[i])) return true;
      if (real ? std::abs(point[i] - other[i]) > kApart
               : point[i] < other[i] || point[i] > other[i]) {
        return true;
      }
    }
    return false;
  };
  return std::all_of(pending.begin(), pending.end(), tells);
}

Eigen::VectorXd scaled_losses(const std::vector<double>& losses) {
  const std::vector<double> scaled = model_losses(losses, LossScale::UpperLog);
  return Eigen::Map<const Eigen::VectorXd>(scaled.data(), static_cast<Eigen::Index>(scaled.size()));
}

struct Results {
  std::vector<Point> points;
  std::vector<double> losses;
};

// The first `count` results, or `most` of them.
Results some_results(const History& history, std::size_t count, std::size_t most) {
  std::vector<std::uint32_t> chosen(history.ended().begin(),
                                    history.ended().begin() + static_cast<std::ptrdiff_t>(count));
  if (count > most) {
    std::stable_sort(chosen.begin(), chosen.end(), [&](std::uint32_t a, std::uint32_t b) {
      return history.all()[a].loss < history.all()[b].loss;
    });
    const std::size_t best = most / 2, others = most - best;
    for (std::size_t i = 0; i < others; ++i) {
      chosen[best + i] = chosen[best + i * (count - best) / others];
    }
    chosen.resize(most);
  }
  Results results;
  for (const std::uint32_t index : chosen) {
    results.points.push_back(history.all()[index].at);
    results.losses.push_back(history.all()[index].loss);
  }
  return results;
}

}  // namespace

void read_noise(OptionReader& reader, ProcessOptions& options) {
  const Value* noise = reader.raw("noise");
  if (noise == nullptr) return;
  double storage = 0;
  const double* number = noise->as_number(storage);
  const auto* word = noise->get<std::string>();
  if (number != nullptr && *number >= 0 && *number <= 1) {
    options.noise = *number;
  } else if (word != nullptr && *word == "none") {
    options.noise = 0;
  } else if (word == nullptr || *word != "auto") {
    reader.fail("noise",
                "must be auto, none, or a variance from 0 to 1, that of the losses being 1");
  }
}

ProcessSearch::ProcessSearch(const Study& study, const ProcessOptions& options)
    : study_(study),
      options_(options),
      startup_(options.startup ? static_cast<std::size_t>(*options.startup)
                               : startup_of(study.encoding())),
      map_(study.encoding()) {
  const std::size_t size = study.encoding().size();
  if (size > 0 && size <= SobolSequence::kMaxDimensions) sobol_.emplace(size);
}

void ProcessSearch::observe(const TrialEvent& event) {
  if (std::holds_alternative<TrialReopened>(event)) fitted_count_ = 0;
}

Study::Suggestion ProcessSearch::start_up(const Study::Ask& ask) const {
  const Encoding& encoding = study_.encoding();
  const std::size_t index = study_.history().all().size() + ask.batch.size();
  if (!sobol_ || index >= 0xffffffffU) {
    RandomStream stream = ask.stream("start");
    return {encoding.draw(stream), "start-up draw"};
  }
  // One scrambling for the sweep.
  RandomStream keys = ask.rng.stream(TrialId{}, "start");
  Point point(encoding.size());
  for (std::size_t i = 0; i < point.size(); ++i) {
    const Axis& axis = encoding.axes()[i];
    const double u = owen_scramble(sobol_->at(static_cast<std::uint32_t>(index), i), keys.next());
    const auto count = static_cast<double>(axis.count);
    point[i] = axis.kind == Axis::Kind::Categories ? std::min(std::floor(u * count), count - 1) : u;
  }
  return {std::move(point), fmt::format("start-up point {} of {}", index + 1, startup_)};
}

const Hyperparameters& ProcessSearch::fitted(std::size_t count) const {
  if (fitted_count_ != count) {
    const Results results = some_results(study_.history(), count, kFitted);
    fitted_ = fit_hyperparameters(map_, map_.of(results.points), scaled_losses(results.losses),
                                  options_.noise);
    fitted_count_ = count;
  }
  return fitted_;
}

Study::Suggestion ProcessSearch::suggest(const Study::Ask& ask) const {
  const std::size_t count = study_.history().ended().size();
  if (count < startup_ || count < 2 || map_.weight_count() == 0) return start_up(ask);
  Results results = some_results(study_.history(), count, kExact);
  const Eigen::VectorXd losses = scaled_losses(results.losses);
  GaussianProcess process(map_, map_.of(results.points), losses, fitted(fit_due(count)));
  if (!ask.pending.empty()) {
    const std::size_t told = std::min(kPending, ask.pending.size());
    const std::span<const Point> pending(ask.pending.end() - static_cast<std::ptrdiff_t>(told),
                                         ask.pending.end());
    process.believe(map_.of(pending));
    results.points.insert(results.points.end(), pending.begin(), pending.end());
  }
  std::vector<std::size_t> order(results.points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto mean = [&](std::size_t i) { return process.means()[static_cast<Eigen::Index>(i)]; };
  const std::size_t held = std::min(kIncumbents, order.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(held), order.end(),
      [&](std::size_t a, std::size_t b) { return mean(a) != mean(b) ? mean(a) < mean(b) : a < b; });
  std::vector<Point> incumbents;
  for (std::size_t i = 0; i < held; ++i) incumbents.push_back(results.points[order[i]]);

  const Eigen::Index believed = process.means().size() - losses.size();
  double best_loss = losses.minCoeff();
  if (believed > 0) best_loss = std::min(best_loss, process.means().tail(believed).minCoeff());
  const AcquisitionSearch search{
      .encoding = study_.encoding(),
      .map = map_,
      .process = process,
      .utility = {options_.utility, best_loss - options_.xi, options_.kappa},
      .sobol = sobol_ ? &*sobol_ : nullptr,
      .is_new =
          [&](const Point& point) {
            return ask.is_new(point) && is_apart(study_.encoding(), point, ask.pending);
          },
      .limits = {.sobol_points = options_.candidates, .starts = options_.starts}};
  auto best = search.maximize(incumbents, ask.stream("acquisition"));
  if (!best) {
    RandomStream stream = ask.stream("draw");
    return {study_.encoding().draw(stream), "a draw: every candidate was tried before"};
  }
  return {std::move(best->at), fmt::format("gp: utility {:.2f}", best->utility)};
}

double noise_of(const Study& study, std::size_t count) {
  const FeatureMap map(study.encoding());
  if (map.weight_count() == 0) return 0;
  const Results results = some_results(study.history(), count, kFitted);
  const Hyperparameters found =
      fit_hyperparameters(map, map.of(results.points), scaled_losses(results.losses), std::nullopt);
  return std::exp(found.log_noise);
}

}  // namespace sweepjob
