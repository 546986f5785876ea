// The journal: durable appends, and how fast a restart reads it. SWEEPJOB_BENCH_FOLDER chooses the
// disk (default: the current folder).
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include "model/check.h"
#include "runner/io/journal_replay.h"
#include "runner/io/journal_writer.h"
#include "runner/io/posix_file.h"
#include "tests/support/random_event.h"

namespace sweepjob {
namespace {

class BenchFolder {
 public:
  BenchFolder() {
    const char* base = std::getenv("SWEEPJOB_BENCH_FOLDER");
    path_ = std::string(base != nullptr ? base : ".") + "/journal-bench-" + random_hex(8);
    std::filesystem::create_directories(path_);
  }
  BenchFolder(const BenchFolder&) = delete;
  ~BenchFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void append(Journal& journal, std::vector<Event> batch) {
  SWEEPJOB_CHECK(append_and_wait(journal, std::move(batch)).has_value(), "there is room");
}

std::unique_ptr<JournalWriter> new_journal(const std::string& folder) {
  return std::move(JournalWriter::take_over(folder, SweepUid::random(), {}).value());
}

// Reference of the next one: the same bytes by one write and one fdatasync.
void plain_write_and_sync(benchmark::State& state) {
  BenchFolder folder;
  const std::string bytes(static_cast<std::size_t>(state.range(0)) * 20, 'x');
  const auto file = open_file(folder.path() + "/plain", O_WRONLY | O_CREAT, 0644);
  for (auto _ : state) {
    SWEEPJOB_CHECK(write_all(file->get(), bytes, "plain").has_value(), "there is room");
    SWEEPJOB_CHECK(::fdatasync(file->get()) == 0, "the disk works");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(plain_write_and_sync)->Arg(1)->Arg(100)->Arg(10'000)->UseRealTime();

void append_batch(benchmark::State& state) {
  BenchFolder folder;
  const auto journal = new_journal(folder.path());
  RandomStream random(1);
  const auto batch = report_batch(static_cast<std::size_t>(state.range(0)), random);
  for (auto _ : state) append(*journal, batch);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append_batch)->Arg(1)->Arg(100)->Arg(10'000)->UseRealTime();

void replay(benchmark::State& state) {
  BenchFolder folder;
  RandomStream random(1);
  {
    const auto journal = new_journal(folder.path());
    for (std::int64_t left = state.range(0); left > 0; left -= state.range(1)) {
      append(*journal,
             report_batch(static_cast<std::size_t>(std::min(left, state.range(1))), random));
    }
  }
  double sum = 0;
  for (auto _ : state) {
    const auto report = replay_journal(folder.path(), [&](std::uint64_t, Event&& event) {
      sum += std::get<MetricReported>(event.body).value;
    });
    SWEEPJOB_CHECK(report->events == static_cast<std::uint64_t>(state.range(0)), "all are there");
    state.counters["bytes_per_report"] =
        static_cast<double>(report->bytes) / static_cast<double>(report->events);
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(replay)
    ->Args({1'000'000, 1'000})
    ->Args({10'000'000, 10'000})
    ->Unit(benchmark::kMillisecond);

// What a takeover reads: checksums without decoding.
void check(benchmark::State& state) {
  BenchFolder folder;
  RandomStream random(1);
  {
    const auto journal = new_journal(folder.path());
    for (std::int64_t left = state.range(0); left > 0; left -= 10'000) {
      append(*journal, report_batch(10'000, random));
    }
  }
  for (auto _ : state) {
    SWEEPJOB_CHECK(check_journal(folder.path()).has_value(), "it is sound");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(check)->Arg(10'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sweepjob
