// No library: libcsv, Debian's only one that fits, hands out copied cells without their lines, and
// what a row means (order, gaps, restarts, with line numbers) is nearly all of this file.
#include "runner/app/curve_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"

namespace sweepjob {
namespace {

constexpr std::uint32_t kMostTrials = 1'000'000;
constexpr std::uint32_t kMostIntervals = 100'000'000;
constexpr std::uint32_t kIntervalBits = (1U << 29) - 1;
constexpr std::size_t kLongestLine = std::size_t{1} << 20;

enum Column : std::size_t { kTrial, kInterval, kValue, kSeconds, kTime, kAttempt, kMetric };
constexpr std::array<std::string_view, 7> kColumns{"trial", "interval", "value", "seconds",
                                                   "time",  "attempt",  "metric"};

std::string quoted(std::string_view cell) { return "'" + printable(cell, 60) + "'"; }

template <class Number>
std::optional<Number> number_in(std::string_view cell) {
  Number number{};
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (cell.empty() || end != cell.data() + cell.size() || error != std::errc()) return std::nullopt;
  return number;
}

// Cells as views into `line`, or into `unquoted` where quotes had to go. False: a quote stays open.
bool split_row(std::string_view line, std::vector<std::string_view>& cells,
               std::vector<std::string>& unquoted) {
  cells.clear();
  unquoted.clear();
  unquoted.reserve(static_cast<std::size_t>(std::count(line.begin(), line.end(), '"')));
  while (true) {
    std::size_t end = 0;
    if (!line.starts_with('"')) {
      end = std::min(line.find(','), line.size());
      cells.push_back(line.substr(0, end));
    } else {
      std::string text;
      for (end = 1;; ++end) {
        if (end >= line.size()) return false;
        if (line[end] == '"' && (end + 1 == line.size() || line[end + 1] != '"')) break;
        if (line[end] == '"') ++end;
        text.push_back(line[end]);
      }
      ++end;
      unquoted.push_back(std::move(text));
      cells.push_back(unquoted.back());
      if (end < line.size() && line[end] != ',') return false;
    }
    if (end >= line.size()) return true;
    line.remove_prefix(end + 1);
  }
}

// "2026-11-21T17:21:03", with a fraction or without, and a Z or nothing behind it.
std::optional<Timestamp> time_in(std::string_view text) {
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':' ||
      (text[10] != 'T' && text[10] != ' ')) {
    return std::nullopt;
  }
  const auto part = [&](std::size_t at, std::size_t count) {
    return number_in<std::uint32_t>(text.substr(at, count)).value_or(9999);
  };
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(part(0, 4))),
                                        std::chrono::month(part(5, 2)),
                                        std::chrono::day(part(8, 2))};
  const std::uint32_t hour = part(11, 2), minute = part(14, 2), second = part(17, 2);
  std::string_view rest = text.substr(19);
  if (rest.ends_with('Z')) rest.remove_suffix(1);
  const auto fraction = rest.empty() ? std::optional<double>(0.0) : number_in<double>(rest);
  const bool plain = rest.empty() || rest.starts_with('.');
  if (!day.ok() || hour > 23 || minute > 59 || second > 60 || !fraction || !plain) {
    return std::nullopt;
  }
  const auto seconds = std::chrono::sys_days(day) + std::chrono::hours(hour) +
                       std::chrono::minutes(minute) + std::chrono::seconds(second);
  return Timestamp(seconds) + Duration(std::llround(*fraction * 1e6));
}

class CurveReader {
 public:
  CurveReader(std::string file_name, Goal goal) : file_(std::move(file_name)) {
    curves_.name = file_;
    curves_.objective = {"value", goal};
  }

