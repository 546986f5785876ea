// A sweep with a budget sampler, played by hand: take what it proposes, end trials with values.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob::test {

class BudgetRun {
 public:
  BudgetRun(std::string type, std::vector<Option> options, Goal goal = Goal::Minimize,
            SearchSpace space = {{uniform("x", 0, 1)}}, bool allow_duplicates = true)
      : type_(std::move(type)),
        options_(std::move(options)),
        goal_(goal),
        space_(std::move(space)),
        allow_duplicates_(allow_duplicates),
        live_(make()) {
    EXPECT_TRUE((*live_).exists())
        << (live_->findings().all().empty() ? "" : to_text(live_->findings().all()[0]));
  }

  // "wait", "exhausted", or the new trials: "0@1 1@1 2@3<0" is trial 2 at budget 3 from trial 0.
  std::string take(std::uint32_t count) {
    const Proposals answer = ask(*live_, count);
    if (const auto* proposals = std::get_if<std::vector<Proposal>>(&answer)) {
      std::string text;
      for (const Proposal& proposal : *proposals) {
        const TrialId trial{static_cast<std::uint32_t>(proposals_.size())};
        proposals_.push_back(proposal);
        text += (text.empty() ? "" : " ") + describe(trial);
        observe(TrialAdded{trial, proposal});
        running_.insert(trial);
      }
      return text;
    }
    return std::holds_alternative<Wait>(answer) ? "wait" : "exhausted";
  }
  // As the core does: one answer after another until all slots have a trial.
  std::string fill(std::uint32_t slots) {
    std::string text;
    while (running() < slots) {
      const std::string taken = take(slots - running());
      text += (text.empty() ? "" : " ") + taken;
      if (taken == "wait" || taken == "exhausted") break;
    }
    return text;
  }

  void end(std::uint32_t trial, double value, Status status = Status::Completed) {
    const double own = goal_ == Goal::Minimize ? value : -value;
    observe(TrialReported{{TrialId{trial}, 1, own, {}}});
    std::optional<double> best;
    if (!is_worst(own)) best = own;
    observe(TrialEnded{TrialId{trial}, status, best, own});
    running_.erase(TrialId{trial});
  }
  void fail(std::uint32_t trial) {
    observe(TrialEnded{TrialId{trial}, Status::Failed, {}, {}});
    running_.erase(TrialId{trial});
  }
  // Trials first, ..., behind - 1; the values of those that end are their numbers.
  void end_each(std::uint32_t first, std::uint32_t behind) {
    for (std::uint32_t trial = first; trial < behind; ++trial) end(trial, trial);
  }
  void fail_each(std::uint32_t first, std::uint32_t behind) {
    for (std::uint32_t trial = first; trial < behind; ++trial) fail(trial);
  }
  void reopen(std::uint32_t trial) {
    observe(TrialReopened{TrialId{trial}});
    running_.insert(TrialId{trial});
  }

  [[nodiscard]] const std::vector<Proposal>& proposals() const { return proposals_; }
  [[nodiscard]] std::uint32_t running() const {
    return static_cast<std::uint32_t>(running_.size());
  }
  [[nodiscard]] std::vector<TrialId> running_trials() const {
    return {running_.begin(), running_.end()};
  }
  [[nodiscard]] const Sampler& sampler() const { return *(*live_).operator->(); }

  [[nodiscard]] std::string describe(TrialId trial) const {
    const Proposal& proposal = proposals_[index_of(trial)];
    return fmt::format("{}{}{}", index_of(trial),
                       proposal.budget ? "@" + to_string(*proposal.budget) : "",
                       proposal.parent ? fmt::format("<{}", index_of(*proposal.parent)) : "");
  }

  // What a sampler says that was made anew and has seen the same events.
  [[nodiscard]] bool restart_agrees() const {
    const auto restarted = make();
    for (const TrialEvent& event : events_) (*restarted)->observe(event);
    return text(ask(*restarted, 3)) == text(ask(*live_, 3));
  }

 private:
  [[nodiscard]] std::unique_ptr<SamplerUnderTest> make() const {
    return std::make_unique<SamplerUnderTest>(space_, type_, options_, allow_duplicates_, false,
                                              goal_);
  }
  [[nodiscard]] Proposals ask(const SamplerUnderTest& sampler, std::uint32_t count) const {
    std::vector<TrialId> ids;
    for (std::uint32_t i = 0; i < count; ++i) {
      ids.push_back(TrialId{static_cast<std::uint32_t>(proposals_.size()) + i});
    }
    return sampler->propose(ids, Rng(5));
  }
  [[nodiscard]] static std::string text(const Proposals& answer) {
    std::string result = std::to_string(answer.index());
    if (const auto* proposals = std::get_if<std::vector<Proposal>>(&answer)) {
      for (const Proposal& proposal : *proposals) {
        result += fmt::format(" {} {} {} {}", to_json(Value(proposal.params), true), proposal.note,
                              proposal.budget ? proposal.budget->amount : -1,
                              proposal.parent ? static_cast<int>(index_of(*proposal.parent)) : -1);
      }
    }
    return result;
  }
  void observe(const TrialEvent& event) {
    (*live_)->observe(event);
    events_.push_back(event);
  }

  std::string type_;
  std::vector<Option> options_;
  Goal goal_;
  SearchSpace space_;
  bool allow_duplicates_;
  std::unique_ptr<SamplerUnderTest> live_;
  std::vector<TrialEvent> events_;
  std::vector<Proposal> proposals_;
  std::set<TrialId> running_;
};

}  // namespace sweepjob::test
