// Cases of the simulation, drawn from a seed: every knob of spec, cluster and user.
#include <algorithm>
#include <cmath>
#include <limits>

#include "model/rng.h"
#include "tests/support/sweep_simulation.h"

namespace sweepjob::testing {
namespace {

class Drawer {
 public:
  explicit Drawer(std::uint64_t seed, const char* what = "case")
      : random_(Rng(seed).stream(TrialId{0}, what)) {}

  bool chance(double probability) { return random_.uniform() < probability; }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random_.below(high - low + 1));
  }
  Duration up_to(Duration longest) {
    return Duration{
        static_cast<std::int64_t>(random_.uniform() * static_cast<double>(longest.count()))};
  }

 private:
  RandomStream random_;
};

Parameter choice(std::string name, std::uint32_t count) {
  Parameter parameter;
  parameter.name = parameter.path = std::move(name);
  parameter.kind = DistributionKind::Choice;
  for (std::uint32_t i = 0; i < count; ++i) {
    parameter.choices.push_back({Value(static_cast<std::int64_t>(i)), {}});
  }
  return parameter;
}

Options draw_policy(Drawer& draw) {
  Options policy;
  policy.path = "early_termination";
  switch (draw.between(0, 2)) {
    case 0:
      policy.type = "bandit";
      policy.options.push_back({draw.chance(0.5) ? "slack_factor" : "slack_amount", 0.1, {}});
      break;
    case 1: policy.type = "median_stopping"; break;
    default:
      policy.type = "truncation_selection";
      policy.options.push_back(
          {"truncation_percentage", static_cast<int>(draw.between(10, 60)), {}});
      if (draw.chance(0.3)) policy.options.push_back({"exclude_finished_jobs", true, {}});
  }
  return policy;
}

SweepSpec draw_spec(Drawer& draw) {
  SweepSpec spec;
  spec.objectives = {{"loss", draw.chance(0.5) ? Goal::Minimize : Goal::Maximize}};
  const bool grid = draw.chance(0.3);
  spec.sampling.type = grid ? "grid" : "random";
  spec.sampling.path = "sampling_algorithm";
  spec.space.parameters.push_back(choice("width", draw.between(1, 4)));
  if (grid) {
    spec.space.parameters.push_back(choice("depth", draw.between(1, 4)));
  } else {
    Parameter rate;
    rate.name = rate.path = "rate";
    rate.max = 1;
    spec.space.parameters.push_back(rate);
  }
  if (draw.chance(0.8)) {
    EarlyTermination termination;
    termination.policy = draw_policy(draw);
    termination.evaluation_interval = draw.between(1, 3);
    termination.delay_evaluation = draw.between(0, 4);
    spec.early_termination = termination;
  }
  spec.limits.max_total_trials = draw.between(1, 14);
  if (draw.chance(0.7)) spec.limits.max_concurrent_trials = draw.between(1, 5);
  if (draw.chance(0.1)) spec.limits.timeout = std::chrono::seconds(draw.between(60, 200));
  Extensions& extensions = spec.extensions;
  extensions.retries = draw.between(0, 3);
  extensions.retry_backoff = std::chrono::seconds(draw.between(1, 20));
  if (draw.chance(0.3)) extensions.max_failed_trials = draw.between(0, 4);
  if (draw.chance(0.2)) extensions.on_retry = draw.chance(0.5) ? "restart" : "continue";
  if (draw.chance(0.3)) extensions.stall_timeout = std::chrono::seconds(40);
  if (draw.chance(0.1)) extensions.metric_channel = draw.chance(0.5) ? "stdout" : "file";
  return spec;
}

// Drawn apart, so that the seeds of other samplers mean what they meant.
void draw_budgets(std::uint64_t seed, SweepSpec& spec) {
  RandomStream random = Rng(seed).stream(TrialId{0}, "budgets");
  if (spec.sampling.type == "grid" || random.uniform() > 0.4) return;
  const char* types[] = {"successive_halving", "hyperband", "asha_promotion", "pbt"};
  spec.sampling.type = types[random.below(4)];
  if (spec.sampling.type == "pbt") {
    spec.sampling.options = {{"population_size", 3, {}}, {"interval", 2, {}}};
    // Nobody clones: also those that failed go on from their own checkpoint.
    if (random.uniform() < 0.7) spec.sampling.options.push_back({"fraction", 0, {}});
    return;
  }
  spec.sampling.options = {{"max_budget", 4, {}}, {"eta", 2, {}}};
  if (spec.sampling.type == "successive_halving" && random.uniform() < 0.5) {
    spec.sampling.options.push_back({"rounds", 1, {}});
  }
}

SimOptions draw_cluster(Drawer& draw, std::uint64_t seed) {
  SimOptions options;
  options.seed = seed;
  if (draw.chance(0.3)) options.workers = draw.between(1, 3);
  options.lease = draw.up_to(std::chrono::seconds(150));
  if (draw.chance(0.7)) options.answer_delay_max = std::chrono::seconds(3);
  if (draw.chance(0.7)) options.startup_delay_max = std::chrono::seconds(4);
  if (draw.chance(0.7)) options.status_delay_max = std::chrono::seconds(4);
  if (draw.chance(0.5)) options.metric_period = std::chrono::seconds(1);
  if (draw.chance(0.5)) options.cancel_delay_max = std::chrono::seconds(10);
  const auto fault = [&](double& probability) {
    if (draw.chance(0.4)) probability = 0.2;
  };
  fault(options.submit_fails);
  fault(options.submit_answer_lost);
  fault(options.cancel_fails);
  fault(options.collect_fails);
  fault(options.observe_fails);
  fault(options.status_lost);
  fault(options.status_repeated);
  fault(options.attempt_lost);
  if (draw.chance(0.1)) options.rejected = 0.2;
  return options;
}

