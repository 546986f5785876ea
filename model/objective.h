// What a sweep optimises, and the one place that knows minimise from maximise. Layer 0.
//
// NaN and both infinities are WORST (spec azure-sweep section 9): an ordered state worse than every
// number, on which no arithmetic is done. Samplers and policies compare through better() only.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace sweepjob {

enum class Goal : std::uint8_t { Minimize, Maximize };

[[nodiscard]] inline const char* to_string(Goal goal) {
  return goal == Goal::Minimize ? "minimize" : "maximize";
}

struct Objective {
  std::string primary_metric;  // matches the logged name exactly, case included
  Goal goal = Goal::Minimize;

  bool operator==(const Objective&) const = default;
};

inline constexpr std::size_t kMaxObjectives = 16;  // of one sweep

// The stored form of WORST.
inline constexpr double kWorst = std::numeric_limits<double>::quiet_NaN();

[[nodiscard]] inline bool is_worst(double value) { return !std::isfinite(value); }

// Strictly better. Every number beats WORST; WORST beats nothing, and two WORSTs are equal.
[[nodiscard]] inline bool better(Goal goal, double a, double b) {
  if (is_worst(a)) return false;
  if (is_worst(b)) return true;
  return goal == Goal::Minimize ? a < b : a > b;
}

[[nodiscard]] inline double best_of(Goal goal, double a, double b) {
  return better(goal, b, a) ? b : a;
}

// What is minimised whatever the goal.
[[nodiscard]] inline double as_loss(Goal goal, double value) {
  return goal == Goal::Minimize ? value : -value;
}

// A key that sorts worst first under either goal, WORST before all: negated when minimising.
[[nodiscard]] inline double rank_key(Goal goal, double value) {
  if (is_worst(value)) return -std::numeric_limits<double>::infinity();
  return goal == Goal::Minimize ? -value : value;
}

}  // namespace sweepjob
