// Verbs of the command line: one file each in this folder. Layer 6; main thread.
//
// A verb's file ends in
//   const VerbEntry entry{"status", "Say how a sweep stands", declare_status};
// where declare adds its options and returns what is to be run. Adding a
// verb is one file.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "model/finding.h"
#include "model/result.h"
#include "runner/app/cli/verb_options.h"

namespace sweepjob {

// Exit codes of every verb (issue and docs/cli.md).
enum ExitCode : int {
  kExitCompleted = 0,
  kExitFailed = 1,
  kExitBadInput = 2,
  kExitCanceled = 3,  // cancelled or timed out
  kExitNoMetric = 4,  // completed, but no trial logged the primary metric
  kExitInternal = 5,  // journal, state folder: our own failure
};

// Options that every verb has, before or after its name.
struct GlobalOptions {
  std::string state;   // --state; empty: SWEEPJOB_STATE, else the XDG place
  std::string config;  // --config; empty: SWEEPJOB_CONFIG, else the XDG place
  std::string output;  // -o: "text" (default) or "json"

  [[nodiscard]] bool json() const { return output == "json"; }
};

using VerbAction = std::function<int()>;
// `globals` is filled in before the action runs and outlives it.
using VerbDeclare = VerbAction (*)(VerbOptions& command, const GlobalOptions& globals);

struct VerbEntry {
  VerbEntry(const char* name, const char* help, VerbDeclare declare);
};

struct Verb {
  std::string name;
  std::string help;
  VerbDeclare declare = nullptr;
};
[[nodiscard]] const std::vector<Verb>& verbs();  // sorted by name

// Parses and runs. `-o json` errors are {"schema_version":1,"error":{"code","message","where"}} on
// stdout, text errors one line on stderr. kExitInternal when standard output could not be written.
int run_command_line(int argc, char** argv);

// For the verbs: prints an error in the form asked for and gives its exit code.
int fail(const GlobalOptions& globals, const Error& error);
// Prints findings to stderr (text), returns kExitBadInput when they hold an error, else 0.
int print_findings(const Findings& findings);
// Bounded, control characters and escape sequences made visible: for everything untrusted that is
// printed to a terminal.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes = 4096);

}  // namespace sweepjob
