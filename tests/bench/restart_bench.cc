// A restart: the journal of a large sweep read from disk and folded, sampler and policy included
// (load_sweep), beside one plain read of the same bytes. A child process writes the journal, so
// that the memory measured here is the fold's alone. SWEEPJOB_BENCH_FOLDER chooses the disk
// (default: the current folder).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include "manifests/spec/parse_manifest.h"
#include "model/check.h"
#include "model/rng.h"
#include "runner/app/load_sweep.h"
#include "runner/io/journal_format.h"
#include "runner/io/journal_writer.h"
#include "runner/io/posix_file.h"

namespace sweepjob {
namespace {

enum Policy { kNone, kBandit, kMedian };

// Trials that run at once: their reports are mixed in the journal.
constexpr std::uint32_t kWave = 1000;

std::string job_text(int policy) {
  std::string text =
      "type: sweep\n"
      "trial: {command: 'train --x ${{search_space.x}} --y ${{search_space.y}}', environment: e}\n"
      "sampling_algorithm: random\n"
      "search_space:\n"
      "  x: {type: uniform, min_value: 0, max_value: 1}\n"
      "  y: {type: loguniform, min_value: -6, max_value: 0}\n"
      "objective: {goal: minimize, primary_metric: loss}\n"
      "limits: {max_total_trials: 1000000, max_concurrent_trials: 1000}\n";
  if (policy == kBandit) text += "early_termination: {type: bandit, slack_factor: 0.5}\n";
  if (policy == kMedian) text += "early_termination: {type: median_stopping}\n";
  return text;
}

SweepCreated first_event(int policy) {
  const ParsedManifest parsed = parse_manifest(job_text(policy), "bench.yaml");
  SWEEPJOB_CHECK(parsed.spec.has_value(), "the job is valid");
  SweepCreated created;
  created.uid = SweepUid::random();
  created.name = "bench";
  created.spec_json = to_json(to_value(*parsed.spec));
  created.seed = 1;
  created.backend = "local";
  return created;
}

class JournalMaker {
 public:
  JournalMaker(const std::string& folder, int policy) {
    SweepCreated created = first_event(policy);
    journal_ = std::move(JournalWriter::take_over(folder, created.uid, {}).value());
    add(std::move(created));
    add(ControllerStarted{1, "host", "boot", 1});
  }
  ~JournalMaker() { flush(); }
  JournalMaker(const JournalMaker&) = delete;
  JournalMaker& operator=(const JournalMaker&) = delete;

  void add_wave(std::uint32_t first, std::uint32_t end, std::uint32_t intervals) {
    for (std::uint32_t i = first; i < end; ++i) begin(i);
    for (std::uint32_t interval = 1; interval <= intervals; ++interval) {
      for (std::uint32_t i = first; i < end; ++i) {
        const double value = random_.uniform() + 1.0 / interval;
        add(MetricReported{{TrialId{i}, 1}, value, std::nullopt, std::uint64_t{interval} * 20});
      }
    }
    for (std::uint32_t i = first; i < end; ++i) finish(i, std::uint64_t{intervals} * 20);
  }

