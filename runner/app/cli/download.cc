#include <filesystem>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "manifests/spec/render.h"
#include "runner/app/cli/common.h"
#include "runner/app/collect_outputs.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

struct Options {
  std::string name;
  std::string trial = "best";
  std::string to;
  std::string output_name;
  bool all = false;
};

Result<TrialId> wanted_trial(const Sweep& sweep, const std::string& text) {
  if (text != "best") return parse_trial(sweep, text);
  const auto best = best_trial(sweep);
  if (!best) {
    return Error(ErrorCode::NotFound, sweep.counts.with_metric > 0
                                          ? "only failed trials have logged the primary metric"
                                          : "no trial has logged the primary metric");
  }
  return *best;
}

int download(const Options& options, const GlobalOptions& globals) {
  if (options.all && !options.output_name.empty()) {
    return fail(globals, Error(ErrorCode::Usage, "--all and --output-name exclude each other"));
  }
  auto loaded = load_by_name(globals, options.name);
  if (loaded.has_error()) return fail(globals, loaded.error());
  auto trial = wanted_trial(*loaded->sweep, options.trial);
  if (trial.has_error()) return fail(globals, trial.error());
  OutputSelection selection;
  selection.all = options.all;
  if (!options.output_name.empty()) selection.output_name = options.output_name;
  const std::string to =
      options.to.empty() ? trial_name(loaded->sweep->created.name, *trial) : options.to;
  auto done = collect_outputs(*loaded, *trial, selection, to);
  if (done.has_error()) return fail(globals, done.error());
  if (globals.json()) {
    print_json(document({{"name", loaded->sweep->created.name},
                         {"trial", static_cast<std::int64_t>(index_of(*trial))},
                         {"to", std::filesystem::absolute(to).string()},
                         {"files", static_cast<std::int64_t>(done->files)},
                         {"bytes", static_cast<std::int64_t>(done->bytes)}}));
  } else {
    std::cout << fmt::format("trial {}: {} files, {} bytes to {}\n", index_of(*trial), done->files,
                             done->bytes, printable(to));
    if (done->left_out > 0) {
      std::cout << done->left_out << " sockets, pipes or devices were left out\n";
    }
  }
  return kExitCompleted;
}

VerbAction declare_download(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep, or the folder of a copied one").required();
  command.add_option("TRIAL,--trial", options->trial, "A trial's number, or best (the default)");
  command.add_option("--to", options->to, "Where to (default: ./NAME_TRIAL)");
  command.add_option("--output-name", options->output_name, "One declared output alone");
  command.add_flag("--all", options->all, "Logs, metrics and checkpoints as well");
  return [options, &globals] { return download(*options, globals); };
}

const VerbEntry entry{"download", "Copy the outputs of the best or another trial",
                      declare_download};

}  // namespace
}  // namespace sweepjob
