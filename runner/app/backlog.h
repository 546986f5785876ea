// Backlog: what adopted attempts reported while no controller ran. Layer 6; controller's thread.
//
// It is merged by (interval, trial), not file by file: the verdicts then do not depend on which
// file happened to be read first. Batches are held until every adopted file has been read to the
// size it had at adoption, or until a deadline.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/metric.h"
#include "model/time.h"
#include "runner/core/rules.h"
#include "runner/core/sweep.h"
#include "runner/metrics/metric_source.h"

namespace sweepjob {

class Backlog {
 public:
  // The size of a file now; nothing: there is none. Simulated files are not on the disk.
  using FileSize = std::function<std::optional<std::uint64_t>(const std::string& file)>;

  // Without `file_size` the disk is asked.
  explicit Backlog(const Rules& rules, FileSize file_size = {});

  // An adopted attempt, before it is followed. Looks at the sizes of its files.
  void expect(const FollowRequest& request);
  void wait_until(Timestamp deadline) { deadline_ = deadline; }

  [[nodiscard]] bool holds(Timestamp now) const { return !missing_.empty() && now < deadline_; }
  void add(MetricBatch batch);
  // True once when the held batches are to be taken.
  [[nodiscard]] bool ready(Timestamp now) const { return !held_.empty() && !holds(now); }
  [[nodiscard]] std::vector<MetricBatch> take(const Sweep& sweep);

 private:
  const Rules& rules_;
  FileSize file_size_;
  std::unordered_map<AttemptKey, std::uint64_t> missing_;  // bytes still to be read
  std::vector<MetricBatch> held_;
  Timestamp deadline_{};
};

}  // namespace sweepjob
