// Metis: explores, exploits and samples again, and picks the candidate that promises the lowest
// optimum. Z. L. Li et al., "Metis: Robustly Optimizing Tail Latencies of Cloud Systems", USENIX
// ATC 2018; as NNI's tuner has it (spec nni 4.11).
//
//   x_best      where the mean mu of the process is lowest
//   candidates  the point of the largest deviation sigma; the point where the density of the good
//               third over that of the others is largest; a result that its own process, without
//               it, finds more than 2.33 sigma off
//   next        the candidate c whose pseudo-results mu(c) +- 1.96 sigma(c), each entered in its
//               turn, lead to the lowest optimum, if that is below mu(x_best)
//
// x_best is proposed once; otherwise, and with exploration_probability in its place, next; where
// there is none, a draw. Until cold_start_num points have results: draws. A point's losses count by
// their median. The process (classic_process.h) has nu = 3/2, an amplitude, and coordinates on
// [0, 1], where NNI takes raw values; searches start from the best kSearched of the starting
// points, not from all; exploration goes by sigma as in the paper, not by sigma / mu.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/numerics/bounded_minimum.h"
#include "samplers/numerics/gaussian_mixture.h"
#include "samplers/surrogate/classic_process.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {
namespace {

constexpr std::size_t kSearched = 10;
constexpr std::size_t kMostResults = 300;  // that the process is told of: the best, and others
constexpr std::size_t kExploitFrom = 12;   // results
constexpr double kGoodShare = 0.34;
constexpr std::size_t kMostParts = 8;      // of a mixture
constexpr std::size_t kResampleFrom = 50;  // distinct points
constexpr std::size_t kResampleMost = 3;   // results of one point
constexpr double kOutlier = 2.33;
constexpr double kInterval = 1.96;

struct Settings {
  bool no_resampling = true;
  bool no_candidates = false;
  std::size_t starting_points = 600;
  std::size_t cold_start = 10;
  double exploration_probability = 0.9;
};

// Distinct points with the median of their losses, the lowest first.
struct Results {
  std::vector<Point> points;
  std::vector<double> losses;
  std::vector<std::size_t> counts;
};

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : values[half - 1] / 2 + values[half] / 2;
}

class Metis final : public Sampler {
 public:
  Metis(const SamplerContext& context, const StudyOptions& options, const Settings& settings)
      : study_(context, options,
               {.repeats =
                    settings.no_resampling ? Study::Repeats::Avoided : Study::Repeats::Allowed}),
        settings_(settings) {}

