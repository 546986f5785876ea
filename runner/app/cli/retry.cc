#include <memory>

#include "runner/app/cli/common.h"

namespace sweepjob {
namespace {

VerbAction declare_retry(VerbOptions& command, const GlobalOptions& globals) {
  struct Options {
    std::string name;
    std::string trial;
  };
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep").required();
  command.add_option("TRIAL", options->trial, "A Failed or Canceled trial").required();
  return [options, &globals]() -> int {
    auto loaded = load_by_name(globals, options->name);
    if (loaded.has_error()) return fail(globals, loaded.error());
    auto trial = parse_trial(*loaded->sweep, options->trial);
    if (trial.has_error()) return fail(globals, trial.error());
    return request_and_print(globals, options->name, "retry",
                             {{"trial", static_cast<std::int64_t>(index_of(*trial))}});
  };
}

const VerbEntry entry{"retry", "Start a Failed or Canceled trial again", declare_retry};

}  // namespace
}  // namespace sweepjob
