// W&B's early_terminate of type hyperband (the open-source sweep engine wandb/sweeps,
// hyperband_stopping.py; the idea after Li et al., "Hyperband", 2018): at fixed counts of logged
// values, the bands, stop the trials that are not in the best 1/eta of all that got there.
//   bands, from min_iter: floor(min_iter * eta^k), k = 0..99;
//          from max_iter: floor(max_iter / eta^k), k = 1..s, as long as max_iter / eta^k >= 1
//   b = the largest band <= L,  L = the count of own values that are numbers
//   T = sorted[floor(n / eta)], best first, of the b-th values of all n trials that have one
//   stop if v is strictly worse than T;  v = the own b-th value (strict), else the own best so far
// The axis is the count of values of the metric that are numbers: W&B takes NaN and infinities for
// values never logged, so they are neither counted nor compared, and a trial that logs nothing else
// is never stopped. No bracket, no allocation: nothing but the name is Hyperband's.
// `strict` is false as W&B documents it; its schema fills in true. A verdict is O(log n); with
// strict and NaNs in the trial's own curve also O(its length).
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/order_statistics.h"
#include "policies/read_options.h"
#include "policies/schedule.h"

namespace sweepjob {
namespace {

constexpr std::int64_t kMostBands = 100;
constexpr double kDefaultEta = 3;

// The numbers of a prefix: how many, the best of them, and whether its last value is one.
class NumbersSoFar : public BestSoFar {
 public:
  void add(double value) {
    BestSoFar::add(value);
    ends_in_number_ = !is_worst(value);
    if (!ends_in_number_) return;
    ++count_;
    last_ = value;
  }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] bool ends_in_number() const { return ends_in_number_; }
  [[nodiscard]] double last() const { return last_; }

 private:
  double last_ = kWorst;
  std::uint32_t count_ = 0;
  bool ends_in_number_ = false;
};

struct Rule {
  std::vector<std::uint32_t> bands;  // ascending, no two alike, not empty
  double eta = kDefaultEta;
  bool strict = false;
};

class WandbHyperband final : public TerminationPolicy {
 public:
  WandbHyperband(const PolicyContext& context, Rule rule)
      : goal_(context.goal),
        min_trials_(context.min_trials),
        schedule_(context),
        rule_(std::move(rule)),
        values_(rule_.bands.size()) {}

  void observe(const TrialEvent& event) override {
    table_.fold(
        event,
        [this](TrialId, std::uint32_t, double, const NumbersSoFar& summary) {
          const auto band = band_entered(summary);
          if (band) values_[*band].insert(rank_key(goal_, summary.last()));
        },
        [this](TrialId, std::uint32_t, const NumbersSoFar& summary) {
          const auto band = band_entered(summary);
          if (band) values_[*band].erase(rank_key(goal_, summary.last()));
        });
  }

  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  using Curve = CurveTable<NumbersSoFar>::Curve;

  // The largest band that so many numbers reach.
  [[nodiscard]] std::optional<std::size_t> band_within(std::uint32_t count) const {
    const auto above = std::upper_bound(rule_.bands.begin(), rule_.bands.end(), count);
    if (above == rule_.bands.begin()) return std::nullopt;
    return static_cast<std::size_t>(above - rule_.bands.begin()) - 1;
  }
  // The band that the last value of this prefix has just reached.
  [[nodiscard]] std::optional<std::size_t> band_entered(const NumbersSoFar& summary) const {
    if (!summary.ends_in_number()) return std::nullopt;
    const auto band = band_within(summary.count());
    return band && rule_.bands[*band] == summary.count() ? band : std::nullopt;
  }
  [[nodiscard]] static double number_at(const Curve& curve, std::uint32_t count);
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] std::string holder(std::uint32_t band, double key) const;
  [[nodiscard]] std::vector<Compared> others(TrialId self, std::uint32_t band) const;

  Goal goal_;
  std::uint32_t min_trials_;
  Schedule schedule_;
  Rule rule_;
  CurveTable<NumbersSoFar> table_;
  std::vector<OrderStatistics> values_;  // of each band, by rank_key: worst first
};

