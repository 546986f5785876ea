// SearchSpace: what a sampler draws from. Layer 1; plain values; dialect-free.
// Semantics of each distribution: spec azure-sweep section 6 ("round" is half to even).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/finding.h"
#include "model/value.h"

namespace sweepjob {

enum class DistributionKind : std::uint8_t {
  Choice,
  RandInt,  // integer in [0, upper)
  Uniform,
  QUniform,
  LogUniform,  // bounds are exponents: exp(U(min, max)), or base^U with the sampler's logbase
  QLogUniform,
  Normal,
  QNormal,
  LogNormal,
  QLogNormal,
};

[[nodiscard]] const char* to_string(DistributionKind kind);  // "choice", "quniform", ...

struct Parameter;

// One entry of a choice: a literal, or (nested space) an object whose members are literals or
// parameters, in YAML order.
struct ChoiceEntry {
  struct Member;
  Value literal;  // when `members` is empty
  std::vector<Member> members;
};

struct Parameter {
  std::string name;  // the key
  std::string path;  // unique: "lr", nested "model.C" (Azure) - leaf name in results
  DistributionKind kind = DistributionKind::Uniform;
  double min = 0, max = 0, q = 0, mu = 0, sigma = 0;  // as the kind needs
  std::int64_t upper = 0;                             // RandInt
  bool integral = false;  // min, max and q were integers: print without a decimal point
  std::vector<ChoiceEntry> choices;
  SourceLocation where;
  bool is_broken = false;  // only its name is good: of a file with errors, never sampled
};

struct ChoiceEntry::Member {
  std::string name;
  std::variant<Value, Parameter> content;
};

struct SearchSpace {
  std::vector<Parameter> parameters;  // YAML order
};

// All parameters, nested ones included, each once, in YAML order (a parent before its children).
// Two branches may hold the same path with different parameters: `branch` tells them apart, e.g.
// "model[0].C" for the first entry of model. Pointers into `space`.
struct LeafParameter {
  const Parameter* parameter = nullptr;
  std::string branch_path;  // unique over the whole space
  std::size_t depth = 0;
};
[[nodiscard]] std::vector<LeafParameter> all_parameters(const SearchSpace& space);

// Number of grid points (leaves of each branch enumerated; duplicates counted), saturating at
// UINT64_MAX; 0 when some parameter is continuous (no choice and no randint).
[[nodiscard]] std::uint64_t grid_size(const SearchSpace& space);

}  // namespace sweepjob
