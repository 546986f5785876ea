// Samplers and policies that the core's tests make up.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "policies/policy.h"
#include "samplers/sampler.h"

namespace sweepjob::testing {

// Answers what it is told to; proposals are numbered.
struct FakeSampler final : Sampler {
  enum class Answer { Proposals, Wait, Exhausted };
  struct Settings {
    Answer answer = Answer::Proposals;
    bool needs_results = true;
    bool slow = false;
    std::size_t most_at_once = 100;
  };

  explicit FakeSampler(const Settings* settings_of_test) : settings(settings_of_test) {}
  void observe(const TrialEvent&) override {}
  Proposals propose(std::span<const TrialId> trials, const Rng&) const override {
    if (settings->answer == Answer::Wait) return Wait{};
    if (settings->answer == Answer::Exhausted) return Exhausted{};
    std::vector<Proposal> proposals;
    for (const TrialId trial : trials) {
      if (proposals.size() == settings->most_at_once) break;
      Proposal proposal;
      proposal.params = {{"x", Value(static_cast<int>(index_of(trial)))}};
      if (index_of(trial) > 0) {
        proposal.budget = Budget{3.0 * index_of(trial)};
        proposal.parent = TrialId{0};
        proposal.note = "rung " + std::to_string(index_of(trial));
      }
      proposals.push_back(std::move(proposal));
    }
    return proposals;
  }
  bool needs_results() const override { return settings->needs_results; }
  bool slow() const override { return settings->slow; }

  const Settings* settings;
};

// Writes down what it is asked and what it observes; stops whatever reports less than 0.
struct FakePolicy final : TerminationPolicy {
  struct Log {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> judged;  // trial, interval
    std::vector<std::string> observed;
  };

  explicit FakePolicy(Log* log_of_test) : log(log_of_test) {}
  void observe(const TrialEvent& event) override {
    if (const auto* reported = std::get_if<TrialReported>(&event)) {
      log->observed.push_back("report " + std::to_string(reported->report.interval));
    } else if (const auto* removed = std::get_if<ReportsRemoved>(&event)) {
      log->observed.push_back("keep " + std::to_string(removed->kept));
    } else if (std::holds_alternative<TrialExcluded>(event)) {
      log->observed.push_back("exclude");
    } else if (std::holds_alternative<TrialReopened>(event)) {
      log->observed.push_back("reopen");
    } else if (std::holds_alternative<TrialEnded>(event)) {
      log->observed.push_back("end");
    }
  }
  Verdict judge(const Report& report) const override {
    log->judged.emplace_back(index_of(report.trial), report.interval);
    if (report.value < 0) return {true, "below zero"};
    return {};
  }
  Verdict explain(const Report& report) const override {
    return {report.value < 0, "a value against zero"};
  }

  Log* log;
};

}  // namespace sweepjob::testing
