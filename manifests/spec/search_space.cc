#include "manifests/spec/search_space.h"

#include <limits>
#include <optional>

namespace sweepjob {
namespace {

constexpr std::uint64_t kManyPoints = std::numeric_limits<std::uint64_t>::max();

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > kManyPoints - b ? kManyPoints : a + b;
}

std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
  if (a == 0 || b == 0) return 0;
  return a > kManyPoints / b ? kManyPoints : a * b;
}

void collect(const Parameter& parameter, const std::string& branch_path, std::size_t depth,
             std::vector<LeafParameter>& out) {
  out.push_back({&parameter, branch_path, depth});
  for (std::size_t i = 0; i < parameter.choices.size(); ++i) {
    for (const ChoiceEntry::Member& member : parameter.choices[i].members) {
      if (const auto* nested = std::get_if<Parameter>(&member.content)) {
        collect(*nested, branch_path + "[" + std::to_string(i) + "]." + member.name, depth + 1,
                out);
      }
    }
  }
}

// Nothing when the parameter, or one nested in any branch of it, has no countable values.
std::optional<std::uint64_t> points_of(const Parameter& parameter) {
  if (parameter.kind == DistributionKind::RandInt) {
    return parameter.upper < 1 ? 0 : static_cast<std::uint64_t>(parameter.upper);
  }
  if (parameter.kind != DistributionKind::Choice) return std::nullopt;
  std::uint64_t total = 0;
  for (const ChoiceEntry& entry : parameter.choices) {
    std::uint64_t product = 1;
    for (const ChoiceEntry::Member& member : entry.members) {
      const auto* nested = std::get_if<Parameter>(&member.content);
      if (nested == nullptr) continue;
      const auto points = points_of(*nested);
      if (!points) return std::nullopt;
      product = saturating_multiply(product, *points);
    }
    total = saturating_add(total, product);
  }
  return total;
}

}  // namespace

const char* to_string(DistributionKind kind) {
  switch (kind) {
    case DistributionKind::Choice: return "choice";
    case DistributionKind::RandInt: return "randint";
    case DistributionKind::Uniform: return "uniform";
    case DistributionKind::QUniform: return "quniform";
    case DistributionKind::LogUniform: return "loguniform";
    case DistributionKind::QLogUniform: return "qloguniform";
    case DistributionKind::Normal: return "normal";
    case DistributionKind::QNormal: return "qnormal";
    case DistributionKind::LogNormal: return "lognormal";
    case DistributionKind::QLogNormal: return "qlognormal";
  }
  return "?";
}

std::vector<LeafParameter> all_parameters(const SearchSpace& space) {
  std::vector<LeafParameter> all;
  for (const Parameter& parameter : space.parameters) {
    collect(parameter, parameter.name, 0, all);
  }
  return all;
}

std::uint64_t grid_size(const SearchSpace& space) {
  std::uint64_t total = 1;
  for (const Parameter& parameter : space.parameters) {
    const auto points = points_of(parameter);
    if (!points) return 0;
    total = saturating_multiply(total, *points);
  }
  return total;
}

}  // namespace sweepjob