 private:
  void begin(std::uint32_t index) {
    const TrialId trial{index};
    const AttemptId id{trial, 1};
    Proposal proposal;
    proposal.params = {{"x", random_.uniform()}, {"y", random_.uniform()}};
    add(TrialProposed{trial, std::move(proposal), 0});
    add(AttemptRequested{id, index / 64 + 1, "local"});
    add(AttemptReleased{id});
    add(AttemptStarted{id, {"host", "pid 4711", false, time_}});
    add(ChannelChosen{id, Channel::Stdout});
  }
  void finish(std::uint32_t index, std::uint64_t bytes) {
    const AttemptId id{TrialId{index}, 1};
    AttemptEnd end;
    end.sizes.stdout_bytes = bytes;
    end.ended = time_;
    add(AttemptEnded{id, end});
    add(TrialFinished{id.trial, Status::Completed, "", "", 0});
    add(AttemptCollected{id});
  }
  void add(EventBody body) {
    time_ += Duration(100);
    batch_.push_back(Event{time_, std::move(body)});
    if (batch_.size() >= 10'000) flush();
  }
  void flush() {
    if (batch_.empty()) return;
    auto written = append_and_wait(*journal_, std::exchange(batch_, {}));
    SWEEPJOB_CHECK(written.has_value(), "there is room");
  }

  std::unique_ptr<JournalWriter> journal_;
  std::vector<Event> batch_;
  RandomStream random_{1};
  Timestamp time_{};
};

// The folder of a journal that a child process has written.
class BenchSweep {
 public:
  BenchSweep(int policy, std::uint32_t trials, std::uint32_t intervals) {
    const char* base = std::getenv("SWEEPJOB_BENCH_FOLDER");
    path_ = std::string(base != nullptr ? base : ".") + "/restart-bench-" + random_hex(8);
    std::filesystem::create_directories(path_);
    const pid_t child = ::fork();
    SWEEPJOB_CHECK(child >= 0, "there is room for a process");
    if (child == 0) {
      {
        JournalMaker maker(path_, policy);
        for (std::uint32_t first = 0; first < trials; first += kWave) {
          maker.add_wave(first, std::min(trials, first + kWave), intervals);
        }
      }
      ::_exit(0);
    }
    int status = 0;
    SWEEPJOB_CHECK(::waitpid(child, &status, 0) == child && status == 0, "the journal is written");
  }
  ~BenchSweep() { std::filesystem::remove_all(path_); }
  BenchSweep(const BenchSweep&) = delete;
  BenchSweep& operator=(const BenchSweep&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

double status_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::atof(line.c_str() + key.size()) / 1024;
  }
  return 0;
}

void forget_peak() {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

void BM_Restart(benchmark::State& state) {
  const auto trials = static_cast<std::uint32_t>(state.range(1));
  const auto intervals = static_cast<std::uint32_t>(state.range(2));
  const BenchSweep sweep(static_cast<int>(state.range(0)), trials, intervals);
  double mib = 0;
  for (auto _ : state) {
    forget_peak();
    const double before = status_mib("VmRSS:");
    LoadOptions options;
    options.with_sampler = true;
    options.with_policy = true;
    auto loaded = load_sweep(sweep.path(), std::move(options));
    SWEEPJOB_CHECK(loaded.has_value() && loaded->sweep->counts.completed == trials, "all is read");
    mib = std::max(mib, status_mib("VmHWM:") - before);
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t{trials} * intervals);
  state.counters["peak_mib"] = mib;
}

// The reference: the same bytes, read once.
void BM_RestartPlainRead(benchmark::State& state) {
  const BenchSweep sweep(static_cast<int>(state.range(0)),
                         static_cast<std::uint32_t>(state.range(1)),
                         static_cast<std::uint32_t>(state.range(2)));
  const std::string path = sweep.path() + "/" + segment_name(1);
  std::vector<char> block(std::size_t{1} << 20);
  for (auto _ : state) {
    const auto file = open_file(path, O_RDONLY);
    while (::read(file->get(), block.data(), block.size()) > 0) {
      benchmark::DoNotOptimize(block.data());
    }
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(path)));
}

BENCHMARK(BM_Restart)
    ->ArgNames({"policy", "trials", "intervals"})
    ->Args({kNone, 100'000, 10})
    ->Args({kBandit, 100'000, 10})
    ->Args({kMedian, 100'000, 10})
    ->Args({kBandit, 100'000, 100})
    ->Args({kMedian, 100'000, 100})
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(BM_RestartPlainRead)
    ->ArgNames({"policy", "trials", "intervals"})
    ->Args({kMedian, 100'000, 10})
    ->Args({kMedian, 100'000, 100})
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sweepjob
