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
  bool note_length(std::size_t index);
  void bring_up_to_date(std::size_t index);
  void rebuild();
  void add(std::size_t index, std::uint32_t interval);

  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] Verdict without_result(const Report& report, double value, bool explained) const;
  [[nodiscard]] Verdict in_rung(const Report& report, std::size_t rung, bool explained) const;
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
  [[nodiscard]] std::string place(std::size_t bracket, std::size_t rung) const {
    const std::string in = first_levels_.size() == 1 ? "" : fmt::format("bracket {} ", bracket);
    return fmt::format("{}rung {}", in, rung);
  }

  Goal goal_;
  std::uint32_t min_trials_;
  OptunaHalving rule_;
  Schedule schedule_;
  CurveTable<BestSoFar> table_;
  std::vector<std::uint32_t> lengths_;  // by trial: reports of one that completed, else 0
  OrderStatistics completed_lengths_;
  std::vector<std::uint64_t> first_levels_;  // of each bracket
  std::vector<Bracket> brackets_;
  std::vector<Member> members_;  // by trial
};

void Halving::observe(const TrialEvent& event) {
  table_.fold(
      event, [](auto&&...) {}, [](auto&&...) {});
  const std::size_t index = index_of(trial_of(event));
  if (index >= table_.curves().size()) return;
  while (members_.size() <= index) members_.push_back({bracket_of(members_.size()), {}});
  if (!note_length(index)) return bring_up_to_date(index);
  const std::size_t known = completed_lengths_.size();
  const double longest = known == 0 ? 0 : completed_lengths_.select(known - 1);
  auto first_levels = rule_.first_levels(static_cast<std::uint32_t>(longest));
  if (first_levels == first_levels_) return bring_up_to_date(index);
  first_levels_ = std::move(first_levels);
  rebuild();
}

// Whether the lengths of completed trials have changed.
bool Halving::note_length(std::size_t index) {
  const bool counts = table_.has_completed_with_number(TrialId(index));
  const auto length = static_cast<std::uint32_t>(counts ? table_.curves()[index].values.size() : 0);
  if (index >= lengths_.size()) lengths_.resize(index + 1);
  if (lengths_[index] == length) return false;
  if (lengths_[index] != 0) completed_lengths_.erase(lengths_[index]);
  if (length != 0) completed_lengths_.insert(length);
  lengths_[index] = length;
  return true;
}

void Halving::bring_up_to_date(std::size_t index) {
  if (first_levels_.empty()) return;
  const std::vector<double>& values = table_.curves()[index].values;
  Member& member = members_[index];
  std::vector<Result>& results = member.results;
  while (!results.empty() && results.back().interval > values.size()) {
    brackets_[member.bracket][results.size() - 1].erase(results.back().key);
    results.pop_back();
  }
  if (!values.empty()) add(index, static_cast<std::uint32_t>(values.size()));
}

void Halving::rebuild() {
  brackets_.clear();
  brackets_.resize(first_levels_.size());
  for (std::size_t index = 0; index < members_.size(); ++index) {
    members_[index] = {bracket_of(index), {}};
    if (first_levels_.empty()) continue;
    const std::size_t count = table_.curves()[index].values.size();
    for (std::uint32_t interval = 1; interval <= count; ++interval) add(index, interval);
  }
}

// Gives the trial its results for all rungs that wait for this interval. Nothing happens when they
// have theirs: what a removal left standing is asked once more.
void Halving::add(std::size_t index, std::uint32_t interval) {
  const double value = table_.curves()[index].values[interval - 1];
  if (is_worst(value) || !schedule_.slot(interval)) return;
  const std::size_t own = members_[index].bracket;
  std::vector<Result>& results = members_[index].results;
  while (level(own, results.size()) <= interval) {
    if (results.size() >= brackets_[own].size()) brackets_[own].resize(results.size() + 1);
    brackets_[own][results.size()].insert(rank_key(goal_, value));
    results.push_back({interval, rank_key(goal_, value)});
  }
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
  const std::string at = place(own, rung);
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
  return kept(rule_.name, report.interval,
              due > UINT32_MAX ? "no rung is left"
                               : fmt::format("the next is {} from interval {} on", at, due));
}

Verdict Halving::in_rung(const Report& report, std::size_t rung, bool explained) const {
  const Member& member = members_[index_of(report.trial)];
  const std::size_t own = member.bracket;
  const OrderStatistics& keys = brackets_[own][rung];
  const std::size_t count = keys.size();
  const std::string at = place(own, rung);
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
  const std::size_t share = std::max<std::size_t>(count / rule_.reduction_factor, 1);
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
