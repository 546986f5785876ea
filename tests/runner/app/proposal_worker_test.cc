#include "runner/app/proposal_worker.h"

#include <map>

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>

namespace sweepjob {
namespace {

// Proposes how many ended trials it has seen: an answer that shows what the sampler knew.
class CountingSampler final : public Sampler {
 public:
  void observe(const TrialEvent& event) override {
    if (std::holds_alternative<TrialEnded>(event)) ++ended_;
  }
  Proposals propose(std::span<const TrialId> trials, const Rng&) const override {
    std::vector<Proposal> proposals;
    for (std::size_t i = 0; i < trials.size(); ++i) {
      proposals.push_back({Params{{"ended", Value(ended_)}}, {}, {}, {}});
    }
    return proposals;
  }
  bool needs_results() const override { return true; }
  bool slow() const override { return true; }

 private:
  std::int64_t ended_ = 0;
};

Event event(EventBody body) { return {{}, std::move(body)}; }

// Feeds a history with two requests and gives what each was answered.
std::map<std::uint64_t, std::int64_t> answers(std::uint64_t first_request, std::size_t expected) {
  boost::asio::io_context context;
  auto guard = boost::asio::make_work_guard(context);
  std::map<std::uint64_t, std::int64_t> seen;
  Sweep fold(std::make_unique<CountingSampler>(), nullptr, Goal::Minimize);
  ProposalWorker worker(context, std::move(fold), first_request,
                        [&](std::uint64_t request, Proposals proposals) {
                          const auto& made = std::get<std::vector<Proposal>>(proposals);
                          seen[request] = *made.at(0).params.at(0).second.get<std::int64_t>();
                          if (seen.size() == expected) context.stop();
                        });
  for (std::uint32_t i = 0; i < 3; ++i) {
    worker.observe(event(TrialProposed{TrialId{i}, {}, 0}));
  }
  worker.observe(event(TrialFinished{TrialId{0}, Status::Completed, "", "", 0}));
  worker.observe(event(ProposalRequested{1, 4, TrialId{3}, 1}));
  worker.observe(event(TrialFinished{TrialId{1}, Status::Completed, "", "", 0}));
  worker.observe(event(TrialFinished{TrialId{2}, Status::Completed, "", "", 0}));
  worker.observe(event(ProposalRequested{2, 7, TrialId{4}, 1}));
  context.run();
  return seen;
}

TEST(ProposalWorker, AnswersFromWhatTheJournalHeldAtTheRequestAndNoMore) {
  const std::map<std::uint64_t, std::int64_t> expected{{1, 1}, {2, 3}};
  EXPECT_EQ(answers(1, 2), expected);
}

TEST(ProposalWorker, DoesNotAnswerAgainWhatWasAnsweredBeforeACrash) {
  const std::map<std::uint64_t, std::int64_t> expected{{2, 3}};
  EXPECT_EQ(answers(2, 1), expected);
}

}  // namespace
}  // namespace sweepjob
