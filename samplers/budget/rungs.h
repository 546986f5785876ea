// Rungs: how many trials are trained to which budget. Layer 2; pure functions; any thread. Shared
// by all samplers that give budgets.
//
// Sums and powers of doubles miss whole numbers by a few ulp (ln 243 / ln 3 = 4.999...), so budgets
// are compared with a relative and counts rounded with an absolute tolerance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/objective.h"
#include "model/trial.h"

namespace sweepjob {

struct Rung {
  double budget = 0;
  std::uint64_t trials = 0;
};

// A trial that goes on: its next evaluation is at `rung`.
struct Promotion {
  TrialId parent{};
  std::uint32_t rung = 0;
};

// What an evaluation counts as: the last value it reported, infinitely bad unless it completed.
[[nodiscard]] double result_of(const TrialEnded& ended);

// A table with more rungs than this is nobody's wish; the functions below stop behind it.
inline constexpr std::size_t kMaxRungs = 64;

// x rounded down or up, unless it is a whole number but for rounding errors. Saturates at 2^53.
[[nodiscard]] std::uint64_t floor_count(double x);
[[nodiscard]] std::uint64_t ceil_count(double x);

// min * eta^k up to max, and max itself behind them where it is none of these (Jamieson and
// Talwalkar 2016, as in d2l's SuccessiveHalvingScheduler). 0 < min <= max, eta > 1.
[[nodiscard]] std::vector<double> halving_budgets(double min, double max, double eta);

// n_k = floor(prefact * eta^(K - k)) trials in rung k of K.
[[nodiscard]] std::vector<Rung> halving_rungs(double min, double max, double eta, double prefact);

// Paper: budgets max * eta^(i - s) as they are. Nni: rounded down to whole numbers.
enum class HyperbandFormula : std::uint8_t { Paper, Nni };

// Hyperband (Li et al. 2018, Algorithm 1), bracket s_max first: s_max = floor(log_eta(max / min)),
// n = ceil((s_max + 1) / (s + 1) * eta^s), n_i = floor(n * eta^-i), r_i = max * eta^(i - s).
[[nodiscard]] std::vector<std::vector<Rung>> hyperband_brackets(double min, double max, double eta,
                                                                HyperbandFormula formula);

}  // namespace sweepjob
