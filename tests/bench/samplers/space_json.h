// A search space as JSON, for programs that are not ours, and back. One object a parameter:
//
//   {"name":"rate","kind":"loguniform","min":-7,"max":0}        bounds are exponents of e, as in
//   Azure
//   {"name":"depth","kind":"quniform","min":1,"max":9,"q":1,"integral":true}
//   {"name":"k","kind":"randint","upper":12}
//   {"name":"model","kind":"choice","entries":[{"value":"knn"},
//     {"members":[{"name":"name","value":"svm"},{"name":"C","kind":...}]}]}
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "manifests/spec/search_space.h"

namespace sweepjob::bench {

[[nodiscard]] nlohmann::ordered_json to_json(const SearchSpace& space);
// Throws nlohmann's exceptions, or std::invalid_argument: for files and peers of our own.
[[nodiscard]] SearchSpace space_from(const nlohmann::ordered_json& json);

// Values the same way; a JSON number without a point is an integer.
[[nodiscard]] nlohmann::ordered_json to_json(const Value& value);
[[nodiscard]] Value value_from(const nlohmann::ordered_json& json);

}  // namespace sweepjob::bench