  void observe(const TrialEvent& event) override { study_.observe(event); }
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    return study_.propose(trials, rng, [&](const Study::Ask& ask) { return suggest(ask); });
  }
  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return true; }

 private:
  using Objective = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

  [[nodiscard]] Results results() const {
    std::map<Point, std::vector<double>> by_point;
    for (const std::uint32_t index : study_.history().ended()) {
      const Observation& one = study_.history().all()[index];
      by_point[one.at].push_back(one.loss);
    }
    std::vector<std::pair<double, const Point*>> order;
    for (auto& [point, losses] : by_point) {
      order.emplace_back(median_of(losses), &point);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    thin(order);
    Results result;
    for (const auto& [loss, point] : order) {
      result.points.push_back(*point);
      result.losses.push_back(loss);
      result.counts.push_back(by_point[*point].size());
    }
    return result;
  }

  // Of more than kMostResults the best half, and as many of the others, evenly in their order:
  // where the worst ones lie must not become unknown again.
  static void thin(std::vector<std::pair<double, const Point*>>& order) {
    if (order.size() <= kMostResults) return;
    const std::size_t best = kMostResults / 2, others = kMostResults - best;
    for (std::size_t i = 0; i < others; ++i) {
      order[best + i] = order[best + (i + 1) * (order.size() - best) / others - 1];
    }
    order.resize(kMostResults);
  }

  [[nodiscard]] static ClassicProcess process_of(const std::vector<Point>& points,
                                                 const std::vector<double>& losses) {
    Eigen::MatrixXd rows(static_cast<Eigen::Index>(points.size()),
                         static_cast<Eigen::Index>(points.front().size()));
    for (std::size_t i = 0; i < points.size(); ++i) {
      rows.row(static_cast<Eigen::Index>(i)) = vector_of(points[i]).transpose();
    }
    return {std::move(rows),
            losses,
            {.smoothness = ClassicProcess::Smoothness::ThreeHalves,
             .diagonal = 1e-10,
             .free_amplitude = true}};
  }
  [[nodiscard]] static Eigen::VectorXd vector_of(const Point& point) {
    return Eigen::Map<const Eigen::VectorXd>(point.data(), static_cast<Eigen::Index>(point.size()));
  }
  [[nodiscard]] Point snapped(const Eigen::VectorXd& x) const {
    Point point(x.begin(), x.end());
    study_.encoding().snap(point);
    return point;
  }

  // The value of the space where it is lowest, of what is found from the best of the starts.
  [[nodiscard]] Point lowest(const Objective& objective, const std::vector<Point>& starts) const {
    std::vector<std::pair<double, std::size_t>> order;
    Eigen::VectorXd gradient;
    for (std::size_t i = 0; i < starts.size(); ++i) {
      order.emplace_back(objective(vector_of(starts[i]), gradient), i);
    }
    std::sort(order.begin(), order.end());
    const auto size = static_cast<Eigen::Index>(study_.encoding().size());
    const Eigen::VectorXd low = Eigen::VectorXd::Zero(size), high = Eigen::VectorXd::Ones(size);
    Point best = starts[order.front().second];
    double value = order.front().first;
    for (std::size_t i = 0; i < std::min(kSearched, order.size()); ++i) {
      const BoundedMinimum found =
          minimize_bounded(objective, vector_of(starts[order[i].second]), low, high);
      Point point = snapped(found.at);
      const double there = objective(vector_of(point), gradient);
      if (!(there < value)) continue;
      value = there;
      best = std::move(point);
    }
    return best;
  }

  [[nodiscard]] static Objective mean_of(const ClassicProcess& process) {
    return [&process](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
      Eigen::MatrixXd slopes;
      const double mean = process.at(x, &slopes).mean;
      gradient = slopes.col(0);
      return mean;
    };
  }

  // Where the good third is densest beside the others: of draws from its mixture.
  [[nodiscard]] std::optional<Point> exploit(const Results& results, const Study::Ask& ask) const {
    if (results.points.size() < kExploitFrom) return std::nullopt;
    const auto good = static_cast<std::size_t>(
        std::floor(kGoodShare * static_cast<double>(results.points.size())));
    RandomStream stream = ask.stream("metis mixtures");
    const auto mixture = [&](std::size_t first, std::size_t end) {
      Eigen::MatrixXd rows(static_cast<Eigen::Index>(end - first),
                           static_cast<Eigen::Index>(study_.encoding().size()));
      for (std::size_t i = first; i < end; ++i) {
        rows.row(static_cast<Eigen::Index>(i - first)) = vector_of(results.points[i]).transpose();
      }
      const std::size_t parts = std::clamp<std::size_t>(end - first - 1, 1, kMostParts);
      return GaussianMixture(rows, parts, stream);
    };
    const GaussianMixture better = mixture(0, good), worse = mixture(good, results.points.size());
    std::optional<Point> best;
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < settings_.starting_points; ++i) {
      Point point = snapped(better.draw(stream));
      const Eigen::VectorXd x = vector_of(point);
      const double ratio = better.log_density(x) - worse.log_density(x);
      if (!(ratio > most) || !ask.is_new(point)) continue;
      most = ratio;
      best = std::move(point);
    }
    return best;
  }

  // A result that the process of all others finds far off, with few results so far.
  [[nodiscard]] std::optional<Point> resample(const Results& results) const {
    if (settings_.no_resampling || results.points.size() < kResampleFrom) return std::nullopt;
    std::optional<Point> worst;
    double most = kOutlier;
    for (std::size_t i = 0; i < results.points.size(); ++i) {
      if (results.counts[i] >= kResampleMost) continue;
      std::vector<Point> points = results.points;
      std::vector<double> losses = results.losses;
      points.erase(points.begin() + static_cast<std::ptrdiff_t>(i));
      losses.erase(losses.begin() + static_cast<std::ptrdiff_t>(i));
      const ClassicProcess others = process_of(points, losses);
      const auto [mean, deviation] = others.at(vector_of(results.points[i]));
      const double off = std::abs(others.scaled(results.losses[i]) - mean);
      if (deviation > 0 && off / deviation > most) {
        most = off / deviation;
        worst = results.points[i];
      }
    }
    return worst;
  }

  // The lowest loss that is expected once the candidate has one of its two pseudo-results.
  [[nodiscard]] double optimum_with(const Point& candidate, const ClassicProcess& process,
                                    const Results& results,
                                    const std::vector<Point>& starts) const {
    const auto [mean, deviation] = process.at(vector_of(candidate));
    double lowest_loss = std::numeric_limits<double>::infinity();
    for (const double sign : {1.0, -1.0}) {
      std::vector<Point> points = results.points;
      std::vector<double> losses = results.losses;
      points.push_back(candidate);
      losses.push_back(process.unscaled(mean + sign * kInterval * deviation));
      const ClassicProcess with = process_of(points, losses);
      const Point at = lowest(mean_of(with), starts);
      lowest_loss = std::min(lowest_loss, with.unscaled(with.at(vector_of(at)).mean));
    }
    return lowest_loss;
  }

  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const {
    const Results found = results();
    RandomStream stream = ask.stream("metis");
    Point drawn = study_.encoding().draw(stream);
    if (found.points.size() < settings_.cold_start) {
      return {std::move(drawn), fmt::format("start-up draw, {} of {} points have results",
                                            found.points.size(), settings_.cold_start)};
    }
    std::vector<Point> starts;
    for (std::size_t i = 0; i < settings_.starting_points; ++i) {
      starts.push_back(study_.encoding().draw(stream));
    }
    const ClassicProcess process = process_of(found.points, found.losses);
    Point best = lowest(mean_of(process), starts);
    const double best_loss = process.unscaled(process.at(vector_of(best)).mean);
    const bool explores = stream.uniform() <= settings_.exploration_probability;
    if (ask.is_new(best) && !explores) {
      return {std::move(best), fmt::format("expected best {:.6g}", best_loss)};
    }
    std::vector<std::pair<Point, const char*>> candidates;
    if (!settings_.no_candidates) {
      Point unknown = lowest(
          [&](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
            Eigen::MatrixXd slopes;
            const double deviation = process.at(x, &slopes).deviation;
            gradient = -slopes.col(1);
            return -deviation;
          },
          starts);
      if (ask.is_new(unknown)) candidates.emplace_back(std::move(unknown), "exploration");
      if (auto point = exploit(found, ask))
        candidates.emplace_back(*std::move(point), "exploitation");
      if (auto point = resample(found)) candidates.emplace_back(*std::move(point), "sampled again");
    }
    if (candidates.empty()) return {starts.front(), "a draw: no candidates"};
    const Point* next = nullptr;
    const char* why = "";
    double promised = best_loss;
    for (const auto& [point, kind] : candidates) {
      const double loss = optimum_with(point, process, found, starts);
      if (!(loss < promised)) continue;
      promised = loss;
      next = &point;
      why = kind;
    }
    if (next == nullptr) return {std::move(drawn), "a draw: no candidate promises more"};
    return {*next, fmt::format("{}: promises {:.6g}", why, promised)};
  }

  Study study_;
  Settings settings_;
};