// How the trials of one sweep behave; what one attempt does depends on its key alone.
struct Habits {
  std::uint64_t seed = 0;
  Goal goal = Goal::Minimize;
  std::uint32_t epochs = 5;
  bool steps = false;
  bool two_channels = false;
  bool hangs = false;  // some trials never end by themselves
  double failures = 0;
};

double value_at(const Habits& habits, RandomStream& random, double quality, std::uint32_t epoch) {
  if (random.uniform() < 0.02) return std::numeric_limits<double>::quiet_NaN();
  if (random.uniform() < 0.01) return std::numeric_limits<double>::infinity();
  const double loss = quality + std::exp(-0.4 * epoch) + 0.05 * random.uniform();
  return habits.goal == Goal::Minimize ? loss : -loss;
}

SimRun draw_run(const Habits& habits, const SimStart& start) {
  const AttemptId id = start.request.key.attempt;
  RandomStream random = Rng(habits.seed).stream(id.trial, "attempt " + std::to_string(id.number));
  const double quality = Rng(habits.seed).stream(id.trial, "quality").uniform();
  SimRun run;
  run.checkpoints = Rng(habits.seed).stream(id.trial, "checkpoints").uniform() < 0.5;
  run.step = std::chrono::milliseconds(200 + random.below(5000));
  const std::uint32_t lines = habits.two_channels ? 3 : 2;
  const std::uint32_t done = run.checkpoints ? start.saved / lines : 0;
  const bool silent = random.uniform() < 0.05;
  for (std::uint32_t epoch = done + 1; epoch <= habits.epochs && !silent; ++epoch) {
    const double value = value_at(habits, random, quality, epoch);
    std::optional<double> step;
    if (habits.steps) step = epoch;
    run.points.push_back({"epoch", static_cast<double>(epoch), step, Channel::Stdout});
    run.points.push_back({"loss", value, step, Channel::Stdout});
    if (habits.two_channels) run.points.push_back({"loss", value, step, Channel::File});
  }
  if (random.uniform() < habits.failures) run.code = 1;
  if (random.uniform() < 0.03) run.outcome = Outcome::TimedOut;
  if (random.uniform() < 0.03) run.outcome = Outcome::OutOfMemory;
  run.runs_on = habits.hangs && random.uniform() < 0.2;
  return run;
}

UserRequest draw_request(Drawer& draw, std::uint32_t number) {
  const TrialId trial{draw.between(0, 12)};
  const std::string id = "request-" + std::to_string(number);
  switch (draw.between(0, 5)) {
    case 0: return {id, CancelTrial{trial}};
    case 1: return {id, RetryTrial{trial}};
    case 2: {
      LimitsChanged limits;
      limits.max_total_trials = draw.between(1, 20);
      return {id, UpdateLimits{limits}};
    }
    case 3: {
      LimitsChanged limits;
      limits.max_concurrent_trials = draw.between(1, 6);
      return {id, UpdateLimits{limits}};
    }
    case 4:
      return {id, draw.chance(0.3) ? UserRequest{id, CancelSweep{"enough"}}.what
                                   : UserRequest{id, PauseSweep{}}.what};
    default: return {id, UnpauseSweep{}};
  }
}

}  // namespace

SimulationCase draw_case(std::uint64_t seed) {
  Drawer draw(seed);
  SimulationCase simulated;
  simulated.seed = seed;
  simulated.spec = draw_spec(draw);
  Drawer draw_control(seed, "control");  // on its own: the other draws stay what they were
  if (draw_control.chance(0.5)) {
    const double share = 0.3 * draw_control.between(1, 4);
    simulated.spec.extensions.control_fraction = std::min(1.0, share);
  }
  draw_budgets(seed, simulated.spec);
  simulated.slow_sampler = Drawer(seed, "slow").chance(0.3);
  simulated.capacity = draw.between(1, 5);
  simulated.cluster = draw_cluster(draw, seed);
  Habits habits;
  habits.seed = seed;
  habits.goal = simulated.spec.objectives.front().goal;
  habits.epochs = draw.between(1, 8);
  habits.steps = draw.chance(0.5);
  habits.two_channels = draw.chance(0.2);
  habits.hangs = simulated.spec.extensions.stall_timeout.count() > 0;
  if (draw.chance(0.5)) habits.failures = 0.2;
  simulated.script = [habits](const SimStart& start) { return draw_run(habits, start); };
  const std::uint32_t requests = draw.chance(0.5) ? draw.between(1, 5) : 0;
  for (std::uint32_t i = 0; i < requests; ++i) {
    const Duration when = draw.up_to(std::chrono::minutes(2));
    simulated.requests.emplace_back(when, draw_request(draw, i));
  }
  if (simulated.spec.sampling.type == "pbt") {
    Drawer draw_retries(seed, "retries");
    for (std::uint32_t i = 0; i < 6; ++i) {
      const TrialId parent{draw_retries.between(0, 8)};
      simulated.requests.emplace_back(
          draw_retries.up_to(std::chrono::minutes(2)),
          UserRequest{"retry-" + std::to_string(i), RetryTrial{parent}});
    }
  }
  // Whoever pauses goes on some time.
  simulated.requests.emplace_back(std::chrono::minutes(10), UserRequest{"go-on", UnpauseSweep{}});
  const std::uint32_t crashes = draw.chance(0.8) ? draw.between(1, 12) : 0;
  for (std::uint32_t i = 0; i < crashes; ++i) {
    const auto place = static_cast<CrashPlace>(draw.between(0, 2));
    simulated.crashes.push_back({place, draw.between(1, 25)});
  }
  return simulated;
}

}  // namespace sweepjob::testing
