// Bandit (spec azure-sweep section 10): stop a trial whose best value, with its slack, is worse
// than the best that anyone had up to the same interval.
//   maximize: Y + |Y| * slack_factor < L, or Y + slack_amount < L
//   minimize: L + |L| * slack_factor < Y, or L + slack_amount < Y
// Strict, in the product form; with both slacks only outside both. No trial is compared with its
// later self, so what others did after this interval plays no part.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "model/value.h"
#include "policies/catalog.h"
#include "policies/comparison.h"
#include "policies/curve_table.h"
#include "policies/prefix_leaders.h"
#include "policies/schedule.h"

namespace sweepjob {
namespace {

using Leader = PrefixLeaders::Leader;
using Curve = CurveTable<BestSoFar>::Curve;

struct Slacks {
  double factor = 0;  // 0: not given
  double amount = 0;
};

// One slack's test: the trial is outside when even the worse value, with the slack, is short of
// the better one. The smaller of the two numbers gets the slack under either goal.
struct Test {
  double worse = 0;
  double better = 0;
  double slack = 0;
  bool is_factor = false;

  [[nodiscard]] double with_slack() const {
    return is_factor ? worse + std::fabs(worse) * slack : worse + slack;
  }
  [[nodiscard]] bool outside() const { return with_slack() < better; }
};

std::string to_text(const Test& test, Goal goal, TrialId leader) {
  const std::string number = python_float(test.worse);
  const std::string holder = fmt::format(" (best of trial {})", index_of(leader));
  const bool leads_left = goal == Goal::Minimize;
  std::string text = leads_left ? number + holder : "best " + number;
  text += test.is_factor ? fmt::format(" + |{}| * ", number) : " + ";
  text += fmt::format("{} = {} {} ", python_float(test.slack), python_float(test.with_slack()),
                      test.outside() ? "<" : ">=");
  text += leads_left ? "best " + python_float(test.better) : python_float(test.better) + holder;
  return text;
}

class Bandit final : public TerminationPolicy {
 public:
  Bandit(const PolicyContext& context, Slacks slacks)
      : goal_(context.goal), min_trials_(context.min_trials), schedule_(context), slacks_(slacks) {}

  void observe(const TrialEvent& event) override {
    table_.fold(
        event,
        [this](TrialId trial, std::uint32_t interval, double value, const BestSoFar&) {
          leaders_.offer(schedule_.slot_from(interval), {rank_key(goal_, value), trial});
        },
        [this](TrialId trial, std::uint32_t interval, const BestSoFar&) {
          leaders_.withdraw(schedule_.slot_from(interval), trial);
        });
  }

  [[nodiscard]] Verdict judge(const Report& report) const override { return decide(report, false); }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return decide(report, true);
  }

 private:
  [[nodiscard]] Verdict decide(const Report& report, bool explained) const;
  [[nodiscard]] Verdict compare(std::uint32_t interval, double own, const Leader& leader,
                                bool explained) const;
  [[nodiscard]] std::vector<Compared> others(const Report& report, TrialId leader) const;
  [[nodiscard]] std::vector<Test> tests_of(double own, double best) const;
  void refill_stale_slots(std::size_t slot) const;

  [[nodiscard]] double value_of(double key) const {
    return goal_ == Goal::Minimize ? 0.0 - key : key;
  }
  [[nodiscard]] static Verdict kept(bool explained, std::uint32_t interval, const char* why) {
    return {false, explained ? fmt::format("bandit: at interval {} {}: kept", interval, why) : ""};
  }

