// StdoutLines: metrics in the lines that a trial prints. Layer 3; immutable; any thread.
// Called by the file follower with cleaned lines (line_reader.h). docs/metrics.md tells users.
//
// A line is read in the first of these ways that finds something:
//   1. the user's own expressions (metric_pattern.h);
//   2. a JSON object that is the line or its end (json_lines.h);
//   3. `name=value` and `name: value`, any number of them.
//
// In way 3 a name is one of `exact_names`, which may hold anything, as a whole token (`val_acc` and
// `val/acc` are not `acc`); or a token [A-Za-z_][A-Za-z0-9_./-]*, where letters beyond ASCII count
// as letters; or any text in quotes, as Python prints a dict. A value is a number that stands
// alone: after it comes the end, a blank, one of , ; ) ] } | % or a full stop that ends the
// sentence; so 2.1.0, 10:30:00, 2024-01-01, 1,234 and 5ms are no values. 98.3% is 98.3.
// tensor(0.5) and np.float64(0.5) are 0.5. With no blank after the colon (`file.py:12`,
// `localhost:8080`) a whole number is read only for an exact or quoted name.
// Counters (`step=3`, `Epoch [3/10]`, `iteration: 7`, xgboost's leading `[3]`) are no metrics but
// the step of all points of their line.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/metric.h"
#include "runner/metrics/line_reader.h"
#include "runner/metrics/metric_pattern.h"

namespace sweepjob {

class StdoutLines {
 public:
  // `exact_names`: the objectives' metrics. `patterns` may be null.
  explicit StdoutLines(std::vector<std::string> exact_names,
                       std::shared_ptr<const MetricPatterns> patterns = nullptr);

  // Appends the line's points, in the order of the line. Time is linear in the line.
  void parse(const Line& line, std::vector<MetricPoint>& out) const;

 private:
  bool parse_json_end(const Line& line, const MetricPoint& blank,
                      std::vector<MetricPoint>& out) const;
  void parse_pairs(std::string_view text, const MetricPoint& blank,
                   std::vector<MetricPoint>& out) const;

  std::vector<std::string> exact_names_;  // the longest first
  std::shared_ptr<const MetricPatterns> patterns_;
};

// The step that a line's counters name, or empty. Of several the finest that does not begin again:
// global_step, step, iteration or iter, epoch; but one written as a part of a whole
// ("Step [100/600]") counts only where the line has no epoch.
[[nodiscard]] std::optional<double> step_of_line(std::string_view text);

}  // namespace sweepjob
