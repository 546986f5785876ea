// MetricPatterns: a user's own regular expressions for metrics (`properties.sweepjob.metrics`).
// Layer 3; immutable after compile(); any thread.
//
// The regular expressions are RE2's: matching takes time linear in the line, whatever the
// expression, and memory is bounded. A backtracking engine (std::regex, Boost.Regex) would let one
// expression such as (a+)+b hold up the reading of all trials, or overflow the stack.
//
// An expression says which of its groups are what:
//   (?P<name>\w+) is (?P<value>\S+)    named groups; a group (?P<step>\d+) may be added
//   (\w+) is (\S+)                     two groups: name, then value
//   final score (\S+), metric "score"  one group, the value, of the metric that is named beside it
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/metric.h"
#include "model/result.h"

namespace sweepjob {

struct MetricPatternText {
  std::string regex;
  std::string metric;  // empty: the expression finds the name
};

class MetricPatterns {
 public:
  // InvalidManifest when an expression cannot be compiled, is too big, or its groups do not say
  // what is the value; `where` is the expression. Also what `validate` calls.
  [[nodiscard]] static Result<std::shared_ptr<const MetricPatterns>> compile(
      const std::vector<MetricPatternText>& texts);

  // Appends a copy of `blank` for each match whose value is a number. True when any expression
  // matched: the line has been read then, and the usual forms are not looked for in it.
  bool parse(std::string_view line, const MetricPoint& blank, std::vector<MetricPoint>& out) const;

  // Whether `name` is a metric named beside an expression: it is read by expressions alone.
  [[nodiscard]] bool claims(std::string_view name) const;

  ~MetricPatterns();
  MetricPatterns(const MetricPatterns&) = delete;
  MetricPatterns& operator=(const MetricPatterns&) = delete;

 private:
  struct Pattern;
  MetricPatterns();
  std::vector<Pattern> patterns_;
};

}  // namespace sweepjob
