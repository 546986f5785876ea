#include "runner/metrics/attempt_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runner/metrics/json_lines.h"

namespace sweepjob {
namespace {

// A line of the metrics file may hold some thousand metrics.
constexpr std::size_t kMaxJsonLineBytes = 1024 * 1024;

std::uint64_t position_of(const FollowRequest& request, Channel channel) {
  std::uint64_t position = 0;
  for (const Cursor& cursor : request.cursors) {
    if (cursor.channel == channel) position = std::max(position, cursor.position);
  }
  return position;
}

}  // namespace

AttemptReader::AttemptReader(const FollowRequest& request,
                             std::shared_ptr<const ReadingRules> rules)
    : attempt_(request.attempt),
      rules_(std::move(rules)),
      stdout_(request.stdout_file, position_of(request, Channel::Stdout), kMaxLineBytes,
              [this](const Line& line, MetricBatch& batch) {
                if (reads(Channel::Stdout)) {
                  rules_->stdout_lines.parse(line, batch.points);
                } else if (!noticed_) {
                  std::vector<MetricPoint> points;
                  rules_->stdout_lines.parse(line, points);
                  notice(points, batch);
                }
              }),
      metrics_(request.metrics_file, position_of(request, Channel::File), kMaxJsonLineBytes,
               [this, from_start = position_of(request, Channel::File) == 0](const Line& line,
                                                                             MetricBatch& batch) {
                 if (reads(Channel::File)) {
                   parse_json(line, from_start, batch);
                 } else if (!noticed_ && !line.shortened) {
                   MetricPoint blank;
                   blank.channel = Channel::File;
                   blank.position = line.end;
                   std::vector<MetricPoint> points;
                   const auto parsed =
                       parse_json_line(line.text, blank, rules_->exact_names, points);
                   if (parsed.has_value()) notice(points, batch);
                 }
               }) {}

// What is not read is looked at until it has shown the primary metric once.
void AttemptReader::notice(std::vector<MetricPoint>& points, MetricBatch& batch) {
  for (MetricPoint& point : points) {
    const auto& names = rules_->exact_names;
    if (std::find(names.begin(), names.end(), point.name) == names.end()) continue;
    noticed_ = true;
    batch.elsewhere = std::move(point);
    return;
  }
}

void AttemptReader::finish(const FinalSizes& sizes) {
  stdout_.end_at(sizes.stdout_bytes);
  metrics_.end_at(sizes.metrics_bytes);
}

void AttemptReader::parse_json(const Line& line, bool from_start, MetricBatch& batch) {
  ++json_lines_seen_;
  if (line.text.find_first_not_of(" \t") == std::string_view::npos && !line.shortened) return;
  MetricPoint blank;
  blank.channel = Channel::File;
  blank.position = line.end;
  std::string why = "longer than " + std::to_string(kMaxJsonLineBytes) + " bytes";
  if (!line.shortened) {
    const Result<void> parsed =
        parse_json_line(line.text, blank, rules_->exact_names, batch.points);
    if (parsed) return;
    why = parsed.error().message();
  }
  if (std::exchange(warned_bad_line_, true)) return;
  // After a restart the lines before the cursor have not been counted.
  const std::string where = from_start ? "line " + std::to_string(json_lines_seen_)
                                       : "the line that ends at byte " + std::to_string(line.end);
  batch.warnings.push_back(
      {"bad_json_line", "metrics file: " + where + " is passed over, as all such lines: " + why});
}

bool AttemptReader::take_turn(MetricBatch& batch, std::size_t max_bytes) {
  batch.attempt = attempt_;
  MetricBatch printed;
  bool more = stdout_.read_some(max_bytes, buffer_, printed);
  more |= metrics_.read_some(max_bytes, buffer_, batch);
  if (batch.points.empty()) {
    batch.points = std::move(printed.points);
  } else {
    std::move(printed.points.begin(), printed.points.end(), std::back_inserter(batch.points));
  }
  std::move(printed.warnings.begin(), printed.warnings.end(), std::back_inserter(batch.warnings));
  if (printed.elsewhere) batch.elsewhere = std::move(printed.elsewhere);
  batch.bytes_read += printed.bytes_read;
  batch.drained = drained();
  return more;
}

}  // namespace sweepjob
