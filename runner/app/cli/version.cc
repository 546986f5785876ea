#include <iostream>

#include "model/value.h"
#include "runner/app/cli/verb.h"

namespace sweepjob {
namespace {

VerbAction declare_version(VerbOptions&, const GlobalOptions& globals) {
  return [&globals] {
    if (globals.json()) {
      const Value::Map document{{"schema_version", 1}, {"version", SWEEPJOB_VERSION}};
      std::cout << to_json(Value(document)) << std::endl;
    } else {
      std::cout << "sweepjob " << SWEEPJOB_VERSION << std::endl;
    }
    return static_cast<int>(kExitCompleted);
  };
}

const VerbEntry entry{"version", "Print the version", declare_version};

}  // namespace
}  // namespace sweepjob
