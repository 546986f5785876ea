// Effective ranges: what values the log parameters of a search space really take. Layer 6; pure.
// Their bounds are exponents, which users mistake for the values (azure-sweep section 6).
#pragma once

#include <string>
#include <vector>

#include "manifests/spec/sweep_spec.h"

namespace sweepjob {

struct EffectiveRange {
  const Parameter* parameter = nullptr;  // of the spec
  // Of loguniform and qloguniform all values, of the lognormals 95 % of them.
  double low = 0;
  double high = 0;
  bool bounded = true;

  // "values from 0.001 to 0.1", "95 % of the values from 0.1 to 7"
  [[nodiscard]] std::string text() const;
};

// In YAML order, those of nested spaces included.
[[nodiscard]] std::vector<EffectiveRange> effective_ranges(const SweepSpec& spec);

}  // namespace sweepjob