  Result<RecordedCurves> read(std::istream& in) {
    std::string line;
    while (std::getline(in, line)) {
      ++line_;
      if (line.size() > kLongestLine) return fail("a line of more than 1 MiB");
      if (line_ == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
      if (line.ends_with('\r')) line.pop_back();
      if (line.empty() && line_ > 1) continue;
      if (!split_row(line, cells_, unquoted_)) {
        return fail("a quote is not closed, or text follows a closed one");
      }
      auto taken = line_ == 1 ? take_header() : take_row();
      if (taken.has_error()) return taken.error();
    }
    if (in.bad()) return Error(ErrorCode::StateFolder, "reading failed", file_);
    if (line_ == 0) return fail("the file is empty, expected a line of column names");
    if (curves_.reports.empty()) return fail("no row has a trial, an interval and a value");
    arrange();
    return std::move(curves_);
  }

 private:
  struct Last {
    std::uint32_t interval = 0;
    std::uint32_t attempt = 0;
    Timestamp time{};
  };

  [[nodiscard]] Error fail(const std::string& message) const {
    return {ErrorCode::InvalidManifest, message, fmt::format("{}:{}", file_, line_)};
  }
  [[nodiscard]] bool has(Column column) const { return places_[column].has_value(); }
  [[nodiscard]] std::string_view cell(Column column) const {
    return places_[column] ? cells_[*places_[column]] : std::string_view();
  }

  Result<void> take_header();
  Result<void> take_row();
  Result<void> take_time(RecordedReport& report);
  Result<void> check_order(const RecordedReport& report, std::uint32_t attempt);
  void arrange();
  void end_trial(std::size_t before, const RecordedReport& report);

  std::string file_;
  RecordedCurves curves_;
  std::array<std::optional<std::size_t>, kColumns.size()> places_;
  std::size_t width_ = 0;
  std::uint64_t line_ = 0;
  std::vector<std::string_view> cells_;
  std::vector<std::string> unquoted_;
  std::vector<Last> last_;  // by trial
};

Result<void> CurveReader::take_header() {
  width_ = cells_.size();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const auto known = std::find(kColumns.begin(), kColumns.end(), cells_[i]);
    if (known == kColumns.end()) continue;
    auto& place = places_[static_cast<std::size_t>(known - kColumns.begin())];
    if (place) return fail("two columns are named " + quoted(cells_[i]));
    place = i;
  }
  for (const Column column : {kTrial, kInterval, kValue}) {
    if (has(column)) continue;
    return fail(
        fmt::format("no column is named '{}'; expected trial, interval, value and perhaps "
                    "seconds or time, attempt, metric",
                    kColumns[column]));
  }
  curves_.timed = has(kSeconds) || has(kTime);
  return {};
}

Result<void> CurveReader::take_row() {
  if (cells_.size() != width_) {
    return fail(fmt::format("{} cells, expected {} as in the first line", cells_.size(), width_));
  }
  if (has(kMetric) && cell(kInterval).empty()) return {};  // of another metric
  RecordedReport report;
  const auto trial = number_in<std::uint32_t>(cell(kTrial));
  if (!trial || *trial >= kMostTrials) {
    return fail(fmt::format("trial: expected a whole number from 0 to {}, found {}",
                            kMostTrials - 1, quoted(cell(kTrial))));
  }
  report.trial = TrialId{*trial};
  const auto interval = number_in<std::uint32_t>(cell(kInterval));
  if (!interval || *interval == 0 || *interval > kMostIntervals) {
    return fail("interval: expected 1, 2, 3, ..., found " + quoted(cell(kInterval)));
  }
  report.interval = *interval & kIntervalBits;
  const auto value = number_in<double>(cell(kValue));
  if (!value) return fail("value: expected a number, found " + quoted(cell(kValue)));
  report.value = *value;
  report.judged = 1;
  const auto attempt = has(kAttempt) ? number_in<std::uint32_t>(cell(kAttempt)) : 0;
  if (!attempt) {
    return fail("attempt: expected a whole number, found " + quoted(cell(kAttempt)));
  }
  if (has(kMetric)) {
    const std::string metric(cell(kMetric));
    if (curves_.reports.empty()) curves_.objective.primary_metric = metric;
    if (metric != curves_.objective.primary_metric) {
      return fail("metric: expected " + quoted(curves_.objective.primary_metric) +
                  " as before, found " + quoted(metric));
    }
  }
  if (auto taken = take_time(report); taken.has_error()) return taken.error();
  if (auto checked = check_order(report, *attempt); checked.has_error()) return checked.error();
  curves_.reports.push_back(report);
  return {};
}

