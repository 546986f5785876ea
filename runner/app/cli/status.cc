#include <iostream>
#include <memory>

#include "runner/app/cli/common.h"
#include "runner/app/views/listing.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

int status_of_all(const GlobalOptions& globals) {
  auto state = state_folder(globals);
  if (state.has_error()) return fail(globals, state.error());
  auto all = look_at_all(StateFolder(*state));
  if (all.has_error()) return fail(globals, all.error());
  if (globals.json()) {
    print_json(listing_document(*state, *all));
    return kExitCompleted;
  }
  if (all->empty()) std::cout << "no sweeps in " << *state << std::endl;
  for (const ListedSweep& listed : *all) print_status(std::cout, listed);
  return kExitCompleted;
}

int status(const std::string& name, const GlobalOptions& globals) {
  if (name.empty()) return status_of_all(globals);
  auto entry = find_sweep(globals, name);
  if (entry.has_error()) return fail(globals, entry.error());
  const ListedSweep listed = look_at_sweep(*entry);
  if (listed.problem) return fail(globals, *listed.problem);
  if (globals.json()) {
    print_json(document(listed_members(listed)));
  } else {
    print_status(std::cout, listed);
  }
  return kExitCompleted;
}

VerbAction declare_status(VerbOptions& command, const GlobalOptions& globals) {
  auto name = std::make_shared<std::string>();
  command.add_option("NAME", *name, "The sweep; without it all of them");
  return [name, &globals] { return status(*name, globals); };
}

const VerbEntry entry{"status", "Say how a sweep stands, or all of them", declare_status};

}  // namespace
}  // namespace sweepjob
