// SlowSampler: any sampler, asked by an event and answered by a ProposalWorker as a slow one is.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "samplers/sampler.h"

namespace sweepjob::testing {

class SlowSampler final : public Sampler {
 public:
  explicit SlowSampler(std::unique_ptr<Sampler> inner) : inner_(std::move(inner)) {}

  void observe(const TrialEvent& event) override { inner_->observe(event); }
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    return inner_->propose(trials, rng);
  }
  [[nodiscard]] bool needs_results() const override { return inner_->needs_results(); }
  [[nodiscard]] bool slow() const override { return true; }
  [[nodiscard]] std::optional<BudgetPlan> budget_plan() const override {
    return inner_->budget_plan();
  }

 private:
  std::unique_ptr<Sampler> inner_;
};

}  // namespace sweepjob::testing
