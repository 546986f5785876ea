// Value: a parameter or option value, JSON-like, maps in the order the user wrote. Layer 0.
// Params: what a sampler proposes, ordered name -> Value; a conditional branch is a nested map.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/result.h"

namespace sweepjob {

class Value {
 public:
  using List = std::vector<Value>;
  using Map = std::vector<std::pair<std::string, Value>>;
  using Data = std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map>;

  Value() = default;
  Value(bool value) : data_(value) {}
  Value(std::int64_t value) : data_(value) {}
  Value(int value) : data_(static_cast<std::int64_t>(value)) {}
  Value(double value) : data_(value) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(List value) : data_(std::move(value)) {}
  Value(Map value) : data_(std::move(value)) {}

  [[nodiscard]] const Data& data() const { return data_; }
  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  template <class T>
  [[nodiscard]] const T* get() const {
    return std::get_if<T>(&data_);
  }
  template <class T>
  [[nodiscard]] T* get() {
    return std::get_if<T>(&data_);
  }
  // The member of a map, or null when this is no map or has none of that name.
  [[nodiscard]] const Value* find(std::string_view key) const;
  // An int64 or a double as double; nothing otherwise (booleans are not numbers).
  [[nodiscard]] const double* as_number(double& storage) const;

  bool operator==(const Value&) const = default;

 private:
  Data data_;
};

using Params = Value::Map;

// Python 3's str(value): True, None, 1e-05, 0.1, -1, the string itself; a list or map becomes
// compact JSON, keys in order (spec azure-sweep sections 4 and 6).
[[nodiscard]] std::string python_str(const Value& value);
// Python 3's repr of a float: shortest round trip, exponent below 1e-4 and from 1e16 on.
[[nodiscard]] std::string python_float(double value);

// Compact JSON; NaN and infinities become null unless `text_for_nonfinite`, then "NaN" etc.
[[nodiscard]] std::string to_json(const Value& value, bool text_for_nonfinite = false);
// At most 200 levels deep.
[[nodiscard]] Result<Value> from_json(std::string_view text);

// The leaves in order, named by dotted path: {model: {name: svm, C: 1}} -> model.name, model.C.
[[nodiscard]] std::vector<std::pair<std::string, Value>> leaves_of(const Params& params);

// A hash of names, types and values, equal for equal Params on every machine (xxHash-independent:
// FNV-1a over the compact JSON): 16 hexadecimal digits.
[[nodiscard]] std::string params_hash(const Params& params);

}  // namespace sweepjob
