// Literals as they stand in a normalised spec: what sweep_spec.cc writes and sweep_spec_read.cc
// reads back. Layer 1; internal to these two; pure; any thread.
//
// Two things would be lost or misread as plain JSON and get an escape of their own:
//   an infinity or NaN                      {"$float": "inf"}
//   a literal object with a known `type`    {"$literal": {"type": "uniform", ...}}
// because an object whose `type` names a distribution is an expression (azure-sweep section 6).
#pragma once

#include <optional>
#include <string_view>

#include "manifests/spec/search_space.h"
#include "model/value.h"

namespace sweepjob {

[[nodiscard]] Value encode_literal(const Value& literal);
[[nodiscard]] Value decode_literal(const Value& encoded);
[[nodiscard]] bool is_escaped(const Value& encoded);

// The kind that this object's `type` names, if it is an object that has one.
[[nodiscard]] std::optional<DistributionKind> expression_kind(const Value& value);

}  // namespace sweepjob
