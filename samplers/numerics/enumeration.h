// Enumeration: the points of a search space one by one. Layer 2; read-only after construction.
// Used by grid, and by random where duplicates are forbidden.
//
// Order (spec azure-sweep section 5): keys in YAML order, the last one fastest; a choice in list
// order, each entry that holds parameters giving all of its own points in the same order. Equal
// entries stay separate points.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "manifests/spec/search_space.h"
#include "model/value.h"

namespace sweepjob {

class Enumeration {
 public:
  // `space` outlives this.
  Enumeration(const SearchSpace& space, double logbase);

  // Saturates at UINT64_MAX; nothing when a parameter takes real values. Quantized kinds count the
  // multiples of q that a draw can give.
  [[nodiscard]] std::optional<std::uint64_t> size() const { return size_; }
  // `index` is below size().
  [[nodiscard]] Params at(std::uint64_t index) const;

 private:
  struct Axis {
    std::optional<std::uint64_t> size;
    std::vector<std::uint64_t> ends;  // of a choice: entry i has the points up to ends[i]
    double first_multiple = 0;        // of a quantized kind
  };

  std::optional<std::uint64_t> add_axis(const Parameter& parameter);
  std::optional<std::uint64_t> add_entry(const ChoiceEntry& entry);
  [[nodiscard]] std::uint64_t size_of(const Parameter& parameter) const;
  [[nodiscard]] Value value_at(const Parameter& parameter, std::uint64_t index) const;
  [[nodiscard]] Value entry_at(const ChoiceEntry& entry, std::uint64_t index) const;

  const SearchSpace& space_;
  double logbase_;
  std::unordered_map<const Parameter*, Axis> axes_;
  std::optional<std::uint64_t> size_;
};

}  // namespace sweepjob
