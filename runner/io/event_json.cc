#include "runner/io/event_json.h"

#include <cmath>
#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "model/check.h"
#include "runner/io/event_fields.h"

namespace sweepjob {
namespace {

using Json = nlohmann::ordered_json;

Json parsed_or_text(const std::string& text) {
  Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_discarded() ? Json(text) : parsed;
}

class JsonWriter {
 public:
  explicit JsonWriter(Json& out) : out_(out) {}

  void operator()(const char*, const AttemptId& attempt) {
    add("trial", index_of(attempt.trial));
    add("attempt", attempt.number);
  }
  // "spec_json" holds JSON: it is shown as what it holds, under "spec".
  void operator()(const char* name, const std::string& text) {
    constexpr std::string_view kSuffix = "_json";
    const std::string_view key = name;
    if (key.ends_with(kSuffix)) {
      add(key.substr(0, key.size() - kSuffix.size()), parsed_or_text(text));
    } else {
      add(key, text);
    }
  }
  template <class T>
  void operator()(const char* name, const std::optional<T>& value) {
    if (value) (*this)(name, *value);
  }
  template <class T>
  void operator()(const char* name, const T& value) {
    add(name, json_of(value));
  }

 private:
  void add(std::string_view name, Json value) {
    const bool added = out_.emplace(std::string(name), std::move(value)).second;
    SWEEPJOB_CHECK(added, "no two fields of an event share a name");
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  static Json json_of(T value) {
    if constexpr (std::floating_point<T>) {
      if (std::isnan(value)) return "NaN";
      if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    }
    return value;
  }
  static Json json_of(TrialId trial) { return index_of(trial); }
  static Json json_of(const SweepUid& uid) { return uid.hex(); }
  static Json json_of(Timestamp time) { return to_iso8601(time); }
  static Json json_of(const Budget& budget) { return json_of(budget.amount); }
  static Json json_of(const Params& params) { return parsed_or_text(to_json(Value(params), true)); }
  template <class T>
  requires std::is_enum_v<T>
  static Json json_of(T value) { return to_string(value); }

  Json& out_;
};

}  // namespace

const char* event_name(const EventBody& body) {
  return std::visit(
      [](const auto& event) {
        return journal_fields::kind_of<std::remove_cvref_t<decltype(event)>>().name;
      },
      body);
}

std::string event_to_json_line(std::uint64_t sequence, const Event& event) {
  Json line;
  line["schema_version"] = kEventSchemaVersion;
  line["sequence"] = sequence;
  line["time"] = to_iso8601(event.time);
  line["event"] = event_name(event.body);
  JsonWriter writer(line);
  std::visit([&](const auto& body) { journal_fields::fields(writer, body); }, event.body);
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sweepjob
