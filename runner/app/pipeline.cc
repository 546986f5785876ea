#include "runner/app/pipeline.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "runner/app/collect_outputs.h"
#include "runner/app/load_sweep.h"
#include "runner/app/session.h"
#include "runner/app/submission.h"
#include "runner/app/views/job_document.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

bool is_completed(int code) { return code == kExitCompleted || code == kExitNoMetric; }

// The trial whose outputs are the step's.
std::optional<TrialId> trial_of_step(const LoadedSweep& loaded) {
  const Sweep& sweep = *loaded.sweep;
  if (!loaded.rules->spec.objectives.empty()) return best_trial(sweep);
  if (sweep.trials.empty()) return std::nullopt;
  return TrialId{0};
}

class PipelineDriver {
 public:
  PipelineDriver(const ReadJob& job, const PipelineOptions& options, std::string name)
      : job_(job), options_(options), name_(std::move(name)) {}

  int run();
  int detach();

 private:
  struct Begun {
    Submitted sweep;
    std::optional<int> ended;  // the exit code of a sweep that had finished before
  };

  [[nodiscard]] Result<Begun> begin(const ReadStep& read);
  [[nodiscard]] Result<std::string> made_by(const StepOutput& wanted) const;
  int stop(std::size_t at, int code) const;
  int finish(int code) const;
  void say(const std::string& line) const {
    if (!options_.globals.json()) std::cout << line << std::endl;
  }
  [[nodiscard]] std::string names_from(std::size_t first) const;
  [[nodiscard]] std::string again() const;
  [[nodiscard]] Value result_document() const;
  [[nodiscard]] SessionOptions session_of(const Begun& begun) const {
    return {options_.globals, options_.state, begun.sweep.entry.folder, options_.background};
  }

  const ReadJob& job_;
  const PipelineOptions& options_;
  const std::string name_;
  std::map<std::string, std::string> folders_;  // of the steps that have a sweep
};

Result<std::string> PipelineDriver::made_by(const StepOutput& wanted) const {
  auto loaded = load_sweep(folders_.at(wanted.step));
  if (loaded.has_error()) return loaded.error();
  const auto trial = trial_of_step(*loaded);
  if (!trial) {
    return Error(ErrorCode::LaunchRejected,
                 fmt::format("step '{}' has no best trial: nothing is its output '{}'", wanted.step,
                             wanted.output));
  }
  auto path = output_path(*loaded, *trial, wanted.output);
  std::error_code failed;
  if (path.has_error() || std::filesystem::exists(*path, failed)) return path;
  return Error(ErrorCode::LaunchRejected,
               fmt::format("trial {} of step '{}' has left no output '{}'", index_of(*trial),
                           wanted.step, wanted.output),
               *path);
}

// Makes the step's sweep, or finds it.
Result<PipelineDriver::Begun> PipelineDriver::begin(const ReadStep& read) {
  const PipelineStep& step = read.step;
  Submission submission{step.spec, read.resolved, job_.text, step_sweep_name(name_, step.name), {}};
  const auto folder_of = [this](const StepOutput& wanted) { return made_by(wanted); };
  if (auto filled = fill_step_outputs(submission.spec, folder_of); filled.has_error()) {
    return filled.error();
  }
  submission.seed = given_seed(step.spec);
  if (step.type == StepType::Sweep && options_.seed) submission.seed = options_.seed;
  auto submitted = create_sweep(options_.state, std::move(submission));
  if (submitted.has_error()) return submitted.error();
  folders_[step.name] = submitted->entry.folder;
  Begun begun{*std::move(submitted), {}};
  if (!begun.sweep.existed) return begun;
  auto loaded = load_sweep(begun.sweep.entry.folder);
  if (loaded.has_error()) return loaded.error();
  if (loaded->sweep->finished) begun.ended = exit_code_of(*loaded->rules, *loaded->sweep);
  return begun;
}

std::string PipelineDriver::names_from(std::size_t first) const {
  std::string names;
  for (std::size_t i = first; i < job_.steps.size(); ++i) {
    names += (names.empty() ? "" : ", ") + printable(job_.steps[i].step.name, 200);
  }
  return names;
}

std::string PipelineDriver::again() const {
  return fmt::format("`{} --name {}`{}",
                     command_hint(options_.globals, "submit", printable(options_.file, 1000)),
                     name_, options_.driver_arguments.empty() ? "" : " with the same options");
}

// Says what is left. The step's own end has been told.
int PipelineDriver::stop(std::size_t at, int code) const {
  const std::string& step = job_.steps[at].step.name;
  const bool left = code == 128 + SIGINT || code == 128 + SIGHUP || code == 128 + SIGTERM;
  const std::string rest = names_from(at + 1);
  if (left) {
    say(fmt::format("step '{}' has not ended; {} goes on from there{}", printable(step, 200),
                    again(), rest.empty() ? "" : ", not run so far: " + rest));
  } else {
    say(fmt::format("pipeline {} stopped at step '{}' (exit code {}){}", name_,
                    printable(step, 200), code, rest.empty() ? "" : "; not run: " + rest));
  }
  if (options_.globals.json()) std::cout << to_json(result_document()) << std::endl;
  return code;
}

