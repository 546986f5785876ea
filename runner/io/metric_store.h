// MetricStore: every metric value that is not the objective's, in one append file per trial,
// <sweep folder>/metrics/<trial>. Layer 4. One controller writes, from one thread at a time;
// readers (read_metrics) need no lock and work on a copy of the folder.
//
// Exactly once. A metric source follows from the journaled cursor, which may lie before what is
// stored here, never behind it: the caller appends here and sync()s before the journal record that
// moves the cursor is durable. What comes again is known by its position and dropped. All points of
// one line are one record, so that a crash keeps the line or loses it as a whole.
//
// The format is text, for `cut` and `awk` as well; names hold no control characters:
//   sweepjob-metrics<TAB>1<LF>
//   attempt<TAB>channel<TAB>position{<TAB>name<TAB>value<TAB>step<TAB>time}<LF>
// with channel a number of model/metric.h, time in microseconds since 1970, "-" for what is absent.
// A record without its newline is a torn tail: append() cuts it off, readers pass it over. Blocks
// that a power failure left unwritten are zeros, which no record can hold.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/metric.h"
#include "model/result.h"

namespace sweepjob {

// More different names in a trial are refused: a name that holds a step or a path is a mistake.
inline constexpr std::size_t kMaxMetricNames = 10'000;

struct MetricStoreLimits {
  std::size_t names_per_trial = kMaxMetricNames;
  std::size_t open_files = 64;
};

class MetricStore {
 public:
  // Makes <sweep_folder>/metrics when it is not there. StateFolder on failure, as all errors here.
  [[nodiscard]] static Result<std::unique_ptr<MetricStore>> open(const std::string& sweep_folder,
                                                                 MetricStoreLimits limits = {});
  ~MetricStore();
  MetricStore(const MetricStore&) = delete;
  MetricStore& operator=(const MetricStore&) = delete;

  // `points` as a metric source delivered them: in order of position in each channel, a line's
  // points together. Those of positions already stored are dropped. After an error the file is as
  // it was before the call, and the call may be repeated.
  [[nodiscard]] Result<void> append(AttemptId attempt, std::span<const MetricPoint> points);

  // Makes durable what has been appended since the last call.
  [[nodiscard]] Result<void> sync();

  // The position up to which a channel is stored; 0 when nothing is.
  [[nodiscard]] Result<std::uint64_t> stored_position(AttemptId attempt, Channel channel);

  // A trial whose attempts have all ended: frees what is kept of it in memory. It may come back.
  [[nodiscard]] Result<void> close(TrialId trial);

  // For the user, each once: a name too many, a damaged record.
  [[nodiscard]] std::vector<std::string> take_warnings();

 private:
  struct File;
  explicit MetricStore(std::string folder, MetricStoreLimits limits);
  [[nodiscard]] Result<File*> file_of(TrialId trial);
  [[nodiscard]] Result<void> load(File& file);
  [[nodiscard]] Result<void> ensure_open(File& file);
  [[nodiscard]] Result<void> write(File& file, const std::string& bytes);
  void format_new(File& file, AttemptId attempt, std::span<const MetricPoint> points,
                  std::string& bytes);
  bool admit_name(File& file, const std::string& name);

  std::string folder_;
  MetricStoreLimits limits_;
  std::unordered_map<std::uint32_t, std::unique_ptr<File>> files_;
  std::list<File*> open_;  // the longest unused first
  std::vector<File*> dirty_;
  std::vector<std::string> warnings_;
};

struct StoredMetric {
  AttemptId attempt;
  MetricPoint point;
};

struct MetricReadout {
  std::uint64_t points = 0;
  std::uint64_t damaged_records = 0;  // passed over
};

// Calls `visit` for every stored point of a trial, in the order of arrival. NotFound when the trial
// has none, StateFolder when the file cannot be read or is of a newer version.
[[nodiscard]] Result<MetricReadout> read_metrics(
    const std::string& sweep_folder, TrialId trial,
    const std::function<void(const StoredMetric&)>& visit);

}  // namespace sweepjob