Result<void> CurveReader::take_time(RecordedReport& report) {
  if (has(kSeconds)) {
    const auto seconds = number_in<double>(cell(kSeconds));
    if (!seconds || !(std::fabs(*seconds) < 1e11)) {
      return fail("seconds: expected a number, found " + quoted(cell(kSeconds)));
    }
    report.time = from_micros(std::llround(*seconds * 1e6));
  } else if (has(kTime)) {
    const auto time = time_in(cell(kTime));
    if (!time) {
      return fail("time: expected a time such as 2026-11-21T17:21:03.5Z, found " +
                  quoted(cell(kTime)));
    }
    report.time = *time;
  }
  return {};
}

Result<void> CurveReader::check_order(const RecordedReport& report, std::uint32_t attempt) {
  const std::uint32_t trial = index_of(report.trial);
  if (trial >= last_.size()) last_.resize(trial + 1);
  Last& last = last_[trial];
  const std::uint32_t interval = report.interval;
  const bool restarts = attempt > last.attempt && last.interval > 0 && interval <= last.interval;
  if (interval != last.interval + 1 && !restarts) {
    const std::string expected =
        last.interval == 0 ? "1, its first" : fmt::format("{}", last.interval + 1);
    return fail(fmt::format("interval {} of trial {}: expected {}", interval, trial, expected));
  }
  if (last.interval > 0 && report.time < last.time) {
    return fail(
        fmt::format("interval {} of trial {} is earlier than the one before it", interval, trial));
  }
  last = {interval, std::max(attempt, last.attempt), report.time};
  return {};
}

// The order of arrival, and what a policy hears besides: trials are added in the order of their
// numbers, as a sweep does it, and end with their last row.
void CurveReader::arrange() {
  const auto earlier = [](const RecordedReport& a, const RecordedReport& b) {
    return a.time < b.time;
  };
  if (!std::is_sorted(curves_.reports.begin(), curves_.reports.end(), earlier)) {
    std::stable_sort(curves_.reports.begin(), curves_.reports.end(), earlier);
  }
  curves_.trials.resize(last_.size());
  for (const RecordedReport& report : curves_.reports) {
    ++curves_.trials[index_of(report.trial)].reports;
  }
  std::vector<std::vector<double>> standing(last_.size());
  std::vector<std::uint64_t> left(last_.size());
  std::uint32_t added = 0;
  const Goal goal = curves_.objective.goal;
  for (std::size_t i = 0; i < curves_.reports.size(); ++i) {
    RecordedReport& report = curves_.reports[i];
    const std::uint32_t index = index_of(report.trial);
    for (; added <= index; ++added) {
      curves_.events.push_back({i, report.time, TrialAdded{TrialId{added}, {}}});
    }
    RecordedTrial& trial = curves_.trials[index];
    std::vector<double>& values = standing[index];
    if (values.empty() && trial.spans.empty()) {
      trial.spans.emplace_back(report.time, report.time);
      left[index] = trial.reports;
    }
    if (report.interval <= values.size()) {
      values.resize(report.interval - 1);
      trial.best = kWorst;
      for (const double value : values) trial.best = best_of(goal, trial.best, value);
      curves_.events.push_back(
          {i, report.time, ReportsRemoved{report.trial, report.interval - 1U}});
    }
    values.push_back(report.value);
    report.best = trial.best = best_of(goal, trial.best, report.value);
    trial.spans.back().second = report.time;
    if (--left[index] > 0) continue;
    std::vector<double>().swap(values);
    end_trial(i + 1, report);
  }
}

void CurveReader::end_trial(std::size_t before, const RecordedReport& report) {
  TrialEnded ended{report.trial, Status::Completed, {}, report.value};
  if (!is_worst(report.best)) ended.best = report.best;
  curves_.events.push_back({before, report.time, ended});
}

}  // namespace

Result<RecordedCurves> read_curves(std::istream& in, const std::string& file_name, Goal goal) {
  return CurveReader(file_name, goal).read(in);
}

Result<RecordedCurves> read_curve_file(const std::string& path, Goal goal) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(ErrorCode::NotFound, "cannot open the table of curves", path);
  return read_curves(in, path, goal);
}

}  // namespace sweepjob
