#include "runner/metrics/json_lines.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "runner/metrics/metric_text.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxDepth = 8;  // objects deeper than this are passed over

constexpr std::array<std::string_view, 5> kStepKeys = {"global_step", "step", "_step", "iteration",
                                                       "epoch"};
constexpr std::array<std::string_view, 3> kTimeKeys = {"time", "timestamp", "_timestamp"};
constexpr std::array<std::string_view, 3> kNameKeys = {"name", "key", "metric"};

template <std::size_t N>
std::size_t index_in(const std::array<std::string_view, N>& words, std::string_view word) {
  return static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin());
}

std::optional<double> non_finite_word(std::string_view text) {
  if (text.size() > 9) return std::nullopt;  // "-Infinity"
  const std::optional<double> value = whole_number(text);
  return value && !std::isfinite(*value) ? value : std::nullopt;
}

// The magnitude tells the unit; anything before 2001 is more likely a duration.
std::optional<Timestamp> time_of(double value) {
  if (!(value >= 1e9) || value >= 1e20) return std::nullopt;
  const double micros = value < 1e11   ? value * 1e6
                        : value < 1e14 ? value * 1e3
                        : value < 1e17 ? value
                                       : value / 1e3;
  return from_micros(static_cast<std::int64_t>(micros));
}

// nlohmann's SAX interface: no tree is built, and nesting costs no stack.
class Collector {
 public:
  Collector(const MetricPoint& blank, std::span<const std::string> exact_names,
            std::vector<MetricPoint>& out)
      : blank_(blank), exact_names_(exact_names), out_(out), first_(out.size()) {}

  bool null() { return other(); }
  bool boolean(bool) { return other(); }
  bool number_integer(std::int64_t value) { return number(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) { return number(static_cast<double>(value)); }
  bool number_float(double value, const std::string&) { return number(value); }
  bool binary(std::vector<std::uint8_t>&) { return other(); }
  bool string(std::string& text);
  bool start_object(std::size_t);
  bool key(std::string& name);
  bool end_object();
  bool start_array(std::size_t);
  bool end_array();
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception&) {
    error_ = "not a JSON object: column " + std::to_string(byte);
    return false;
  }

  [[nodiscard]] Result<void> finish();

 private:
  bool number(double value);
  bool other();
  bool fail(std::string why) {
    error_ = std::move(why);
    return false;
  }
  void add(std::string_view name, double value);
  [[nodiscard]] bool is_exact(std::string_view name) const {
    return std::find(exact_names_.begin(), exact_names_.end(), name) != exact_names_.end();
  }
  [[nodiscard]] bool at_top() const { return depth_ == 1 && arrays_ == 0; }

  const MetricPoint& blank_;
  std::span<const std::string> exact_names_;
  std::vector<MetricPoint>& out_;
  const std::size_t first_;
  std::string error_;

  std::string path_;  // names of the open objects, each with a '/' behind it
  std::array<std::size_t, kMaxDepth + 1> path_sizes_{};
  std::string key_;
  std::size_t depth_ = 0;
  std::size_t arrays_ = 0;
  bool name_refused_ = false;

  std::array<std::optional<double>, kStepKeys.size()> steps_;
  std::optional<Timestamp> time_;
  std::optional<std::string> name_;
  bool has_value_key_ = false;
  std::optional<double> value_;
};

bool Collector::start_object(std::size_t) {
  ++depth_;
  if (arrays_ > 0 || depth_ > kMaxDepth) return true;
  path_sizes_[depth_] = path_.size();
  if (depth_ > 1 && path_.size() <= kMaxMetricNameBytes) (path_ += key_) += '/';
  return true;
}

bool Collector::key(std::string& name) {
  key_.swap(name);
  if (at_top() && key_ == "value") has_value_key_ = true;
  return true;
}

bool Collector::end_object() {
  if (arrays_ == 0 && depth_ <= kMaxDepth) path_.resize(path_sizes_[depth_]);
  --depth_;
  return true;
}

bool Collector::start_array(std::size_t) {
  if (depth_ == 0) return fail("not a JSON object but a list");
  ++arrays_;
  return true;
}

