// What `simulate` prints: what submit or show would say of the sweep, and what it cost. Layer 6;
// pure.
#pragma once

#include <iosfwd>
#include <string>

#include "model/value.h"
#include "runner/app/simulation.h"

namespace sweepjob {

// The summary of a sweep, then steps, makespan and utilisation. `folder`: where it is kept; empty:
// nowhere.
void print_simulation(std::ostream& out, const Rules& rules, const Simulation& simulation,
                      const std::string& folder);
// show's document and "simulation": {"workers", "seed", "steps", ...}.
[[nodiscard]] Value simulation_document(const Rules& rules, const Simulation& simulation,
                                        const SimulationOptions& options,
                                        const std::string& folder);

// "45 s", "1 h 10 min", "3 d 2 h"
[[nodiscard]] std::string time_text(double seconds);

}  // namespace sweepjob
