// Run: one sampler's way through one problem. It says whom to ask and which trial ends next, keeps
// score, and knows nothing of the sampler: ours and the peers are driven by the same object.
//
//   while (!run.is_over()) {
//     if (const auto trial = run.to_ask()) run.start(params proposed for *trial);
//     else                                 tell(run.finish());
//   }
//
// `pending` trials are under way at once: a new one is asked for as soon as one has ended. Trial t
// of seed s lasts 4^u, u uniform in [0, 1) and drawn from (s, t) alone, so that they end out of
// order, the same for every sampler. Noise as well is a function of (s, t).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/rng.h"
#include "tests/bench/samplers/problem.h"

namespace sweepjob::bench {

class Run {
 public:
  struct Ended {
    TrialId trial{};
    double value = 0;  // as reported, with its noise
  };

  // `problem` outlives this.
  Run(const Problem& problem, std::uint64_t seed, std::uint32_t pending, std::uint32_t trials);

  [[nodiscard]] bool is_over() const { return !to_ask() && !is_busy(); }
  [[nodiscard]] bool is_busy() const { return !live_.empty(); }
  // The trial to propose for, if there is room for one.
  [[nodiscard]] std::optional<TrialId> to_ask() const;
  void start(const Params& params);
  // The sampler has nothing to propose now, or never again.
  void wait() { waits_ = true; }
  void stop() { trials_ = asked_; }
  // There is a live one.
  Ended finish();

  // For each ended trial, in the order of their ends: by how much the true value of what had then
  // reported the best value is above the problem's best.
  [[nodiscard]] const std::vector<double>& regrets() const { return regrets_; }
  // After that many trials; after all when there were fewer.
  [[nodiscard]] double regret_at(std::uint32_t trials) const;

 private:
  struct Live {
    TrialId trial{};
    double end = 0, value = 0, truth = 0;
  };

  const Problem& problem_;
  Rng rng_;
  std::uint32_t pending_, trials_, asked_ = 0;
  double now_ = 0;
  bool waits_ = false;
  std::vector<Live> live_;
  double best_value_ = 0, best_truth_ = 0;
  std::vector<double> regrets_;
};

// How a trial's seed becomes the time that it takes, 1 to 4.
[[nodiscard]] double duration_of(const Rng& rng, TrialId trial);

}  // namespace sweepjob::bench
