// What reading metrics costs: lines a second per form, bytes a second of noise, files followed by
// an attempt's reader, and records stored. Arguments: none; main() is the benchmark program's.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "runner/io/metric_store.h"
#include "runner/metrics/attempt_reader.h"
#include "runner/metrics/json_lines.h"
#include "runner/metrics/line_reader.h"
#include "runner/metrics/stdout_lines.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "metrics_bench_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string file(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string repeat(std::string_view line, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) (text += line) += '\n';
  return text;
}

void count(benchmark::State& state, std::string_view line, std::size_t lines) {
  const auto total = static_cast<std::int64_t>(state.iterations() * lines);
  state.SetItemsProcessed(total);
  state.SetBytesProcessed(total * static_cast<std::int64_t>(line.size() + 1));
}

constexpr std::size_t kLines = 1000;

void read_stdout(benchmark::State& state, std::string_view line,
                 std::vector<MetricPatternText> patterns) {
  const StdoutLines parser({"acc"}, MetricPatterns::compile(patterns).value());
  const std::string text = repeat(line, kLines);
  std::vector<MetricPoint> points;
  for (auto _ : state) {
    LineReader reader;
    points.clear();
    reader.feed(text, [&](const Line& read) { parser.parse(read, points); });
    benchmark::DoNotOptimize(points.data());
  }
  count(state, line, kLines);
}

void BM_StdoutOneMetric(benchmark::State& state) { read_stdout(state, "acc=0.912345", {}); }
BENCHMARK(BM_StdoutOneMetric);

void BM_StdoutThreeMetricsAndAStep(benchmark::State& state) {
  read_stdout(state, "epoch 3 loss=0.123456 acc: 0.912345 lr=1e-05", {});
}
BENCHMARK(BM_StdoutThreeMetricsAndAStep);

void BM_StdoutNoise(benchmark::State& state) {
  read_stdout(state, "2024-01-01 10:30:00,123 INFO worker 3 loads the next shard from disk", {});
}
BENCHMARK(BM_StdoutNoise);

void BM_StdoutColoured(benchmark::State& state) {
  read_stdout(state, "\x1b[1;32mepoch 3\x1b[0m loss=0.123456 \xe2\x94\x82 acc: 0.912345", {});
}
BENCHMARK(BM_StdoutColoured);

void BM_StdoutJson(benchmark::State& state) {
  read_stdout(state, R"({"acc": 0.912345, "loss": 0.123456, "step": 3})", {});
}
BENCHMARK(BM_StdoutJson);

void BM_StdoutPattern(benchmark::State& state) {
  read_stdout(state, "Prec@1 91.234 (90.123) of epoch 3", {{R"(Prec@1 (\S+))", "acc"}});
}
BENCHMARK(BM_StdoutPattern);

void read_json(benchmark::State& state, std::string_view line) {
  const MetricPoint blank;
  std::vector<MetricPoint> points;
  for (auto _ : state) {
    points.clear();
    benchmark::DoNotOptimize(parse_json_line(line, blank, {}, points).has_value());
  }
  count(state, line, 1);
}

void BM_JsonNameAndValue(benchmark::State& state) {
  read_json(state, R"({"name": "acc", "value": 0.912345, "step": 3})");
}
BENCHMARK(BM_JsonNameAndValue);

void BM_JsonWithNan(benchmark::State& state) {
  read_json(state, R"({"acc": 0.912345, "loss": NaN, "step": 3})");
}
BENCHMARK(BM_JsonWithNan);

