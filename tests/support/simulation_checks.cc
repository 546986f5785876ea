#include "tests/support/simulation_checks.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "tests/support/sweep_dump.h"

namespace sweepjob::testing {
namespace {

bool same_value(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// The primary values that an attempt wrote on one channel, with the positions behind them.
std::vector<std::pair<std::uint64_t, double>> written(const SimCluster::Attempt& attempt,
                                                      Channel channel, const std::string& metric) {
  std::vector<std::pair<std::uint64_t, double>> values;
  std::uint64_t position = 0;
  for (std::uint32_t i = 0; i < attempt.written; ++i) {
    const SimPoint point = attempt.run.point(i);
    if (point.channel != channel) continue;
    position += kSimLineBytes;
    if (point.name == metric) values.emplace_back(position, point.value);
  }
  return values;
}

}  // namespace

SimulationChecks::SimulationChecks(const Rules& rules, Sweep fold, const SimCluster& cluster)
    : rules_(rules),
      fold_(std::move(fold)),
      cluster_(cluster),
      most_concurrent_(concurrency(rules, fold_)),
      most_total_(rules.spec.limits.max_total_trials),
      without_control_(rules) {}

AttemptKey SimulationChecks::key_of(const AttemptId& attempt) const {
  return {fold_.created.uid, attempt};
}

void SimulationChecks::require(bool holds, const std::string& what) {
  constexpr std::size_t kEnough = 20;
  if (!holds && violations_.size() < kEnough) violations_.push_back(what);
}

void SimulationChecks::on_durable(const std::vector<Event>& batch) {
  for (const Event& event : batch) {
    check(event);
    check_question(event);
    apply(fold_, event);
    without_control_.observe(event);
    expected_verdict_.reset();
    if (!std::holds_alternative<MetricReported>(event.body)) continue;
    // The verdict that an uninterrupted run would give after the same events.
    std::vector<Event> verdict;
    react(rules_, fold_, event, verdict);
    if (!verdict.empty()) expected_verdict_ = std::move(verdict.front().body);
  }
  // Not event by event: an adoption may hear of a start before the end that made room for it.
  // Nor where attempts are refused: a crash may lose the refusal after the slot was given on, and
  // the journal then has one too many until the refusal is repeated. The cluster never has.
  require(fold_.counts.running <= most_concurrent_ || cluster_.options().rejected > 0,
          "more attempts than max_concurrent_trials");
  require(!expected_verdict_, "a value became durable without the verdict on it");
  require(without_control_.violation().empty(),
          "the control arm changes a verdict: " + without_control_.violation());
}

void SimulationChecks::check(const Event& event) {
  const auto* stop = std::get_if<StopRequested>(&event.body);
  const auto* withheld = std::get_if<CutWithheld>(&event.body);
  if (expected_verdict_) {
    const auto* expected_stop = std::get_if<StopRequested>(&*expected_verdict_);
    const auto* expected_cut = std::get_if<CutWithheld>(&*expected_verdict_);
    require((expected_stop != nullptr && stop != nullptr && *stop == *expected_stop) ||
                (expected_cut != nullptr && withheld != nullptr && *withheld == *expected_cut),
            "a verdict is missing or another one");
  }
  if (stop != nullptr) {
    require(!stop->reason.empty(), "a stop without a reason");
    require(!trial_of(fold_, stop->trial).stop.has_value(), "a trial is stopped twice");
    const bool by_policy = stop->cause == StopCause::EarlyTermination;
    require(!by_policy || expected_verdict_, "a verdict that an uninterrupted run would not give");
    require(!by_policy || !in_control_arm(rules_, fold_, stop->trial), "a control trial is cut");
    stops_ += by_policy ? 1 : 0;
  } else if (withheld != nullptr) {
    require(expected_verdict_.has_value(), "a cut is withheld that nobody decided");
    require(in_control_arm(rules_, fold_, withheld->trial),
            "a cut of no control trial is withheld");
    require(!trial_of(fold_, withheld->trial).withheld, "a cut is withheld twice");
  } else if (const auto* proposed = std::get_if<TrialProposed>(&event.body)) {
    require(index_of(proposed->trial) == fold_.trials.size(), "a trial id is proposed twice");
    require(index_of(proposed->trial) < most_total_, "more trials than max_total_trials");
    const auto& parent = proposed->proposal.parent;
    require(!parent || *parent < proposed->trial, "a trial goes on from one that is not there yet");
  } else if (const auto* stopping = std::get_if<SweepStopping>(&event.body)) {
    require(stopping->reason.find("sampler waits") == std::string::npos,
            "the sampler waits while no trial runs");
  } else if (const auto* requested = std::get_if<AttemptRequested>(&event.body)) {
    check_attempt(*requested);
  } else if (const auto* reported = std::get_if<MetricReported>(&event.body)) {
    check_value(*reported);
  } else if (const auto* finished = std::get_if<TrialFinished>(&event.body)) {
    check_finished(*finished);
  } else if (const auto* handled = std::get_if<RequestHandled>(&event.body)) {
    require(!fold_.handled.contains(handled->id), "a request is carried out twice");
  } else if (const auto* limits = std::get_if<LimitsChanged>(&event.body)) {
    if (limits->max_total_trials) most_total_ = std::max(most_total_, *limits->max_total_trials);
    most_concurrent_ = std::max(
        {most_concurrent_, std::min(rules_.capacity, limits->max_concurrent_trials.value_or(0)),
         std::min(rules_.capacity, most_total_)});
  } else if (std::holds_alternative<RetryScheduled>(event.body)) {
    ++retries_;
  } else if (std::holds_alternative<SweepFinished>(event.body)) {
    require(fold_.counts.live == 0, "the sweep finishes before its trials");
  }
}

// A slow sampler is asked again only when its answer may be another: it was told of something, or
// its last answer was dropped for want of room.
void SimulationChecks::check_question(const Event& event) {
  if (std::holds_alternative<ProposalRequested>(event.body)) {
    require(is_news_to_sampler_, "a slow sampler is asked again though it has heard nothing");
    is_news_to_sampler_ = false;
  } else if (const auto* ended = std::get_if<ProposalsEnded>(&event.body)) {
    waits_ += ended->exhausted ? 0 : 1;
  } else if (std::holds_alternative<TrialProposed>(event.body) ||
             std::holds_alternative<MetricReported>(event.body) ||
             std::holds_alternative<CurveTruncated>(event.body) ||
             std::holds_alternative<TrialLeftOut>(event.body) ||
             std::holds_alternative<TrialFinished>(event.body) ||
             std::holds_alternative<TrialRetried>(event.body) ||
             std::holds_alternative<LimitsChanged>(event.body) ||
             std::holds_alternative<SweepReopened>(event.body)) {
    is_news_to_sampler_ = true;
  }
}

// Attempt n + 1 needs evidence that n has ended, or that it was never to start.
void SimulationChecks::check_attempt(const AttemptRequested& requested) {
  const Trial& trial = trial_of(fold_, requested.attempt.trial);
  require(requested.attempt.number == trial.attempts.size() + 1, "an attempt is requested twice");
  const Attempt* before = latest_attempt(trial);
  if (before == nullptr) return;
  require(before->state == AttemptState::Ended || before->state == AttemptState::Requested,
          "another attempt before the end of the one before");
  const SimCluster::Attempt* real =
      cluster_.find(key_of({requested.attempt.trial, before->number}));
  require(
      real == nullptr || real->phase == AttemptPhase::Absent || real->phase == AttemptPhase::Ended,
      "another attempt while the one before is alive");
}

void SimulationChecks::check_value(const MetricReported& reported) {
  const Attempt* attempt = find_attempt(fold_, reported.attempt);
  const Trial& trial = trial_of(fold_, reported.attempt.trial);
  require(attempt != nullptr && attempt->channel, "a value without a counting channel");
  if (attempt == nullptr || !attempt->channel) return;
  require(!trial.stop && !is_terminal(trial.status), "a value is counted after the stop");
  const SimCluster::Attempt* real = cluster_.find(key_of(reported.attempt));
  const auto truth =
      written(*real, *attempt->channel, rules_.spec.objectives.front().primary_metric);
  const std::uint32_t index = counted_[key_of(reported.attempt)]++;
  const bool right = index < truth.size() && truth[index].first == reported.position &&
                     same_value(truth[index].second, reported.value);
  require(right, fmt::format("trial {} attempt {}: value {} at {} is counted twice, or one before "
                             "it is lost",
                             index_of(reported.attempt.trial), reported.attempt.number,
                             reported.value, reported.position));
}

void SimulationChecks::check_finished(const TrialFinished& finished) {
  const Trial& trial = trial_of(fold_, finished.trial);
  require(!is_terminal(trial.status), "a trial finishes twice");
  const Attempt* attempt = latest_attempt(trial);
  require(!trial.stop || finished.status == Status::Canceled,
          "a stopped trial does not end Canceled");
  if (attempt == nullptr || !attempt->end || trial.stop) return;
  const AttemptEnd& end = *attempt->end;
  const AttemptKey key = key_of({finished.trial, attempt->number});
  if (end.outcome == Outcome::Exited) {
    const Status wanted = end.code == 0 ? Status::Completed : Status::Failed;
    require(finished.status == wanted, "an exit record does not decide");
  }
  if (!attempt->started || !attempt->channel) return;
  const SimCluster::Attempt* real = cluster_.find(key);
  const auto truth =
      written(*real, *attempt->channel, rules_.spec.objectives.front().primary_metric);
  require(counted_[key] == truth.size(),
          fmt::format("{} values of trial {} were lost", truth.size() - counted_[key],
                      index_of(finished.trial)));
  for (std::size_t i = 1; i < trial.steps.size(); ++i) {
    require(!(trial.steps[i] <= trial.steps[i - 1]), "a curve goes on at a step that it had");
  }
}

void SimulationChecks::on_submit(const LaunchRequest& request) {
  const AttemptId id = request.key.attempt;
  const Attempt* attempt = find_attempt(fold_, id);
  require(attempt != nullptr, "a launch before its intent is durable");
  if (attempt == nullptr) return;
  const Trial& trial = trial_of(fold_, id.trial);
  require(id.number == trial.attempts.size(), "a launch of an old attempt");
  require(!trial.stop && !is_terminal(trial.status), "a launch of what is to be stopped");
  require(attempt->state != AttemptState::Ended, "a launch of what has ended");
  require(request.params_hash == params_hash(trial.proposal.params), "a launch of other params");
  require(!done_.contains("submit " + request.key.token()), "a launch of what was accepted");
  const Trial* parent = parent_of(fold_, trial);
  require(parent == nullptr || is_terminal(parent->status),
          "a launch while the trial that it goes on from has not ended");
  require(!has_child_that_runs(id.trial), "a launch under a trial that goes on from this one");
}

bool SimulationChecks::has_child_that_runs(TrialId parent) const {
  for (std::uint32_t i = 0; i < fold_.trials.size(); ++i) {
    const Attempt* attempt = latest_attempt(fold_.trials[i]);
    if (fold_.trials[i].proposal.parent != parent || attempt == nullptr) continue;
    const SimCluster::Attempt* real = cluster_.find(key_of({TrialId{i}, attempt->number}));
    if (real != nullptr && real->phase == AttemptPhase::Running) return true;
  }
  return false;
}

void SimulationChecks::on_cancel(const AttemptKey& key) {
  const Attempt* attempt = find_attempt(fold_, key.attempt);
  require(attempt != nullptr && trial_of(fold_, key.attempt.trial).stop.has_value(),
          "a cancel before its stop is durable");
  require(!done_.contains("cancel " + key.token()), "a cancel of what was cancelled");
}

void SimulationChecks::on_collect(const AttemptKey& key) {
  const Attempt* attempt = find_attempt(fold_, key.attempt);
  require(attempt != nullptr && attempt->state == AttemptState::Ended,
          "collecting before the end is durable");
  if (attempt == nullptr) return;
  const Trial& trial = trial_of(fold_, key.attempt.trial);
  require(is_terminal(trial.status) || trial.retry_at || key.attempt.number < trial.attempts.size(),
          "collecting before what follows is decided");
  require(!done_.contains("collect " + key.token()), "collecting what was collected");
}

// Reading may begin before the event is durable: it changes nothing outside.
void SimulationChecks::on_follow(const AttemptKey& key) {
  const SimCluster::Attempt* real = cluster_.find(key);
  require(real != nullptr && real->start.has_value(), "following what has not started");
}

void SimulationChecks::on_finish(const AttemptKey& key, const FinalSizes& sizes) {
  const SimCluster::Attempt* real = cluster_.find(key);
  require(real != nullptr && real->end && real->end->sizes == sizes, "draining to other sizes");
}

void SimulationChecks::on_answer(const RequestHandled& handled) {
  const auto known = fold_.handled.find(handled.id);
  require(known != fold_.handled.end() && known->second == handled,
          "an answer before it is durable");
}

void SimulationChecks::on_report(std::uint64_t sequence) {
  require(sequence <= fold_.sequence, "a report before its event is durable");
}

void SimulationChecks::on_done(const char* effect, const AttemptKey& key) {
  ++done_[effect + (" " + key.token())];
}

void SimulationChecks::on_end(const Sweep& live, const Sweep& replayed) {
  require(fold_.finished.has_value(), "the sweep does not end");
  const std::string durable = dump(fold_);
  const std::string again = first_difference(dump(replayed), durable);
  require(again.empty(), "the replayed state is another: " + again);
  const std::string alive = first_difference(dump(live), durable);
  require(alive.empty(), "the live state is another: " + alive);
  require(outstanding(fold_).empty(), "something is outstanding at the end");
  require(cluster_.most_running() <= most_concurrent_, "the cluster ran more than the limit");
  require(cluster_.running() == 0, "something still runs at the end");
  for (const std::string& violation : cluster_.violations()) require(false, violation);
  for (const auto& [key, attempt] : cluster_.attempts()) {
    if (attempt.phase == AttemptPhase::Absent) continue;
    require(find_attempt(fold_, key.attempt) != nullptr, "an attempt that nobody asked for");
    require(attempt.phase == AttemptPhase::Ended, "an attempt is forgotten in the cluster");
  }
}

}  // namespace sweepjob::testing
