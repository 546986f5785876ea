#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "runner/app/cli/common.h"
#include "runner/app/follow_logs.h"
#include "runner/app/session.h"

namespace sweepjob {
namespace {

FollowOptions follow_options(const GlobalOptions& globals, const std::string& folder) {
  FollowOptions options;
  options.json = globals.json();
  options.pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(200)); };
  options.now = [] { return std::chrono::steady_clock::now(); };
  options.has_controller = [folder] { return has_controller(folder); };
  return options;
}

struct LogOptions {
  std::string name;
  std::string trial;
  std::optional<std::uint32_t> attempt;
  bool follow = false;
};

int logs(const LogOptions& options, const GlobalOptions& globals) {
  auto loaded = load_by_name(globals, options.name);
  if (loaded.has_error()) return fail(globals, loaded.error());
  auto trial = parse_trial(*loaded->sweep, options.trial);
  if (trial.has_error()) return fail(globals, trial.error());
  auto shown = show_log(std::cout, loaded->folder, *trial, options.attempt, options.follow,
                        follow_options(globals, loaded->folder));
  return shown.has_error() ? fail(globals, shown.error()) : kExitCompleted;
}

int stream(const std::string& name, const GlobalOptions& globals) {
  auto entry = find_sweep(globals, name);
  if (entry.has_error()) return fail(globals, entry.error());
  auto streamed = stream_logs(std::cout, entry->folder, follow_options(globals, entry->folder));
  if (streamed.has_error()) return fail(globals, streamed.error());
  // On the side of errors: `-o json` keeps its lines to itself.
  const std::string shown = printable(name, 200);
  if (is_terminal(*streamed)) {
    std::cerr << shown << " has ended: " << to_string(*streamed) << std::endl;
  } else {
    std::cerr << "no controller runs " << shown << ": `" << command_hint(globals, "resume", shown)
              << "` goes on" << std::endl;
  }
  return kExitCompleted;
}

VerbAction declare_logs(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<LogOptions>();
  command.add_option("NAME", options->name, "The sweep, or the folder of a copied one").required();
  command.add_option("TRIAL", options->trial, "The trial's number").required();
  command.add_flag("-f,--follow", options->follow, "Wait for more until the trial has ended");
  command.add_option("--attempt", options->attempt, "Which attempt (default: the latest)");
  return [options, &globals] { return logs(*options, globals); };
}

VerbAction declare_stream(VerbOptions& command, const GlobalOptions& globals) {
  auto name = std::make_shared<std::string>();
  command.add_option("NAME", *name, "The sweep").required();
  return [name, &globals] { return stream(*name, globals); };
}

const VerbEntry logs_entry{"logs", "Show what a trial printed", declare_logs};
const VerbEntry stream_entry{"stream", "Show what all trials print, merged, live", declare_stream};

}  // namespace
}  // namespace sweepjob
