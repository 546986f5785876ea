#include "runner/app/session.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>

#include "backends/catalog.h"
#include "backends/local/detect_gpus.h"
#include "backends/local/shared_code.h"
#include "backends/local/slots.h"
#include "runner/app/backend_settings.h"
#include "runner/app/background.h"
#include "runner/app/capacity.h"
#include "runner/app/console.h"
#include "runner/app/controller.h"
#include "runner/app/launch_plan.h"
#include "runner/app/load_sweep.h"
#include "runner/app/metric_keeper.h"
#include "runner/app/proposal_worker.h"
#include "runner/app/requests.h"
#include "runner/app/retention.h"
#include "runner/app/takeover.h"
#include "runner/app/trial_files.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"
#include "runner/io/environment_file.h"
#include "runner/io/journal_replay.h"
#include "runner/io/journal_writer.h"
#include "runner/io/lease.h"
#include "runner/io/posix_file.h"
#include "runner/io/signals.h"
#include "runner/metrics/file_metric_source.h"

namespace sweepjob {

namespace asio = boost::asio;

namespace {

// CPUs bound the number of trials (Capacity::trials), and an explicit max_concurrent_trials may ask
// for more than there are: the slots only hand out GPUs.
constexpr double kManyCpus = 1e9;

// Nobody sees these delays, and they bound the syncs a second; trials proposed so far ahead never
// wait for one.
constexpr std::chrono::milliseconds kGather{10};
constexpr std::uint32_t kMinAhead = 64;
constexpr std::uint32_t kMaxAhead = 1024;

void log_to(const std::string& file) {
  try {
    auto logger = std::make_shared<spdlog::logger>(
        "sweepjob", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file));
    logger->flush_on(spdlog::level::warn);
    spdlog::set_default_logger(std::move(logger));
  } catch (const spdlog::spdlog_ex&) {
    // A log that cannot be opened (a full disk) must not stop a sweep; the journal will say so.
  }
}

FileMetricOptions metric_options(const SweepSpec& spec) {
  FileMetricOptions options;
  for (const Objective& objective : spec.objectives) {
    options.primary_metrics.push_back(objective.primary_metric);
  }
  for (const MetricPattern& pattern : spec.extensions.metric_patterns) {
    options.patterns.push_back({pattern.regex, pattern.metric});
  }
  if (spec.extensions.metric_channel == "stdout") options.only_channel = Channel::Stdout;
  if (spec.extensions.metric_channel == "file") options.only_channel = Channel::File;
  return options;
}

// The environment of `submit` is deleted when the sweep ends. One that was opened again goes on in
// that of the `resume` that takes it up.
Result<void> provide_environment(const std::string& file) {
  if (path_exists(file)) return {};
  return write_environment_file(file, environment_of_this_process());
}

// As a shell would say it: the sweep has not completed, so neither has `submit && next`.
int exit_code_of(Signal signal) {
  switch (signal) {
    case Signal::Interrupt: return 128 + SIGINT;
    case Signal::Hangup: return 128 + SIGHUP;
    case Signal::Terminate: break;
  }
  return 128 + SIGTERM;
}

// Tells whoever started this process that the journal takes events: from here on the sweep goes on.
class ReadyReporter final : public Reporter {
 public:
  void on_event(const Event& event, const Sweep&) noexcept override {
    if (std::holds_alternative<ControllerStarted>(event.body)) say_ready();
  }
};

// The parts of a running sweep, in the order in which they depend on each other.
class Session {
 public:
  explicit Session(const SessionOptions& options) : options_(options) {}

  int run();

 private:
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> check_timeout() const;
  [[nodiscard]] Result<void> assemble();
  [[nodiscard]] Result<std::unique_ptr<ProposalWorker>> make_proposal_worker(
      ProposalWorker::Ready ready);
  [[nodiscard]] int control();
  asio::awaitable<void> watch_signals(Controller& controller);
  int conclude(const Sweep& sweep, const Result<void>& outcome);
  void say(const std::string& line);
  void warn(const std::string& text);
  void watch_journal();

