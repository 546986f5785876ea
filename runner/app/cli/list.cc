#include <iostream>

#include "runner/app/cli/common.h"
#include "runner/app/views/listing.h"

namespace sweepjob {
namespace {

VerbAction declare_list(VerbOptions&, const GlobalOptions& globals) {
  return [&globals]() -> int {
    auto state = state_folder(globals);
    if (state.has_error()) return fail(globals, state.error());
    auto all = look_at_all(StateFolder(*state));
    if (all.has_error()) return fail(globals, all.error());
    if (globals.json()) {
      print_json(listing_document(*state, *all));
    } else if (all->empty()) {
      std::cout << "no sweeps in " << *state << std::endl;
    } else {
      print_listing(std::cout, *all);
    }
    return kExitCompleted;
  };
}

const VerbEntry entry{"list", "List all sweeps of the state folder", declare_list};

}  // namespace
}  // namespace sweepjob
