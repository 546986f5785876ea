#include "runner/app/console.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "model/value.h"
#include "runner/app/cli/verb.h"
#include "runner/app/views/summary.h"

namespace sweepjob {
namespace {

std::uint32_t ended_count(const Sweep& sweep) {
  return sweep.counts.completed + sweep.counts.failed + sweep.counts.canceled;
}

}  // namespace

std::string duration_text(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds >= 3600) return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
  if (seconds >= 60) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} s", seconds);
}

ConsoleReporter::ConsoleReporter(std::ostream& out, bool terminal, std::string primary_metric)
    : out_(out), terminal_(terminal), metric_(std::move(primary_metric)) {}

void ConsoleReporter::clear() {
  if (shown_.empty()) return;
  out_ << "\r\x1b[K" << std::flush;
  shown_.clear();
}

void ConsoleReporter::say(const std::string& line) {
  const std::string live = shown_;
  clear();
  out_ << line << '\n';
  if (terminal_ && !live.empty()) {
    out_ << live;
    shown_ = live;
  }
  out_ << std::flush;
}

void ConsoleReporter::on_event(const Event& event, const Sweep& sweep) noexcept {
  try {
    tell(event, sweep);
  } catch (...) {
    // A reporter changes nothing and cannot fail: a line that cannot be printed is left out.
  }
}

void ConsoleReporter::tell(const Event& event, const Sweep& sweep) {
  if (const auto* started = std::get_if<AttemptStarted>(&event.body)) {
    const Trial& trial = trial_of(sweep, started->attempt.trial);
    const std::uint32_t attempt = started->attempt.number;
    say(fmt::format("trial {} started{}: {}", index_of(started->attempt.trial),
                    attempt > 1 ? fmt::format(" (attempt {})", attempt) : "",
                    params_text(trial.proposal.params)));
  } else if (const auto* stop = std::get_if<StopRequested>(&event.body)) {
    const bool cut = stop->cause == StopCause::EarlyTermination;
    say(fmt::format("trial {} {}: {}", index_of(stop->trial), cut ? "cut" : "stopping",
                    printable(stop->reason, 1000)));
  } else if (const auto* withheld = std::get_if<CutWithheld>(&event.body)) {
    say(fmt::format("trial {} runs on despite a cut (control arm): {}", index_of(withheld->trial),
                    printable(withheld->reason, 1000)));
  } else if (const auto* finished = std::get_if<TrialFinished>(&event.body)) {
    const Trial& trial = trial_of(sweep, finished->trial);
    std::string line =
        fmt::format("trial {} {}", index_of(finished->trial), to_string(finished->status));
    if (!is_worst(trial.best))
      line += fmt::format(": best {} {}", metric_, metric_text(trial.best));
    if (!finished->message.empty() && !trial.stop) {
      line += " (" + printable(finished->message, 1000) + ")";
    }
    say(line);
  } else if (const auto* retry = std::get_if<RetryScheduled>(&event.body)) {
    // The sweep may be ahead of the event: the next attempt is asked for at once.
    const auto& attempts = trial_of(sweep, retry->trial).attempts;
    const auto lost = std::find_if(attempts.rbegin(), attempts.rend(),
                                   [](const Attempt& attempt) { return attempt.end.has_value(); });
    if (lost == attempts.rend()) return;
    say(fmt::format("trial {} lost attempt {}: {}; another one follows", index_of(retry->trial),
                    lost->number, printable(lost->end->message, 500)));
  } else if (const auto* warned = std::get_if<Warned>(&event.body)) {
    say("warning: " + printable(warned->text, 4000));
  } else if (const auto* stopping = std::get_if<SweepStopping>(&event.body)) {
    say("stopping: " + printable(stopping->reason, 1000));
  } else if (const auto* handled = std::get_if<RequestHandled>(&event.body)) {
    say("request: " + printable(handled->message, 1000));
  }
}

void WarningReporter::on_event(const Event& event, const Sweep&) noexcept {
  try {
    if (const auto* warned = std::get_if<Warned>(&event.body)) {
      out_ << "warning: " << printable(warned->text, 4000) << std::endl;
    }
  } catch (...) {
    // As in ConsoleReporter::on_event.
  }
}

std::string ConsoleReporter::live_line(const Sweep& sweep, Timestamp now) const {
  const SweepCounts& counts = sweep.counts;
  const std::uint32_t ended = ended_count(sweep);
  std::string line =
      fmt::format("[{}/{}] running {}  cut {}  failed {}", ended, sweep.limits.max_total_trials,
                  counts.running, counts.canceled, counts.failed);
  if (const auto best = best_trial(sweep)) {
    line += fmt::format("  best {} {} (trial {})", printable(metric_, 40),
                        metric_text(trial_of(sweep, *best).best), index_of(*best));
  }
  const std::uint32_t done = ended - std::min(ended, ended_before_);
  if (since_ && done > 0 && sweep.limits.max_total_trials > ended) {
    const auto each = (now - *since_) / done;
    line += "  ETA " + duration_text(each * (sweep.limits.max_total_trials - ended));
  }
  return line;
}

void ConsoleReporter::on_tick(const Sweep& sweep, Timestamp now) noexcept {
  try {
    if (!since_) {
      since_ = now;
      ended_before_ = ended_count(sweep);
    }
    if (!terminal_ || sweep.finished) return;
    const std::string line = live_line(sweep, now);
    if (line == shown_) return;
    clear();
    out_ << line << std::flush;
    shown_ = line;
  } catch (...) {
    // As in on_event.
  }
}

}  // namespace sweepjob
