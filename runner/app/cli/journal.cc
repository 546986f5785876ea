#include <iostream>
#include <memory>

#include "runner/app/cli/common.h"
#include "runner/io/event_json.h"
#include "runner/io/journal_replay.h"

namespace sweepjob {
namespace {

// JSON lines in any case: that is what it is for. A damaged journal gives the events before the
// damage and the error.
int dump(const std::string& name, const GlobalOptions& globals) {
  auto entry = find_sweep(globals, name);
  if (entry.has_error()) return fail(globals, entry.error());
  auto report = replay_journal(entry->folder, [](std::uint64_t sequence, Event&& event) {
    std::cout << event_to_json_line(sequence, event) << '\n';
  });
  std::cout << std::flush;
  if (report.has_error()) return fail(globals, report.error());
  return kExitCompleted;
}

VerbAction declare_journal(VerbOptions& command, const GlobalOptions& globals) {
  struct Options {
    std::string action;
    std::string name;
  };
  auto options = std::make_shared<Options>();
  command.add_option("ACTION", options->action, "dump: print it as JSON lines")
      .required()
      .one_of({"dump"});
  command.add_option("NAME", options->name, "The sweep, or the folder of a copied one").required();
  return [options, &globals] { return dump(options->name, globals); };
}

const VerbEntry entry{"journal", "Print a sweep's journal: journal dump NAME", declare_journal};

}  // namespace
}  // namespace sweepjob