bool Collector::end_array() {
  --arrays_;
  return true;
}

bool Collector::other() { return depth_ > 0 || fail("not a JSON object"); }

bool Collector::string(std::string& text) {
  if (const std::optional<double> value = non_finite_word(text)) return number(*value);
  if (at_top() && index_in(kNameKeys, key_) < kNameKeys.size() && !name_) name_ = std::move(text);
  return other();
}

bool Collector::number(double value) {
  if (depth_ == 0 || arrays_ > 0 || depth_ > kMaxDepth) return other();
  if (at_top() && key_ == "value") value_ = value;
  if (at_top() && !is_exact(key_)) {
    if (const std::size_t i = index_in(kStepKeys, key_); i < kStepKeys.size()) {
      if (std::isfinite(value)) steps_[i] = value;
      return true;
    }
    if (index_in(kTimeKeys, key_) < kTimeKeys.size()) {
      if (const std::optional<Timestamp> time = time_of(value)) {
        time_ = time;
        return true;
      }
    }
  }
  if (path_.empty()) {
    add(key_, value);
  } else if (path_.size() + key_.size() > kMaxMetricNameBytes) {
    name_refused_ = true;  // and not joined: that would be quadratic in the line
  } else {
    add(path_ + key_, value);
  }
  return true;
}

void Collector::add(std::string_view name, double value) {
  if (!is_valid_metric_name(name)) {
    name_refused_ = true;
    return;
  }
  MetricPoint& point = out_.emplace_back(blank_);
  point.name = name;
  point.value = value;
}

Result<void> Collector::finish() {
  if (error_.empty() && name_ && has_value_key_) {
    out_.resize(first_);
    name_refused_ = false;
    if (value_) {
      add(*name_, *value_);
    } else {
      error_ = "the value of the metric is not a number";
    }
  }
  if (error_.empty() && name_refused_) {
    error_ = "a metric's name is empty, longer than 256 bytes or has control characters";
  }
  if (!error_.empty()) {
    out_.resize(first_);
    return Error(ErrorCode::Internal, error_);
  }
  const auto step = std::find_if(steps_.begin(), steps_.end(),
                                 [](const std::optional<double>& s) { return s.has_value(); });
  for (std::size_t i = first_; i < out_.size(); ++i) {
    if (step != steps_.end()) out_[i].step = *step;
    if (time_) out_[i].time = time_;
  }
  return {};
}

// nlohmann refuses bare NaN and Infinity, which Python's json.dumps writes, and no JSON library of
// the distribution that is still maintained accepts them: outside of strings they get quotes, which
// Collector reads back as numbers. Empty when there are none.
std::string quote_non_finite(std::string_view text) {
  std::string quoted;
  std::size_t copied = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (in_string) {
      if (c == '\\') ++i;
      continue;
    }
    if (c != '-' && std::isalpha(static_cast<unsigned char>(c)) == 0) continue;
    std::size_t end = i + 1;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0) ++end;
    if (non_finite_word(text.substr(i, end - i))) {
      quoted.append(text, copied, i - copied).append(1, '"').append(text, i, end - i);
      quoted += '"';
      copied = end;
    }
    i = end - 1;
  }
  if (copied > 0) quoted.append(text, copied);
  return quoted;
}

Result<void> parse_strict(std::string_view text, const MetricPoint& blank,
                          std::span<const std::string> exact_names, std::vector<MetricPoint>& out) {
  Collector collector(blank, exact_names, out);
  nlohmann::json::sax_parse(text.begin(), text.end(), &collector);
  return collector.finish();
}

}  // namespace

Result<void> parse_json_line(std::string_view text, const MetricPoint& blank,
                             std::span<const std::string> exact_names,
                             std::vector<MetricPoint>& out) {
  const Result<void> strict = parse_strict(text, blank, exact_names, out);
  if (strict) return {};
  const std::string quoted = quote_non_finite(text);
  if (quoted.empty()) return strict.error();
  return parse_strict(quoted, blank, exact_names, out);
}

}  // namespace sweepjob
