// What the core costs: a decision at 1,000 and 100,000 trials x 10 reports under each policy, the
// fold of a journal at restart, and memory. Whole sweeps: simulate_bench.cc.
// Arguments: none; main() is the benchmark program's.
#include <malloc.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "model/check.h"
#include "runner/core/decide.h"

namespace sweepjob {
namespace {

constexpr std::uint32_t kReports = 10;
constexpr Timestamp kStart{std::chrono::seconds(1'767'225'600)};

Parameter choice(const char* name) {
  Parameter parameter;
  parameter.name = parameter.path = name;
  parameter.kind = DistributionKind::Choice;
  for (int i = 0; i < 8; ++i) parameter.choices.push_back({Value(i), {}});
  return parameter;
}

Rules make_rules(std::uint32_t trials, std::uint32_t concurrent, const std::string& policy) {
  Rules rules;
  rules.spec.objectives = {{"acc", Goal::Maximize}};
  rules.spec.sampling.type = "random";
  Parameter rate;
  rate.name = rate.path = "rate";
  rate.max = 1;
  rules.spec.space.parameters = {rate, choice("width"), choice("depth")};
  rules.spec.limits.max_total_trials = trials;
  rules.spec.limits.max_concurrent_trials = concurrent;
  rules.spec.limits.timeout = std::chrono::seconds(0);
  rules.capacity = concurrent;
  if (policy.empty()) return rules;
  EarlyTermination termination;
  termination.policy.type = policy;
  termination.delay_evaluation = 2;  // the first value of half of the trials is below the median
  // Reports are judged, but nobody is cut: every trial costs its ten decisions.
  if (policy == "bandit") termination.policy.options.push_back({"slack_amount", 1e9, {}});
  rules.spec.early_termination = termination;
  return rules;
}

Sweep make(const Rules& rules) {
  Findings findings;
  Sweep sweep = make_sweep(rules, findings);
  SWEEPJOB_CHECK(!findings.has_errors(), "the rules of the benchmark are sound");
  return sweep;
}

double value_of(std::uint32_t trial, std::uint32_t interval) {
  RandomStream random((std::uint64_t{trial} << 20) + interval);
  // Rises within a trial, so that the best so far is above most averages and few are cut.
  return 0.1 * interval + 0.001 * random.uniform();
}

// A sweep whose life is driven by hand, with no controller around it.
class Drive {
 public:
  explicit Drive(const Rules& rules) : rules_(rules), sweep_(make(rules)) {
    SweepCreated created;
    created.seed = 1;
    apply(sweep_, Event{kStart, created});
    ControllerStarted controller;
    controller.epoch = 1;
    feed(Started{controller});
  }
  void feed(InputBody input) {
    events_.clear();
    effects_.clear();
    advance(rules_, sweep_, Input{now_, std::move(input)}, events_, effects_);
    if (keep_ != nullptr) keep_->insert(keep_->end(), events_.begin(), events_.end());
    decided_ += events_.size();
  }
  void start(std::uint32_t trial) { change(trial, AttemptPhase::Running); }
  void report(std::uint32_t trial, std::uint32_t interval) {
    MetricPoint point;
    point.name = "acc";
    point.value = value_of(trial, interval);
    point.position = interval * 16;
    feed(MetricArrived{{TrialId{trial}, 1}, std::move(point)});
  }
  void end(std::uint32_t trial) {
    change(trial, AttemptPhase::Ended);
    feed(MetricsDrained{{TrialId{trial}, 1}});
    feed(Collected{{TrialId{trial}, 1}});
  }
  // All trials, `wave` of them side by side.
  void run_all(std::uint32_t trials, std::uint32_t wave) {
    for (std::uint32_t first = 0; first < trials; first += wave) {
      const std::uint32_t last = std::min(trials, first + wave);
      for (std::uint32_t i = first; i < last; ++i) start(i);
      for (std::uint32_t k = 1; k <= kReports; ++k) {
        for (std::uint32_t i = first; i < last; ++i) report(i, k);
      }
      for (std::uint32_t i = first; i < last; ++i) end(i);
    }
  }
  void keep_events(std::vector<Event>* events) { keep_ = events; }
  [[nodiscard]] const Sweep& sweep() const { return sweep_; }

 private:
  void change(std::uint32_t trial, AttemptPhase phase) {
    AttemptStatus status;
    status.phase = phase;
    status.start = AttemptStart{"node", "pid 1", false, now_};
    if (phase == AttemptPhase::Ended) status.end = AttemptEnd{};
    feed(AttemptChanged{{TrialId{trial}, 1}, std::move(status)});
  }

  const Rules& rules_;
  Sweep sweep_;
  Timestamp now_ = kStart;
  std::vector<Event> events_;
  std::vector<Effect> effects_;
  std::vector<Event>* keep_ = nullptr;
  std::size_t decided_ = 0;
};

// One report at a sweep of this many trials: decided, applied, folded by the policy, judged.
void decision(benchmark::State& state, const char* policy) {
  constexpr std::uint32_t kWave = 1000;
  const auto trials = static_cast<std::uint32_t>(state.range(0));
  const Rules rules = make_rules(trials + kWave, kWave, policy);
  Drive drive(rules);
  drive.run_all(trials, kWave);
  std::uint32_t trial = trials;
  std::uint32_t interval = 1;
  for (std::uint32_t i = trials; i < trials + kWave; ++i) drive.start(i);
  for (auto _ : state) {
    drive.report(trial, interval);
    if (++trial < trials + kWave) continue;
    trial = trials;
    ++interval;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(decision, median_stopping, "median_stopping")
    ->Arg(1000)
    ->Arg(100'000)
    ->Iterations(kReports * 1000);
BENCHMARK_CAPTURE(decision, bandit, "bandit")->Arg(1000)->Arg(100'000)->Iterations(kReports * 1000);

// The whole life of all trials, per report.
void life(benchmark::State& state, const char* policy) {
  const auto trials = static_cast<std::uint32_t>(state.range(0));
  const Rules rules = make_rules(trials, 100, policy);
  for (auto _ : state) {
    Drive drive(rules);
    drive.run_all(trials, 100);
    benchmark::DoNotOptimize(drive.sweep().sequence);
  }
  state.SetItemsProcessed(state.iterations() * trials * kReports);
}
BENCHMARK_CAPTURE(life, median_stopping, "median_stopping")
    ->Arg(1000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(life, bandit, "bandit")->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

// A restart: apply() alone, of this many reports and all that belongs to their trials.
void restart_fold(benchmark::State& state, const char* policy) {
  const auto trials = static_cast<std::uint32_t>(state.range(0) / kReports);
  const Rules rules = make_rules(trials, 100, policy);
  std::vector<Event> events;
  {
    Drive drive(rules);
    drive.keep_events(&events);
    drive.run_all(trials, 100);
  }
  for (auto _ : state) {
    Sweep sweep = make(rules);
    for (const Event& event : events) apply(sweep, event);
    benchmark::DoNotOptimize(sweep.sequence);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["events"] = static_cast<double>(events.size());
}
BENCHMARK_CAPTURE(restart_fold, median_stopping, "median_stopping")
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK_CAPTURE(restart_fold, bandit, "bandit")
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

// Ten million reports of 100,000 trials: only the reports, as the events of so many would not fit.
void restart_fold_of_reports(benchmark::State& state) {
  constexpr std::uint32_t kTrials = 100'000;
  const Rules rules = make_rules(kTrials, 100, "median_stopping");
  for (auto _ : state) {
    state.PauseTiming();
    Sweep sweep = make(rules);
    for (std::uint32_t i = 0; i < kTrials; ++i) {
      apply(sweep, Event{kStart, TrialProposed{TrialId{i}, {}, 0}});
      apply(sweep, Event{kStart, AttemptRequested{{TrialId{i}, 1}, 1, "local"}});
      apply(sweep, Event{kStart, AttemptReleased{{TrialId{i}, 1}}});
    }
    state.ResumeTiming();
    const auto reports = static_cast<std::uint32_t>(state.range(0));
    for (std::uint32_t i = 0; i < reports; ++i) {
      const std::uint32_t trial = i % kTrials;
      const std::uint32_t interval = i / kTrials + 1;
      const Event event{
          kStart,
          MetricReported{{TrialId{trial}, 1}, value_of(trial, interval), {}, interval * 16}};
      apply(sweep, event);
    }
    benchmark::DoNotOptimize(sweep.sequence);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(restart_fold_of_reports)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

void memory_of_trials(benchmark::State& state, const char* policy) {
  const auto trials = static_cast<std::uint32_t>(state.range(0));
  const Rules rules = make_rules(trials, 100, policy);
  for (auto _ : state) {
    malloc_trim(0);
    const std::size_t before = mallinfo2().uordblks;
    Drive drive(rules);
    drive.run_all(trials, 100);
    const std::size_t after = mallinfo2().uordblks;
    state.counters["MB"] = static_cast<double>(after - before) / 1e6;
  }
}
BENCHMARK_CAPTURE(memory_of_trials, median_stopping, "median_stopping")
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK_CAPTURE(memory_of_trials, bandit, "bandit")
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

}  // namespace
}  // namespace sweepjob
