#include "runner/core/sweep.h"

#include <algorithm>

#include "model/rng.h"
#include "policies/catalog.h"
#include "runner/core/rules.h"
#include "samplers/catalog.h"

namespace sweepjob {

const Attempt* find_attempt(const Sweep& sweep, const AttemptId& attempt) {
  if (index_of(attempt.trial) >= sweep.trials.size()) return nullptr;
  const Trial& trial = trial_of(sweep, attempt.trial);
  if (attempt.number == 0 || attempt.number > trial.attempts.size()) return nullptr;
  return &trial.attempts[attempt.number - 1];
}

std::uint32_t launched_attempts(const Trial& trial) {
  const auto launched = std::count_if(
      trial.attempts.begin(), trial.attempts.end(),
      [](const Attempt& attempt) { return attempt.state != AttemptState::Requested; });
  return static_cast<std::uint32_t>(launched);
}

std::optional<TrialId> best_trial(const Sweep& sweep) {
  std::optional<TrialId> best;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Trial& trial = sweep.trials[i];
    if (!can_be_best(trial)) continue;
    if (!best || better(sweep.goal, trial.best, trial_of(sweep, *best).best)) best = TrialId{i};
  }
  return best;
}

Status status_of(const Sweep& sweep) {
  if (sweep.finished) return sweep.finished->status;
  if (sweep.stopping) return Status::CancelRequested;
  if (sweep.paused) return Status::Paused;
  if (sweep.counts.running > 0) return Status::Running;
  return sweep.controller.epoch == 0 ? Status::NotStarted : Status::Queued;
}

bool is_judged_at(const EarlyTermination& termination, std::uint32_t interval) {
  return interval >= std::max(1u, termination.delay_evaluation) &&
         interval % std::max(1u, termination.evaluation_interval) == 0;
}

bool in_control_arm(const Rules& rules, const Sweep& sweep, TrialId trial) {
  // "#": no parameter draws from this stream.
  return Rng(sweep.created.seed).stream(trial, "#control_arm").uniform() <
         rules.spec.extensions.control_fraction;
}

std::uint32_t concurrency(const Rules& rules, const Sweep& sweep) {
  const std::uint32_t usual =
      rules.default_concurrency > 0 ? rules.default_concurrency : rules.capacity;
  const std::uint32_t wanted = sweep.limits.max_concurrent_trials.value_or(usual);
  return std::max(1u, std::min({wanted, rules.capacity, sweep.limits.max_total_trials}));
}

namespace {

Goal goal_of(const SweepSpec& spec) {
  return spec.objectives.empty() ? Goal::Minimize : spec.objectives.front().goal;
}

}  // namespace

// The one place that knows on which settings of a sweep a policy depends: runs, replays,
// simulations, ask-tell and whatif all come here, each with the whole spec.
std::unique_ptr<TerminationPolicy> make_policy_of(const SweepSpec& spec, Findings& findings,
                                                  bool strict) {
  if (!spec.early_termination) return nullptr;
  const EarlyTermination& termination = *spec.early_termination;
  const PolicyContext context{termination.policy,
                              goal_of(spec),
                              spec.extensions.min_trials,
                              termination.evaluation_interval,
                              termination.delay_evaluation,
                              strict,
                              spec.name};
  return make_policy(context, findings);
}

Sweep make_sweep(const Rules& rules, Findings& findings, bool strict) {
  const SweepSpec& spec = rules.spec;
  const SamplerContext sampler_context{spec.space,
                                       spec.sampling,
                                       spec.objectives,
                                       spec.limits.max_total_trials,
                                       spec.extensions.allow_duplicates,
                                       strict,
                                       spec.limits.max_concurrent_trials.value_or(1),
                                       0,
                                       spec.goal_where};
  std::unique_ptr<Sampler> sampler = make_sampler(sampler_context, findings);
  Sweep sweep(std::move(sampler), make_policy_of(spec, findings, strict), goal_of(spec));
  sweep.limits = spec.limits;
  return sweep;
}

}  // namespace sweepjob
