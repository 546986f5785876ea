#include <memory>

#include "runner/app/cli/common.h"

namespace sweepjob {
namespace {

template <bool kPause>
VerbAction declare(VerbOptions& command, const GlobalOptions& globals) {
  auto name = std::make_shared<std::string>();
  command.add_option("NAME", *name, "The sweep").required();
  return [name, &globals] {
    return request_and_print(globals, *name, kPause ? "pause" : "unpause", {});
  };
}

const VerbEntry pause_entry{"pause", "Start no new trials; running ones go on", declare<true>};
const VerbEntry unpause_entry{"unpause", "Go on after pause", declare<false>};

}  // namespace
}  // namespace sweepjob
