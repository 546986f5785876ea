// MetricSource: reads what a trial reports. Layer 3. One file per way in.
//
// follow() resumes exactly after the journaled cursors. Points are delivered once each, in order,
// all points of one line in one batch. Called from, and completing on, the controller's thread;
// reading and parsing happen on a thread of the source's own.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "model/metric.h"
#include "model/result.h"

namespace sweepjob {

struct FollowRequest {
  AttemptKey attempt;
  std::string stdout_file;      // absolute; may not exist yet
  std::string metrics_file;     // SWEEPJOB_METRICS_FILE; may never exist
  std::vector<Cursor> cursors;  // absent channel: from the start
};

class MetricSource {
 public:
  virtual ~MetricSource() = default;
  virtual void follow(FollowRequest request) = 0;
  // The exit record is there: read up to these sizes, deliver a batch with `drained`, then stop.
  // Drained comes exactly once, also when nothing is left to read or a file is shorter or missing
  // (then with a warning).
  virtual void finish(const AttemptKey& attempt, FinalSizes sizes) = 0;
  virtual void forget(const AttemptKey& attempt) = 0;
  // Suspends until there is something; never empty.
  virtual boost::asio::awaitable<Result<std::vector<MetricBatch>>> next_batch() = 0;
};

}  // namespace sweepjob
