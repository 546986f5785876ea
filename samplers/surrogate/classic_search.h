// The rules of two older services for choosing a point by a Gaussian process with one length scale.
// Layer 2; read-only after construction; any thread.
//
//   nni     spec nni 4.10. Coordinates are the raw values, log kinds too; a category without a
//           number is its index. Until `startup` results: draws. Then the best of `warm_up` draws
//           by the utility, and what L-BFGS reaches from `starts` more, moved to the nearest value
//           of the space. Pending and failed trials play no part. More than 500 results: 500 of
//           them (training_rows.h)
//   wandb   W&B's bayes, spec wandb-sweeps 6. Coordinates are on [0, 1]; until two results: draws.
//           Then the largest expected improvement of 1,000 draws; pending trials enter with the
//           loss that is expected of them, and the process is fitted again. A draw where the losses
//           fit no length scale. More than 100 results: 100 of them, with replacement
//
// Deviations, all of them from what are errors there: a quantized value is moved to a multiple of
// q, the length scale is found without random restarts (classic_process.h), and nni's results are
// limited, where its service takes longer with the cube of their number.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "samplers/numerics/expected_improvement.h"
#include "samplers/surrogate/classic_process.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {

struct ClassicOptions {
  enum class Rule : std::uint8_t { Nni, Wandb };
  Rule rule = Rule::Nni;
  // Of nni alone.
  std::int64_t startup = 10;
  Utility::Kind utility = Utility::Kind::Improvement;
  double kappa = 5;
  double xi = 0;
  double alpha = 1e-6;  // the diagonal
  ClassicProcess::Smoothness smoothness = ClassicProcess::Smoothness::FiveHalves;
  int warm_up = 100000;
  int starts = 250;
};

class ClassicSearch {
 public:
  // `study` outlives this; under nni its space has no conditional parameters.
  ClassicSearch(const Study& study, const ClassicOptions& options)
      : study_(study), options_(options) {}

  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const;

 private:
  [[nodiscard]] Study::Suggestion suggest_nni(const Study::Ask& ask) const;
  [[nodiscard]] Study::Suggestion suggest_wandb(const Study::Ask& ask) const;
  [[nodiscard]] Study::Suggestion draw(const Study::Ask& ask, const char* why) const;
  // The raw value of each axis, and the snapped point nearest to such values.
  [[nodiscard]] Eigen::VectorXd raw(const Point& point) const;
  [[nodiscard]] Point nearest(const Eigen::VectorXd& raw) const;
  [[nodiscard]] std::pair<Eigen::VectorXd, Eigen::VectorXd> box(
      const std::vector<Eigen::VectorXd>& starts) const;
  [[nodiscard]] Eigen::VectorXd unit(const Point& point) const;

  const Study& study_;
  ClassicOptions options_;
};

// W&B's expected improvement, its 1e-6 included.
[[nodiscard]] double wandb_improvement(double lowest, double mean, double deviation);

}  // namespace sweepjob