void BM_LongLineIsSkipped(benchmark::State& state) {
  const std::string text(16 << 20, 'x');
  for (auto _ : state) {
    LineReader reader;
    reader.feed(text, [](const Line&) {});
    benchmark::DoNotOptimize(reader.offset());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(BM_LongLineIsSkipped);

// From the file to points, as the reading thread does it.
void BM_FollowedFile(benchmark::State& state) {
  const TemporaryFolder folder;
  constexpr std::string_view kLine = "epoch 3 loss=0.123456 acc: 0.912345";
  constexpr std::size_t kCount = 100'000;
  std::ofstream(folder.file("log")) << repeat(kLine, kCount);
  const auto rules = std::make_shared<const ReadingRules>(
      ReadingRules{StdoutLines({"acc"}), {"acc"}, std::nullopt});
  for (auto _ : state) {
    FollowRequest request;
    request.stdout_file = folder.file("log");
    request.metrics_file = folder.file("metrics.jsonl");
    AttemptReader reader(request, rules);
    for (bool more = true; more;) {
      MetricBatch batch;
      more = reader.take_turn(batch);
      benchmark::DoNotOptimize(batch.points.data());
    }
  }
  count(state, kLine, kCount);
}
BENCHMARK(BM_FollowedFile)->Unit(benchmark::kMillisecond);

// A look at an attempt that has written nothing since: what polling costs.
void BM_IdleAttempt(benchmark::State& state) {
  const TemporaryFolder folder;
  std::ofstream(folder.file("log")) << "acc=1\n";
  FollowRequest request;
  request.stdout_file = folder.file("log");
  request.metrics_file = folder.file("metrics.jsonl");
  AttemptReader reader(request, std::make_shared<const ReadingRules>(
                                    ReadingRules{StdoutLines({"acc"}), {"acc"}, std::nullopt}));
  for (auto _ : state) {
    MetricBatch batch;
    benchmark::DoNotOptimize(reader.take_turn(batch));
  }
}
BENCHMARK(BM_IdleAttempt);

std::vector<MetricPoint> batch_of(std::uint64_t& position, std::size_t size) {
  std::vector<MetricPoint> points(size);
  for (MetricPoint& point : points) {
    point.position = position += 40;
    point.name = "loss";
    point.value = 0.123456;
    point.step = 3;
  }
  return points;
}

// range: points in a batch, each batch with a sync() or without.
void BM_StoreAppend(benchmark::State& state) {
  const TemporaryFolder folder;
  auto store = std::move(MetricStore::open(fs::path(folder.file("")).parent_path()).value());
  std::uint64_t position = 0;
  for (auto _ : state) {
    const std::vector<MetricPoint> points =
        batch_of(position, static_cast<std::size_t>(state.range(0)));
    if (!store->append({TrialId{1}, 1}, points)) std::abort();
    if (state.range(1) != 0 && !store->sync()) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_StoreAppend)->Args({100, 0})->Args({1000, 1})->UseRealTime();

// 20 trials that report in the same commit.
void BM_StoreSyncOfManyTrials(benchmark::State& state) {
  const TemporaryFolder folder;
  auto store = std::move(MetricStore::open(fs::path(folder.file("")).parent_path()).value());
  std::uint64_t position = 0;
  for (auto _ : state) {
    for (std::uint32_t trial = 0; trial < 20; ++trial) {
      if (!store->append({TrialId{trial}, 1}, batch_of(position, 10))) std::abort();
    }
    if (!store->sync()) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * 200);
}
BENCHMARK(BM_StoreSyncOfManyTrials)->UseRealTime();

// What a restart costs for a trial with a million records.
void BM_StoreOpensAMillionRecords(benchmark::State& state) {
  const TemporaryFolder folder;
  const std::string sweep = fs::path(folder.file("")).parent_path();
  {
    auto store = std::move(MetricStore::open(sweep).value());
    std::uint64_t position = 0;
    if (!store->append({TrialId{1}, 1}, batch_of(position, 1'000'000))) std::abort();
  }
  for (auto _ : state) {
    auto store = std::move(MetricStore::open(sweep).value());
    benchmark::DoNotOptimize(store->stored_position({TrialId{1}, 1}, Channel::Http));
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(BM_StoreOpensAMillionRecords)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sweepjob
