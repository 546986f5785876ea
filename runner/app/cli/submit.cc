#include <iostream>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "runner/app/cli/common.h"
#include "runner/app/pipeline.h"
#include "runner/app/read_job.h"
#include "runner/app/session.h"
#include "runner/app/submission.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

struct Options {
  std::string file;
  std::string name;
  std::optional<std::uint64_t> seed;
  std::string backend;
  std::vector<std::string> settings;
  std::string step;
  bool strict = false;
  bool require_metric = false;
  bool detach = false;
  bool background = false;  // the driver of a pipeline, started by --detach
};

// The options that decide what runs, for a driver that reads the file again.
std::vector<std::string> driver_arguments(const Options& options) {
  std::vector<std::string> words;
  if (options.seed) words.insert(words.end(), {"--seed", std::to_string(*options.seed)});
  if (!options.backend.empty()) words.insert(words.end(), {"--backend", options.backend});
  for (const std::string& setting : options.settings) {
    words.insert(words.end(), {"--set", setting});
  }
  if (options.strict) words.emplace_back("--strict");
  if (options.require_metric) words.emplace_back("--require-metric");
  return words;
}

int run(const Options& options, const SessionOptions& session, const Submitted& submitted) {
  const GlobalOptions& globals = session.globals;
  const std::string& name = submitted.entry.name;
  if (options.detach) {
    if (auto started = continue_in_background(session, name); started.has_error()) {
      return fail(globals, started.error());
    }
  }
  if (globals.json() && options.detach) {
    print_json(document({{"name", name},
                         {"uid", submitted.entry.uid.hex()},
                         {"folder", submitted.entry.folder},
                         {"existed", submitted.existed}}));
  } else if (!globals.json()) {
    std::cout << (submitted.existed ? "goes on: " : "sweep: ") << name
              << "\nfolder: " << submitted.entry.folder << std::endl;
    if (options.detach) {
      std::cout << "runs in the background: `" << command_hint(globals, "status", name) << "`, `"
                << command_hint(globals, "stream", name) << "`" << std::endl;
    }
  }
  return options.detach ? static_cast<int>(kExitCompleted) : run_session(session);
}

int submit(const Options& options, const GlobalOptions& globals) {
  auto state = state_folder(globals);
  if (state.has_error()) return fail(globals, state.error());
  ReadJobOptions reading;
  reading.strict = options.strict;
  if (!options.step.empty()) reading.step = options.step;
  reading.config_path = globals.config;
  reading.overrides = options.settings;
  reading.state = *state;
  reading.require_metric = options.require_metric;
  if (!options.backend.empty()) reading.backend = options.backend;
  ReadJob job = read_job(options.file, reading);
  if (print_findings(job.findings) != 0 || (!job.has_spec && job.steps.empty())) {
    return fail(globals, Error(ErrorCode::InvalidManifest,
                               fmt::format("{} is not a sweep that can run; nothing was started",
                                           options.file)));
  }
  if (!job.steps.empty()) {
    return run_pipeline(job, {globals, *state, options.file, options.name, options.seed,
                              options.detach, options.background, driver_arguments(options)});
  }
  Submission submission{std::move(job.spec), std::move(job.resolved), std::move(job.text), {}, {}};
  submission.name = options.name.empty() ? submission.spec.name : options.name;
  submission.seed = options.seed ? options.seed : given_seed(submission.spec);
  if (!submission.name.empty() && !is_valid_sweep_name(submission.name)) {
    return fail(globals, Error(ErrorCode::Usage,
                               "'" + printable(submission.name, 200) +
                                   "' is no name for a sweep: 1 to 128 letters, digits, '_', '.' "
                                   "and '-', not beginning with '.' or '-'"));
  }
  auto submitted = create_sweep(*state, std::move(submission));
  if (submitted.has_error()) return fail_submission(globals, submitted.error());
  return run(options, {globals, *state, submitted->entry.folder, false}, *submitted);
}

VerbAction declare_submit(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("FILE", options->file, "The sweep job, such as job.yaml").required();
  command.add_option("--name", options->name,
                     "Name of the sweep (default: the file's, or made up)");
  command.add_option("--seed", options->seed, "Seed of the sampler");
  command.add_option("--backend", options->backend, "Where trials run, whatever compute: says");
  command.add_option("--set", options->settings, "KEY=VALUE: overrides a key of the file");
  command.add_option("--step", options->step, "One sweep step of a pipeline file, alone");
  command.add_flag("--strict", options->strict, "Refuse what Azure refuses");
  command.add_flag("--require-metric", options->require_metric,
                   "Fail when no trial logs the primary metric");
  command.add_flag("--detach", options->detach, "Run in the background");
  command.add_flag("--background", options->background).hidden();
  return [options, &globals] { return submit(*options, globals); };
}

const VerbEntry entry{"submit", "Run a sweep job, or a pipeline of them", declare_submit};

}  // namespace
}  // namespace sweepjob