double WandbHyperband::number_at(const Curve& curve, std::uint32_t count) {
  if (curve.summary.count() == curve.values.size()) return curve.values[count - 1];
  for (const double value : curve.values) {
    if (!is_worst(value) && --count == 0) return value;
  }
  return kWorst;
}

Verdict WandbHyperband::decide(const Report& report, bool explained) const {
  const auto verdict = [&](bool stop, const std::string& why) {
    return Verdict{stop, fmt::format("wandb_hyperband: at interval {} {}{}", report.interval, why,
                                     stop ? "" : ": kept")};
  };
  const bool scheduled = schedule_.slot(report.interval).has_value();
  const auto* curve = table_.find(report);
  if (!scheduled || curve == nullptr) {
    if (!explained) return {};
    return verdict(false, scheduled ? "the trial is not compared" : "nothing is evaluated");
  }
  const NumbersSoFar summary = table_.summary_at(*curve, report.interval);
  const auto at = band_within(summary.count());
  if (!at) {
    if (!explained) return {};
    return verdict(false, fmt::format("{} values are numbers, the first band is {}",
                                      summary.count(), rule_.bands.front()));
  }
  const std::uint32_t band = rule_.bands[*at];
  const std::size_t count = values_[*at].size();
  if (count < min_trials_) {
    if (!explained) return {};
    return verdict(false, fmt::format("{} < {} trials reached band {}", count, min_trials_, band));
  }
  const auto rank =
      std::min(static_cast<std::size_t>(static_cast<double>(count) / rule_.eta), count - 1);
  const double key = values_[*at].select(count - 1 - rank);
  const double threshold = goal_ == Goal::Minimize ? 0.0 - key : key;
  const double own = rule_.strict ? number_at(*curve, band) : summary.best(goal_);
  const bool stop = better(goal_, threshold, own);
  if (!stop && !explained) return passed();
  const char* relation = goal_ == Goal::Minimize ? (stop ? ">" : "<=") : (stop ? "<" : ">=");
  std::string why =
      fmt::format("{} {} {} {}, the value with floor({}/{}) = {} better ones at band {}{}",
                  rule_.strict ? fmt::format("value {}", band) : "best", python_float(own),
                  relation, python_float(threshold), count, python_float(rule_.eta), rank, band,
                  stop ? "" : ", by " + python_float(std::fabs(own - threshold)));
  if (!explained) return among({}, verdict(stop, why));
  why += holder(band, key);
  return among(decided_by(goal_, key, others(report.trial, band)), verdict(stop, why));
}

std::vector<Compared> WandbHyperband::others(TrialId self, std::uint32_t band) const {
  return others_in(table_, self, band, [&](TrialId, const Curve& curve) {
    return curve.summary.count() < band ? std::nullopt : std::optional(number_at(curve, band));
  });
}

// Whose value at the band is the threshold; O(trials), for explanations.
std::string WandbHyperband::holder(std::uint32_t band, double key) const {
  const auto trial = table_.first_that(band, [&](TrialId, const auto& curve) {
    return curve.summary.count() >= band && rank_key(goal_, number_at(curve, band)) == key;
  });
  return trial ? fmt::format(" (that of trial {})", index_of(*trial)) : "";
}

// W&B computes the product in floating point and then truncates it: min_iter 30, eta 1.5 has 67.
std::vector<std::uint32_t> bands_from_min(std::int64_t min_iter, double eta) {
  std::vector<std::uint32_t> bands;
  for (std::int64_t k = 0; k < kMostBands; ++k) {
    const double band =
        std::floor(static_cast<double>(min_iter) * std::pow(eta, static_cast<double>(k)));
    if (band > std::numeric_limits<std::uint32_t>::max()) break;
    bands.push_back(static_cast<std::uint32_t>(band));
  }
  return bands;
}

