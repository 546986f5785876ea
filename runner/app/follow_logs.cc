#include "runner/app/follow_logs.h"

#include <map>
#include <ostream>
#include <string_view>

#include <fmt/format.h>

#include "runner/app/line_follower.h"
#include "runner/app/live_attempts.h"
#include "runner/app/sweep_watch.h"
#include "runner/app/trial_files.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

class LinePrinter {
 public:
  LinePrinter(std::ostream& out, bool json, bool prefixed)
      : out_(out), json_(json), prefixed_(prefixed) {}

  [[nodiscard]] LineFollower::Sink sink(const AttemptId& attempt) {
    return [this, attempt](std::string_view line) { print(attempt, line); };
  }

 private:
  void print(const AttemptId& attempt, std::string_view line) {
    const std::string text = log_line_text(line);
    if (json_) {
      out_ << to_json(document({{"trial", static_cast<std::int64_t>(index_of(attempt.trial))},
                                {"attempt", static_cast<std::int64_t>(attempt.number)},
                                {"line", text}}))
           << '\n';
    } else if (prefixed_) {
      out_ << "trial " << index_of(attempt.trial) << " | " << text << '\n';
    } else {
      out_ << text << '\n';
    }
  }

  std::ostream& out_;
  bool json_;
  bool prefixed_;
};

// Nothing more will be written to its log.
bool is_over(const Sweep& sweep, const std::string& folder, const AttemptId& id) {
  const Attempt* attempt = find_attempt(sweep, id);
  return (attempt != nullptr && attempt->state == AttemptState::Ended) ||
         has_exit_record(folder, id);
}

// The journal, until the trial has an attempt to follow. Nothing when it never will.
Result<std::optional<AttemptId>> await_attempt(SweepWatch& watch, TrialId trial,
                                               std::uint32_t after, const FollowOptions& options) {
  for (;;) {
    if (auto fresh = watch.refresh(options.now()); fresh.has_error()) {
      return fresh.error();
    }
    const Trial& state = trial_of(watch.sweep(), trial);
    const auto latest = static_cast<std::uint32_t>(state.attempts.size());
    if (latest > after) return std::optional<AttemptId>(AttemptId{trial, latest});
    if (is_terminal(state.status) || !options.has_controller()) return std::optional<AttemptId>();
    options.pause();
  }
}

// Until the attempt is over. Its trial's end is looked for in the journal as well, because an
// attempt that was lost leaves no exit record.
Result<void> follow_attempt(SweepWatch& watch, const AttemptId& id, LineFollower& lines,
                            const LineFollower::Sink& sink, std::ostream& out,
                            const FollowOptions& options) {
  for (;;) {
    if (auto fresh = watch.refresh(options.now()); fresh.has_error()) {
      return fresh.error();
    }
    const bool over = is_over(watch.sweep(), watch.folder(), id) ||
                      is_terminal(trial_of(watch.sweep(), id.trial).status);
    const bool any = lines.poll(sink);
    if (any) out.flush();
    const bool abandoned = !any && !options.has_controller() && !may_live(watch.folder(), id);
    if (over || abandoned) {
      lines.finish(sink);
      out.flush();
      return {};
    }
    if (!any) options.pause();
  }
}

class Streamer {
 public:
  Streamer(std::ostream& out, const std::string& folder, const FollowOptions& options)
      : out_(out), options_(options), watch_(folder), printer_(out, options.json, true) {}

  Result<Status> run();

 private:
  void adopt_new();
  bool poll();

  std::ostream& out_;
  const FollowOptions& options_;
  SweepWatch watch_;
  LinePrinter printer_;
  std::map<AttemptId, LineFollower> followed_;
  std::vector<std::uint32_t> seen_;  // by trial: attempts that are or were followed
  bool first_ = true;
};

