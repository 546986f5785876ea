// What `simulate` costs: a whole sweep through sampler, policy, controller and simulated cluster,
// with trials of builtin:curves. Time is the processor's, `bytes_per_trial` what is allocated at
// the end. Arguments: none; main() is the benchmark program's.
#include <malloc.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "manifests/spec/parse_manifest.h"
#include "model/check.h"
#include "runner/app/load_sweep.h"
#include "runner/app/simulation.h"

namespace sweepjob {
namespace {

constexpr const char* kWideSpace =
    "  rate: {type: uniform, min_value: 0, max_value: 1}\n"
    "  width: {type: choice, values: [0, 1, 2, 3, 4, 5, 6, 7]}\n"
    "  depth: {type: choice, values: [0, 1, 2, 3, 4, 5, 6, 7]}\n";
// All trials alike: their curves differ by noise alone.
constexpr const char* kOnePoint =
    "  rate: {type: choice, values: [0.5]}\n"
    "  width: {type: choice, values: [4]}\n"
    "  depth: {type: choice, values: [4]}\n";

struct Sweeping {
  std::string objective;
  std::uint32_t workers = 0;
  std::string policy;  // a line of YAML, or empty
  std::string space = kWideSpace;
};

SweepSpec spec_of(std::int64_t trials, const Sweeping& sweeping) {
  const std::string text =
      "type: sweep\n"
      "trial: {command: 'train ${{search_space.rate}}', environment: e}\n"
      "sampling_algorithm: random\n"
      "search_space:\n" +
      sweeping.space +
      "objective: {goal: maximize, primary_metric: acc}\n"
      "limits: {timeout: 0, max_concurrent_trials: " +
      std::to_string(sweeping.workers) + ", max_total_trials: " + std::to_string(trials) + "}\n" +
      sweeping.policy;
  auto parsed = parse_manifest(text, "bench.yaml", {.schema_only = true});
  SWEEPJOB_CHECK(parsed.spec.has_value(), "the job of the benchmark is sound");
  return *std::move(parsed.spec);
}

std::size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void run(benchmark::State& state, const Sweeping& sweeping) {
  SimulationOptions options;
  options.workers = sweeping.workers;
  std::uint64_t steps = 0;
  for (auto _ : state) {
    state.PauseTiming();
    malloc_trim(0);
    const std::size_t before = heap_bytes();
    state.ResumeTiming();
    const SweepCreated created =
        simulated_sweep(spec_of(state.range(0), sweeping), "bench", SweepUid{}, 1);
    LoadOptions deciding;
    deciding.with_sampler = deciding.with_policy = true;
    auto fold = make_fold(created, deciding);
    auto objective =
        make_objective(sweeping.objective, fold->rules->spec, std::chrono::milliseconds(1));
    SimJournal journal;
    Simulation simulation(*fold->rules, std::move(*fold->sweep), created, options, **objective,
                          journal);
    const auto done = simulation.run();
    SWEEPJOB_CHECK(done.has_value(), "a simulation without faults comes to its end");
    steps += simulation.figures().steps;
    state.counters["bytes_per_trial"] =
        static_cast<double>(heap_bytes() - before) / static_cast<double>(state.range(0));
  }
  state.counters["steps"] = static_cast<double>(steps) / static_cast<double>(state.iterations());
}

void simulate(benchmark::State& state, const char* policy) {
  run(state, {.objective = "builtin:curves,steps=10", .workers = 1000, .policy = policy});
}
BENCHMARK_CAPTURE(simulate, no_policy, "")
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK_CAPTURE(simulate, median_stopping, "early_termination: {type: median_stopping}\n")
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

// A hundred reports a trial, each of them judged; bandit with so much slack that nobody is cut, the
// others as mild as they get. 100 at once, so that the small sweep too is under way for ten times
// as long as a trial takes: 1,000 at once would all start and report in step, one behind the other
// in memory too, which nothing does in a larger sweep. Twenty small ones, to take about as long.
void simulate_curves(benchmark::State& state, const char* policy) {
  run(state, {.objective = "builtin:curves", .workers = 100, .policy = policy});
}
// For a policy that no option makes mild: nobody is much worse than another.
void simulate_alike(benchmark::State& state, const char* policy) {
  run(state, {.objective = "builtin:curves", .workers = 100, .policy = policy, .space = kOnePoint});
}
void simulate_wide(benchmark::State& state, const char* policy) {
  run(state, {.objective = "builtin:curves", .workers = 1000, .policy = policy});
}
#define SWEEPJOB_CURVES(function, name, policy)                                \
  BENCHMARK_CAPTURE(function, name, "early_termination: {type: " policy "}\n") \
      ->Arg(1000)                                                              \
      ->Unit(benchmark::kMillisecond)                                          \
      ->Iterations(20);                                                        \
  BENCHMARK_CAPTURE(function, name, "early_termination: {type: " policy "}\n") \
      ->Arg(100'000)                                                           \
      ->Unit(benchmark::kMillisecond)                                          \
      ->Iterations(1)
SWEEPJOB_CURVES(simulate_curves, bandit, "bandit, slack_amount: 1000000");
SWEEPJOB_CURVES(simulate_curves, median_stopping, "median_stopping");
// Of the first reports half are below the median, however alike the trials are.
SWEEPJOB_CURVES(simulate_alike, median_stopping, "median_stopping, delay_evaluation: 2");
SWEEPJOB_CURVES(simulate_curves, truncation_selection,
                "truncation_selection, truncation_percentage: 1");
SWEEPJOB_CURVES(simulate_curves, asha, "asha, grace_period: 50, max_resource: 100");
SWEEPJOB_CURVES(simulate_wide, truncation_selection,
                "truncation_selection, truncation_percentage: 1");
#undef SWEEPJOB_CURVES

}  // namespace
}  // namespace sweepjob
