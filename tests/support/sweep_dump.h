// The whole state of a Sweep as text, to compare a replayed one with the live one: every field, and
// of sampler and policy what they would say next.
#pragma once

#include <string>

#include "runner/core/sweep.h"

namespace sweepjob {

[[nodiscard]] std::string dump(const Sweep& sweep);
// The first line in which two dumps differ, with both sides; empty: they are equal.
[[nodiscard]] std::string first_difference(const std::string& a, const std::string& b);

}  // namespace sweepjob
