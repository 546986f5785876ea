#include "runner/io/metric_records.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace sweepjob {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
// Far longer than a record can get; a file without newlines is not read into memory.
constexpr std::size_t kMaxRecordBytes = 16 * 1024 * 1024;

class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}
  [[nodiscard]] bool done() const { return done_; }

  std::string_view text() {
    const std::size_t tab = rest_.find('\t');
    const std::string_view field = rest_.substr(0, tab);
    done_ = tab == std::string_view::npos;
    rest_.remove_prefix(done_ ? rest_.size() : tab + 1);
    return field;
  }
  template <class T>
  bool number(T& value) {
    const std::string_view field = text();
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    return error == std::errc() && end == field.data() + field.size();
  }
  template <class T>
  bool number_or_dash(std::optional<T>& value) {
    if (rest_ == "-" || rest_.starts_with("-\t")) {
      text();
      value.reset();
      return true;
    }
    return number(value.emplace());
  }

 private:
  std::string_view rest_;
  bool done_ = false;
};

bool is_channel(unsigned number) { return number >= 1 && number <= 5; }

Error unreadable(const std::string& path, std::string why) {
  return Error(ErrorCode::StateFolder, std::move(why), path);
}

// Splits what is fed to it; knows the header from the records.
class RecordScanner {
 public:
  RecordScanner(const std::string& path, const std::function<void(const MetricRecord&)>& visit)
      : path_(path), visit_(visit) {}

  [[nodiscard]] Result<void> feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t newline = bytes.find('\n');
      const std::string_view part = bytes.substr(0, newline);
      if (partial_.size() + part.size() > kMaxRecordBytes) {
        return unreadable(path_, "a record is longer than 16 MiB: the file is damaged");
      }
      if (newline == std::string_view::npos) {
        partial_ += part;
        return {};
      }
      offset_ += partial_.size() + part.size() + 1;
      Result<void> taken;
      if (partial_.empty()) {
        taken = take_line(part);
      } else {
        partial_ += part;
        taken = take_line(partial_);
        partial_.clear();
      }
      if (!taken) return taken;
      bytes.remove_prefix(newline + 1);
    }
    return {};
  }

  [[nodiscard]] const MetricFileScan& scan() const { return scan_; }

 private:
  Result<void> take_line(std::string_view line) {
    if (!header_seen_) {
      header_seen_ = true;
      if (line != kMetricFileHeader.substr(0, kMetricFileHeader.size() - 1)) {
        return unreadable(path_, "not a metric file of this version of sweepjob");
      }
    } else if (!parse_metric_record(line, record_)) {
      ++pending_damage_;
      return {};
    } else {
      visit_(record_);
    }
    scan_.damaged += std::exchange(pending_damage_, 0);
    scan_.valid_end = offset_;
    return {};
  }

  const std::string& path_;
  const std::function<void(const MetricRecord&)>& visit_;
  MetricFileScan scan_;
  MetricRecord record_;
  std::string partial_;
  std::uint64_t offset_ = 0;
  std::uint64_t pending_damage_ = 0;
  bool header_seen_ = false;
};

}  // namespace

void append_metric_record(AttemptId attempt, std::span<const MetricPoint> points,
                          std::string& out) {
  const auto end = std::back_inserter(out);
  fmt::format_to(end, "{}\t{}\t{}", attempt.number, static_cast<unsigned>(points.front().channel),
                 points.front().position);
  for (const MetricPoint& point : points) {
    fmt::format_to(end, "\t{}\t{}\t", point.name, point.value);
    if (point.step) {
      fmt::format_to(end, "{}", *point.step);
    } else {
      out += '-';
    }
    out += '\t';
    if (point.time) {
      fmt::format_to(end, "{}", to_micros(*point.time));
    } else {
      out += '-';
    }
  }
  out += '\n';
}

bool parse_metric_record(std::string_view line, MetricRecord& record) {
  Fields fields(line);
  unsigned channel = 0;
  if (!fields.number(record.attempt.number) || fields.done() || !fields.number(channel) ||
      fields.done() || !fields.number(record.position) || !is_channel(channel)) {
    return false;
  }
  record.channel = static_cast<Channel>(channel);
  record.points.clear();
  while (!fields.done()) {
    MetricPoint& point = record.points.emplace_back();
    point.channel = record.channel;
    point.position = record.position;
    point.name = fields.text();
    std::optional<std::int64_t> time;
    if (point.name.empty() || fields.done() || !fields.number(point.value) || fields.done() ||
        !fields.number_or_dash(point.step) || fields.done() || !fields.number_or_dash(time)) {
      return false;
    }
    if (time) point.time = from_micros(*time);
  }
  return !record.points.empty();
}

Result<MetricFileScan> scan_metric_file(int descriptor, const std::string& path,
                                        const std::function<void(const MetricRecord&)>& visit) {
  RecordScanner scanner(path, visit);
  std::string buffer(kPieceBytes, '\0');
  off_t offset = 0;
  for (;;) {
    const ssize_t got = ::pread(descriptor, buffer.data(), buffer.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) return scanner.scan();
    offset += got;
    const Result<void> fed =
        scanner.feed(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    if (!fed) return fed.error();
  }
}

}  // namespace sweepjob