std::vector<std::uint32_t> bands_from_max(std::int64_t max_iter, double eta, std::int64_t s) {
  std::vector<std::uint32_t> bands;
  double band = static_cast<double>(max_iter);
  for (std::int64_t k = 0; k < s; ++k) {
    band /= eta;
    if (band < 1) break;
    bands.push_back(static_cast<std::uint32_t>(band));
  }
  std::reverse(bands.begin(), bands.end());
  return bands;
}

struct Given {
  std::int64_t min_iter = 0;  // 0: not given, here and below
  std::int64_t max_iter = 0;
  std::int64_t s = 0;
  double eta = kDefaultEta;
};

std::optional<double> read_eta(OptionReader& reader) {
  if (reader.raw("eta") == nullptr) return kDefaultEta;
  const auto eta = reader.number("eta");
  if (!eta || (std::isfinite(*eta) && *eta > 1)) return eta;
  reader.fail("eta", "expected a number above 1, found " + python_float(*eta),
              "for instance eta: 3");
  return std::nullopt;
}

// Whether the keys go together; if not, says why not.
bool consistent(const PolicyContext& context, const Given& given, Findings& findings) {
  const Options& options = context.options;
  const auto fail = [&](const char* key, std::string message, std::string hint) {
    const Option* option = options.find(key);
    findings.error(option == nullptr ? options.where : option->where,
                   option == nullptr ? options.path : options.path + "." + key, std::move(message),
                   std::move(hint));
    return false;
  };
  if (given.min_iter != 0 && given.max_iter != 0) {
    return fail("min_iter", "min_iter and max_iter (with s) are two ways to say the bands",
                "give one of them; of both, W&B itself ignores min_iter");
  }
  if (given.min_iter != 0) {
    if (given.s != 0) {
      findings.warning(options.find("s")->where, options.path + ".s",
                       "s plays no part beside min_iter", "remove it, or give max_iter");
    }
    return true;
  }
  if (given.max_iter == 0) {
    return fail("", "wandb_hyperband needs min_iter, or max_iter and s; found neither",
                "for instance min_iter: 3");
  }
  if (given.s == 0) {
    return fail("max_iter", "max_iter needs s, the number of bands below it", "for instance s: 2");
  }
  if (static_cast<double>(given.max_iter) / given.eta < 1) {
    return fail("max_iter",
                fmt::format("max_iter / eta = {} / {} is below 1: there is no band", given.max_iter,
                            python_float(given.eta)),
                "give a larger max_iter or a smaller eta");
  }
  return true;
}

std::unique_ptr<TerminationPolicy> make_wandb_hyperband(const PolicyContext& context,
                                                        Findings& findings) {
  OptionReader reader(context.options, findings, context.strict);
  const auto read_count = [&](const char* name, std::int64_t high,
                              std::int64_t example) -> std::optional<std::int64_t> {
    if (reader.raw(name) == nullptr) return 0;
    return read_integer(reader, name, {.low = 1, .high = high}, example);
  };
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  const auto min_iter = read_count("min_iter", kMost, 3);
  const auto max_iter = read_count("max_iter", kMost, 27);
  const auto s = read_count("s", kMostBands, 2);
  const auto eta = read_eta(reader);
  const bool strict_given = reader.raw("strict") != nullptr;
  const auto strict = reader.boolean("strict");
  reader.finish();
  if (!min_iter || !max_iter || !s || !eta || (strict_given && !strict)) return nullptr;
  const Given given{*min_iter, *max_iter, *s, *eta};
  if (!consistent(context, given, findings)) return nullptr;
  Rule rule{given.min_iter != 0 ? bands_from_min(given.min_iter, given.eta)
                                : bands_from_max(given.max_iter, given.eta, given.s),
            given.eta, strict.value_or(false)};
  rule.bands.erase(std::unique(rule.bands.begin(), rule.bands.end()), rule.bands.end());
  return std::make_unique<WandbHyperband>(context, std::move(rule));
}

const PolicyEntry entry{"wandb_hyperband", make_wandb_hyperband};

}  // namespace
}  // namespace sweepjob