// No order, and none needed: there is but one distance.
bool is_of_two_numbers(const Axis& axis) {
  const std::vector<ChoiceEntry>& entries = axis.parameter->choices;
  return entries.size() == 2 && std::all_of(entries.begin(), entries.end(), [](const auto& entry) {
           double storage = 0;
           return entry.members.empty() && entry.literal.as_number(storage) != nullptr;
         });
}

void check_space(const SamplerContext& context, const Encoding& encoding, Findings& findings) {
  for (const Axis& axis : encoding.axes()) {
    if (axis.is_constant()) continue;
    const bool nested = axis.condition.has_value();
    if (!nested && (axis.kind != Axis::Kind::Categories || is_of_two_numbers(axis))) continue;
    const Parameter& parameter = *axis.parameter;
    findings.error(parameter.where.file.empty() ? context.options.where : parameter.where,
                   "search_space." + parameter.path,
                   nested ? "metis takes no nested parameters"
                          : "metis takes numbers, and choices of different numbers",
                   "use gp, tpe, smac or cmaes, which take every kind");
  }
}

Settings read_settings(OptionReader& reader) {
  Settings settings;
  settings.no_resampling = reader.boolean("no_resampling").value_or(true);
  settings.no_candidates = reader.boolean("no_candidates").value_or(false);
  const auto count = [&](const char* name, std::size_t& value, std::int64_t most) {
    const auto number = reader.integer(name);
    if (!number) return;
    if (*number < 1 || *number > most) reader.fail(name, fmt::format("expected 1 to {}", most));
    value = static_cast<std::size_t>(std::clamp<std::int64_t>(*number, 1, most));
  };
  count("selection_num_starting_points", settings.starting_points, 100000);
  count("cold_start_num", settings.cold_start, 1000000);
  settings.cold_start = std::max<std::size_t>(settings.cold_start, 2);
  if (const auto share = reader.number("exploration_probability")) {
    if (!(*share >= 0 && *share <= 1)) {
      reader.fail("exploration_probability", "expected a number from 0 to 1");
    }
    settings.exploration_probability = *share;
  }
  return settings;
}

std::unique_ptr<Sampler> make_metis(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions options = read_study_options(context, reader, findings);
  const Settings settings = read_settings(reader);
  reader.finish();
  check_space(context, Encoding(context.space, options.logbase, true), findings);
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<Metis>(context, options, settings);
}

const SamplerEntry entry{"metis", make_metis};

}  // namespace
}  // namespace sweepjob
