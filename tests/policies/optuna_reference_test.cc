// Optuna's two halving pruners once more, word for word from spec halving-and-optuna 2.5: asked
// after each report that is judged, of trials that have the results they have then. No shared code
// with policies/. Slow on purpose; thousands of random sweeps.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/policy_harness.h"

namespace sweepjob::testing {
namespace {

struct Trial {
  std::vector<double> values;  // of steps 1, 2, ...
  std::vector<double> rungs;   // completed ones
  bool complete = false;
  bool over = false;
};

std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
  return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

std::uint32_t crc32(const std::string& text) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

struct Study {
  Goal goal = Goal::Minimize;
  std::uint64_t eta = 4;
  std::uint64_t bootstrap = 0;
  std::vector<Trial> trials;
  std::size_t several_rungs = 0;  // calls that gave a trial more than one result

  [[nodiscard]] std::optional<std::uint64_t> last_step_of_complete() const {
    std::optional<std::uint64_t> last;
    for (const Trial& trial : trials) {
      // Telling Optuna a value that is no number makes the trial fail.
      const bool has_number = std::any_of(trial.values.begin(), trial.values.end(),
                                          [](double value) { return std::isfinite(value); });
      if (trial.complete && has_number) {
        last = std::max<std::uint64_t>(last.value_or(0), trial.values.size());
      }
    }
    return last;
  }

  // SuccessiveHalving; `peers` are those it competes with, itself left out.
  bool halve(Trial& trial, const std::vector<const Trial*>& peers, std::uint64_t min_resource,
             std::uint64_t rate) {
    const std::uint64_t step = trial.values.size();
    const double value = trial.values.back();
    const std::size_t before = trial.rungs.size();
    while (true) {
      const std::size_t k = trial.rungs.size();
      if (step < min_resource * power(eta, rate + k)) return false;
      std::vector<double> competing;
      for (const Trial* peer : peers) {
        if (peer->rungs.size() > k) competing.push_back(peer->rungs[k]);
      }
      // The one difference, which docs/evidence.md names: there NaN is pruned in any case.
      if (!std::isfinite(value)) return !competing.empty();
      trial.rungs.push_back(value);
      several_rungs += trial.rungs.size() == before + 2 ? 1 : 0;
      competing.push_back(value);
      if (competing.size() <= bootstrap) return true;
      std::sort(competing.begin(), competing.end());
      if (goal == Goal::Maximize) std::reverse(competing.begin(), competing.end());
      const std::uint64_t part = competing.size() / eta;
      const double last = competing[part == 0 ? 0 : part - 1];
      if (goal == Goal::Minimize ? value > last : value < last) return true;
    }
  }
};

struct Sha {
  std::optional<std::uint64_t> min_resource;  // nothing: auto, not yet fixed
  std::uint64_t rate = 0;

  bool should_prune(Study& study, std::size_t self) {
    if (!min_resource) {
      const auto last = study.last_step_of_complete();
      if (!last) return false;
      min_resource = std::max<std::uint64_t>(*last / 100, 1);
    }
    std::vector<const Trial*> peers;
    for (std::size_t i = 0; i < study.trials.size(); ++i) {
      if (i != self) peers.push_back(&study.trials[i]);
    }
    return study.halve(study.trials[self], peers, *min_resource, rate);
  }
};

struct Hyperband {
  std::string study_name;
  std::uint64_t min_resource = 1;
  std::optional<std::uint64_t> max_resource;  // nothing: auto, not yet fixed

  [[nodiscard]] std::size_t bracket_of(std::size_t trial, std::uint64_t eta) const {
    std::size_t brackets = 1;
    while (min_resource * power(eta, brackets) <= *max_resource) ++brackets;
    std::vector<std::uint64_t> shares;
    std::uint64_t all = 0;
    for (std::size_t b = 0; b < brackets; ++b) {
      const std::uint64_t parts = brackets * power(eta, brackets - 1 - b);
      shares.push_back((parts + brackets - b - 1) / (brackets - b));
      all += shares.back();
    }
    const std::uint64_t x = crc32(study_name + "_" + std::to_string(trial)) % all;
    std::uint64_t cumulative = 0;
    for (std::size_t b = 0; b < brackets; ++b) {
      cumulative += shares[b];
      if (cumulative > x) return b;
    }
    return brackets;
  }

