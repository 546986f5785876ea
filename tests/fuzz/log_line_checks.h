// What must hold for whatever bytes a trial prints; used by the corpus test (log_line_fuzz_test.cc)
// and by libFuzzer (log_line_fuzz_target.cc). A broken promise is a SWEEPJOB_CHECK, which aborts,
// so that both see it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "model/check.h"
#include "model/metric.h"
#include "runner/metrics/json_lines.h"
#include "runner/metrics/line_reader.h"
#include "runner/metrics/metric_text.h"
#include "runner/metrics/stdout_lines.h"

namespace sweepjob {

inline constexpr std::size_t kFuzzMaxLine = 512;

inline const StdoutLines& fuzz_stdout_lines() {
  static const StdoutLines lines(
      {"acc", "val acc", "test:acc", "valid_0's multi_logloss", "iteration"},
      MetricPatterns::compile({{R"(top1 \(([^)]*)\))", "top1"},
                               {R"((?P<name>\w+) -> (?P<value>\S*)(?P<step> \d+)?)", ""},
                               {"(?:(?:a+)+b|)x(.)", "x"}})
          .value());
  return lines;
}

inline void check_line(const Line& line) {
  // A byte that is not UTF-8 becomes three.
  SWEEPJOB_CHECK(line.text.size() <= 3 * kFuzzMaxLine, "memory is bounded by the longest line");
  std::string buffer;
  SWEEPJOB_CHECK(clean_text(line.text, buffer) == line.text, "what is clean stays as it is");
}

// All points of `bytes` fed in pieces of `piece`, from `start` on.
inline std::vector<MetricPoint> fuzz_points(std::string_view bytes, std::size_t piece,
                                            std::size_t start = 0) {
  LineReader reader(start, kFuzzMaxLine);
  std::vector<MetricPoint> points;
  const std::vector<std::string> exact = {"acc"};
  const auto sink = [&](const Line& line) {
    check_line(line);
    fuzz_stdout_lines().parse(line, points);
    MetricPoint blank;
    blank.channel = Channel::File;
    blank.position = line.end;
    (void)parse_json_line(line.text, blank, exact, points).has_value();
  };
  for (std::size_t at = start; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece), sink);
  }
  reader.finish(sink);
  SWEEPJOB_CHECK(reader.position() == std::max(start, bytes.size()), "all of it was read");
  return points;
}

inline bool is_same(const MetricPoint& a, const MetricPoint& b) {
  const bool values = a.value == b.value || (std::isnan(a.value) && std::isnan(b.value));
  return a.channel == b.channel && a.position == b.position && a.name == b.name && values &&
         a.time == b.time && a.step.has_value() == b.step.has_value() &&
         (!a.step || *a.step == *b.step || std::isnan(*a.step));
}

inline bool are_same(const std::vector<MetricPoint>& a, const std::vector<MetricPoint>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_same);
}

inline void check_log_bytes(std::string_view bytes) {
  const std::vector<MetricPoint> whole = fuzz_points(bytes, bytes.size() + 1);
  std::uint64_t last = 0;
  for (const MetricPoint& point : whole) {
    SWEEPJOB_CHECK(is_valid_metric_name(point.name), "names are bounded and printable");
    SWEEPJOB_CHECK(point.position >= last && point.position <= bytes.size(),
                   "positions grow and lie in the stream");
    last = point.position;
  }
  for (const std::size_t piece : {1, 2, 7, 64}) {
    SWEEPJOB_CHECK(are_same(fuzz_points(bytes, piece), whole),
                   "how the stream is split makes no difference");
  }
  if (whole.empty()) return;
  // Killed after any of its points: here the one in the middle.
  const std::uint64_t cursor = whole[whole.size() / 2].position;
  const auto is_after = [&](const MetricPoint& point) { return point.position > cursor; };
  std::vector<MetricPoint> rest;
  std::copy_if(whole.begin(), whole.end(), std::back_inserter(rest), is_after);
  SWEEPJOB_CHECK(are_same(fuzz_points(bytes, 64, cursor), rest),
                 "following from a position gives exactly what comes after it");
}

}  // namespace sweepjob
