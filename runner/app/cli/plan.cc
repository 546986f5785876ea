#include "runner/app/views/plan.h"

#include <iostream>
#include <memory>
#include <random>

#include "runner/app/cli/common.h"

namespace sweepjob {
namespace {

struct Options {
  std::string file;
  std::string name;
  std::string step;
  std::string backend;
  std::optional<std::uint64_t> seed;
  std::uint32_t commands = 3;
  ReadJobOptions read;
};

int plan(Options& options, const GlobalOptions& globals) {
  auto state = state_folder(globals);
  if (state.has_error()) return fail(globals, state.error());
  options.read.config_path = globals.config;
  if (!options.step.empty()) options.read.step = options.step;
  if (!options.backend.empty()) options.read.backend = options.backend;
  const ReadJob job = read_job(options.file, options.read);
  print_findings(job.findings);
  if (!job.has_spec) {
    return fail(globals, Error(ErrorCode::InvalidManifest, "this job cannot run", options.file));
  }
  const auto seed = options.seed ? options.seed : given_seed(job.spec);
  PlanOptions wanted;
  wanted.name = options.name;
  wanted.seed = seed ? *seed : std::random_device{}();
  wanted.seed_drawn = !seed;
  wanted.commands = options.commands;
  wanted.state = *state;
  auto made = make_plan(job, wanted);
  if (made.has_error()) return fail(globals, made.error());
  if (globals.json()) {
    print_json(plan_document(job, *made));
  } else {
    print_plan(std::cout, job, *made);
    std::cout << std::flush;
  }
  return kExitCompleted;
}

VerbAction declare_plan(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("FILE", options->file, "The job file").required();
  command.add_option("--name", options->name, "Name of the sweep");
  command.add_option("--seed", options->seed, "Seed of the sampler");
  command.add_option("--backend", options->backend, "Where trials would run");
  command.add_option("--commands", options->commands, "How many commands to show (default: 3)")
      .between(0, 10'000);
  command.add_flag("--strict", options->read.strict, "Refuse what Azure's own tools refuse");
  command.add_option("--step", options->step, "One sweep step of a pipeline file");
  command.add_option("--set", options->read.overrides, "KEY=VALUE, over the file; may be repeated");
  return [options, &globals] { return plan(*options, globals); };
}

const VerbEntry entry{"plan", "Show what a job would run, without running it", declare_plan};

}  // namespace
}  // namespace sweepjob
