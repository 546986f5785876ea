// Configurations: where samplers with budgets get what they train. Layer 2; as thread-safe as the
// sampler around it.
//
// The sampler inside proposes fresh configurations only, with dense ids of its own from 0. It sees
// one trial per configuration: added with the first evaluation, reopened when the configuration
// goes on to a larger budget, with the reports and the end of its newest evaluation.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "samplers/budget/rungs.h"
#include "samplers/sampler.h"

namespace sweepjob {

class Configurations {
 public:
  explicit Configurations(std::unique_ptr<Sampler> inner) : inner_(std::move(inner)) {}
  // From the option `sampler`, random when absent. Null, with an error, when there is none of that
  // name, or it gives budgets itself.
  [[nodiscard]] static std::unique_ptr<Configurations> make(const SamplerContext& context,
                                                            Findings& findings);

  // Every TrialEvent. A trial with a parent that is known trains its parent's configuration.
  void observe(const TrialEvent& event);

  [[nodiscard]] std::uint32_t drawn() const { return static_cast<std::uint32_t>(all_.size()); }
  // Up to `count` fresh ones, or the inner sampler's Wait or Exhausted. `count` of 0: Exhausted.
  [[nodiscard]] Proposals draw(std::uint64_t count, const Rng& rng, std::optional<double> budget,
                               const std::string& note) const;
  // The parameters of each one's parent, a trial that was observed, again; `prefix` for the note.
  [[nodiscard]] std::vector<Proposal> promote(const std::vector<Promotion>& promotions,
                                              const std::vector<Rung>& rungs,
                                              const std::string& prefix = {}) const;

  [[nodiscard]] bool slow() const { return inner_->slow(); }

 private:
  struct Configuration {
    Params params;
    TrialId newest{};
    bool ended = false;
  };

  void add(const TrialAdded& added);

  std::unique_ptr<Sampler> inner_;
  std::vector<Configuration> all_;
  std::unordered_map<TrialId, std::uint32_t> of_trial_;
};

}  // namespace sweepjob
