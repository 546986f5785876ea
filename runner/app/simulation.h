// Simulation: a whole sweep in virtual time. Layer 6; blocking; one thread.
//
// The core, the controller, the sampler and the policy are the real ones; cluster, clock and trials
// are made up (backends/simulated). The same rules, options and objective give the same sweep.
//
//   Simulation simulation(rules, std::move(sweep), options, objective, journal);
//   auto done = simulation.run();
//   simulation.sweep(), simulation.figures()
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/result.h"
#include "runner/app/simulated_objective.h"
#include "runner/core/rules.h"
#include "runner/core/sweep.h"
#include "runner/io/journal.h"

namespace sweepjob {

struct SimulationOptions {
  std::uint32_t workers = 1;
  double startup_delay_seconds = 0;  // of each attempt, on its worker
  double fail_rate = 0;              // share of trials whose command fails at some step
  double preempt_rate = 0;           // share of attempts that are taken away at some step
  bool checkpoints = false;          // what is preempted goes on where it stood
  std::uint64_t seed = 0;
};

struct SimulationFigures {
  std::uint32_t workers = 0;
  std::uint64_t attempts = 0;   // that started
  std::uint64_t preempted = 0;  // of them
  std::uint64_t steps = 0;      // reports that trials wrote, those of lost attempts included
  // What the trials that started would have written uncut, unfailed and undisturbed.
  std::uint64_t full_steps = 0;
  double makespan_seconds = 0;  // virtual
  double busy_seconds = 0;      // of all workers together, while a command ran
  // What the objective said of the first trials that it let fail.
  std::vector<std::pair<TrialId, std::string>> errors;
  static constexpr std::size_t kMaxErrors = 10;
  [[nodiscard]] double utilisation() const {
    const double all = makespan_seconds * workers;
    return all > 0 ? busy_seconds / all : 0;
  }
};

// Durable at once. Keeps what it is given in memory until `write` takes a batch; without `write`
// nothing is kept.
class SimJournal final : public Journal {
 public:
  using Write = std::function<Result<void>(std::vector<Event> batch)>;

  explicit SimJournal(Write write = {}) : write_(std::move(write)) {}

  void append(std::vector<Event> batch, Completion done) override;
  [[nodiscard]] std::uint64_t durable_sequence() const override { return sequence_; }
  // Writes what is left.
  [[nodiscard]] Result<void> flush();

 private:
  static constexpr std::size_t kBatchEvents = 16'384;

  Write write_;
  std::vector<Event> kept_;
  std::uint64_t sequence_ = 0;
};

// The first event of a simulated sweep. `backend` is "simulated": no catalog has it, so nothing can
// go on with a kept one as if it were real.
[[nodiscard]] SweepCreated simulated_sweep(const SweepSpec& spec, const std::string& name,
                                           const SweepUid& uid, std::uint64_t seed);

class Simulation {
 public:
  // `sweep` is fresh, made by `rules`. All that is passed by reference outlives the simulation.
  Simulation(Rules& rules, Sweep sweep, SweepCreated created, const SimulationOptions& options,
             SimulatedObjective& objective, SimJournal& journal);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Until the sweep has finished. Errors: the objective's own, the journal's, and Usage for a sweep
  // that takes more than kLongestYears.
  [[nodiscard]] Result<void> run();

  [[nodiscard]] const Sweep& sweep() const;
  [[nodiscard]] const SimulationFigures& figures() const;

  static constexpr int kLongestYears = 1000;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sweepjob
