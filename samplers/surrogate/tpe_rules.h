// The three rules of `tpe` (Bergstra et al. 2011): each splits the results into a good and a bad
// part, models the parameters of both, l and g, and proposes the candidate drawn from l with the
// largest l / g. They differ in everything else. Layer 2; stateless; any thread.
//
//   JointTpe   ours (docs/samplers/tpe.md)
//   OptunaTpe  Optuna's TPESampler, 4.9 and 5
//   NniTpe     NNI's tuner, 3
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "samplers/numerics/sobol.h"
#include "samplers/surrogate/parzen.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {

// How many of n results are good: a share of n, or of its root, rounded up.
struct GoodShare {
  bool of_root = false;
  double share = 0.1;
  std::size_t most = 25;

  [[nodiscard]] std::size_t of(std::size_t n) const;
};

// Weights of n results in the rule's order: 1 each while they are fewer than `full`; else rising in
// even steps from 1 / n to 1, and `full` ones at the end.
[[nodiscard]] std::vector<double> forgetting_weights(std::size_t n, std::size_t full = 25);

class JointTpe {
 public:
  struct Settings {
    std::size_t startup = 10;
    std::size_t candidates = 24;
    GoodShare good = {.share = 0.15};
    double prior_weight = 1;
    double narrowest = 0.02;  // the smallest width, drawn for each proposal between these
    double widest = 0.1;
    bool avoid_pending = true;
  };

  // `dimensions` of the encoding.
  JointTpe(const Settings& settings, std::size_t dimensions);
  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const;

 private:
  [[nodiscard]] Study::Suggestion start(const Study::Ask& ask) const;
  [[nodiscard]] std::size_t good_count(std::size_t ended, std::size_t pending) const;

  Settings settings_;
  std::optional<SobolSequence> sequence_;  // where it has so many dimensions
};

class OptunaTpe {
 public:
  struct Settings {
    std::size_t startup = 10;
    std::size_t candidates = 24;
    GoodShare good;
    bool multivariate = true;
    bool group = false;
    bool constant_liar = true;
    bool forgetting = true;  // `weights`: default or uniform
    ParzenRule parzen;
  };

  explicit OptunaTpe(const Settings& settings) : settings_(settings) {}
  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const;

 private:
  Settings settings_;
};

class NniTpe {
 public:
  enum class Lie : std::uint8_t { None, Best, Worst, Mean };
  struct Settings {
    std::size_t startup = 20;
    std::size_t candidates = 24;
    std::size_t forgetting = 25;
    double prior_weight = 1;
    double gamma = 0.25;
    Lie lie = Lie::Best;
  };

  explicit NniTpe(const Settings& settings) : settings_(settings) {}
  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const;

 private:
  Settings settings_;
};

}  // namespace sweepjob
