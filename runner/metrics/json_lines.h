// JSON lines: one JSON object per line, as in the file named by SWEEPJOB_METRICS_FILE and as some
// scripts print. Layer 3; pure; any thread. Called by the readers of both channels.
//
//   {"name": "acc", "value": 0.9, "step": 3, "time": 1700000000.5}    one metric; `key` or `metric`
//                                                                     may stand for `name`
//   {"acc": 0.9, "loss": 0.1, "step": 3}                              every number is a metric
//   {"eval": {"acc": 0.9}}                                            is the metric eval/acc
//
// The first there is of global_step, step, _step, iteration, epoch is the step; all of them are no
// metrics, except one that is among `exact_names`. `time`, `timestamp` or `_timestamp` is a time
// when it can be one: seconds, or milli-, micro- or nanoseconds, since 1970, from 2001 on. NaN,
// Infinity and -Infinity may be bare, as Python writes them, in any case, or in quotes. null, true,
// other text and lists are no metrics.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/metric.h"
#include "model/result.h"

namespace sweepjob {

// Appends copies of `blank` with name, value, step and time set. An Error, whose message is fit for
// a warning, when `text` is no JSON object or holds what cannot be a metric; nothing has been
// appended then.
[[nodiscard]] Result<void> parse_json_line(std::string_view text, const MetricPoint& blank,
                                           std::span<const std::string> exact_names,
                                           std::vector<MetricPoint>& out);

}  // namespace sweepjob
