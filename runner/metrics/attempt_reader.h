// AttemptReader: both files of one attempt, read in turns. Layer 3; no clock and no thread of its
// own: FileMetricSource calls it on its thread, tests call it directly.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/metric.h"
#include "runner/metrics/file_follower.h"
#include "runner/metrics/metric_source.h"
#include "runner/metrics/stdout_lines.h"

namespace sweepjob {

// How the lines of all attempts of a sweep are read; shared and immutable.
struct ReadingRules {
  StdoutLines stdout_lines;
  std::vector<std::string> exact_names;
  // The only channel whose lines are read; what the others hold counts as a sign of life alone, and
  // is told once where the primary metric is (MetricBatch::elsewhere).
  std::optional<Channel> only_channel;
};

// A trial that has written a lot gets so much of a turn, and then it is the next one's.
inline constexpr std::size_t kTurnBytes = 256 * 1024;

class AttemptReader {
 public:
  AttemptReader(const FollowRequest& request, std::shared_ptr<const ReadingRules> rules);

  void finish(const FinalSizes& sizes);

  // Reads at most `max_bytes` of each file into one batch, so that the channel that counts can be
  // decided. stdout is read first: what a script wrote to the metrics file before it printed is
  // then surely in the same batch. Points of the metrics file come first in the batch.
  // True when there may be more to read at once.
  bool take_turn(MetricBatch& batch, std::size_t max_bytes = kTurnBytes);

  [[nodiscard]] bool drained() const { return stdout_.drained() && metrics_.drained(); }

 private:
  AttemptKey attempt_;
  std::string buffer_;
  std::uint64_t json_lines_seen_ = 0;
  bool warned_bad_line_ = false;
  bool noticed_ = false;  // the primary metric, on a channel that is not read
  std::shared_ptr<const ReadingRules> rules_;
  FileFollower stdout_;
  FileFollower metrics_;

  void notice(std::vector<MetricPoint>& points, MetricBatch& batch);
  void parse_json(const Line& line, bool from_start, MetricBatch& batch);
  bool reads(Channel channel) const {
    return !rules_->only_channel || *rules_->only_channel == channel;
  }
};

}  // namespace sweepjob
