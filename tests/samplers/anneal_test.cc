// The sampler anneal against the rule in docs/samplers/anneal.md.
#include <algorithm>
#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using enum DistributionKind;
using test::choice;
using test::option;
using test::parameter;
using test::SamplerUnderTest;
using testing::HasSubstr;

void end(SamplerUnderTest& sampler, std::uint32_t trial, Params params, double loss) {
  sampler.add(trial, std::move(params));
  sampler->observe(TrialEnded{TrialId{trial}, Status::Completed, loss, loss});
}

std::vector<double> column(const std::vector<Params>& all) {
  std::vector<double> result;
  for (const Params& params : all) result.push_back(*params[0].second.get<double>());
  return result;
}

TEST(Anneal, DrawsFromThePriorWithoutAResult) {
  SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "anneal");
  std::vector<double> u = column(sampler.ask(0, 2'000));
  std::sort(u.begin(), u.end());
  double largest = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    largest = std::max(largest, std::abs(u[i] - (static_cast<double>(i) + 0.5) / 2'000));
  }
  EXPECT_LT(largest, 1.95 / std::sqrt(2'000));
}

// T = 10: s = 1 / (1 + 0.1 * 10) = 1/2, so a window of half the range, moved inside the bounds.
TEST(Anneal, DrawsFromTheWindowOfTheBestTrial) {
  SamplerUnderTest sampler({{test::uniform("x", 0, 8)}}, "anneal", {option("avg_best_idx", 1)});
  for (std::uint32_t i = 0; i < 10; ++i) end(sampler, i, {{"x", 0.7 * i}}, std::abs(i - 9.0));
  std::vector<double> x = column(sampler.ask(10, 2'000));
  std::sort(x.begin(), x.end());
  EXPECT_GT(x.front(), 4.0);  // centre min(6.3, 8 - 2)
  EXPECT_LT(x.front(), 4.02);
  EXPECT_GT(x.back(), 7.98);
  EXPECT_NEAR(x[1'000], 6, 0.15);
}

TEST(Anneal, WindowsOfLogarithmicKindsAreInTheLogarithm) {
  SamplerUnderTest sampler({{parameter("x", LogUniform, 0, 8)}}, "anneal",
                           {option("avg_best_idx", 1)});
  for (std::uint32_t i = 0; i < 10; ++i) end(sampler, i, {{"x", std::exp(4.0)}}, i);
  std::vector<double> x = column(sampler.ask(10, 2'000));
  std::sort(x.begin(), x.end());
  EXPECT_NEAR(std::log(x.front()), 2, 0.02);
  EXPECT_NEAR(std::log(x.back()), 6, 0.02);
}

TEST(Anneal, NormalKindsShrinkTheirDeviation) {
  SamplerUnderTest sampler({{parameter("x", Normal, 10, 4)}}, "anneal",
                           {option("avg_best_idx", 1)});
  for (std::uint32_t i = 0; i < 10; ++i) end(sampler, i, {{"x", 13.0}}, i);
  double sum = 0;
  double squares = 0;
  for (const double x : column(sampler.ask(10, 4'000))) {
    sum += x - 13;
    squares += (x - 13) * (x - 13);
  }
  EXPECT_NEAR(sum / 4'000, 0, 4 * 2 / std::sqrt(4'000));
  EXPECT_NEAR(std::sqrt(squares / 4'000), 2, 0.1);
}

// T = 10, s = 1/2: p = (1 - s) onehot + s / K.
TEST(Anneal, CategoriesAndIntegersKeepTheirValueOrTakeAny) {
  const SearchSpace space{{test::randint("n", 4), test::uniform("x", 0, 1),
                           choice("z", std::vector<Value>{"a", "b", "c", "d"})}};
  SamplerUnderTest sampler(space, "anneal", {option("avg_best_idx", 1)});
  for (std::uint32_t i = 0; i < 10; ++i) {
    end(sampler, i, {{"n", 2}, {"x", 0.01 * i}, {"z", "b"}}, i);
  }
  std::map<std::string, int> counts;
  for (const Params& params : sampler.ask(10, 4'000)) {
    ++counts["n" + python_str(params[0].second)];
    ++counts["z" + python_str(params[2].second)];
  }
  EXPECT_NEAR(counts["n2"], 4'000 * 0.625, 130);
  EXPECT_NEAR(counts["n0"], 4'000 * 0.125, 85);
  EXPECT_NEAR(counts["zb"], 4'000 * 0.625, 130);
  EXPECT_NEAR(counts["zd"], 4'000 * 0.125, 85);
}

// Two results far apart, a window far narrower: G is geometric with mean avg_best_idx = 2.
TEST(Anneal, TheBaseTrialIsOneOfTheBest) {
  SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "anneal", {option("shrink_coef", 100)});
  for (std::uint32_t i = 0; i < 4; ++i) end(sampler, i, {{"x", 0.2 + 0.2 * i}}, i);
  std::map<int, int> counts;
  for (const double x : column(sampler.ask(4, 4'000))) ++counts[static_cast<int>(x * 5 + 0.5)];
  EXPECT_NEAR(counts[1], 2'000, 130);
  EXPECT_NEAR(counts[2], 1'000, 110);
  EXPECT_NEAR(counts[3], 500, 85);
  EXPECT_NEAR(counts[4], 500, 85) << "all ranks beyond the last one are the last one";
}

TEST(Anneal, OneBaseTrialServesAllParametersThatItHas) {
  const SearchSpace space{{test::uniform("x", 0, 1), test::uniform("y", 0, 1)}};
  SamplerUnderTest sampler(space, "anneal", {option("shrink_coef", 1e5)});
  for (std::uint32_t i = 0; i < 4; ++i) {
    end(sampler, i, {{"x", 0.2 + 0.2 * i}, {"y", 0.9 - 0.2 * i}}, i);
  }
  for (const Params& params : sampler.ask(4, 50)) {
    EXPECT_NEAR(*params[0].second.get<double>() + *params[1].second.get<double>(), 1.1, 1e-3);
  }
}

TEST(Anneal, AParameterIsDrawnNearTrialsInWhichItWasActive) {
  const SearchSpace space{{test::model_choice(true), test::uniform("x", 0, 1)}};
  SamplerUnderTest sampler(space, "anneal", {option("shrink_coef", 100)});
  const Value svm = Value::Map{{"name", "svm"}, {"C", 1.0}};
  const Value forest = Value::Map{{"name", "forest"}, {"trees", 100}};
  end(sampler, 0, {{"model", svm}, {"x", 0.5}}, 5);
  for (std::uint32_t i = 1; i < 6; ++i)
    end(sampler, i, {{"model", forest}, {"x", 0.1 * i}}, i * 0.1);
  int seen = 0;
  for (const Params& params : sampler.ask(6, 400)) {
    const Value* c = params[0].second.find("C");
    if (c == nullptr) continue;
    ++seen;
    EXPECT_NEAR(std::log(*c->get<double>()), 0, 0.05);
  }
  EXPECT_GT(seen, 0);
}

TEST(Anneal, FailedTrialsTeachNothingAndAReopenedOneIsForgotten) {
  SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "anneal", {option("shrink_coef", 1e6)});
  sampler.add(0, {{"x", 0.9}});
  sampler->observe(TrialEnded{TrialId{0}, Status::Failed, {}, {}});
  end(sampler, 1, {{"x", 0.25}}, 1);
  end(sampler, 2, {{"x", 0.75}}, 0);
  sampler->observe(TrialReopened{TrialId{2}});
  for (const double x : column(sampler.ask(3, 20))) EXPECT_NEAR(x, 0.25, 1e-5);
}

TEST(Anneal, SaysWhatIsWrongWithItsOptions) {
  for (const auto& [name, value] : {std::pair("avg_best_idx", 0.5), {"shrink_coef", -1.0}}) {
    SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, "anneal", {option(name, value)});
    ASSERT_FALSE(sampler.exists());
    EXPECT_THAT(to_text(sampler.findings().all()[0]), HasSubstr("expected a number from"));
  }
}

}  // namespace
}  // namespace sweepjob
