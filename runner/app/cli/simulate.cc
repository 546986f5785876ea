#include "runner/app/simulation.h"

#include <csignal>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "runner/app/cli/common.h"
#include "runner/app/interrupt_watch.h"
#include "runner/app/kept_simulation.h"
#include "runner/app/read_job.h"
#include "runner/app/views/simulation_view.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

struct Options {
  std::string file;
  std::string objective;
  double patience_seconds = 60;
  std::string name;
  std::string keep;
  std::string step;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint32_t> workers;
  SimulationOptions cluster;
  ReadJobOptions read;
};

// max_concurrent_trials, where the job gives it; a handful otherwise.
std::uint32_t usual_workers(const SweepSpec& spec) {
  constexpr std::uint32_t kUsual = 8;
  return spec.limits.max_concurrent_trials.value_or(kUsual);
}

Result<void> check_name(const std::string& name) {
  if (name.empty() || is_valid_sweep_name(name)) return {};
  return Error(ErrorCode::Usage, "'" + printable(name, 200) +
                                     "' is no name for a sweep: 1 to 128 letters, digits, '_', '.' "
                                     "and '-', not beginning with '.' or '-'");
}

// The same every time, but for a sweep that is kept: no two folders have one uid.
SweepUid uid_of(std::uint64_t seed) {
  RandomStream random = Rng(seed).stream(TrialId{}, "simulated sweep");
  SweepUid uid;
  for (std::uint8_t& byte : uid.bytes) byte = static_cast<std::uint8_t>(random.next() >> 56);
  return uid;
}

int simulate(Options& options, const ReadJob& job, const GlobalOptions& globals) {
  const SweepSpec& spec = job.spec;
  options.cluster.seed = options.seed ? *options.seed : given_seed(spec).value_or(0);
  options.cluster.workers = options.workers.value_or(usual_workers(spec));
  const auto patience = std::chrono::milliseconds(
      static_cast<std::int64_t>(std::max(1.0, options.patience_seconds * 1000)));
  auto objective = make_objective(options.objective, spec, patience);
  if (objective.has_error()) return fail(globals, objective.error());

  std::string name = options.name.empty() ? spec.name : options.name;
  if (!options.keep.empty()) name = options.keep;
  if (name.empty()) name = "simulated";
  SweepUid uid = uid_of(options.cluster.seed);
  std::unique_ptr<KeptSimulation> kept;
  if (!options.keep.empty()) {
    auto state = state_folder(globals);
    if (state.has_error()) return fail(globals, state.error());
    auto made = KeptSimulation::create(*state, name, job.text);
    if (made.has_error()) return fail(globals, made.error());
    kept = *std::move(made);
    uid = kept->entry().uid;
  }
  SimJournal journal(kept ? kept->writer() : SimJournal::Write{});
  const SweepCreated created = simulated_sweep(spec, name, uid, options.cluster.seed);
  LoadOptions deciding;
  deciding.with_sampler = deciding.with_policy = true;
  auto fold = make_fold(created, deciding);
  if (fold.has_error()) return fail(globals, fold.error());
  const InterruptWatch watch;
  Simulation simulation(*fold->rules, std::move(*fold->sweep), created, options.cluster,
                        **objective, journal);
  if (auto done = simulation.run(); done.has_error()) {
    if (kept) kept->discard();
    if (interrupting_signal() != 0) return 128 + interrupting_signal();
    return fail(globals, done.error());
  }
  const std::string folder = kept ? kept->entry().folder : "";
  if (globals.json()) {
    print_json(simulation_document(*fold->rules, simulation, options.cluster, folder));
  } else {
    print_simulation(std::cout, *fold->rules, simulation, folder);
    std::cout << std::flush;
  }
  return exit_code_of(*fold->rules, simulation.sweep());
}

int run(Options& options, const GlobalOptions& globals) {
  std::signal(SIGPIPE, SIG_IGN);  // an objective that has ended is an error, not our end
  auto state = state_folder(globals);
  if (state.has_error()) return fail(globals, state.error());
  options.read.config_path = globals.config;
  options.read.state = *std::move(state);
  if (!options.step.empty()) options.read.step = options.step;
  for (const std::string& name : {options.name, options.keep}) {
    if (auto valid = check_name(name); valid.has_error()) return fail(globals, valid.error());
  }
  const ReadJob job = read_job_to_decide(options.file, options.read);
  print_findings(job.findings);
  if (!job.has_spec) {
    return fail(globals,
                Error(ErrorCode::InvalidManifest, "this job cannot be simulated", options.file));
  }
  return simulate(options, job, globals);
}

VerbAction declare_simulate(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("FILE", options->file, "The job file").required();
  command
      .add_option("--objective", options->objective,
                  "What trials report: a command that answers JSON lines, or builtin:curves")
      .required();
  command
      .add_option("--objective-timeout", options->patience_seconds,
                  "Seconds that an answer may take (default: 60)")
      .between(0.001, 1e6);
  command
      .add_option("--workers", options->workers,
                  "Trials at once (default: max_concurrent_trials, else 8)")
      .between(1, 1e6);
  command
      .add_option("--startup-delay", options->cluster.startup_delay_seconds,
                  "Seconds from the launch of a trial to its start (default: 0)")
      .between(0, kMaxSimStepSeconds);
  command
      .add_option("--fail-rate", options->cluster.fail_rate,
                  "Share of trials that fail at some step (default: 0)")
      .between(0, 1);
  command
      .add_option("--preempt-rate", options->cluster.preempt_rate,
                  "Share of attempts that are taken away at some step (default: 0)")
      .between(0, 1);
  command.add_flag("--checkpoints", options->cluster.checkpoints,
                   "What was taken away goes on where it stood");
  command.add_option("--seed", options->seed,
                     "Seed of sampler, cluster and objective (default: the file's, else 0)");
  command.add_option("--name", options->name, "Name of the sweep in what is printed");
  command.add_option("--keep", options->keep,
                     "Keep it under this name in the state folder, for show, explain, replay");
  command.add_flag("--strict", options->read.strict, "Refuse what Azure's own tools refuse");
  command.add_option("--step", options->step, "One sweep step of a pipeline file");
  command.add_option("--set", options->read.overrides, "KEY=VALUE, over the file; may be repeated");
  return [options, &globals] { return run(*options, globals); };
}

const VerbEntry entry{"simulate", "Run a job in virtual time, on a made-up cluster",
                      declare_simulate};

}  // namespace
}  // namespace sweepjob
