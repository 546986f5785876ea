#include "runner/app/views/words.h"

#include <algorithm>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"

namespace sweepjob {
namespace {

std::string options_text(const Options& options) {
  std::string text;
  for (const Option& option : options.options) {
    text += (text.empty() ? "" : ", ") + option.name + " " + python_str(option.value);
  }
  return printable(options.type + (text.empty() ? "" : " (" + text + ")"), 500);
}

}  // namespace

std::string policy_text(const SweepSpec& spec) {
  if (!spec.early_termination) return "none: every trial runs to its end";
  const EarlyTermination& termination = *spec.early_termination;
  const std::uint32_t every = std::max(1u, termination.evaluation_interval);
  const std::uint32_t delay = std::max(1u, termination.delay_evaluation);
  const std::uint32_t first = (delay + every - 1) / every * every;
  return fmt::format(
      "{}, judged {} from interval {} on", options_text(termination.policy),
      every == 1 ? std::string("at every interval") : fmt::format("every {} intervals", every),
      first);
}

std::string sampler_text(const SweepSpec& spec) { return options_text(spec.sampling); }

ControllerState controller_state(const std::string& folder) {
  ControllerState state;
  const auto view = look_at_lease(folder, LeaseIdentity::of_this_process());
  if (view.has_error()) return state;
  state.record = view->record;
  state.alive = view->locked || (view->elsewhere && view->record && !view->record->released);
  return state;
}

Value controller_document(const ControllerState& controller) {
  if (!controller.record) return Value();
  return Value(Value::Map{{"alive", controller.alive},
                          {"host", controller.record->holder.host},
                          {"pid", controller.record->holder.pid},
                          {"epoch", static_cast<std::int64_t>(controller.record->epoch)}});
}

std::string controller_text(const ControllerState& controller) {
  if (!controller.alive || !controller.record) return "none runs it";
  return fmt::format("pid {} on {}", controller.record->holder.pid,
                     printable(controller.record->holder.host, 255));
}

}  // namespace sweepjob
