// What verbs share: finding a sweep, loading it, reaching its controller. Layer 6; main thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "model/result.h"
#include "model/value.h"
#include "runner/app/cli/verb.h"
#include "runner/app/load_sweep.h"
#include "runner/io/state_folder.h"

namespace sweepjob {

[[nodiscard]] Result<std::string> state_folder(const GlobalOptions& globals);
// By name, uid or the first digits of a uid; or the path of a copied sweep folder. NotFound names
// the nearest sweep there is.
[[nodiscard]] Result<SweepEntry> find_sweep(const GlobalOptions& globals, const std::string& name);
[[nodiscard]] Result<LoadedSweep> load_by_name(const GlobalOptions& globals,
                                               const std::string& name, LoadOptions options = {});

// "17" or "name_17" as a trial of the sweep; Usage when it is no number, NotFound beyond the last.
[[nodiscard]] Result<TrialId> parse_trial(const Sweep& sweep, const std::string& text);

// True while a controller on any host holds the sweep's lease.
[[nodiscard]] bool has_controller(const std::string& folder);

// Gives a command to the sweep's controller and waits for the answer; with no controller the
// command is journaled at once (handle_offline). The answer: {"accepted", "message"}.
struct RequestAnswer {
  bool accepted = false;
  std::string message;
  bool offline = false;
};
[[nodiscard]] Result<RequestAnswer> send_request(const GlobalOptions& globals,
                                                 const SweepEntry& entry, const std::string& verb,
                                                 const Value::Map& arguments);
// send_request, printed; the verb's exit code.
int request_and_print(const GlobalOptions& globals, const std::string& name,
                      const std::string& verb, const Value::Map& arguments);

void print_json(const Value& value);

}  // namespace sweepjob