// Attempts that ran before this began are shown from now on, later ones whole.
void Streamer::adopt_new() {
  const Sweep& sweep = watch_.sweep();
  seen_.resize(sweep.trials.size(), 0);
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Trial& trial = sweep.trials[i];
    for (std::uint32_t& seen = seen_[i]; seen < trial.attempts.size(); ++seen) {
      const Attempt& attempt = trial.attempts[seen];
      if (attempt.state == AttemptState::Requested) break;
      if (first_ && attempt.state == AttemptState::Ended) continue;
      const AttemptId id{TrialId{i}, attempt.number};
      auto& lines =
          followed_.emplace(id, LineFollower(attempt_log_of(watch_.folder(), id))).first->second;
      if (first_) lines.skip_to_end();
    }
  }
  first_ = false;
}

// True when anything was printed.
bool Streamer::poll() {
  bool any = false;
  for (auto at = followed_.begin(); at != followed_.end();) {
    // Asked before the file is read: what comes after the end of an attempt is nothing.
    const bool over = is_over(watch_.sweep(), watch_.folder(), at->first);
    const auto sink = printer_.sink(at->first);
    any = at->second.poll(sink) || any;
    if (over) at->second.finish(sink);
    at = over ? followed_.erase(at) : std::next(at);
  }
  return any;
}

Result<Status> Streamer::run() {
  for (;;) {
    auto fresh = watch_.refresh(options_.now());
    if (fresh.has_error()) return fresh.error();
    if (*fresh) adopt_new();
    const bool finished = watch_.sweep().finished.has_value();
    const bool any = poll();
    if (any) out_.flush();
    if (finished && followed_.empty()) return status_of(watch_.sweep());
    if (!any && !options_.has_controller() && find_live_attempts(watch_.folder()).empty()) {
      // What it left in the journal just before it went must not be missed.
      watch_.hurry();
      auto last = watch_.refresh(options_.now());
      if (last.has_error()) return last.error();
      if (!*last) break;
      adopt_new();
    }
    if (!any) options_.pause();
  }
  for (auto& [attempt, lines] : followed_) lines.finish(printer_.sink(attempt));
  out_.flush();
  return status_of(watch_.sweep());
}

}  // namespace

Result<void> show_log(std::ostream& out, const std::string& sweep_folder, TrialId trial,
                      std::optional<std::uint32_t> attempt, bool follow,
                      const FollowOptions& options) {
  SweepWatch watch(sweep_folder);
  LinePrinter printer(out, options.json, false);
  if (auto fresh = watch.refresh(options.now()); fresh.has_error()) {
    return fresh.error();
  }
  const auto attempts = static_cast<std::uint32_t>(trial_of(watch.sweep(), trial).attempts.size());
  if (attempt && (*attempt == 0 || *attempt > attempts)) {
    return Error(ErrorCode::NotFound, fmt::format("trial {} has {} attempts, not a number {}",
                                                  index_of(trial), attempts, *attempt));
  }
  if (!follow) {
    const AttemptId id{trial, attempt.value_or(attempts)};
    LineFollower lines(attempt_log_of(sweep_folder, id));
    if (!lines.poll(printer.sink(id)) && !is_over(watch.sweep(), sweep_folder, id)) {
      return Error(ErrorCode::NotFound,
                   fmt::format("trial {} is {} and has printed nothing yet", index_of(trial),
                               to_string(trial_of(watch.sweep(), trial).status)));
    }
    lines.finish(printer.sink(id));
    out.flush();
    return {};
  }
  for (std::uint32_t after = attempt ? *attempt - 1 : 0;;) {
    auto next = await_attempt(watch, trial, after, options);
    if (next.has_error()) return next.error();
    if (!*next) return {};
    const AttemptId id = attempt ? AttemptId{trial, *attempt} : **next;
    LineFollower lines(attempt_log_of(sweep_folder, id));
    auto followed = follow_attempt(watch, id, lines, printer.sink(id), out, options);
    if (followed.has_error() || attempt) return followed;
    after = id.number;
  }
}

Result<Status> stream_logs(std::ostream& out, const std::string& sweep_folder,
                           const FollowOptions& options) {
  return Streamer(out, sweep_folder, options).run();
}

}  // namespace sweepjob
