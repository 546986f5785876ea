// Encoding: a search space as coordinates, for samplers that learn from results. Layer 2; read-only
// after construction; any thread. A point is one coordinate for each parameter, nested ones
// included, in the order of all_parameters():
//
//   Real         u in [0, 1]: the parameter's own distribution function at the value, so that a
//                uniform u is a draw from the prior. Log kinds are linear in the logarithm.
//   Steps        values in an order (randint, the quantized kinds, a choice of numbers): u in
//                [0, 1], the middle of what the draw rounds to that value
//   Categories   the index of the choice's entry, 0 to count - 1; of equal literals the first
//
// and NaN where the parameter is not active: below an entry of a choice that was not taken.
// encode(decode(point)) is snap(point), but for the last bits of real coordinates, and decode()
// gives the very values that a draw gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "manifests/spec/search_space.h"
#include "model/rng.h"
#include "model/value.h"

namespace sweepjob {

using Point = std::vector<double>;

struct Axis {
  enum class Kind : std::uint8_t { Real, Steps, Categories };

  const Parameter* parameter = nullptr;
  std::string path;  // unique: LeafParameter::branch_path
  Kind kind = Kind::Real;
  std::uint64_t count = 0;  // of values, at least 1; 0 for Real, and for Steps beyond 2^53
  // Active only where this axis, an earlier one, has taken that entry.
  struct Condition {
    std::size_t axis = 0;
    std::size_t entry = 0;
  };
  std::optional<Condition> condition;

  [[nodiscard]] bool is_constant() const { return count == 1; }
};

class Encoding {
 public:
  // `space` outlives this. A choice of at least three different numbers is Steps in their order, if
  // asked for; neighbours are equally far apart.
  Encoding(const SearchSpace& space, double logbase, bool order_numeric_choices);

  [[nodiscard]] const std::vector<Axis>& axes() const { return axes_; }
  [[nodiscard]] std::size_t size() const { return axes_.size(); }
  // Whether some parameter is active only below an entry of a choice.
  [[nodiscard]] bool is_conditional() const { return is_conditional_; }

  // Nothing when the params are not of this space: a key is missing or a value is not of its kind.
  // A number outside the bounds counts as the nearest one inside.
  [[nodiscard]] std::optional<Point> encode(const Params& params) const;
  // Coordinates of parameters that are not active are not looked at, those of active ones must be
  // numbers; outside [0, 1] counts as the nearest end.
  [[nodiscard]] Params decode(const Point& point) const;

  // The nearest point that is a value: the middles of steps, whole indices, NaN where not active.
  void snap(Point& point) const;
  // The same for a snapped point that has changed on this axis, and below it, alone.
  void snap_changed(Point& point, std::size_t axis) const;
  // Whether the axis is active at the point; earlier coordinates must be snapped.
  [[nodiscard]] bool is_active(const Point& point, std::size_t axis) const;
  // A draw from the prior: one number of the stream for each parameter, active or not, so that a
  // branch taken changes no other value.
  [[nodiscard]] Point draw(RandomStream& stream) const;

  // The middle of the step with this number, 0 to count - 1; Steps only.
  [[nodiscard]] double step_at(std::size_t axis, std::uint64_t index) const;
  [[nodiscard]] std::uint64_t step_of(std::size_t axis, double u) const;
  // Both ends of that step: the draws that give its value. Steps with a count only.
  [[nodiscard]] std::pair<double, double> step_range(std::size_t axis, std::uint64_t index) const;

 private:
  struct Steps {
    double first_multiple = 0;       // of the quantized kinds
    std::vector<std::size_t> order;  // of a choice: entries by value
    std::vector<std::size_t> rank;   // its inverse
    std::vector<std::size_t> first;  // of a choice with equal literals: the first one's entry
  };

  void add(const Parameter& parameter, std::string path, std::optional<Axis::Condition> condition);
  [[nodiscard]] bool encode_one(std::size_t axis, const Value& value, Point& point) const;
  [[nodiscard]] bool encode_entry(std::size_t axis, std::size_t entry, const Value& value,
                                  Point& point) const;
  [[nodiscard]] std::optional<double> encode_number(std::size_t axis, const Value& value) const;
  [[nodiscard]] double snapped(std::size_t axis, double coordinate) const;
  [[nodiscard]] std::size_t entry_of(std::size_t axis, double coordinate) const;
  [[nodiscard]] Value decode_one(std::size_t axis, const Point& point) const;

  double logbase_;
  bool order_numeric_choices_;
  bool is_conditional_ = false;
  std::vector<Axis> axes_;
  std::vector<Steps> steps_;                            // by axis
  std::vector<std::vector<std::size_t>> first_nested_;  // by axis: where an entry's own axes begin
  std::vector<std::size_t> top_;                        // axes of the space's own parameters
  const SearchSpace& space_;
};

}  // namespace sweepjob
