// StudySampler: a Study and a search over it as a sampler. Layer 2; as thread-safe as every
// sampler.
//
//   Search(const Study& study, const SearchOptions& options)
//   Study::Suggestion suggest(const Study::Ask& ask) const
//   void observe(const TrialEvent& event)   where it has one: the study has heard of the event
#pragma once

#include "samplers/sampler.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {

template <class Search>
class StudySampler : public Sampler {
 public:
  template <class SearchOptions>
  StudySampler(const SamplerContext& context, const StudyOptions& study,
               const SearchOptions& options)
      : study_(context, study), search_(study_, options) {}

  void observe(const TrialEvent& event) override {
    study_.observe(event);
    if constexpr (requires { search_.observe(event); }) search_.observe(event);
  }
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    return study_.propose(trials, rng,
                          [this](const Study::Ask& ask) { return search_.suggest(ask); });
  }
  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool slow() const override { return true; }

 private:
  Study study_;
  Search search_;
};

}  // namespace sweepjob
