#include "runner/app/views/simulation_view.h"

#include <cmath>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

Value count(std::uint64_t number) { return Value(static_cast<std::int64_t>(number)); }

}  // namespace

std::string time_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.3g} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::int64_t minutes = whole / 60;
  if (minutes < 60) return fmt::format("{} min {} s", minutes, whole % 60);
  const std::int64_t hours = minutes / 60;
  if (hours < 48) return fmt::format("{} h {} min", hours, minutes % 60);
  return fmt::format("{} d {} h", hours / 24, hours % 24);
}

void print_simulation(std::ostream& out, const Rules& rules, const Simulation& simulation,
                      const std::string& folder) {
  const SimulationFigures& figures = simulation.figures();
  print_summary(out, rules, simulation.sweep(), "");
  for (const auto& [trial, message] : figures.errors) {
    out << fmt::format("trial {} failed: {}\n", index_of(trial), printable(message, 300));
  }
  const double share = figures.full_steps > 0 ? 100.0 * static_cast<double>(figures.steps) /
                                                    static_cast<double>(figures.full_steps)
                                              : 0;
  out << fmt::format("simulated: {} steps, {:.1f} % of the {} that its trials have in full\n",
                     figures.steps, share, figures.full_steps)
      << fmt::format("makespan: {} of virtual time; {} workers, {:.1f} % busy\n",
                     time_text(figures.makespan_seconds), figures.workers,
                     100 * figures.utilisation());
  if (figures.preempted > 0) {
    out << fmt::format("preempted: {} of {} attempts\n", figures.preempted, figures.attempts);
  }
  if (!folder.empty())
    out << "kept: " << simulation.sweep().created.name << " in " << folder << '\n';
}

Value simulation_document(const Rules& rules, const Simulation& simulation,
                          const SimulationOptions& options, const std::string& folder) {
  const SimulationFigures& figures = simulation.figures();
  Value::List errors;
  for (const auto& [trial, message] : figures.errors) {
    errors.emplace_back(Value::Map{{"trial", count(index_of(trial))}, {"message", message}});
  }
  Value document = show_document(rules, simulation.sweep());
  document.get<Value::Map>()->emplace_back(
      "simulation", Value(Value::Map{{"seed", count(options.seed)},
                                     {"workers", count(figures.workers)},
                                     {"startup_delay_seconds", options.startup_delay_seconds},
                                     {"fail_rate", options.fail_rate},
                                     {"preempt_rate", options.preempt_rate},
                                     {"checkpoints", options.checkpoints},
                                     {"attempts", count(figures.attempts)},
                                     {"preempted", count(figures.preempted)},
                                     {"steps", count(figures.steps)},
                                     {"full_steps", count(figures.full_steps)},
                                     {"makespan_seconds", figures.makespan_seconds},
                                     {"busy_seconds", figures.busy_seconds},
                                     {"utilisation", figures.utilisation()},
                                     {"errors", Value(std::move(errors))},
                                     {"folder", folder.empty() ? Value() : Value(folder)}}));
  return document;
}

}  // namespace sweepjob