  const SessionOptions& options_;
  asio::io_context context_{1};
  std::unique_ptr<Lease> lease_;
  LoadedSweep loaded_;
  std::unique_ptr<JournalWriter> journal_;
  BackendSettings settings_;
  std::unique_ptr<Slots> slots_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<MetricSource> metrics_;
  std::unique_ptr<StoreKeeper> keeper_;
  std::unique_ptr<FolderPlanner> planner_;
  std::unique_ptr<InboxRequests> requests_;
  std::unique_ptr<ConsoleReporter> console_;
  std::unique_ptr<WarningReporter> warnings_;
  std::unique_ptr<RetentionReporter> retention_;
  SystemClock clock_;
  // While there is no controller (it waits for the lease) signals just kill.
  std::unique_ptr<Signals> signals_;
  std::optional<Signal> left_by_;  // the signal that ended this controller before the sweep
  bool degraded_ = false;
};

void Session::say(const std::string& line) {
  if (console_ != nullptr) {
    console_->say(line);
  } else if (!options_.globals.json()) {
    std::cout << line << std::endl;
  }
}

void Session::warn(const std::string& text) {
  if (options_.globals.json()) {
    std::cerr << "warning: " << text << std::endl;
  } else {
    say("warning: " + text);
  }
}

Result<void> Session::open() {
  auto lease = acquire_lease(options_.folder, [this](const std::string& what) { say(what); });
  if (lease.has_error()) return lease.error();
  lease_ = *std::move(lease);
  log_to(options_.folder + "/log");
  auto loaded = load_with_deciders(options_.folder);
  if (loaded.has_error()) return loaded.error();
  loaded_ = *std::move(loaded);
  return {};
}

// Nobody watched while the timeout ran out: what still runs is not killed for that.
Result<void> Session::check_timeout() const {
  const Sweep& sweep = *loaded_.sweep;
  const auto timeout = sweep.limits.timeout;
  const bool unattended = sweep.controller.epoch > 0 && !sweep.stopping;
  if (!unattended || timeout.count() == 0) return {};
  const Timestamp end = sweep.created_at + timeout;
  if (clock_.now() < end) return {};
  return Error(
      ErrorCode::Usage,
      fmt::format("the sweep's timeout of {} s ran out while no controller ran; running "
                  "trials were left alone. Give it more time with `{} --set "
                  "limits.timeout=SECONDS` (counted from {}) and resume, or cancel it",
                  timeout.count(), command_hint(options_.globals, "update", sweep.created.name),
                  to_iso8601(sweep.created_at)));
}

Result<void> Session::assemble() {
  auto taken = take_over(options_.folder, std::move(loaded_), *lease_);
  if (taken.has_error()) return taken.error();
  journal_ = std::move(taken->journal);
  loaded_ = std::move(taken->loaded);
  lease_->set_epoch(journal_->epoch());
  lease_->start_renewing();
  const Sweep& sweep = *loaded_.sweep;
  const SweepSpec& spec = loaded_.rules->spec;
  auto settings = BackendSettings::from_json_text(sweep.created.backend_json);
  if (settings.has_error()) return settings.error();
  settings_ = *std::move(settings);
  auto command = CommandTemplate::compile(spec, sweep.created.name);
  if (command.has_error()) return command.error();
  auto program = attempt_program();
  if (program.has_error()) return program.error();
  auto backend =
      make_backend(sweep.created.backend, {context_.get_executor(), settings_.options, *program});
  if (backend.has_error()) return backend.error();
  backend_ = *std::move(backend);
  auto metrics = make_file_metric_source(context_.get_executor(), metric_options(spec));
  if (metrics.has_error()) return metrics.error();
  metrics_ = *std::move(metrics);
  auto store = MetricStore::open(options_.folder);
  if (store.has_error()) return store.error();
  keeper_ = std::make_unique<StoreKeeper>(*std::move(store), primary_metric_of(spec));
  requests_ = std::make_unique<InboxRequests>(options_.folder);
  if (auto prepared = requests_->prepare(); prepared.has_error()) return prepared.error();
  if (auto kept = provide_environment(options_.folder + "/environment"); kept.has_error()) {
    return kept.error();
  }

  const Capacity capacity =
      find_capacity(spec, sweep.limits, settings_.options, detect_gpus(), usable_cpus());
  for (const std::string& warning : capacity.warnings) warn(warning);
  loaded_.rules->capacity = capacity.most;
  loaded_.rules->default_concurrency = capacity.usual;
  loaded_.rules->ahead = std::clamp(4 * concurrency(*loaded_.rules, sweep), kMinAhead, kMaxAhead);
  slots_ = std::make_unique<Slots>(SlotCapacity{kManyCpus, capacity.gpus});
  PlanSettings plan;
  plan.sweep_folder = options_.folder;
  plan.epoch = journal_->epoch();
  if (!sweep.created.code_digest.empty()) plan.code_folder = options_.folder + "/code";
  plan.link_code = settings_.link_code;
  if (plan.link_code && sweep.created.backend == "local" && is_unprotected(plan.code_folder)) {
    warn(fmt::format(
        "the code is too large to copy for each trial, so all trials use links into {}; "
        "as root in a container without CAP_SYS_ADMIN nothing keeps a trial from "
        "writing there and changing the code of the others",
        plan.code_folder));
  }
  plan.environment_file = options_.folder + "/environment";
  plan.activate = settings_.activate;
  plan.container_image = settings_.container_image;
  plan.backend_options = settings_.options;
  plan.gpus_per_trial = capacity.gpus_per_trial;
  planner_ = std::make_unique<FolderPlanner>(*loaded_.rules, *std::move(command), std::move(plan),
                                             slots_.get(), keeper_.get());
  retention_ = std::make_unique<RetentionReporter>(*loaded_.rules, options_.folder);
  return {};
}

// A disk that hangs is said once, and said again when it goes on.
void Session::watch_journal() {
  const bool degraded = journal_->health().degraded();
  if (degraded == degraded_) return;
  degraded_ = degraded;
  const std::string line = degraded
                               ? "warning: the journal is slow: an append has taken over 10 s; "
                                 "nothing new starts until it is done"
                               : "the journal goes on";
  spdlog::warn(line);
  say(line);
}

// Ctrl-C once leaves the sweep to a background controller, twice within 2 s cancels it; TERM (a
// machine that shuts down) stops this controller alone: the journal has all that resume needs.
asio::awaitable<void> Session::watch_signals(Controller& controller) {
  for (;;) {
    auto signal = co_await signals_->next();
    if (signal.has_error()) co_return;
    const bool interrupted = *signal == Signal::Interrupt && !options_.background;
    if (interrupted) {
      say(fmt::format("going on in the background; press Ctrl-C again within 2 s to cancel {}",
                      controller.sweep().created.name));
      auto again = signals_->next();
      auto patience = clock_.sleep_until(clock_.now() + std::chrono::seconds(2));
      using asio::experimental::awaitable_operators::operator||;
      const auto which = co_await (std::move(again) || std::move(patience));
      // Only a second Ctrl-C cancels: a terminal that is closed or a machine that goes down does
      // not.
      if (const auto* second = std::get_if<0>(&which); second != nullptr && second->has_value()) {
        if (**second == Signal::Interrupt) {
          const std::string id = make_request_id(clock_.now());
          controller.push(UserRequest{id, CancelSweep{"canceled by Ctrl-C"}});
          continue;
        }
        signal = *second;
      }
    }
    left_by_ = *signal;
    controller.detach();
  }
}

// A slow sampler works on a thread of its own, from a fold of its own: it hears the whole journal.
Result<std::unique_ptr<ProposalWorker>> Session::make_proposal_worker(ProposalWorker::Ready ready) {
  const Sweep& sweep = *loaded_.sweep;
  if (!sweep.sampler || !sweep.sampler->slow()) return std::unique_ptr<ProposalWorker>();
  Findings findings;
  Sweep fold = make_sweep(*loaded_.rules, findings);
  fold.policy.reset();
  const std::uint64_t first =
      sweep.open_request ? sweep.open_request->request : sweep.last_request + 1;
  auto worker =
      std::make_unique<ProposalWorker>(context_, std::move(fold), first, std::move(ready));
  auto replayed = replay_journal(options_.folder,
                                 [&](std::uint64_t, Event&& event) { worker->observe(event); });
  if (replayed.has_error()) return replayed.error();
  return worker;
}

int Session::control() {
  Controller* running = nullptr;
  auto worker = make_proposal_worker([&running](std::uint64_t request, Proposals proposals) {
    running->push(ProposalReady{request, std::move(proposals)});
  });
  if (worker.has_error()) return fail(options_.globals, worker.error());
  ControllerParts parts{clock_, *journal_, *backend_, *metrics_, *planner_};
  parts.keeper = keeper_.get();
  parts.requests = requests_.get();
  parts.proposals = worker->get();
  if (console_ != nullptr) parts.reporters.push_back(console_.get());
  if (warnings_ != nullptr) parts.reporters.push_back(warnings_.get());
  parts.reporters.push_back(retention_.get());
  ReadyReporter ready_reporter;
  parts.reporters.push_back(&ready_reporter);
  parts.low_on_space = [this] {
    const auto free = free_bytes(options_.folder);
    return free.has_value() && *free < JournalOptions{}.min_free_bytes;
  };
  parts.still_held = [this] {
    watch_journal();
    return lease_->still_held();
  };
  ControllerOptions options;
  options.gather = kGather;
  Controller controller(context_, std::move(parts), *loaded_.rules, std::move(*loaded_.sweep),
                        options);
  running = &controller;
  const LeaseIdentity self = LeaseIdentity::of_this_process();
  Result<void> outcome;
  signals_ = std::make_unique<Signals>(context_.get_executor());
  asio::co_spawn(context_, watch_signals(controller), asio::detached);
  asio::co_spawn(context_, controller.run({journal_->epoch(), self.host, self.boot_id, self.pid}),
                 [&](const std::exception_ptr& problem, Result<void> result) {
                   if (problem) std::rethrow_exception(problem);
                   outcome = std::move(result);
                   context_.stop();
                 });
  context_.run();
  if (console_ != nullptr) console_->clear();
  keeper_->sync();
  return conclude(controller.sweep(), outcome);
}

int Session::conclude(const Sweep& sweep, const Result<void>& outcome) {
  if (outcome.has_error()) {
    spdlog::error("{}", outcome.error().text());
    return fail(options_.globals, outcome.error());
  }
  const std::string name = sweep.created.name;
  if (!sweep.finished) {
    const Signal left_by = left_by_.value_or(Signal::Terminate);
    if (left_by == Signal::Terminate || options_.background) {
      say(fmt::format("stopped; running trials go on, `{}` takes them up again",
                      command_hint(options_.globals, "resume", name)));
      return exit_code_of(left_by);
    }
    journal_.reset();
    lease_.reset();
    // A terminal that closes right after Ctrl-C must not end this half way.
    auto started = continue_in_background(options_, name);
    signals_.reset();
    if (started.has_error()) return fail(options_.globals, started.error());
    say(fmt::format("{} goes on in the background: `{}`, `{}`", name,
                    command_hint(options_.globals, "status", name),
                    command_hint(options_.globals, "stream", name)));
    return exit_code_of(left_by);
  }
  if (auto removed = remove_environment_file(options_.folder + "/environment");
      removed.has_error()) {
    spdlog::warn("{}", removed.error().text());
  }
  if (options_.globals.json()) {
    std::cout << to_json(show_document(*loaded_.rules, sweep)) << std::endl;
  } else if (!options_.background) {
    print_summary(std::cout, *loaded_.rules, sweep, options_.folder);
  }
  return exit_code_of(*loaded_.rules, sweep);
}

int Session::run() {
  // Whoever reads the output may leave (`| head`): the sweep goes on.
  std::signal(SIGPIPE, SIG_IGN);
  if (auto opened = open(); opened.has_error()) return fail(options_.globals, opened.error());
  const Sweep& sweep = *loaded_.sweep;
  if (!options_.background && !options_.globals.json()) {
    console_ = std::make_unique<ConsoleReporter>(std::cout, isatty(STDOUT_FILENO) == 1,
                                                 primary_metric_of(loaded_.rules->spec));
  }
  if (options_.globals.json()) warnings_ = std::make_unique<WarningReporter>(std::cerr);
  if (sweep.finished) return conclude(sweep, {});
  if (auto timely = check_timeout(); timely.has_error()) {
    return fail(options_.globals, timely.error());
  }
  if (auto ready = assemble(); ready.has_error()) return fail(options_.globals, ready.error());
  return control();
}

// Longer than the lease of another host has to be watched.
constexpr std::chrono::seconds kReadyPatience = 2 * kLeasePatience;

Result<void> wait_until_ready(const BackgroundProcess& process, const std::string& folder) {
  const std::string log = folder + "/log";
  pollfd end{process.ready.get(), POLLIN, 0};
  const int patience_ms = static_cast<int>(std::chrono::milliseconds(kReadyPatience).count());
  if (poll(&end, 1, patience_ms) <= 0) {
    return Error(ErrorCode::Internal,
                 "the controller in the background does not start; see its log", log);
  }
  char byte = 0;
  if (read(process.ready.get(), &byte, 1) == 1) return {};
  int status = 0;
  while (waitpid(process.pid, &status, 0) < 0 && errno == EINTR) {
  }
  // It may have found a sweep that had finished.
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : kExitInternal;
  if (code != kExitBadInput && code != kExitInternal) return {};
  std::string said = "the controller in the background ended at once";
  for (const std::string& line : last_lines(log, 1)) said += ": " + line;
  return Error(code == kExitBadInput ? ErrorCode::Usage : ErrorCode::Internal, said, log);
}

std::optional<LeaseIdentity> living_holder(const std::string& folder) {
  const LeaseIdentity self = LeaseIdentity::of_this_process();
  const auto dying_until = std::chrono::steady_clock::now() + kDyingPatience;
  while (true) {
    const auto view = look_at_lease(folder, self);
    if (!view.has_value() || !view->locked || !view->record) return std::nullopt;
    if (std::chrono::steady_clock::now() >= dying_until) return view->record->holder;
    std::this_thread::sleep_for(kDyingPoll);
  }
}

}  // namespace

int run_session(const SessionOptions& options) { return Session(options).run(); }

Result<void> continue_in_background(const SessionOptions& options, const std::string& name) {
  return start_controller(options, {"resume", name, "--background"});
}

Result<void> start_controller(const SessionOptions& options, std::vector<std::string> arguments) {
  // Told here rather than by the one in the background, whose log is that of the running one.
  if (const auto holder = living_holder(options.folder)) {
    return Error(ErrorCode::LeaseHeld,
                 fmt::format("a controller is running this sweep already: host {}, pid {}",
                             holder->host, holder->pid),
                 options.folder);
  }
  arguments.insert(arguments.end(), {"--state", options.state});
  if (!options.globals.config.empty()) {
    arguments.insert(arguments.end(), {"--config", options.globals.config});
  }
  auto process = start_in_background(arguments, options.folder + "/log");
  if (process.has_error()) return process.error();
  return wait_until_ready(*process, options.folder);
}

std::string command_hint(const GlobalOptions& globals, const std::string& verb,
                         const std::string& name) {
  std::string text = "sweepjob " + verb + " " + name;
  if (!globals.state.empty()) text += " --state " + globals.state;
  return text;
}

}  // namespace sweepjob
