// The records of a metric file as text; the format is told in runner/io/metric_store.h. Layer 4.
// Used by MetricStore and read_metrics() alone.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/metric.h"
#include "model/result.h"

namespace sweepjob {

inline constexpr std::string_view kMetricFileHeader = "sweepjob-metrics\t1\n";

// The points of one line: equal channel and position.
struct MetricRecord {
  AttemptId attempt;
  Channel channel = Channel::Stdout;
  std::uint64_t position = 0;
  std::vector<MetricPoint> points;
};

// Appends the record of `points`, which share channel and position.
void append_metric_record(AttemptId attempt, std::span<const MetricPoint> points, std::string& out);

// Without the newline. False when it is no such record; `record` is unspecified then.
[[nodiscard]] bool parse_metric_record(std::string_view line, MetricRecord& record);

struct MetricFileScan {
  std::uint64_t valid_end = 0;  // behind the last valid record; 0 when not even the header is whole
  std::uint64_t damaged = 0;    // whole lines before valid_end that are no records
};

// Reads a metric file from its start. Error when it cannot be read or is of another version.
[[nodiscard]] Result<MetricFileScan> scan_metric_file(
    int descriptor, const std::string& path, const std::function<void(const MetricRecord&)>& visit);

}  // namespace sweepjob
