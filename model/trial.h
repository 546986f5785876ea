// Trials as samplers, policies and reporters see them. Layer 0; plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/ids.h"
#include "model/value.h"

namespace sweepjob {

// Azure's words (spec azure-sweep section 14), for sweeps and trials alike.
enum class Status : std::uint8_t {
  NotStarted,
  Queued,     // proposed; waits for a slot or at a scheduler
  Preparing,  // between attempts: a lost attempt waits out its backoff
  Running,
  Finalizing,       // the command has ended, its metric files are being drained
  CancelRequested,  // a stop is journaled, the process has not ended yet
  Completed,
  Failed,
  Canceled,
  NotResponding,  // heartbeat lost, not yet decided
  Paused,
};

[[nodiscard]] const char* to_string(Status status);
[[nodiscard]] std::optional<Status> status_from(std::string_view text);
[[nodiscard]] inline bool is_terminal(Status status) {
  return status == Status::Completed || status == Status::Failed || status == Status::Canceled;
}

// Resource units to train to: epochs, steps or whatever the manifest calls them.
struct Budget {
  double amount = 0;
  bool operator==(const Budget&) const = default;
};
[[nodiscard]] std::string to_string(const Budget& budget);  // "9", "2.5": no ".0" for whole numbers

// What to run next. Random search fills in params alone.
struct Proposal {
  Params params;
  std::optional<Budget> budget;   // Hyperband, BOHB, successive halving
  std::optional<TrialId> parent;  // start from that trial's checkpoint: promotion or PBT's clone
  std::string note;               // opaque to the core, journaled: bracket, rung, generation, fit
};

// The primary metric's k-th value of a trial, k counting from 1 over all its attempts.
struct Report {
  TrialId trial{};
  std::uint32_t interval = 0;
  double value = 0;            // NaN and infinities included: WORST, see model/objective.h
  std::optional<double> step;  // what the script called its step; plays no part in counting
};

// The event stream that samplers and policies fold, in journal order.
struct TrialAdded {
  TrialId trial{};
  Proposal proposal;
};
struct TrialReported {
  Report report;
};
// A later attempt restarts the curve: only the first `kept` values stand (0: none).
struct ReportsRemoved {
  TrialId trial{};
  std::uint32_t kept = 0;
};
// Neither judged nor used as a reference from here on; its earlier values are removed as well.
struct TrialExcluded {
  TrialId trial{};
};
struct TrialEnded {
  TrialId trial{};
  Status status = Status::Completed;  // terminal
  std::optional<double> best;         // by the goal, finite; absent if none was reported
  std::optional<double> last;         // may be non-finite
  // The last value of each further objective, NaN where there is none; empty with one objective.
  std::vector<double> others = {};
};
// Started again by hand after it had ended: its reports are removed and it is pending once more.
struct TrialReopened {
  TrialId trial{};
};
using TrialEvent = std::variant<TrialAdded, TrialReported, ReportsRemoved, TrialExcluded,
                                TrialEnded, TrialReopened>;

[[nodiscard]] inline TrialId trial_of(const TrialEvent& event) {
  return std::visit(
      [](const auto& one) {
        if constexpr (requires { one.report; }) {
          return one.report.trial;
        } else {
          return one.trial;
        }
      },
      event);
}

}  // namespace sweepjob
