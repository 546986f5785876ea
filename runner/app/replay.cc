#include "runner/app/replay.h"

#include <deque>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"
#include "runner/app/load_sweep.h"
#include "runner/core/decide.h"
#include "runner/io/event_json.h"
#include "runner/io/journal_replay.h"

namespace sweepjob {
namespace {

constexpr std::size_t kShownBytes = 600;

std::string words(const Proposal& proposal) {
  std::string text = to_json(Value(proposal.params), true);
  if (proposal.budget) text += fmt::format(", budget {}", python_float(proposal.budget->amount));
  if (proposal.parent) text += fmt::format(", from trial {}", index_of(*proposal.parent));
  if (!proposal.note.empty()) text += ", note '" + proposal.note + "'";
  return printable(text, kShownBytes);
}

std::string words(const StopRequested& stop) {
  return printable(fmt::format("trial {} is stopped ({}) at interval {}: {}", index_of(stop.trial),
                               to_string(stop.cause), stop.interval, stop.reason),
                   kShownBytes);
}

std::string words(const MetricReported& reported) {
  return fmt::format("trial {} goes on after reporting {}", index_of(reported.attempt.trial),
                     python_float(reported.value));
}

std::string words_for_none(const Proposals& proposals) {
  if (std::holds_alternative<Exhausted>(proposals)) return "nothing more, ever (exhausted)";
  const auto* some = std::get_if<std::vector<Proposal>>(&proposals);
  return some == nullptr ? "nothing for now"
                         : fmt::format("no more than {} proposals for now", some->size());
}

// What this file has no better words for.
std::string words(const Event& event) {
  return printable(event_to_json_line(0, event), kShownBytes);
}

bool is_same(const Proposal& a, const Proposal& b) {
  return a.params == b.params && a.budget == b.budget && a.parent == b.parent && a.note == b.note;
}

class Replay {
 public:
  void take(std::uint64_t sequence, Event&& event);
  // After the last event.
  void end();

  ReplayResult result;
  std::optional<Error> problem;

 private:
  // Events that belong to proposals: TrialProposed, AttemptRequested, TrialProposed ...
  struct Run {
    std::uint64_t first_sequence = 0;
    std::vector<Event> events;
  };

  void begin(const Event& event);
  [[nodiscard]] bool joins_run(const EventBody& body) const;
  void close_run();
  void compare_proposals(const Run& run, std::size_t begin, std::size_t end);
  void compare_end(std::uint64_t sequence, const ProposalsEnded& ended);
  void compare_verdict(std::uint64_t sequence, const Event& event);
  void step(std::uint64_t sequence, const Event& event);
  void derive_verdict(const Event& event);
  void differ(std::uint64_t sequence, const char* what, std::optional<TrialId> trial,
              std::string journaled, std::string derived);
  [[nodiscard]] bool is_done() const { return problem || result.first; }

