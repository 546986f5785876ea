#include "tests/support/policy_harness.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

#include "model/check.h"

namespace sweepjob::testing {

bool PolicySetup::is_eligible(std::uint32_t interval) const {
  return interval >= std::max(1U, delay_evaluation) &&
         interval % std::max(1U, evaluation_interval) == 0;
}

Options options_of(const PolicySetup& setup) {
  Options options;
  options.type = setup.type;
  options.path = "early_termination";
  options.where = {"job.yaml", 20, 3};
  int line = 21;
  for (const auto& [name, value] : setup.options) {
    options.options.push_back({name, value, {"job.yaml", line++, 5}});
  }
  return options;
}

std::unique_ptr<TerminationPolicy> make(const PolicySetup& setup, Findings& findings) {
  const Options options = options_of(setup);
  return make_policy({options, setup.goal, setup.min_trials, setup.evaluation_interval,
                      setup.delay_evaluation, setup.strict},
                     findings);
}

std::unique_ptr<TerminationPolicy> make(const PolicySetup& setup) {
  Findings findings;
  auto policy = make(setup, findings);
  SWEEPJOB_CHECK(policy != nullptr, "a test's options are right");
  return policy;
}

std::uint32_t& Judged::count_of(std::uint32_t trial) {
  if (trial >= counts_.size()) counts_.resize(trial + 1);
  return counts_[trial];
}

Verdict Judged::report(std::uint32_t trial, double value) {
  const Report report{TrialId(trial), ++count_of(trial), value, {}};
  policy_->observe(TrialReported{report});
  return setup_.is_eligible(report.interval) ? policy_->judge(report) : Verdict{};
}

void Judged::report_all(std::uint32_t trial, const std::vector<double>& values) {
  for (const double value : values) static_cast<void>(report(trial, value));
}

Verdict Judged::explain(std::uint32_t trial, std::uint32_t interval) const {
  return policy_->explain({TrialId(trial), interval, 0, {}});
}

void Judged::remove(std::uint32_t trial, std::uint32_t kept) {
  policy_->observe(ReportsRemoved{TrialId(trial), kept});
  count_of(trial) = std::min(count_of(trial), kept);
}

void Judged::exclude(std::uint32_t trial) { policy_->observe(TrialExcluded{TrialId(trial)}); }

void Judged::end(std::uint32_t trial, Status status) {
  policy_->observe(TrialEnded{TrialId(trial), status, {}, {}});
}

void Judged::reopen(std::uint32_t trial) {
  policy_->observe(TrialReopened{TrialId(trial)});
  count_of(trial) = 0;
}

double random_value(RandomStream& random, const HistoryStyle& style) {
  if (random.uniform() < style.worst_share) {
    const std::array<double, 3> worst{std::nan(""), INFINITY, -INFINITY};
    return worst[random.below(3)];
  }
  if (style.ties) return (static_cast<double>(random.below(33)) - 16) / 8;
  return random.uniform() * 4 - 2;
}

namespace {

struct Actor {
  std::uint32_t count = 0;
  bool excluded = false;
  bool ended = false;
};

TrialEvent random_change(RandomStream& random, Actor& actor, TrialId trial) {
  const std::uint64_t kind = random.below(4);
  if (kind == 0 && !actor.excluded) {
    actor.excluded = true;
    return TrialExcluded{trial};
  }
  if (kind == 1) {
    constexpr std::array<Status, 3> kEnds{Status::Completed, Status::Failed, Status::Canceled};
    actor.ended = true;
    return TrialEnded{trial, kEnds[random.below(3)], {}, {}};
  }
  if (kind == 2 && actor.ended) {
    actor = Actor{};
    return TrialReopened{trial};
  }
  const auto kept = static_cast<std::uint32_t>(random.below(actor.count + 1));
  actor.count = kept;
  return ReportsRemoved{trial, kept};
}

}  // namespace

std::vector<TrialEvent> random_history(RandomStream& random, const HistoryStyle& style) {
  std::vector<TrialEvent> events;
  std::vector<Actor> actors(style.trials);
  for (std::uint32_t i = 0; i < style.trials; ++i) events.push_back(TrialAdded{TrialId(i), {}});
  while (events.size() < style.events) {
    const auto index = static_cast<std::uint32_t>(random.below(style.trials));
    Actor& actor = actors[index];
    if (actor.ended && random.uniform() < 0.3) {
      actor = Actor{};
      events.push_back(TrialReopened{TrialId(index)});
    } else if (random.uniform() < style.removal_share) {
      events.push_back(random_change(random, actor, TrialId(index)));
    } else if (!actor.ended) {
      const std::uint32_t interval = ++actor.count;
      double value = random_value(random, style);
      if (style.rising) value = (index + 1.0) * interval / (interval + 2.0) + value / 64;
      events.push_back(TrialReported{{TrialId(index), interval, value, {}}});
    }
  }
  return events;
}

std::vector<TrialEvent> interleave_again(RandomStream& random,
                                         const std::vector<TrialEvent>& events) {
  std::vector<std::deque<TrialEvent>> queues;
  for (const TrialEvent& event : events) {
    const std::size_t index = index_of(trial_of(event));
    if (index >= queues.size()) queues.resize(index + 1);
    queues[index].push_back(event);
  }
  std::vector<TrialEvent> mixed;
  while (mixed.size() < events.size()) {
    auto& queue = queues[random.below(queues.size())];
    if (queue.empty()) continue;
    mixed.push_back(queue.front());
    queue.pop_front();
  }
  return mixed;
}

}  // namespace sweepjob::testing
