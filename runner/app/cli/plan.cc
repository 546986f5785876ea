#include "runner/app/views/plan.h"

#include <iostream>
#include <memory>
#include <random>

#include "runner/app/cli/common.h"
#include "runner/app/pipeline.h"
#include "runner/app/views/pipeline_plan.h"

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

// The file's, unless --seed has been given.
void use_given_seed(const SweepSpec& spec, PlanOptions& wanted) {
  const auto seed = given_seed(spec);
  if (!wanted.seed_drawn || !seed) return;
  wanted.seed = *seed;
  wanted.seed_drawn = false;
}

int plan_pipeline(const ReadJob& job, PlanOptions wanted, const GlobalOptions& globals) {
  if (wanted.name.empty()) wanted.name = job.pipeline_name;
  if (!wanted.name.empty()) {
    if (auto named = check_step_names(wanted.name, job); named.has_error()) {
      return fail(globals, named.error());
    }
  }
  std::vector<PlannedStep> steps;
  for (const ReadStep& read : job.steps) {
    PlanOptions options = wanted;
    use_given_seed(read.step.spec, options);
    auto made = plan_step(read, std::move(options));
    if (made.has_error()) return fail(globals, made.error());
    steps.push_back(*std::move(made));
  }
  if (globals.json()) {
    print_json(pipeline_plan_document(wanted.name, steps));
  } else {
    print_pipeline_plan(std::cout, steps);
    std::cout << std::flush;
  }
  return kExitCompleted;
}

int plan(Options& options, const GlobalOptions& globals) {
  auto state = state_folder(globals);
  if (state.has_error()) return fail(globals, state.error());
  options.read.config_path = globals.config;
  options.read.state = *state;
  if (!options.step.empty()) options.read.step = options.step;
  if (!options.backend.empty()) options.read.backend = options.backend;
  const ReadJob job = read_job(options.file, options.read);
  print_findings(job.findings);
  if (!job.has_spec && job.steps.empty()) {
    return fail(globals, Error(ErrorCode::InvalidManifest, "this job cannot run", options.file));
  }
  PlanOptions wanted;
  wanted.name = options.name;
  wanted.seed_drawn = !options.seed;
  wanted.seed = options.seed ? *options.seed : std::random_device{}();
  wanted.commands = options.commands;
  wanted.state = *state;
  if (!job.steps.empty()) return plan_pipeline(job, std::move(wanted), globals);
  use_given_seed(job.spec, wanted);
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
