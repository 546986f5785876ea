#include <cmath>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "samplers/numerics/pareto.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::option;

struct Zdt {
  SearchSpace space;
  std::function<Losses(const std::vector<double>& x)> f;
};

// E. Zitzler, K. Deb, L. Thiele, "Comparison of multiobjective evolutionary algorithms", 2000: the
// first three, which differ in the shape of the front, convex, concave and in five pieces.
Zdt zdt(int number) {
  Zdt result;
  for (int i = 0; i < 8; ++i) {
    result.space.parameters.push_back(test::uniform("x" + std::to_string(i), 0, 1));
  }
  result.f = [number](const std::vector<double>& x) -> Losses {
    double sum = 0;
    for (std::size_t i = 1; i < x.size(); ++i) sum += x[i];
    const double g = 1 + 9 * sum / static_cast<double>(x.size() - 1);
    const double share = x[0] / g;
    if (number == 2) return {x[0], g * (1 - share * share)};
    const double wave = number == 3 ? share * std::sin(10 * M_PI * x[0]) : 0;
    return {x[0], g * (1 - std::sqrt(share) - wave)};
  };
  return result;
}

double volume_after(int number, const std::string& type, std::uint32_t trials, std::uint64_t seed) {
  const Zdt problem = zdt(number);
  Options own;  // the second objective is maximised: its negative is given
  own.type = type;
  own.path = "sampling_algorithm";
  Findings findings;
  if (type == "nsga2") own.options = {option("population_size", 20)};
  const auto made = make_sampler(
      {problem.space, own, {{"a", Goal::Minimize}, {"b", Goal::Maximize}}, trials}, findings);
  EXPECT_EQ(findings.error_count(), 0u);
  std::vector<Losses> losses;
  for (std::uint32_t i = 0; i < trials; ++i) {
    const std::vector<TrialId> ids{TrialId{i}};
    const Proposals answer = made->propose(ids, Rng(seed));
    const Proposal& proposal = std::get<std::vector<Proposal>>(answer).at(0);
    made->observe(TrialAdded{TrialId{i}, proposal});
    std::vector<double> x;
    for (const auto& [name, value] : proposal.params) x.push_back(*value.get<double>());
    losses.push_back(problem.f(x));
    made->observe(TrialEnded{
        TrialId{i}, Status::Completed, losses.back()[0], losses.back()[0], {-losses.back()[1]}});
  }
  return hypervolume(losses, {1.1, 1.1});
}

// Below (1.1, 1.1) the whole front has 1.21 less what lies below it: 1/3 of ZDT1, 2/3 of ZDT2. That
// of ZDT3 is the volume of its best points, found here along x[0] with g = 1.
double whole_volume(int number) {
  if (number < 3) return 1.21 - number / 3.0;
  const Zdt problem = zdt(number);
  std::vector<Losses> front;
  for (int i = 0; i <= 2000; ++i) {
    std::vector<double> x(8, 0.0);
    x[0] = i / 2000.0;
    front.push_back(problem.f(x));
  }
  return hypervolume(front, {1.1, 1.1});
}

TEST(Nsga2, ComesToTheFrontsOfZdt) {
  for (const int number : {1, 2, 3}) {
    double mine = 0, random = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      mine += volume_after(number, "nsga2", 1000, seed) / 3;
      random += volume_after(number, "random", 1000, seed) / 3;
    }
    const double whole = whole_volume(number);
    EXPECT_GT(mine / whole, 0.85) << number;
    EXPECT_LE(mine / whole, 1) << number;
    EXPECT_LT(random / whole, 0.4) << number;
  }
}

