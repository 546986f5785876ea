// FileMetricSource: follows the trial's log and its metrics file by looking at them. Layer 3.
// Made by the application, one per sweep; called from, and completing on, `executor`, which runs
// one thread. A thread of its own reads and parses; it looks at a file often while that grows and
// more seldom while it does not, and at once after finish().
//
// Polling, not inotify: inotify does not see what another node writes, and this is one read in
// `poll_interval` for each running attempt.
//
// It must be destroyed before the executor's context. A next_batch() that waits is then given an
// Error, once the context runs.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "runner/metrics/metric_pattern.h"
#include "runner/metrics/metric_source.h"

namespace sweepjob {

struct FileMetricOptions {
  std::vector<std::string> primary_metrics;  // read as whole names, whatever they hold
  std::vector<MetricPatternText> patterns;   // Extensions::metric_patterns
  // Stdout or File: the other one is a sign of life only, its lines are not read.
  std::optional<Channel> only_channel;
  std::chrono::milliseconds poll_interval{100};
  std::chrono::milliseconds idle_interval{500};  // between looks at an attempt that prints nothing
};

// InvalidManifest when a pattern cannot be used.
[[nodiscard]] Result<std::unique_ptr<MetricSource>> make_file_metric_source(
    boost::asio::any_io_executor executor, FileMetricOptions options);

}  // namespace sweepjob
