// ProcessSampler: a Study and a ProcessSearch over it as a sampler, for gp and bayesian. Layer 2;
// as thread-safe as every sampler.
#pragma once

#include "samplers/sampler.h"
#include "samplers/surrogate/process_search.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {

// The option `noise`: auto, none, or a variance relative to that of the losses.
void read_noise(OptionReader& reader, ProcessOptions& options);

class ProcessSampler : public Sampler {
 public:
  ProcessSampler(const SamplerContext& context, const StudyOptions& study,
                 const ProcessOptions& options)
      : study_(context, study), search_(study_, options) {}

  void observe(const TrialEvent& event) override {
    study_.observe(event);
    search_.observe(event);
  }
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    return study_.propose(trials, rng,
                          [this](const Study::Ask& ask) { return search_.suggest(ask); });
  }
  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return true; }

 private:
  Study study_;
  ProcessSearch search_;
};

}  // namespace sweepjob