int PipelineDriver::finish(int code) const {
  say(fmt::format("pipeline {} Completed: {} steps", name_, job_.steps.size()));
  if (options_.globals.json()) std::cout << to_json(result_document()) << std::endl;
  return code;
}

Value PipelineDriver::result_document() const {
  Value::List steps;
  for (const ReadStep& read : job_.steps) {
    Value::Map members = step_head(read.step);
    members.emplace_back("sweep", step_sweep_name(name_, read.step.name));
    const auto folder = folders_.find(read.step.name);
    Value status(to_string(Status::NotStarted));
    Value code;
    if (folder != folders_.end()) {
      if (auto loaded = load_sweep(folder->second); loaded.has_value()) {
        status = Value(to_string(status_of(*loaded->sweep)));
        if (loaded->sweep->finished) {
          code = Value(static_cast<std::int64_t>(exit_code_of(*loaded->rules, *loaded->sweep)));
        }
      }
    }
    members.emplace_back("status", std::move(status));
    members.emplace_back("exit_code", std::move(code));
    steps.emplace_back(std::move(members));
  }
  return document({{"name", name_}, {"steps", Value(std::move(steps))}});
}

int PipelineDriver::run() {
  say(fmt::format("pipeline: {} ({})", name_, names_from(0)));
  int outcome = kExitCompleted;
  for (std::size_t i = 0; i < job_.steps.size(); ++i) {
    const ReadStep& read = job_.steps[i];
    auto begun = begin(read);
    if (begun.has_error()) return stop(i, fail_submission(options_.globals, begun.error()));
    int code = 0;
    if (begun->ended && is_completed(*begun->ended)) {
      code = *begun->ended;
      say(fmt::format("step {}: {} has run already", printable(read.step.name, 200),
                      begun->sweep.entry.name));
    } else {
      say(fmt::format("step {}: {} {}\nfolder: {}", printable(read.step.name, 200),
                      begun->sweep.existed ? "goes on:" : "sweep:", begun->sweep.entry.name,
                      begun->sweep.entry.folder));
      code = run_session(session_of(*begun));
    }
    if (!is_completed(code)) return stop(i, code);
    outcome = std::max(outcome, code);
  }
  return finish(outcome);
}

// Makes the first step that is to run, so that what is wrong with it is told here, and leaves the
// rest to a driver whose log is that step's.
int PipelineDriver::detach() {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(options_.file, failed)) {
    return fail(
        options_.globals,
        Error(ErrorCode::Usage, "a pipeline is read again in the background: --detach needs a file",
              options_.file));
  }
  int outcome = kExitCompleted;
  for (std::size_t i = 0; i < job_.steps.size(); ++i) {
    auto begun = begin(job_.steps[i]);
    if (begun.has_error()) return stop(i, fail_submission(options_.globals, begun.error()));
    if (begun->ended) {
      if (!is_completed(*begun->ended)) return stop(i, *begun->ended);
      outcome = std::max(outcome, *begun->ended);
      continue;
    }
    std::vector<std::string> arguments{"submit", options_.file, "--name", name_, "--background"};
    arguments.insert(arguments.end(), options_.driver_arguments.begin(),
                     options_.driver_arguments.end());
    auto started = start_controller(session_of(*begun), std::move(arguments));
    if (started.has_error()) return stop(i, fail(options_.globals, started.error()));
    say(
        fmt::format("pipeline: {}\nruns in the background: {}\nlog: {}/log\nif it is killed, {} "
                    "goes on",
                    name_, names_from(i), begun->sweep.entry.folder, again()));
    if (options_.globals.json()) std::cout << to_json(result_document()) << std::endl;
    return kExitCompleted;
  }
  return finish(outcome);
}

}  // namespace

std::string step_sweep_name(const std::string& pipeline, const std::string& step) {
  return pipeline + "_" + sweep_name_part(step);
}

Result<void> check_step_names(const std::string& pipeline, const ReadJob& job) {
  std::vector<std::string> names{pipeline};
  for (const ReadStep& read : job.steps) {
    names.push_back(step_sweep_name(pipeline, read.step.name));
  }
  for (const std::string& name : names) {
    if (is_valid_sweep_name(name)) continue;
    return Error(ErrorCode::Usage, "'" + printable(name, 200) +
                                       "' is no name for a sweep: 1 to 128 letters, digits, '_', "
                                       "'.' and '-', not beginning with '.' or '-'");
  }
  return {};
}

int run_pipeline(const ReadJob& job, const PipelineOptions& options) {
  std::string name = options.name.empty() ? job.pipeline_name : options.name;
  if (name.empty()) name = generate_name();
  if (auto named = check_step_names(name, job); named.has_error()) {
    return fail(options.globals, named.error());
  }
  PipelineDriver driver(job, options, std::move(name));
  return options.detach ? driver.detach() : driver.run();
}

}  // namespace sweepjob
