// None: nobody is ever stopped. For comparisons (`whatif`, simulations), and inside `patient`,
// where it means what Optuna's None means.
#include "policies/catalog.h"
#include "policies/verdict_text.h"

namespace sweepjob {
namespace {

class None final : public TerminationPolicy {
 public:
  void observe(const TrialEvent& /*event*/) override {}
  [[nodiscard]] Verdict judge(const Report& /*report*/) const override { return {}; }
  [[nodiscard]] Verdict explain(const Report& report) const override {
    return kept("none", report.interval, "nobody is ever stopped");
  }
};

std::unique_ptr<TerminationPolicy> make_none(const PolicyContext& context, Findings& findings) {
  OptionReader(context.options, findings, context.strict).finish();
  return std::make_unique<None>();
}

const PolicyEntry entry{"none", make_none};

}  // namespace
}  // namespace sweepjob