  bool should_prune(Study& study, std::size_t self) {
    if (!max_resource) {
      const auto last = study.last_step_of_complete();
      if (!last) return false;
      max_resource = *last + 1;
    }
    const std::size_t bracket = bracket_of(self, study.eta);
    std::vector<const Trial*> peers;
    for (std::size_t i = 0; i < study.trials.size(); ++i) {
      if (i != self && bracket_of(i, study.eta) == bracket) peers.push_back(&study.trials[i]);
    }
    return study.halve(study.trials[self], peers, min_resource, bracket);
  }
};

struct Tally {
  std::size_t stops = 0;
  std::size_t several_rungs = 0;
};

// Both are told the same, and asked at the eligible intervals.
template <class Pruner>
void play(const PolicySetup& setup, Pruner pruner, Study study, RandomStream& random,
          Tally& tally) {
  const auto policy = make(setup);
  const HistoryStyle style{.worst_share = random.below(3) == 0 ? 0.15 : 0.0,
                           .ties = random.below(2) == 0};
  const bool stubborn = random.below(4) == 0;  // go on when told to stop
  study.trials.resize(1 + random.below(14));
  const double ends = random.below(2) == 0 ? 0.01 : 0.05;
  for (int turn = 0; turn < 300; ++turn) {
    const std::size_t self = random.below(study.trials.size());
    Trial& trial = study.trials[self];
    if (trial.over) continue;
    const TrialId id{static_cast<std::uint32_t>(self)};
    // Long ones, for the hundredth part of the longest.
    const std::uint64_t reports = self == 0 ? 1 + random.below(60) : 1;
    for (std::uint64_t i = 0; i < reports && !trial.over; ++i) {
      trial.values.push_back(random_value(random, style));
      const auto interval = static_cast<std::uint32_t>(trial.values.size());
      const Report report{id, interval, trial.values.back(), {}};
      policy->observe(TrialReported{report});
      if (!setup.is_eligible(interval)) continue;
      const bool pruned = pruner.should_prune(study, self);
      ASSERT_EQ(policy->judge(report).stop, pruned)
          << "trial " << self << ": " << policy->explain(report).reason;
      tally.stops += pruned ? 1 : 0;
      trial.over = pruned && !stubborn && self != 0;
    }
    if (trial.over) {
      policy->observe(TrialEnded{id, Status::Canceled, {}, {}});
    } else if (random.uniform() < ends) {
      trial.complete = trial.over = true;
      policy->observe(TrialEnded{id, Status::Completed, {}, {}});
    }
  }
  tally.several_rungs += study.several_rungs;
}

PolicySetup setup_of(const char* type, const Study& study, RandomStream& random) {
  PolicySetup setup{.type = type, .goal = study.goal};
  setup.options.push_back({"reduction_factor", static_cast<int>(study.eta)});
  setup.evaluation_interval = 1 + static_cast<std::uint32_t>(random.below(4));
  setup.delay_evaluation = static_cast<std::uint32_t>(random.below(7));
  return setup;
}

Study study_of(RandomStream& random) {
  Study study;
  study.goal = random.below(2) == 0 ? Goal::Minimize : Goal::Maximize;
  study.eta = 2 + random.below(3);
  return study;
}

TEST(OptunaReference, SuccessiveHalvingAgreesOnRandomSweeps) {
  Tally tally;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed);
    Study study = study_of(random);
    PolicySetup setup = setup_of("optuna_sha", study, random);
    Sha pruner;
    pruner.rate = random.below(2);
    setup.options.push_back({"min_early_stopping_rate", static_cast<int>(pruner.rate)});
    if (random.below(3) != 0) {
      pruner.min_resource = 1 + random.below(3);
      study.bootstrap = random.below(3);
      setup.options.push_back({"min_resource", static_cast<int>(*pruner.min_resource)});
      setup.options.push_back({"bootstrap_count", static_cast<int>(study.bootstrap)});
    }
    play(setup, pruner, study, random, tally);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(tally.stops, 2000U);
  EXPECT_GT(tally.several_rungs, 2000U) << "judging must begin beyond the first rung";
}

TEST(OptunaReference, HyperbandAgreesOnRandomSweeps) {
  Tally tally;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed);
    Study study = study_of(random);
    PolicySetup setup = setup_of("optuna_hyperband", study, random);
    Hyperband pruner;
    pruner.study_name = "study " + std::to_string(seed);
    setup.options.push_back({"study_name", pruner.study_name});
    if (random.below(3) != 0) {
      pruner.max_resource = 1 + random.below(30);
      study.bootstrap = random.below(3);
      setup.options.push_back({"max_resource", static_cast<int>(*pruner.max_resource)});
      setup.options.push_back({"bootstrap_count", static_cast<int>(study.bootstrap)});
    }
    play(setup, pruner, study, random, tally);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(tally.stops, 1000U);
  EXPECT_GT(tally.several_rungs, 1000U) << "judging must begin beyond the first rung";
}

}  // namespace
}  // namespace sweepjob::testing
