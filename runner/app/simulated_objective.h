// SimulatedObjective: what a trial of a simulated sweep would report. Layer 6; the simulation's
// thread; one question at a time.
//
//   {"trial":0,"params":{...},"seed":s}   ->   {"curve":[...],"seconds_per_step":1.0}
//
// is what a command of the user's is asked and answers, line by line; the protocol is told in
// docs/simulate.md, and so is builtin:curves.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifests/spec/sweep_spec.h"
#include "model/ids.h"
#include "model/result.h"
#include "model/trial.h"

namespace sweepjob {

struct SimQuestion {
  TrialId trial{};
  const Proposal& proposal;
  std::uint64_t seed = 0;  // of the simulation
};

struct SimAnswer {
  std::vector<double> curve;  // NaN and infinities included
  double seconds_per_step = 1;
  std::optional<std::string> error = {};  // the trial fails, after its curve, for this reason
  // Of further objectives, by their names, reported with the last value of the curve.
  std::vector<std::pair<std::string, double>> others = {};
};

// Bounds on what a command may answer.
inline constexpr std::size_t kMaxSimSteps = 1'000'000;
inline constexpr double kMaxSimStepSeconds = 1e6;

class SimulatedObjective {
 public:
  virtual ~SimulatedObjective() = default;
  // An error ends the simulation.
  [[nodiscard]] virtual Result<SimAnswer> evaluate(const SimQuestion& question) = 0;
};

// "builtin:curves", "builtin:curves,steps=50,noise=0.1,seconds=2", or a command for the shell.
// Usage when a builtin objective is unknown or has an option that it does not know. `spec` outlives
// the objective.
[[nodiscard]] Result<std::unique_ptr<SimulatedObjective>> make_objective(
    const std::string& text, const SweepSpec& spec, std::chrono::milliseconds patience);

// The question as a command reads it, and its answer; both without the newline. The answer gives
// `values` by the names of the objectives.
[[nodiscard]] std::string question_line(const SimQuestion& question);
[[nodiscard]] Result<SimAnswer> parse_answer(std::string_view line, TrialId trial,
                                             const std::vector<Objective>& objectives = {});

// runner/app/synthetic_curves.cc; `options` is what stands behind "builtin:curves,".
[[nodiscard]] Result<std::unique_ptr<SimulatedObjective>> make_synthetic_curves(
    std::string_view options, const SweepSpec& spec);

}  // namespace sweepjob