  Goal goal_;
  std::uint32_t min_trials_;
  Schedule schedule_;
  Slacks slacks_;
  CurveTable<BestSoFar> table_;
  mutable PrefixLeaders leaders_;
};

void Bandit::refill_stale_slots(std::size_t slot) const {
  const PrefixLeaders::Range stale = leaders_.stale_range();
  if (stale.first == stale.end || stale.first > slot) return;
  const auto& curves = table_.curves();
  for (std::size_t index = 0; index < curves.size(); ++index) {
    const std::vector<double>& values = curves[index].values;
    for (std::size_t i = schedule_.first_interval_of(stale.first) - 1; i < values.size(); ++i) {
      const std::size_t own_slot = schedule_.slot_from(static_cast<std::uint32_t>(i + 1));
      if (own_slot >= stale.end) break;
      leaders_.refill(own_slot, {rank_key(goal_, values[i]), TrialId(index)});
    }
  }
  leaders_.finish_refill();
}

Verdict Bandit::decide(const Report& report, bool explained) const {
  const std::uint32_t interval = report.interval;
  const auto slot = schedule_.slot(interval);
  if (!slot) return kept(explained, interval, "nothing is evaluated");
  const Curve* curve = table_.find(report);
  if (curve == nullptr) return kept(explained, interval, "the trial is not compared");
  if (table_.comparable() < min_trials_) return kept(explained, interval, "too few trials report");
  refill_stale_slots(*slot);
  const Leader leader = leaders_.leader(*slot);
  if (std::isinf(leader.key)) return kept(explained, interval, "no trial has a finite value");
  const double own = table_.summary_at(*curve, interval).best(goal_);
  Verdict verdict = compare(interval, own, leader, explained);
  return explained ? among(others(report, leader.trial), std::move(verdict)) : verdict;
}

// A trial that has not got this far takes part with what it has.
std::vector<Compared> Bandit::others(const Report& report, TrialId leader) const {
  return decided_by(leader, others_in(table_, report.trial, 1, [&](TrialId, const Curve& curve) {
                      const std::size_t count = curve.values.size();
                      const auto seen =
                          static_cast<std::uint32_t>(std::min<std::size_t>(report.interval, count));
                      return table_.summary_at(curve, seen).best(goal_);
                    }));
}

Verdict Bandit::compare(std::uint32_t interval, double own, const Leader& leader,
                        bool explained) const {
  const double best = value_of(leader.key);
  if (is_worst(own)) {
    return {true,
            fmt::format("bandit: at interval {} best {} is worse than {} (best of trial {})",
                        interval, python_float(own), python_float(best), index_of(leader.trial)),
            /*compared=*/true};
  }
  const std::vector<Test> tests = tests_of(own, best);
  const bool stop =
      std::all_of(tests.begin(), tests.end(), [](const Test& test) { return test.outside(); });
  if (!stop && !explained) return passed();
  std::string reason = fmt::format("bandit: at interval {} ", interval);
  double margin = -std::numeric_limits<double>::infinity();
  for (const Test& test : tests) {
    if (&test != &tests.front()) reason += " and ";
    reason += to_text(test, goal_, leader.trial);
    margin = std::max(margin, test.with_slack() - test.better);
  }
  if (!stop) return {false, reason + ": kept by " + python_float(margin), /*compared=*/true};
  if (tests.front().worse == 0 && slacks_.amount == 0) {
    reason += "; slack_factor leaves no room around 0, slack_amount does";
  }
  return {true, reason, /*compared=*/true};
}

std::vector<Test> Bandit::tests_of(double own, double best) const {
  const double worse = goal_ == Goal::Minimize ? best : own;
  const double better = goal_ == Goal::Minimize ? own : best;
  std::vector<Test> tests;
  if (slacks_.factor != 0) tests.push_back({worse, better, slacks_.factor, true});
  if (slacks_.amount != 0) tests.push_back({worse, better, slacks_.amount, false});
  return tests;
}

// 0 is Azure's way to say "not given".
double read_slack(OptionReader& reader, std::string_view name) {
  const double slack = reader.number(name).value_or(0);
  if (std::isfinite(slack) && slack >= 0) return slack;
  reader.fail(name, "expected a finite number that is not negative, found " + python_float(slack));
  return 0;
}

std::unique_ptr<TerminationPolicy> make_bandit(const PolicyContext& context, Findings& findings) {
  const Options& options = context.options;
  OptionReader reader(options, findings, context.strict);
  const std::size_t findings_before = findings.all().size();
  const Slacks slacks{read_slack(reader, "slack_factor"), read_slack(reader, "slack_amount")};
  const bool readable = findings.all().size() == findings_before;
  if (readable && slacks.factor == 0 && slacks.amount == 0) {
    findings.error(options.where, options.path,
                   "bandit needs slack_factor or slack_amount above 0, found neither",
                   "for instance slack_factor: 0.1");
  }
  if (slacks.factor != 0 && slacks.amount != 0) {
    findings.warning(options.find("slack_amount")->where, options.path + ".slack_amount",
                     "both slack_factor and slack_amount are given: a trial is stopped only when "
                     "it is outside both",
                     "give one of them");
  }
  reader.finish();
  if (slacks.factor == 0 && slacks.amount == 0) return nullptr;
  return std::make_unique<Bandit>(context, slacks);
}

const PolicyEntry entry{"bandit", make_bandit};

}  // namespace
}  // namespace sweepjob
