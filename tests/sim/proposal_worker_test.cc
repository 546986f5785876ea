// The thread of a slow sampler: its answers depend on the journal alone.
#include "runner/app/proposal_worker.h"

#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>

namespace sweepjob::testing {
namespace {

// Proposes what it has observed so far: the number of events.
class CountingSampler final : public Sampler {
 public:
  void observe(const TrialEvent&) override { ++observed_; }
  Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    std::vector<Proposal> proposals;
    for (const TrialId trial : trials) {
      Proposal proposal;
      proposal.params = {{"observed", Value(observed_)},
                         {"trial", Value(static_cast<int>(index_of(trial)))},
                         {"seed", Value(static_cast<std::int64_t>(rng.seed()))}};
      proposals.push_back(std::move(proposal));
    }
    return proposals;
  }
  bool needs_results() const override { return true; }
  bool slow() const override { return true; }

 private:
  int observed_ = 0;
};

struct ProposalWorkerTest : ::testing::Test {
  Sweep fold() { return Sweep(std::make_unique<CountingSampler>(), nullptr, Goal::Minimize); }
  void start(std::uint64_t first_request) {
    worker = std::make_unique<ProposalWorker>(
        context, fold(), first_request, [this](std::uint64_t request, const Proposals& proposals) {
          answers.emplace_back(request, std::get<std::vector<Proposal>>(proposals));
        });
  }
  void observe(EventBody body) { worker->observe(Event{{}, std::move(body)}); }
  void await(std::size_t count) {
    const auto guard = boost::asio::make_work_guard(context);
    while (answers.size() < count) context.run_one();
  }
  static ProposalRequested request(std::uint64_t number, std::uint32_t first, std::uint32_t count) {
    return {number, 0, TrialId{first}, count};
  }

  boost::asio::io_context context{1};
  std::vector<std::pair<std::uint64_t, std::vector<Proposal>>> answers;
  std::unique_ptr<ProposalWorker> worker;
};

TEST_F(ProposalWorkerTest, AnswersFromWhatStoodInTheJournalBeforeTheQuestion) {
  start(1);
  SweepCreated created;
  created.seed = 42;
  observe(created);
  observe(request(1, 0, 2));
  observe(TrialProposed{TrialId{0}, {}, 1});
  observe(TrialProposed{TrialId{1}, {}, 1});
  observe(request(2, 2, 1));
  await(2);
  ASSERT_EQ(answers[0].first, 1u);
  ASSERT_EQ(answers[0].second.size(), 2u);
  EXPECT_EQ(answers[0].second[1].params,
            (Params{{"observed", 0}, {"trial", 1}, {"seed", std::int64_t{42}}}));
  ASSERT_EQ(answers[1].first, 2u);
  EXPECT_EQ(answers[1].second[0].params,
            (Params{{"observed", 2}, {"trial", 2}, {"seed", std::int64_t{42}}}));
}

TEST_F(ProposalWorkerTest, DoesNotAnswerAgainWhatWasAnsweredBeforeTheRestart) {
  start(2);
  observe(request(1, 0, 1));
  observe(TrialProposed{TrialId{0}, {}, 1});
  observe(request(2, 1, 1));
  await(1);
  EXPECT_EQ(answers[0].first, 2u);
  worker.reset();
  context.poll();
  EXPECT_EQ(answers.size(), 1u);
}

}  // namespace
}  // namespace sweepjob::testing
