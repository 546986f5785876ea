#include "runner/app/simulation.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "backends/simulated/sim_link.h"
#include "model/check.h"
#include "runner/app/controller.h"
#include "runner/app/interrupt_watch.h"
#include "runner/app/proposal_worker.h"
#include "runner/app/sim_planner.h"

namespace sweepjob {

namespace asio = boost::asio;

namespace {

constexpr Duration kDay = std::chrono::hours(24);
// Without any event, though no step takes longer than kMaxSimStepSeconds.
constexpr Duration kPatience = 100 * kDay;

Duration seconds(double count) {
  return Duration{static_cast<std::int64_t>(std::llround(count * 1e6))};
}

ControllerOptions controller_options(const SweepSpec& spec) {
  ControllerOptions options;
  options.catch_up = Duration{0};
  // Deadlines are met by DeadlineWatch; only stalls are looked for at ticks.
  const Duration stall = spec.extensions.stall_timeout;
  options.tick = stall.count() > 0 ? std::min(kDay, stall / 8) : kDay;
  options.observe_every = 365 * kDay;  // nothing is lost on the way to this cluster
  return options;
}

}  // namespace

void SimJournal::append(std::vector<Event> batch, Completion done) {
  sequence_ += batch.size();
  if (write_) {
    std::move(batch.begin(), batch.end(), std::back_inserter(kept_));
    if (kept_.size() >= kBatchEvents) {
      if (auto written = flush(); written.has_error()) return done(written.error());
    }
  }
  done(sequence_);
}

Result<void> SimJournal::flush() {
  if (kept_.empty()) return {};
  return write_(std::exchange(kept_, {}));
}

SweepCreated simulated_sweep(const SweepSpec& spec, const std::string& name, const SweepUid& uid,
                             std::uint64_t seed) {
  SweepCreated created;
  created.uid = uid;
  created.name = name;
  created.spec_json = to_json(to_value(spec));
  created.seed = seed;
  created.backend = "simulated";
  created.backend_json = "{}";
  return created;
}

// Also a Reporter: it keeps the figures, and wakes the controller when a deadline comes, as its own
// ticks would only do late (they are a day apart, or years of virtual time would be all ticks).
struct Simulation::State final : public Reporter {
  State(Rules& rules_of_sweep, Sweep sweep, SweepCreated created, const SimulationOptions& given,
        SimulatedObjective& asked, SimJournal& written)
      : rules(rules_of_sweep),
        options(given),
        objective(asked),
        journal(written),
        cluster(clock, cluster_options(), [this](const SimStart& start) { return script(start); }),
        link(cluster) {
    rules.capacity = options.workers;
    figures.workers = options.workers;
    channel = rules.spec.extensions.metric_channel == to_string(Channel::File) ? Channel::File
                                                                               : Channel::Stdout;
    std::vector<Event> first{{clock.now(), std::move(created)}};
    apply(sweep, first.front());
    const bool slow = sweep.sampler != nullptr && sweep.sampler->slow();
    if (slow) make_worker(first.front());
    ControllerParts parts{clock, journal, link, link, planner};
    parts.proposals = worker.get();
    parts.reporters.push_back(this);
    journal.append(std::move(first), [this](const Result<std::uint64_t>& done) {
      if (done.has_error()) failure = done.error();
    });
    controller = std::make_unique<Controller>(context, std::move(parts), rules, std::move(sweep),
                                              controller_options(rules.spec));
  }

  // It answers within the instant, on this thread: virtual time must not go on meanwhile.
  void make_worker(const Event& first) {
    Findings findings;
    Sweep fold = make_sweep(rules, findings);
    fold.policy.reset();
    worker = std::make_unique<ProposalWorker>(
        context, std::move(fold), 1,
        [this](std::uint64_t request, Proposals proposals) {
          controller->push(ProposalReady{request, std::move(proposals)});
        },
        ProposalWorker::Where::CallersThread);
    worker->observe(first);
  }

  [[nodiscard]] SimOptions cluster_options() const {
    SimOptions cluster_options;
    cluster_options.seed = options.seed;
    cluster_options.workers = options.workers;
    cluster_options.startup_delay = seconds(options.startup_delay_seconds);
    cluster_options.attempt_lost = options.preempt_rate;
    cluster_options.keep_points = false;
    return cluster_options;
  }

  [[nodiscard]] SimRun script(const SimStart& start);
  void go_on(SimRun& run, std::uint32_t saved) const;
  void end_early(SimRun& run, TrialId trial, const SimAnswer& answer) const;
  void on_event(const Event& event, const Sweep& sweep) noexcept override;
  [[nodiscard]] bool is_over();

