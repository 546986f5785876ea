// Any and all: several policies as one.
//   any: cancel if at least one of `policies` cancels;  all: if each of them does
// The reason holds those of the policies that decided it, whether to cancel or to keep. Each is
// asked every time.
#include <utility>
#include <vector>

#include "policies/catalog.h"
#include "policies/verdict_text.h"

namespace sweepjob {
namespace {

using Policies = std::vector<std::unique_ptr<TerminationPolicy>>;

class Combined final : public TerminationPolicy {
 public:
  Combined(bool needs_all, Policies policies)
      : needs_all_(needs_all), policies_(std::move(policies)) {}

  void observe(const TrialEvent& event) override {
    for (const auto& policy : policies_) policy->observe(event);
  }
  [[nodiscard]] Verdict judge(const Report& report) const override {
    Verdict verdict = combine(report, /*explained=*/false);
    if (!verdict.stop) verdict.reason.clear();
    return verdict;
  }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return combine(report, /*explained=*/true);
  }

 private:
  [[nodiscard]] Verdict combine(const Report& report, bool explained) const {
    Verdict stops;
    Verdict keeps;
    bool some_stop = false;
    bool some_keep = false;
    for (const auto& policy : policies_) {
      const Verdict verdict = explained ? policy->explain(report) : policy->judge(report);
      (verdict.stop ? some_stop : some_keep) = true;
      join(verdict.stop ? stops : keeps, verdict);
    }
    Verdict result = (needs_all_ ? !some_keep : some_stop) ? std::move(stops) : std::move(keeps);
    result.stop = needs_all_ ? !some_keep : some_stop;
    result.reason.insert(0, needs_all_ ? "all: " : "any: ");
    return result;
  }

  // A trial that several policies compare with is told once, with the value of the first.
  static void join(Verdict& all, const Verdict& one) {
    if (!all.reason.empty()) all.reason += "; ";
    all.reason += one.reason;
    all.compared = all.compared || one.compared;
    std::vector<Compared> others;
    auto next = one.others.begin();
    for (Compared& known : all.others) {
      for (; next != one.others.end() && next->trial < known.trial; ++next) others.push_back(*next);
      if (next != one.others.end() && next->trial == known.trial) {
        known.decides = known.decides || next->decides;
        ++next;
      }
      others.push_back(known);
    }
    others.insert(others.end(), next, one.others.end());
    all.others = std::move(others);
  }

  bool needs_all_;
  Policies policies_;
};

std::unique_ptr<TerminationPolicy> make_combined(const PolicyContext& context, Findings& findings,
                                                 bool needs_all) {
  OptionReader reader(context.options, findings, context.strict);
  Policies policies;
  bool complete = false;
  static_cast<void>(reader.raw("policies"));
  if (const auto list = nested_options_list(context.options, "policies", findings)) {
    complete = true;
    for (const Options& options : *list) {
      policies.push_back(make_inner_policy(context, options, findings));
      complete = complete && policies.back() != nullptr;
    }
  }
  reader.finish();
  if (!complete) return nullptr;
  return std::make_unique<Combined>(needs_all, std::move(policies));
}

std::unique_ptr<TerminationPolicy> make_any(const PolicyContext& context, Findings& findings) {
  return make_combined(context, findings, false);
}
std::unique_ptr<TerminationPolicy> make_all(const PolicyContext& context, Findings& findings) {
  return make_combined(context, findings, true);
}

const PolicyEntry entry{"any", make_any};
const PolicyEntry all_entry{"all", make_all};

}  // namespace
}  // namespace sweepjob
