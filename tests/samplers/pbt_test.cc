#include <gtest/gtest.h>

#include "samplers/budget/perturb.h"
#include "tests/support/budget_run.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::BudgetRun;
using test::option;
using test::parameter;

std::vector<Option> five(const std::vector<Option>& more = {}) {
  return test::with({option("population_size", 5), option("fraction", 0.2)}, more);
}

TEST(Pbt, TheWorstClonesTheBestAndTheOthersGoOn) {
  BudgetRun run("pbt", five({option("interval", 10)}));
  EXPECT_EQ(run.fill(9), "0@10 1@10 2@10 3@10 4@10 wait");
  for (const std::uint32_t trial : {4, 0, 3, 1, 2}) run.end(trial, trial == 1 ? 50 : trial + 3);
  EXPECT_EQ(run.fill(9), "5@20<0 6@20<0 7@20<2 8@20<3 9@20<4 wait");
  for (const std::uint32_t member : {0, 2, 3, 4}) {
    EXPECT_EQ(run.proposals()[5 + member].params, run.proposals()[member].params);
  }
  EXPECT_NE(run.proposals()[6].params, run.proposals()[0].params);
  EXPECT_EQ(run.proposals()[6].note, "generation 1 member 1 clones member 0");
  EXPECT_EQ(run.proposals()[7].note, "generation 1 member 2 continues");
}

TEST(Pbt, AFailedMemberClonesAndIsClonedByNobody) {
  BudgetRun run("pbt", five());
  run.fill(5);
  run.fail(0);
  run.fail(1);
  run.end(2, 1, Status::Canceled);
  run.end(3, 9);
  run.end(4, 8);
  EXPECT_EQ(run.fill(5), "5<4 6<4 7<4 8<3 9<4");
}

TEST(Pbt, AGenerationInWhichAllFailGoesOnAsItIs) {
  BudgetRun run("pbt", five());
  run.fill(5);
  run.fail_each(0, 5);
  EXPECT_EQ(run.fill(5), "5<0 6<1 7<2 8<3 9<4");
}

TEST(Pbt, GoesOnInTheMiddleOfAGeneration) {
  BudgetRun run("pbt", five({option("generations", 3)}));
  std::uint32_t trial = 0;
  for (std::string taken = run.take(2); taken != "exhausted"; taken = run.take(2)) {
    EXPECT_TRUE(run.restart_agrees()) << "at trial " << trial;
    ASSERT_LT(trial, 15u);
    if (taken != "wait" && trial % 5 < 3) continue;
    while (run.running() > 0) {
      const TrialId next = run.running_trials().back();
      run.end(index_of(next), (index_of(next) * 7) % 5);
      ++trial;
      EXPECT_TRUE(run.restart_agrees()) << "after trial " << index_of(next);
    }
  }
  EXPECT_EQ(run.proposals().size(), 15u);
}

TEST(Pbt, ASmallSpaceMakesASmallPopulation) {
  const SearchSpace three{{test::choice("a", std::vector<Value>{0, 1, 2})}};
  BudgetRun run("pbt", five({option("sampler", "grid")}), Goal::Minimize, three);
  EXPECT_EQ(run.fill(5), "0 1 2 wait");
  run.end_each(0, 3);
  EXPECT_EQ(run.fill(5), "3<0 4<1 5<0 wait");
}

TEST(Pbt, ATrialStartedAgainIsWaitedFor) {
  BudgetRun run("pbt", five());
  run.fill(5);
  run.end_each(0, 5);
  run.reopen(0);
  EXPECT_EQ(run.take(1), "wait");
  run.end(0, 99);
  EXPECT_EQ(run.fill(5), "5<1 6<1 7<2 8<3 9<4");
}

// NNI's table, upwards and downwards; bounds hold.
struct Step {
  Parameter of;
  Value from, up, down;
};

