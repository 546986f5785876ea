// The policies against the budget of the core: a decision (observe and judge) well under 2 us and
// flat from 1,000 trials on, 10 million reports replayed without a verdict in 2 s, at most about
// 24 bytes a report. Run single-threaded, on a release build.
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "model/rng.h"
#include "policies/catalog.h"

namespace sweepjob {
namespace {

enum Kind { kBandit, kMedian, kTruncation, kAsha, kOptunaHyperband };

Options options_of(int kind) {
  const SourceLocation nowhere;
  const std::string path = "early_termination";
  if (kind == kBandit) return {"bandit", path, nowhere, {{"slack_factor", 5, nowhere}}};
  if (kind == kMedian) return {"median_stopping", path, nowhere, {}};
  if (kind == kAsha) return {"asha", path, nowhere, {}};
  if (kind == kOptunaHyperband) {
    return {"optuna_hyperband", path, nowhere, {{"max_resource", 81, nowhere}}};
  }
  return {"truncation_selection", path, nowhere, {{"truncation_percentage", 20, nowhere}}};
}

std::unique_ptr<TerminationPolicy> make(int kind) {
  const Options options = options_of(kind);
  Findings findings;
  return make_policy({options, Goal::Maximize, 0, 1, 0, false}, findings);
}

std::size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// A curve that rises towards a trial's own level, with noise.
double value_at(RandomStream& random, std::uint32_t trial, std::uint32_t interval) {
  const double level = static_cast<double>((trial * 2654435761U) >> 8) * 0x1p-24;
  return level * (1 - 1.0 / (interval + 1)) + 0.05 * random.uniform();
}

// Trials in the order in which 1,000 concurrent ones would report: waves, shuffled within.
std::vector<Report> reports_of(std::uint32_t trials, std::uint32_t intervals) {
  RandomStream random(1);
  std::vector<Report> reports;
  reports.reserve(static_cast<std::size_t>(trials) * intervals);
  constexpr std::uint32_t kWave = 1000;
  for (std::uint32_t first = 0; first < trials; first += kWave) {
    const std::uint32_t end = std::min(trials, first + kWave);
    for (std::uint32_t interval = 1; interval <= intervals; ++interval) {
      const std::uint32_t turn = static_cast<std::uint32_t>(random.below(end - first));
      for (std::uint32_t i = first; i < end; ++i) {
        const std::uint32_t trial = first + (i - first + turn) % (end - first);
        reports.push_back({TrialId(trial), interval, value_at(random, trial, interval), {}});
      }
    }
  }
  return reports;
}

// The last 100,000 decisions, after all earlier reports were decided as well.
void BM_Decide(benchmark::State& state) {
  const auto reports = reports_of(static_cast<std::uint32_t>(state.range(1)),
                                  static_cast<std::uint32_t>(state.range(2)));
  const std::size_t measured = std::min<std::size_t>(reports.size() / 2, 100'000);
  std::size_t stops = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto policy = make(static_cast<int>(state.range(0)));
    std::size_t i = 0;
    const auto decide = [&](std::size_t end) {
      for (; i < end; ++i) {
        policy->observe(TrialReported{reports[i]});
        stops += policy->judge(reports[i]).stop ? 1 : 0;
      }
    };
    decide(reports.size() - measured);
    state.ResumeTiming();
    decide(reports.size());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(measured));
  state.counters["stops"] =
      benchmark::Counter(static_cast<double>(stops), benchmark::Counter::kAvgIterations);
}

// A restart: every report is observed, none judged; then one verdict at each interval.
void BM_Replay(benchmark::State& state) {
  const auto trials = static_cast<std::uint32_t>(state.range(1));
  const auto intervals = static_cast<std::uint32_t>(state.range(2));
  const auto reports = reports_of(trials, intervals);
  double bytes = 0;
  for (auto _ : state) {
    const std::size_t before = heap_bytes();
    auto policy = make(static_cast<int>(state.range(0)));
    for (const Report& report : reports) policy->observe(TrialReported{report});
    state.PauseTiming();
    bytes = static_cast<double>(heap_bytes() - before) / static_cast<double>(reports.size());
    policy.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(reports.size()));
  state.counters["bytes_per_report"] = bytes;
}

// The first verdict at an interval after a replay: one bulk sort.
void BM_FirstVerdictAfterReplay(benchmark::State& state) {
  const auto trials = static_cast<std::uint32_t>(state.range(1));
  const auto reports = reports_of(trials, 1);
  double bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::size_t before = heap_bytes();
    auto policy = make(static_cast<int>(state.range(0)));
    for (const Report& report : reports) policy->observe(TrialReported{report});
    state.ResumeTiming();
    benchmark::DoNotOptimize(policy->judge(reports.back()));
    state.PauseTiming();
    bytes = static_cast<double>(heap_bytes() - before) / static_cast<double>(reports.size());
    policy.reset();
    state.ResumeTiming();
  }
  state.counters["bytes_per_report"] = bytes;
}

BENCHMARK(BM_Decide)
    ->ArgNames({"policy", "trials", "intervals"})
    ->ArgsProduct({{kBandit, kMedian, kTruncation, kAsha, kOptunaHyperband},
                   {1000, 10'000, 100'000},
                   {10}})
    ->ArgsProduct({{kBandit, kMedian, kAsha}, {100'000}, {100}})
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Replay)
    ->ArgNames({"policy", "trials", "intervals"})
    ->ArgsProduct({{kBandit, kMedian, kTruncation, kAsha, kOptunaHyperband}, {100'000}, {10, 100}})
    ->Iterations(2)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_FirstVerdictAfterReplay)
    ->ArgNames({"policy", "trials"})
    ->ArgsProduct({{kBandit, kMedian, kTruncation, kAsha, kOptunaHyperband}, {100'000}})
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sweepjob
