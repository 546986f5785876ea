// Metric points, as metric sources deliver them. Layer 0; plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"
#include "model/time.h"

namespace sweepjob {

// The ways in, in order of precedence: one channel counts per attempt (azure-sweep section 9).
enum class Channel : std::uint8_t { Http = 1, File = 2, EventFiles = 3, Scrape = 4, Stdout = 5 };

[[nodiscard]] inline const char* to_string(Channel channel) {
  switch (channel) {
    case Channel::Http: return "http";
    case Channel::File: return "file";
    case Channel::EventFiles: return "event_files";
    case Channel::Scrape: return "scrape";
    case Channel::Stdout: return "stdout";
  }
  return "?";
}

// Where a channel's reading stands: everything before `offset` (bytes) has been delivered. A point
// carries the offset just behind its own line, so that following from a journaled position starts
// exactly after it. All points of one line are always in one batch.
struct MetricPoint {
  Channel channel = Channel::Stdout;
  std::uint64_t position = 0;  // offset behind the line that holds it
  std::string name;            // at most 256 bytes, valid UTF-8, no control characters
  std::optional<double> step;
  std::optional<Timestamp> time;
  double value = 0;  // NaN and infinities are delivered as they are
};

struct Cursor {
  Channel channel = Channel::Stdout;
  std::uint64_t position = 0;
};

// The sizes that an exit record names: a source is drained when it has read so far.
struct FinalSizes {
  std::uint64_t stdout_bytes = 0;
  std::uint64_t metrics_bytes = 0;
  bool operator==(const FinalSizes&) const = default;
};

// Something about the reading that the user should know.
struct MetricWarning {
  std::string kind;  // a stable word: "long_line", "bad_json_line", "rewritten_file", ...
  std::string text;
};

// What one source has to say about one attempt, in order of position.
struct MetricBatch {
  AttemptKey attempt;
  std::vector<MetricPoint> points;
  std::uint64_t bytes_read = 0;  // over all channels, for stall detection
  bool drained = false;          // everything up to the FinalSizes has been delivered
  std::vector<MetricWarning> warnings;
  // The first point of a primary metric on a channel that is not to be read: it counts for nothing,
  // and tells where the metric is when it is missing.
  std::optional<MetricPoint> elsewhere;
};

}  // namespace sweepjob