TEST(Nsga2, CountsOnlyTrialsWithAllObjectives) {
  SearchSpace space{{test::uniform("x", 0, 1)}};
  Options own;
  own.type = "nsga2";
  own.options = {option("population_size", 2)};
  Findings findings;
  const auto made =
      make_sampler({space, own, {{"a", Goal::Minimize}, {"b", Goal::Minimize}}, 100}, findings);
  ASSERT_NE(made, nullptr);
  const auto note_of = [&](std::uint32_t trial) {
    const std::vector<TrialId> ids{TrialId{trial}};
    return std::get<std::vector<Proposal>>(made->propose(ids, Rng(1))).at(0).note;
  };
  const auto end = [&](std::uint32_t trial, Status status, std::vector<double> others) {
    TrialAdded added{TrialId{trial}, {}};
    added.proposal.params = {{"x", 0.1 * trial}};
    made->observe(added);
    made->observe(TrialEnded{TrialId{trial}, status, 1.0, 1.0, std::move(others)});
  };
  end(0, Status::Completed, {});
  end(1, Status::Failed, {1.0});
  end(2, Status::Completed, {kWorst});
  EXPECT_EQ(note_of(9), "generation 0, 0 of 2 have ended");
  end(3, Status::Completed, {1.0});
  EXPECT_EQ(note_of(9), "generation 0, 1 of 2 have ended");
  end(4, Status::Canceled, {2.0});
  EXPECT_EQ(note_of(9).substr(0, 17), "generation 1 from");
}

TEST(Nsga2, ATrialThatWasStartedAgainCountsOnce) {
  test::SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "nsga2",
                                 {option("population_size", 2)});
  const auto note = [&] {
    const std::vector<TrialId> ids{TrialId{9}};
    return std::get<std::vector<Proposal>>(sampler->propose(ids, Rng(1))).at(0).note;
  };
  const auto end = [&](std::uint32_t trial, double loss) {
    sampler->observe(TrialEnded{TrialId{trial}, Status::Completed, loss, loss});
  };
  for (const std::uint32_t trial : {0u, 1u}) {
    sampler.add(trial, {{"x", 0.2 + 0.6 * trial}});
    end(trial, trial == 0 ? 0.1 : 0.5);
  }
  EXPECT_EQ(note().substr(0, 17), "generation 1 from");
  // A parent with a result that did not stand: it is none while it runs, and none afterwards.
  sampler->observe(TrialReopened{TrialId{0}});
  for (int i = 0; i < 8; ++i) EXPECT_EQ(note().find("trials 0 "), std::string::npos);
  end(0, 9.0);
  sampler.add(2, {{"x", 0.5}});
  end(2, 0.3);
  std::set<std::string> parents;
  for (std::uint32_t trial = 10; trial < 60; ++trial) {
    const std::vector<TrialId> ids{TrialId{trial}};
    const std::string text =
        std::get<std::vector<Proposal>>(sampler->propose(ids, Rng(1))).at(0).note;
    parents.insert(text.substr(text.find("from ")));
  }
  for (const std::string& one : parents) EXPECT_EQ(one.find(" 0"), std::string::npos) << one;
}

TEST(Nsga2, LeavesCutTrialsOutWhereTheyCountAsFailed) {
  for (const char* cut : {"best", "failed"}) {
    test::SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "nsga2",
                                   {option("population_size", 2), option("cut_trials", cut)});
    for (const std::uint32_t trial : {0u, 1u}) {
      sampler.add(trial, {{"x", 0.2 + 0.6 * trial}});
      sampler->observe(TrialEnded{TrialId{trial}, Status::Canceled, 1.0, 1.0});
    }
    const std::vector<TrialId> ids{TrialId{2}};
    const std::string note =
        std::get<std::vector<Proposal>>(sampler->propose(ids, Rng(1))).at(0).note;
    EXPECT_EQ(note.substr(0, 12), std::string(cut) == "best" ? "generation 1" : "generation 0");
  }
}

TEST(Nsga2, TakesAConditionalSpaceParameterByParameter) {
  test::SamplerUnderTest sampler({{test::model_choice(true)}}, "nsga2",
                                 {option("population_size", 4)});
  ASSERT_TRUE(sampler.exists());
  for (std::uint32_t i = 0; i < 40; ++i) {
    const std::vector<Params> asked = sampler.ask(i, 1);
    ASSERT_EQ(asked.size(), 1u);
    sampler.add(i, asked[0]);
    sampler->observe(TrialEnded{TrialId{i}, Status::Completed, 1.0 / (1 + i), 1.0});
    const Value& model = asked[0][0].second;
    EXPECT_EQ(model.get<Value::Map>()->size(), 2u) << to_json(model);
  }
}

}  // namespace
}  // namespace sweepjob
