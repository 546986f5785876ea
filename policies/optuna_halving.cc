#include "policies/optuna_halving.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/order_statistics.h"
#include "policies/quantile.h"
#include "policies/read_options.h"
#include "policies/schedule.h"
#include "policies/verdict_text.h"

namespace sweepjob {
namespace {

struct Result {
  std::uint32_t interval = 0;
  double key = 0;
};
struct Member {
  std::size_t bracket = 0;
  std::vector<Result> results;  // by rung
};
using Bracket = std::vector<OrderStatistics>;  // results of each rung by rank_key: worst first

class Halving final : public TerminationPolicy {
 public:
  Halving(const PolicyContext& context, OptunaHalving rule)
      : goal_(context.goal),
        min_trials_(context.min_trials),
        rule_(std::move(rule)),
        schedule_(context),
        first_levels_(rule_.first_levels(0)),
        brackets_(first_levels_.size()) {}

  void observe(const TrialEvent& event) override;
  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  void take_back(std::size_t index);
  void settle_levels();
  void place(std::size_t index, std::uint32_t interval);

  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] Verdict without_result(const Report& report, double value, bool explained) const;
  [[nodiscard]] Verdict in_rung(const Report& report, std::size_t rung, bool explained) const;
  [[nodiscard]] bool is_cut(const OrderStatistics& keys, double key) const;
  // The place that a result needs to stay in a rung of so many.
  [[nodiscard]] std::size_t last_place(std::size_t count) const {
    return std::max<std::size_t>(count / rule_.reduction_factor, 1);
  }
  [[nodiscard]] std::string holder(std::size_t bracket, std::size_t rung, double key) const;
  [[nodiscard]] std::vector<Compared> others(TrialId self, std::size_t rung, bool explained) const;

  [[nodiscard]] std::size_t bracket_of(std::size_t index) const {
    if (first_levels_.size() <= 1) return 0;
    return rule_.bracket_of(TrialId(index), first_levels_.size());
  }
  // The first interval that may bring a result for the rung; far beyond any where it overflows.
  [[nodiscard]] std::uint64_t level(std::size_t bracket, std::size_t rung) const {
    std::uint64_t result = first_levels_[bracket];
    for (std::size_t i = 0; i < rung && result <= UINT32_MAX; ++i) result *= rule_.reduction_factor;
    return result;
  }
  [[nodiscard]] std::string name_of(std::size_t bracket, std::size_t rung) const {
    const std::string in = first_levels_.size() == 1 ? "" : fmt::format("bracket {} ", bracket);
    return fmt::format("{}rung {}", in, rung);
  }