  LoadedSweep loaded_;
  Run run_;
  Proposals answer_;                      // of the slow sampler, to the open request
  std::deque<Event> expected_;            // what has to follow the last report
  std::optional<MetricReported> judged_;  // that report
};

void Replay::differ(std::uint64_t sequence, const char* what, std::optional<TrialId> trial,
                    std::string journaled, std::string derived) {
  if (result.first) return;
  result.first = ReplayDifference{sequence, what, trial, std::move(journaled), std::move(derived)};
}

void Replay::begin(const Event& event) {
  const auto* created = std::get_if<SweepCreated>(&event.body);
  if (created == nullptr) {
    problem = Error(ErrorCode::JournalCorrupt, "the journal does not begin with its sweep");
    return;
  }
  LoadOptions options;
  options.with_sampler = options.with_policy = true;
  auto made = make_fold(*created, options);
  if (made.has_error()) {
    problem = made.error();
    return;
  }
  loaded_ = *std::move(made);
  result.name = created->name;
  result.uid = created->uid.hex();
}

bool Replay::joins_run(const EventBody& body) const {
  if (std::holds_alternative<TrialProposed>(body)) return true;
  const auto* wanted = std::get_if<AttemptRequested>(&body);
  if (wanted == nullptr || run_.events.empty()) return false;
  const auto* last = std::get_if<TrialProposed>(&run_.events.back().body);
  return last != nullptr && last->trial == wanted->attempt.trial;
}

void Replay::take(std::uint64_t sequence, Event&& event) {
  if (is_done()) return;
  ++result.events;
  if (loaded_.sweep == nullptr) begin(event);
  if (is_done()) return;
  if (joins_run(event.body)) {
    if (run_.events.empty()) run_.first_sequence = sequence;
    run_.events.push_back(std::move(event));
    return;
  }
  close_run();
  if (!is_done()) step(sequence, event);
}

// The batch number of the intent that follows a proposal: all proposals of a decision have the
// same.
std::optional<std::uint64_t> batch_after(const std::vector<Event>& events, std::size_t proposed) {
  if (proposed + 1 >= events.size()) return std::nullopt;
  const auto* wanted = std::get_if<AttemptRequested>(&events[proposed + 1].body);
  return wanted == nullptr ? std::nullopt : std::optional(wanted->batch);
}

// Behind the proposals that were decided together with the one at `begin`.
std::size_t end_of_decision(const std::vector<Event>& events, std::size_t begin) {
  const std::uint64_t request = std::get<TrialProposed>(events[begin].body).request;
  const auto batch = batch_after(events, begin);
  std::size_t end = begin + 1;
  for (; end < events.size(); ++end) {
    const auto* proposed = std::get_if<TrialProposed>(&events[end].body);
    if (proposed == nullptr) continue;
    if (proposed->request != request || batch_after(events, end) != batch) break;
  }
  return end;
}

void Replay::close_run() {
  const Run run = std::exchange(run_, {});
  for (std::size_t at = 0; at < run.events.size();) {
    const std::size_t end = end_of_decision(run.events, at);
    compare_proposals(run, at, end);
    for (; at < end; ++at) {
      if (is_done()) return;
      step(run.first_sequence + at, run.events[at]);
    }
  }
}

void Replay::compare_proposals(const Run& run, std::size_t begin, std::size_t end) {
  const Sweep& sweep = *loaded_.sweep;
  std::uint32_t count = 0;
  for (std::size_t i = begin; i < end; ++i) {
    count += std::holds_alternative<TrialProposed>(run.events[i].body);
  }
  const TrialId first{static_cast<std::uint32_t>(sweep.trials.size())};
  const std::uint64_t request = std::get<TrialProposed>(run.events[begin].body).request;
  const Proposals derived = request != 0 ? answer_ : propose(sweep, first, count);
  const auto* proposals = std::get_if<std::vector<Proposal>>(&derived);
  std::size_t at = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const auto* journaled = std::get_if<TrialProposed>(&run.events[i].body);
    if (journaled == nullptr) continue;
    ++result.proposals;
    const Proposal* wanted =
        proposals != nullptr && at < proposals->size() ? &(*proposals)[at++] : nullptr;
    if (wanted != nullptr && is_same(*wanted, journaled->proposal)) continue;
    return differ(run.first_sequence + i, "proposal", journaled->trial, words(journaled->proposal),
                  wanted != nullptr ? words(*wanted) : words_for_none(derived));
  }
}

void Replay::compare_end(std::uint64_t sequence, const ProposalsEnded& ended) {
  const Sweep& sweep = *loaded_.sweep;
  if (!ended.exhausted) return;  // the sampler had to wait, or the sweep was over
  const TrialId next{static_cast<std::uint32_t>(sweep.trials.size())};
  const Proposals derived = ended.request != 0 ? answer_ : propose(sweep, next, 1);
  if (std::holds_alternative<Exhausted>(derived)) return;
  const auto* proposals = std::get_if<std::vector<Proposal>>(&derived);
  differ(sequence, "proposal", next, "nothing more, ever (exhausted)",
         proposals == nullptr ? words_for_none(derived) : words(proposals->front()));
}

// What follows a report: nothing else than was derived, and all of it.
void Replay::compare_verdict(std::uint64_t sequence, const Event& event) {
  const auto* stop = std::get_if<StopRequested>(&event.body);
  const bool is_cut = stop != nullptr && stop->cause == StopCause::EarlyTermination;
  if (expected_.empty()) {
    if (is_cut) {
      differ(sequence, "verdict", stop->trial, words(*stop),
             fmt::format("trial {} goes on", index_of(stop->trial)));
    }
    return;
  }
  const Event derived = std::move(expected_.front());
  expected_.pop_front();
  const auto* wanted = std::get_if<StopRequested>(&derived.body);
  const bool same_kind = derived.body.index() == event.body.index();
  if (wanted == nullptr) {
    if (!same_kind) {
      differ(sequence, "verdict", judged_->attempt.trial, words(event), words(derived));
    }
    return;
  }
  if (stop == nullptr || stop->trial != wanted->trial || stop->cause != wanted->cause ||
      stop->interval != wanted->interval) {
    differ(sequence, "verdict", wanted->trial, stop == nullptr ? words(*judged_) : words(*stop),
           words(*wanted));
    return;
  }
  ++result.cuts;
  result.reworded += stop->reason != wanted->reason;
}

void Replay::step(std::uint64_t sequence, const Event& event) {
  compare_verdict(sequence, event);
  if (is_done()) return;
  if (const auto* ended = std::get_if<ProposalsEnded>(&event.body)) compare_end(sequence, *ended);
  if (is_done()) return;
  apply(*loaded_.sweep, event);
  if (const auto* request = std::get_if<ProposalRequested>(&event.body)) {
    answer_ = propose(*loaded_.sweep, request->first_trial, request->count);
  }
  derive_verdict(event);
}

void Replay::derive_verdict(const Event& event) {
  const auto* reported = std::get_if<MetricReported>(&event.body);
  if (reported == nullptr || find_attempt(*loaded_.sweep, reported->attempt) == nullptr) return;
  const auto& termination = loaded_.rules->spec.early_termination;
  const auto& values = trial_of(*loaded_.sweep, reported->attempt.trial).values;
  if (!termination || !is_judged_at(*termination, static_cast<std::uint32_t>(values.size())))
    return;
  ++result.verdicts;
  std::vector<Event> consequences;
  react(*loaded_.rules, *loaded_.sweep, event, consequences);
  if (consequences.empty()) return;
  expected_.assign(std::make_move_iterator(consequences.begin()),
                   std::make_move_iterator(consequences.end()));
  judged_ = *reported;
}

void Replay::end() {
  if (is_done()) return;
  close_run();
  if (is_done() || expected_.empty()) return;
  const auto* wanted = std::get_if<StopRequested>(&expected_.front().body);
  differ(result.events + 1, "verdict", judged_->attempt.trial, words(*judged_),
         wanted == nullptr ? words(expected_.front()) : words(*wanted));
}

}  // namespace

Result<ReplayResult> replay_sweep(const std::string& folder) {
  Replay replay;
  auto report = replay_journal(folder, [&](std::uint64_t sequence, Event&& event) {
    replay.take(sequence, std::move(event));
  });
  if (report.has_error()) return report.error();
  replay.end();
  if (replay.problem) return *replay.problem;
  if (replay.result.name.empty() && replay.result.events == 0) {
    return Error(ErrorCode::JournalCorrupt, "the journal holds no sweep yet", folder);
  }
  return replay.result;
}

}  // namespace sweepjob
