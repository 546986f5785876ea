// Sampler: proposes parameters. Layer 2. One file per sampler, found by name in the catalog.
//
// A sampler is a deterministic fold of the journal: the same events in the same order and the same
// Rng give the same proposals. Its state comes from observe() alone: proposals are journaled, and a
// restarted controller replays them without asking the sampler again, so propose() is const.
// Called from the controller's thread only, or, when slow(), from a thread of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "manifests/spec/options.h"
#include "manifests/spec/search_space.h"
#include "model/finding.h"
#include "model/objective.h"
#include "model/rng.h"
#include "model/trial.h"

namespace sweepjob {

struct Exhausted {};  // nothing more to propose, ever: a grid that is used up
// Nothing now: it is asked again once it has heard of something new. With no trial live there is
// nothing to wait for, and the sweep fails.
struct Wait {};
using Proposals = std::variant<std::vector<Proposal>, Exhausted, Wait>;

// What a sampler that trains trials to budgets will ask for: `plan` prints it, and the reader of
// the job checks that the script can learn its budget.
struct BudgetPlan {
  struct Rung {
    std::string name;  // "bracket 4 rung 0"
    std::uint64_t trials = 0;
    std::optional<double> budget;  // nothing: the script itself knows how far to train
    double continued = 0;          // what is left of it for one that goes on from its parent
  };
  std::vector<Rung> rungs;           // of one round: the first
  double growth = 0;                 // by which each round's budgets exceed those of the one before
  std::uint64_t configurations = 0;  // of one round
  std::uint64_t rounds = 0;          // 0: until the limits of the sweep
  bool is_estimate = false;          // no rounds: what max_total_trials come to
  bool use_is_assumed = false;       // the user says that the script reads its budget
};

class Sampler {
 public:
  virtual ~Sampler() = default;
  // Every trial event, in journal order.
  virtual void observe(const TrialEvent& event) = 0;
  // Proposals for the given trial ids, in order. Fewer than asked is allowed (the first ones then);
  // an empty vector is not: say Wait or Exhausted.
  [[nodiscard]] virtual Proposals propose(std::span<const TrialId> trials,
                                          const Rng& rng) const = 0;
  // False for random and grid: they may be asked ahead of need, many at once.
  [[nodiscard]] virtual bool needs_results() const = 0;
  // True for grid: trial i is point i of a list of its own.
  [[nodiscard]] virtual bool is_enumeration() const { return false; }
  // True when a call may take over 5 ms: it then runs on its own thread, fed by the event stream.
  [[nodiscard]] virtual bool slow() const { return false; }
  // False for those that learn from the first objective alone, and for those that learn nothing.
  [[nodiscard]] virtual bool weighs_objectives() const { return false; }
  // Of samplers that give budgets or continue trials from others: docs/multi-fidelity.md.
  [[nodiscard]] virtual std::optional<BudgetPlan> budget_plan() const { return std::nullopt; }
};

struct SamplerContext {
  const SearchSpace& space;  // outlives the sampler
  const Options& options;    // checked by the factory
  std::vector<Objective> objectives = {};
  std::uint32_t max_total_trials = 0;
  bool allow_duplicates = true;
  bool strict = false;
  std::uint32_t max_concurrent_trials = 1;
  std::size_t given_points = 0;    // that the catalog proposes before this sampler is asked
  SourceLocation goal_where = {};  // of the first objective's goal; nowhere in a stored job
};

// Results of earlier sweeps come before all else, as trials whose ids count down from the top: no
// trial of this sweep has one of these. Beyond so many they tell nothing; the newest ones count.
inline constexpr std::size_t kMaxWarmStartResults = 5000;
[[nodiscard]] constexpr bool is_prior(TrialId trial) {
  return index_of(trial) > UINT32_MAX - kMaxWarmStartResults;
}

// A sampler may keep a proposal's place in its own scheme in the note, and read it again from
// TrialAdded. One around it writes what it has to say in front, up to "; ", and hands the whole on:
// this is the inner one's part.
[[nodiscard]] inline std::string_view own_note(std::string_view note) {
  const std::size_t end = note.rfind("; ");
  return end == std::string_view::npos ? note : note.substr(end + 2);
}

// Null when findings holds at least one new error. Also checks that the space suits the sampler.
using SamplerFactory = std::unique_ptr<Sampler> (*)(const SamplerContext& context,
                                                    Findings& findings);

}  // namespace sweepjob
