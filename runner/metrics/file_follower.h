// FileFollower: reads one growing file of an attempt, a bounded piece at a time. Layer 3; used by
// AttemptReader on the metric source's thread.
//
// The file is opened anew for each piece: no descriptor is held between, and on NFS only an open
// shows what another node has written.
//
// A position is an offset in the file, whatever happens to the file, so that following from a
// journaled position is the same as never having stopped. A file that is rewritten as a whole
// (truncated, or replaced by rename) therefore goes on where reading stood: a script that writes
// all its history each time is read right, and nothing is counted twice. What a new, shorter
// history says before that offset is not read, and a warning tells how to avoid it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "model/metric.h"
#include "runner/metrics/line_reader.h"

namespace sweepjob {

class FileFollower {
 public:
  // Adds what a line holds to the batch.
  using LineParser = std::function<void(const Line&, MetricBatch&)>;

  FileFollower(std::string path, std::uint64_t position, std::size_t max_line, LineParser parser);

  // The file is complete at `size`, and nothing behind it is read.
  void end_at(std::uint64_t size) { end_ = size; }

  // Reads at most `max_bytes` that are new. True when there may be more to read at once.
  bool read_some(std::size_t max_bytes, std::string& buffer, MetricBatch& batch);

  // end_at() has been called and everything up to there has been given, the last line also when it
  // has no newline. True as well when the file turned out to be shorter or unreadable.
  [[nodiscard]] bool drained() const { return drained_; }

 private:
  class OpenFile;
  void check_identity(const OpenFile& file, MetricBatch& batch);
  void feed(std::string_view bytes, MetricBatch& batch);
  // Nothing more can be read now; at the end, for good.
  bool settle(std::uint64_t readable, MetricBatch& batch);
  void warn_once(bool& warned, const char* kind, const std::string& text, MetricBatch& batch);

  std::string path_;
  LineReader reader_;
  LineParser parser_;
  std::optional<std::uint64_t> end_;
  std::optional<std::uint64_t> device_;
  std::uint64_t inode_ = 0;
  bool drained_ = false;
  bool warned_unreadable_ = false;
  bool warned_rewritten_ = false;
  bool warned_long_line_ = false;
  std::size_t max_line_;
};

}  // namespace sweepjob
