#include "samplers/surrogate/study.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;

std::vector<TrialId> ids(std::uint32_t first, std::uint32_t count) {
  std::vector<TrialId> result;
  for (std::uint32_t i = 0; i < count; ++i) result.push_back(TrialId{first + i});
  return result;
}

class StudyTest : public testing::Test {
 protected:
  explicit StudyTest(SearchSpace space) : space_(std::move(space)) {}
  StudyTest() : StudyTest({{test::choice("x", std::vector<Value>{1, 2, 2, 3})}}) {}

  Study make(Study::Repeats repeats = Study::Repeats::Avoided) {
    return Study(context_, {.logbase = 2.718281828459045},
                 {.order_numeric_choices = true, .repeats = repeats});
  }
  static std::string texts(const Proposals& answer) {
    if (std::holds_alternative<Exhausted>(answer)) return "exhausted";
    std::string result;
    for (const Proposal& one : std::get<std::vector<Proposal>>(answer)) {
      result += to_json(one.params[0].second) + " ";
    }
    return result;
  }
  static Study::Suggestion first_point(const Study::Ask& /*ask*/) { return {{0}, "model"}; }

  SearchSpace space_;
  Options options_;
  SamplerContext context_{space_, options_, {{"loss", Goal::Minimize}}};
};

TEST_F(StudyTest, TriesEveryPointOnceWhateverTheModelSaysAndEnds) {
  Study study = make();
  std::set<std::string> seen;
  for (std::uint32_t trial = 0; trial < 3; ++trial) {
    const Proposals answer = study.propose(ids(trial, 1), Rng(1), first_point);
    ASSERT_TRUE(std::holds_alternative<std::vector<Proposal>>(answer));
    const Proposal& proposal = std::get<std::vector<Proposal>>(answer)[0];
    EXPECT_TRUE(seen.insert(to_json(proposal.params[0].second)).second);
    study.observe(TrialAdded{TrialId{trial}, proposal});
  }
  EXPECT_EQ(texts(study.propose(ids(3, 1), Rng(1), first_point)), "exhausted")
      << "the equal entries are one point";
}

// A model may name the same coordinate again and again, at an end of its range above all; what
// counts is the value that comes of it.
TEST(StudyOfReals, ProposesNoValueTwice) {
  const SearchSpace space{{test::parameter("x", DistributionKind::LogUniform, -7, 3)}};
  const SearchSpace normal{{test::parameter("x", DistributionKind::LogNormal, -1, 2)}};
  const Options options;
  for (const SearchSpace* one : {&space, &normal}) {
    for (const double u : {0.0, 0.1, 0.3, 1e-12, 0.77, 1.0}) {
      Study study({*one, options}, {.logbase = 10});
      std::set<std::string> seen;
      for (std::uint32_t i = 0; i < 5; ++i) {
        const std::vector<TrialId> ids{TrialId{i}};
        const Proposals answer = study.propose(ids, Rng(1), [&](const Study::Ask&) {
          return Study::Suggestion{{u}, "same"};
        });
        const Proposal& proposal = std::get<std::vector<Proposal>>(answer).at(0);
        seen.insert(to_json(Value(proposal.params)));
        study.observe(TrialAdded{TrialId{i}, proposal});
      }
      EXPECT_EQ(seen.size(), 5u) << u;
    }
  }
}

TEST_F(StudyTest, RepeatsPointsForASamplerWhoseRuleDoes) {
  Study study = make(Study::Repeats::Allowed);
  EXPECT_EQ(texts(study.propose(ids(0, 5), Rng(1), first_point)), "1 1 1 1 1 ");
}

TEST_F(StudyTest, ProposesFewerThanAskedWhereTheSpaceEnds) {
  EXPECT_EQ(std::get<std::vector<Proposal>>(make().propose(ids(0, 9), Rng(1), first_point)).size(),
            3u);
}

TEST_F(StudyTest, TellsEachProposalOfTheOnesBeforeIt) {
  Study study = make();
  TrialAdded added{TrialId{0}, {}};
  added.proposal.params = {{"x", Value(3)}};
  study.observe(added);
  std::vector<std::size_t> pending;
  std::vector<bool> is_new;
  const auto suggest = [&](const Study::Ask& ask) -> Study::Suggestion {
    pending.push_back(ask.pending.size());
    is_new.push_back(ask.is_new({0}));
    return {{0}, ""};
  };
  static_cast<void>(study.propose(ids(1, 2), Rng(1), suggest));
  EXPECT_THAT(pending, ElementsAre(1, 2));
  EXPECT_THAT(is_new, ElementsAre(true, false));
}

TEST_F(StudyTest, TheFirstProposalsDoNotDependOnHowManyAreAskedFor) {
  const Study study = make();
  const std::string one = texts(study.propose(ids(0, 1), Rng(5), first_point));
  const std::string three = texts(study.propose(ids(0, 3), Rng(5), first_point));
  EXPECT_EQ(three.substr(0, one.size()), one);
}

TEST_F(StudyTest, ReadsTheCommonOptionsAndWantsAnObjective) {
  options_.type = "tpe";
  options_.options = {test::option("seed", 3), test::option("logbase", 10),
                      test::option("cut_trials", "failed")};
  context_.objectives.clear();
  Findings findings;
  OptionReader reader(options_, findings);
  const StudyOptions read = read_study_options(context_, reader, findings);
  EXPECT_EQ(read.logbase, 10);
  EXPECT_EQ(read.cut_trials, History::CutTrials::CountAsFailed);
  ASSERT_EQ(findings.error_count(), 1u);
  EXPECT_EQ(findings.all()[0].message, "tpe learns from results, and the job names no objective");
}

}  // namespace
}  // namespace sweepjob