  Rules& rules;
  const SimulationOptions options;
  SimulatedObjective& objective;
  SimJournal& journal;
  asio::io_context context{1};  // destroyed after what waits in it
  SimClock clock;
  SimCluster cluster;
  SimLink link;
  SimPlanner planner;
  std::unique_ptr<ProposalWorker> worker;
  std::unique_ptr<Controller> controller;
  SimulationFigures figures;
  Channel channel = Channel::Stdout;
  std::optional<Error> failure;
  std::optional<Result<void>> outcome;
  Timestamp last_event{};
  std::optional<Timestamp> deadline;
};

SimRun Simulation::State::script(const SimStart& start) {
  SimRun run;
  if (failure) return run;
  const AttemptId id = start.request.key.attempt;
  const Trial& trial = trial_of(controller->sweep(), id.trial);
  auto answer = objective.evaluate({id.trial, trial.proposal, options.seed});
  if (answer.has_error()) {
    failure = answer.error();
    return run;
  }
  if (id.number == 1) {
    figures.full_steps += answer->curve.size();
    if (answer->error && figures.errors.size() < SimulationFigures::kMaxErrors) {
      figures.errors.emplace_back(id.trial, *answer->error);
    }
  }
  run.step = seconds(answer->seconds_per_step);
  run.last_step = Duration{0};
  run.checkpoints = options.checkpoints;
  end_early(run, id.trial, *answer);
  go_on(run, start.saved);
  return run;
}

// How many of the curve's steps it gets to, noted as the run's code and outcome by what ends it.
void Simulation::State::end_early(SimRun& run, TrialId trial, const SimAnswer& answer) const {
  std::size_t steps = answer.curve.size();
  if (answer.error) run.code = 1;
  RandomStream random = Rng(options.seed).stream(trial, "simulated failure");
  if (random.uniform() < options.fail_rate) {
    steps = std::min<std::size_t>(steps, random.below(steps + 1));
    run.code = 1;
  }
  const Duration limit = controller->sweep().limits.trial_timeout;
  if (limit.count() > 0 && run.step.count() > 0 &&
      steps > static_cast<std::size_t>(limit / run.step)) {
    steps = static_cast<std::size_t>(limit / run.step);
    run.outcome = Outcome::TimedOut;
    run.code = 0;
    run.last_step = limit - static_cast<std::int64_t>(steps) * run.step;
  }
  if (steps == answer.curve.size()) {
    for (const auto& [name, value] : answer.others) run.at_last.push_back({name, value});
  }
  run.curve.values.assign(answer.curve.begin(),
                          answer.curve.begin() + static_cast<std::ptrdiff_t>(steps));
}

// Where a checkpoint may be taken up, steps tell which values are known already.
void Simulation::State::go_on(SimRun& run, std::uint32_t saved) const {
  SimCurve& curve = run.curve;
  curve.form.name = rules.spec.objectives.front().primary_metric;
  curve.form.channel = channel;
  if (options.checkpoints) curve.form.step = static_cast<double>(saved) + 1;
  const auto known = static_cast<std::ptrdiff_t>(std::min<std::size_t>(saved, run.size()));
  curve.values.erase(curve.values.begin(), curve.values.begin() + known);
}

void Simulation::State::on_event(const Event& event, const Sweep& sweep) noexcept {
  last_event = event.time;
  if (const auto* ended = std::get_if<AttemptEnded>(&event.body)) {
    const FinalSizes& sizes = ended->end.sizes;
    figures.steps += (sizes.stdout_bytes + sizes.metrics_bytes) / kSimLineBytes;
    figures.preempted += ended->end.outcome == Outcome::Lost;
    const Attempt* attempt = find_attempt(sweep, ended->attempt);
    if (attempt->started) {
      ++figures.attempts;
      const Duration busy = ended->end.ended - attempt->start.started;
      figures.busy_seconds += std::chrono::duration<double>(busy).count();
    }
  }
  const auto next = next_deadline(rules, sweep);
  if (!next || next == deadline) return;
  deadline = next;
  clock.at(*next, [this] { controller->push(DeadlineReached{}); });
}

bool Simulation::State::is_over() {
  if (outcome || failure) return true;
  const Duration taken = clock.now() - SimClock::kDefaultStart;
  if (taken > 365 * kDay * kLongestYears) {
    failure = Error(ErrorCode::Usage, fmt::format("the simulated sweep takes more than {} years: "
                                                  "fewer or shorter steps, or limits.timeout",
                                                  kLongestYears));
  } else if (clock.now() - last_event > kPatience) {
    failure = Error(ErrorCode::Internal, "the simulated sweep does not go on");
  }
  return failure.has_value();
}

Simulation::Simulation(Rules& rules, Sweep sweep, SweepCreated created,
                       const SimulationOptions& options, SimulatedObjective& objective,
                       SimJournal& journal)
    : state_(std::make_unique<State>(rules, std::move(sweep), std::move(created), options,
                                     objective, journal)) {}

Simulation::~Simulation() = default;

Result<void> Simulation::run() {
  State& state = *state_;
  if (state.failure) return *state.failure;
  const Timestamp start = state.clock.now();
  state.last_event = start;
  asio::co_spawn(state.context, state.controller->run({1, "simulated", "", 0}),
                 [&state](const std::exception_ptr& problem, Result<void> result) {
                   if (problem) std::rethrow_exception(problem);
                   state.outcome = std::move(result);
                 });
  state.clock.run(state.context,
                  [&state] { return state.is_over() || interrupting_signal() != 0; });
  if (state.failure) return *state.failure;
  if (interrupting_signal() != 0) return Error(ErrorCode::Usage, "interrupted");
  if (!state.outcome) return Error(ErrorCode::Internal, "the simulated sweep does not end");
  if (state.outcome->has_error()) return state.outcome->error();
  SWEEPJOB_CHECK(state.cluster.violations().empty(), "every attempt was started once");
  const Sweep& sweep = state.controller->sweep();
  state.figures.makespan_seconds =
      std::chrono::duration<double>(*sweep.finished_at - start).count();
  return state.journal.flush();
}

const Sweep& Simulation::sweep() const { return state_->controller->sweep(); }
const SimulationFigures& Simulation::figures() const { return state_->figures; }

}  // namespace sweepjob
