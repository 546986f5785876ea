// ProcessSearch: Bayesian optimisation with a Gaussian process, the engine of gp and bayesian.
// Layer 2; as thread-safe as the sampler that holds it.
//
//   next point = argmax over values of the space of log EI(x), the expected improvement on the best
//   result so far, or on what is expected of a pending trial if that is better
//
// J. Snoek, H. Larochelle, R. P. Adams, "Practical Bayesian Optimization of Machine Learning
// Algorithms", 2012. What is done besides:
//
//   start        scrambled Sobol points until `startup` trials have results: 10, or 10 for each
//                entry of a choice that has parameters of its own, 30 at most. A branch that is
//                judged by two or three points is as good as never seen
//   pending      enter with the loss that is expected of them ("kriging believer"), so that many
//                at once spread out
//   failed       enter with nothing; they are not proposed again
//   noise        found with the length scales unless given. The loss to improve upon is the best
//                result, lucky or not: that is what the sweep will call its best, and measured to
//                be better than the mean of the process there (noisy problems: 0.32 of random
//                search's regret instead of 0.42)
//   many trials  exact up to kExact results; of more, the best half and the rest evenly from the
//                others, in their order of loss. Hyperparameters are found anew after every result
//                up to 50, then after every 20th part more, from the first so many results alone
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "samplers/surrogate/acquisition.h"
#include "samplers/surrogate/process_fit.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {

struct ProcessOptions {
  std::optional<std::int64_t> startup;
  std::optional<double> noise;  // variance relative to that of the losses; nothing: found
  Utility::Kind utility = Utility::Kind::LogImprovement;
  double kappa = 5;      // of Confidence
  double xi = 0;         // of the other three, in deviations of the losses
  int candidates = 256;  // spread over the space, of each acquisition search
  int starts = 4;        // of its local searches
};

// The option `noise`: auto, none, or a variance relative to that of the losses.
void read_noise(OptionReader& reader, ProcessOptions& options);

class ProcessSearch {
 public:
  static constexpr std::size_t kExact = 512;

  // `study` outlives this.
  ProcessSearch(const Study& study, const ProcessOptions& options);

  // The study has heard of the event.
  void observe(const TrialEvent& event);
  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const;

 private:
  [[nodiscard]] Study::Suggestion start_up(const Study::Ask& ask) const;
  // For the first `count` results.
  [[nodiscard]] const Hyperparameters& fitted(std::size_t count) const;

  const Study& study_;
  ProcessOptions options_;
  std::size_t startup_;
  FeatureMap map_;
  std::optional<SobolSequence> sobol_;
  // The last fit: a function of the first so many results, which only a reopened trial changes.
  mutable std::size_t fitted_count_ = 0;
  mutable Hyperparameters fitted_;
};

// The variance of the noise among the first `count` results, at least two, as a share of that of
// the losses; 0 where no parameter varies.
[[nodiscard]] double noise_of(const Study& study, std::size_t count);

}  // namespace sweepjob
