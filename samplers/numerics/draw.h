// From uniform numbers in [0, 1] to parameter values. Layer 2; pure functions; any thread.
// Called by the samplers. Formulas: spec azure-sweep section 6 (round is half to even, quantized
// values are not clamped), inverse distribution functions of section 5.
#pragma once

#include <cstddef>
#include <functional>
#include <numbers>

#include "manifests/spec/options.h"
#include "manifests/spec/search_space.h"
#include "model/value.h"

namespace sweepjob {

// The default of the option `logbase`.
inline constexpr double kNaturalBase = std::numbers::e;

// The option itself: a positive number or "e"; what else stands there is an error.
[[nodiscard]] double read_logbase(OptionReader& reader);

// floor(u * count), below `count` also for u = 1. `count` is at least 1.
[[nodiscard]] std::int64_t pick_index(double u, std::int64_t count);

// The value of any kind but choice at u. Normals take the quantile of u clipped to
// (2^-33, 1 - 2^-33); a logarithmic kind is logbase to the power of its inner draw.
[[nodiscard]] Value draw_number(const Parameter& parameter, double u, double logbase);

// The quantized kinds are multiples k * q: k at u, and the value that belongs to k.
[[nodiscard]] double draw_multiple(const Parameter& parameter, double u, double logbase);
[[nodiscard]] Value quantized_value(const Parameter& parameter, double multiple);
[[nodiscard]] bool is_quantized(DistributionKind kind);

// Asked once for every parameter on the drawn branch, a choice before what it holds.
using UniformSource = std::function<double(const Parameter&)>;

// A choice becomes its literal, or a map of its members, in YAML order, drawn in their turn.
[[nodiscard]] Value draw(const Parameter& parameter, const UniformSource& uniform, double logbase);
[[nodiscard]] Params draw_params(const SearchSpace& space, const UniformSource& uniform,
                                 double logbase);

}  // namespace sweepjob
