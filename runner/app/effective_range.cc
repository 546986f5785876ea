#include "runner/app/effective_range.h"

#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace sweepjob {
namespace {

double log_base(const Options& sampling) {
  const Option* option = sampling.find("logbase");
  double storage = 0;
  const double* base = option == nullptr ? nullptr : option->value.as_number(storage);
  return base == nullptr || !(*base > 0) ? std::numbers::e : *base;
}

}  // namespace

std::string EffectiveRange::text() const {
  return fmt::format("{} from {:.6g} to {:.6g}", bounded ? "values" : "95 % of the values", low,
                     high);
}

std::vector<EffectiveRange> effective_ranges(const SweepSpec& spec) {
  constexpr double kHalfWidth = 1.959963984540054;  // of a normal's middle 95 %, in sigmas
  const double base = log_base(spec.sampling);
  std::vector<EffectiveRange> ranges;
  for (const LeafParameter& leaf : all_parameters(spec.space)) {
    const Parameter& parameter = *leaf.parameter;
    switch (parameter.kind) {
      case DistributionKind::LogUniform:
      case DistributionKind::QLogUniform:
        ranges.push_back(
            {&parameter, std::pow(base, parameter.min), std::pow(base, parameter.max), true});
        break;
      case DistributionKind::LogNormal:
      case DistributionKind::QLogNormal:
        ranges.push_back({&parameter, std::pow(base, parameter.mu - kHalfWidth * parameter.sigma),
                          std::pow(base, parameter.mu + kHalfWidth * parameter.sigma), false});
        break;
      default: break;
    }
  }
  return ranges;
}

}  // namespace sweepjob
