#include "runner/app/ask_tell.h"

#include <iostream>
#include <memory>
#include <optional>
#include <random>

#include "runner/app/cli/common.h"
#include "runner/app/read_job.h"

namespace sweepjob {
namespace {

struct Options {
  std::string file;
  std::string step;
  std::optional<std::uint64_t> seed;
  ReadJobOptions read;
};

// Where trials would run is of no interest here: the text alone is checked.
int run(Options& options, const GlobalOptions& globals) {
  auto state = state_folder(globals);
  if (state.has_error()) return fail(globals, state.error());
  options.read.config_path = globals.config;
  options.read.state = *std::move(state);
  if (!options.step.empty()) options.read.step = options.step;
  ReadJob job = read_job_to_decide(options.file, options.read);
  print_findings(job.findings);
  if (!job.has_spec) {
    const char* const problem = job.steps.empty()
                                    ? "this job cannot be used"
                                    : "this pipeline has not just one sweep: name one with --step";
    return fail(globals, Error(ErrorCode::InvalidManifest, problem, options.file));
  }
  auto seed = options.seed ? options.seed : given_seed(job.spec);
  if (!seed) {
    seed = std::random_device{}();
    std::cerr << "seed: " << *seed << std::endl;
  }
  return ask_tell(std::cin, std::cout, std::move(job.spec), *seed);
}

VerbAction declare_ask_tell(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("FILE", options->file, "The job file").required();
  command.add_option("--seed", options->seed, "Seed of the sampler");
  command.add_flag("--strict", options->read.strict, "Refuse what Azure's own tools refuse");
  command.add_option("--step", options->step, "One sweep step of a pipeline file");
  command.add_option("--set", options->read.overrides, "KEY=VALUE, over the file; may be repeated");
  return [options, &globals] { return run(*options, globals); };
}

const VerbEntry entry{"ask-tell", "Offer a job's sampler and policy over JSON lines",
                      declare_ask_tell};

}  // namespace
}  // namespace sweepjob
