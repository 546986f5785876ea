#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "runner/app/cli/common.h"
#include "runner/app/read_job.h"
#include "runner/app/views/job_document.h"

namespace sweepjob {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string step;
  ReadJobOptions read;
};

int validate(Options& options, const GlobalOptions& globals) {
  options.read.config_path = globals.config;
  if (!options.read.schema_only) {
    auto state = state_folder(globals);
    if (state.has_error()) return fail(globals, state.error());
    options.read.state = *std::move(state);
  }
  if (!options.step.empty()) options.read.step = options.step;
  bool all_valid = true;
  for (const std::string& file : options.files) {
    const ReadJob job = read_job(file, options.read);
    all_valid = all_valid && !job.findings.has_errors();
    if (globals.json()) {
      print_json(validation_document(file, job));
    } else {
      print_validation(std::cout, file, job);
    }
  }
  return all_valid ? kExitCompleted : kExitBadInput;
}

VerbAction declare_validate(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("FILE", options->files, "Job files").required();
  command.add_flag("--schema-only", options->read.schema_only,
                   "Check the text alone: no local paths, no compute table");
  command.add_flag("--strict", options->read.strict, "Refuse what Azure's own tools refuse");
  command.add_option("--step", options->step, "One sweep step of a pipeline file");
  command.add_option("--set", options->read.overrides, "KEY=VALUE, over the file; may be repeated");
  return [options, &globals] { return validate(*options, globals); };
}

const VerbEntry entry{"validate", "Check job files and print all findings", declare_validate};

}  // namespace
}  // namespace sweepjob