  Goal goal_;
  std::uint32_t min_trials_;
  OptunaHalving rule_;
  Schedule schedule_;
  CurveTable<BestSoFar> table_;
  bool any_completed_ = false;               // may have been reopened since
  std::vector<std::uint64_t> first_levels_;  // of each bracket; empty: not known yet
  std::vector<Bracket> brackets_;
  std::vector<Member> members_;  // by trial
};

void Halving::observe(const TrialEvent& event) {
  table_.fold(
      event, [](auto&&...) {}, [](auto&&...) {});
  const auto* ended = std::get_if<TrialEnded>(&event);
  any_completed_ |= ended != nullptr && ended->status == Status::Completed;
  const std::size_t index = index_of(trial_of(event));
  if (index >= table_.curves().size()) return;
  take_back(index);
  const auto* reported = std::get_if<TrialReported>(&event);
  if (reported == nullptr || table_.find(reported->report) == nullptr) return;
  if (!schedule_.slot(reported->report.interval)) return;
  if (first_levels_.empty()) settle_levels();
  if (first_levels_.empty()) return;
  while (members_.size() < table_.curves().size()) {
    members_.push_back({bracket_of(members_.size()), {}});
  }
  place(index, reported->report.interval);
}

// The results of values that do not stand any more.
void Halving::take_back(std::size_t index) {
  if (index >= members_.size()) return;
  const std::size_t count = table_.curves()[index].values.size();
  Member& member = members_[index];
  std::vector<Result>& results = member.results;
  while (!results.empty() && results.back().interval > count) {
    brackets_[member.bracket][results.size() - 1].erase(results.back().key);
    results.pop_back();
  }
}

// Once: from the longest trial that has completed until now.
void Halving::settle_levels() {
  if (!any_completed_) return;
  std::size_t longest = 0;
  for (std::size_t index = 0; index < table_.curves().size(); ++index) {
    const auto trial = TrialId{static_cast<std::uint32_t>(index)};
    if (!table_.has_completed_with_number(trial)) continue;
    longest = std::max(longest, table_.curves()[index].values.size());
  }
  if (longest == 0) return;
  first_levels_ = rule_.first_levels(static_cast<std::uint32_t>(longest));
  brackets_.resize(first_levels_.size());
  any_completed_ = false;  // nothing new until the next one completes
}

// Gives the trial its results for all rungs that this value counts in.
void Halving::place(std::size_t index, std::uint32_t interval) {
  const double value = table_.curves()[index].values[interval - 1];
  if (is_worst(value)) return;
  const double key = rank_key(goal_, value);
  const std::size_t own = members_[index].bracket;
  std::vector<Result>& results = members_[index].results;
  bool stays = true;
  while (stays && level(own, results.size()) <= interval) {
    const std::size_t rung = results.size();
    if (rung >= brackets_[own].size()) brackets_[own].resize(rung + 1);
    brackets_[own][rung].insert(key);
    results.push_back({interval, key});
    // Mostly the next level is out of reach, and nothing needs to be put in order for it.
    stays = level(own, rung + 1) <= interval && !is_cut(brackets_[own][rung], key);
  }
}

bool Halving::is_cut(const OrderStatistics& keys, double key) const {
  const std::size_t count = keys.size();
  if (count <= rule_.bootstrap_count) return true;
  return count >= min_trials_ && key < keys.select(count - last_place(count));
}

Verdict Halving::decide(const Report& report, bool explained) const {
  const auto spare = [&](const char* why) {
    return explained ? kept(rule_.name, report.interval, why) : Verdict{};
  };
  const auto* curve = table_.find(report);
  if (curve == nullptr) return spare("the trial is not compared");
  if (!schedule_.slot(report.interval)) return spare("nothing is evaluated");
  if (first_levels_.empty()) return spare("no trial has completed, so the budgets are not known");
  const std::vector<Result>& results = members_[index_of(report.trial)].results;
  Verdict last;
  bool any = false;
  for (std::size_t rung = 0; rung < results.size(); ++rung) {
    if (results[rung].interval != report.interval) continue;
    last = in_rung(report, rung, explained);
    any = true;
    if (last.stop) return last;
  }
  return any ? last : without_result(report, curve->values[report.interval - 1], explained);
}

Verdict Halving::without_result(const Report& report, double value, bool explained) const {
  const Member& member = members_[index_of(report.trial)];
  const std::size_t own = member.bracket;
  const std::vector<Result>& results = member.results;
  std::size_t rung = 0;
  while (rung < results.size() && results[rung].interval < report.interval) ++rung;
  const std::uint64_t due = level(own, rung);
  const bool missed = due <= report.interval && is_worst(value);
  if (!missed && !explained) return {};
  const std::string at = name_of(own, rung);
  if (missed) {
    const std::size_t count = rung < brackets_[own].size() ? brackets_[own][rung].size() : 0;
    if (count > 0) {
      return among(others(report.trial, rung, explained),
                   stopped(rule_.name, report.interval,
                           fmt::format("nan is no number, as {} results in {} are", count, at)));
    }
    return explained ? kept(rule_.name, report.interval, "nobody has a number in " + at)
                     : Verdict{};
  }
  if (due <= report.interval) {
    return kept(rule_.name, report.interval, "the budgets were not known then");
  }
  return kept(rule_.name, report.interval,
              due > UINT32_MAX ? "no rung is left"
                               : fmt::format("the next is {} from interval {} on", at, due));
}

Verdict Halving::in_rung(const Report& report, std::size_t rung, bool explained) const {
  const Member& member = members_[index_of(report.trial)];
  const std::size_t own = member.bracket;
  const OrderStatistics& keys = brackets_[own][rung];
  const std::size_t count = keys.size();
  const std::string at = name_of(own, rung);
  if (count <= rule_.bootstrap_count) {
    return among(others(report.trial, rung, explained),
                 stopped(rule_.name, report.interval,
                         fmt::format("{} <= bootstrap_count {} results in {}", count,
                                     rule_.bootstrap_count, at)));
  }
  if (count < min_trials_) {
    if (!explained) return {};
    return kept(rule_.name, report.interval,
                fmt::format("{} < {} results in {}", count, min_trials_, at));
  }
  const std::size_t share = last_place(count);
  const double key = keys.select(count - share);
  const double value = value_of_key(goal_, member.results[rung].key);
  const double bound = value_of_key(goal_, key);
  const bool stop = better(goal_, bound, value);
  if (!stop && !explained) return passed();
  std::string why =
      fmt::format("{}; place {} of {} in {}, best 1/{}", inequality(goal_, value, bound), share,
                  count, at, rule_.reduction_factor);
  if (explained) why += ", that of " + holder(own, rung, key);
  return among(
      decided_by(goal_, key, others(report.trial, rung, explained)),
      stop ? stopped(rule_.name, report.interval, why) : kept(rule_.name, report.interval, why));
}

// Of the trial's own bracket, those with a result in the rung.
std::vector<Compared> Halving::others(TrialId self, std::size_t rung, bool explained) const {
  std::vector<Compared> others;
  for (std::size_t index = 0; explained && index < members_.size(); ++index) {
    const Member& member = members_[index];
    const bool has_result =
        member.bracket == members_[index_of(self)].bracket && rung < member.results.size();
    if (!has_result || index == index_of(self)) continue;
    others.push_back({TrialId(index), value_of_key(goal_, member.results[rung].key), false});
  }
  return others;
}

// The lowest trial that has this result.
std::string Halving::holder(std::size_t bracket, std::size_t rung, double key) const {
  for (std::size_t index = 0; index < members_.size(); ++index) {
    const std::vector<Result>& results = members_[index].results;
    if (members_[index].bracket == bracket && rung < results.size() && results[rung].key == key) {
      return fmt::format("trial {} at interval {}", index, results[rung].interval);
    }
  }
  return "nobody";
}

}  // namespace

OptunaHalving read_halving(OptionReader& reader, const HalvingOptions& options,
                           const std::optional<std::uint32_t>& resource) {
  OptunaHalving rule;
  rule.name = options.policy;
  rule.reduction_factor = read_count(reader, "reduction_factor", 2, options.reduction_factor);
  rule.bootstrap_count = read_count(reader, "bootstrap_count", 0, 0);
  if (rule.bootstrap_count > 0 && !resource) {
    reader.fail(
        "bootstrap_count",
        fmt::format("Optuna takes bootstrap_count only with a number as {}", options.resource),
        fmt::format("for instance {}: {}", options.resource, options.usual_resource));
  }
  return rule;
}

std::unique_ptr<TerminationPolicy> make_halving(const PolicyContext& context, OptunaHalving rule) {
  return std::make_unique<Halving>(context, std::move(rule));
}

}  // namespace sweepjob