TEST(Perturb, MovesEachKindByItsStep) {
  Parameter whole = parameter("x", QUniform, 0, 10, 2);
  whole.integral = true;
  const std::vector<Step> steps{
      {parameter("x", Uniform, 0, 10), 5.0, 7.0, 3.0},
      {parameter("x", Uniform, 0, 10), 9.0, 10.0, 7.0},
      {parameter("x", Uniform, 0, 10), 1.0, 3.0, 0.0},
      {test::randint("x", 8), 3, 4, 2},
      {test::randint("x", 8), 7, 7, 6},
      {test::randint("x", 8), 0, 1, 0},
      {whole, 4, 6, 2},
      {whole, 10, 10, 8},
      {parameter("x", QNormal, 0, 1, 0.5), 0.5, 1.0, 0.0},
      {parameter("x", QLogNormal, 0, 1, 0.5), 0.5, 1.0, 0.5},
      {parameter("x", Normal, 0, 10), 100.0, 102.0, 98.0},
      {test::choice("x", std::vector<Value>{"a", "b", "c"}), "b", "c", "a"},
      {test::choice("x", std::vector<Value>{"a", "b", "c"}), "c", "c", "b"},
  };
  for (const Step& step : steps) {
    const SearchSpace space{{step.of}};
    for (const bool up : {true, false}) {
      const Chance chance = [up](std::string_view, std::string_view purpose) {
        return purpose == "up" && up ? 0.0 : 0.9;
      };
      const Params moved = perturb(space, {{"x", step.from}}, {0.2, 0.25, 10}, chance);
      EXPECT_EQ(to_json(moved[0].second), to_json(up ? step.up : step.down))
          << to_string(step.of.kind) << " from " << to_json(step.from);
    }
  }
}

TEST(Perturb, MovesLogarithmsByTheirRange) {
  const SearchSpace space{{parameter("x", LogUniform, -4, 0)}};
  const Chance up = [](std::string_view, std::string_view purpose) {
    return purpose == "up" ? 0.0 : 0.9;
  };
  const Params moved = perturb(space, {{"x", 0.01}}, {0.25, 0.25, 10}, up);
  EXPECT_NEAR(*moved[0].second.get<double>(), 0.1, 1e-12);
  const Params bounded = perturb(space, {{"x", 0.5}}, {0.25, 0.25, 10}, up);
  EXPECT_NEAR(*bounded[0].second.get<double>(), 1, 1e-12);
}

TEST(Perturb, DrawsAnewWithTheGivenProbabilityAndWhatIsNotOfTheSpace) {
  const SearchSpace space{{parameter("x", Uniform, 0, 10)}};
  const Chance chance = [](std::string_view, std::string_view purpose) {
    return purpose == "resample" ? 0.3 : 0.5;
  };
  EXPECT_EQ(to_json(perturb(space, {{"x", 9.0}}, {0.2, 0.31, 10}, chance)[0].second), "5.0");
  EXPECT_EQ(to_json(perturb(space, {{"x", 9.0}}, {0.2, 0.29, 10}, chance)[0].second), "7.0");
  EXPECT_EQ(to_json(perturb(space, {{"x", "text"}}, {0.2, 0, 10}, chance)[0].second), "5.0");
  EXPECT_EQ(to_json(perturb(space, {}, {0.2, 0, 10}, chance)[0].second), "5.0");
}

TEST(Perturb, AChoiceThatStaysPerturbsWhatItHoldsAndANewOneDrawsIt) {
  const SearchSpace space{{test::model_choice(true)}};
  const Value svm(Value::Map{{"name", "svm"}, {"C", 1.0}});
  const Chance down = [](std::string_view, std::string_view) { return 0.9; };
  const Params stays = perturb(space, {{"model", svm}}, {0.2, 0.25, 10}, down);
  EXPECT_EQ(to_json(*stays[0].second.find("name")), "\"svm\"");
  EXPECT_NEAR(*stays[0].second.find("C")->get<double>(), 0.1, 1e-12);  // exponent 0 - 5 * 0.2
  const Chance up = [](std::string_view, std::string_view purpose) {
    return purpose == "up" ? 0.0 : 0.9;
  };
  const Params moves = perturb(space, {{"model", svm}}, {0.2, 0.25, 10}, up);
  EXPECT_EQ(to_json(moves[0].second, true), R"({"name":"forest","trees":200})");
}

}  // namespace
}  // namespace sweepjob
