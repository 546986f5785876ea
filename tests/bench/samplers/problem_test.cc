#include "tests/bench/samplers/problem.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "samplers/numerics/draw.h"
#include "samplers/surrogate/encoding.h"
#include "tests/bench/samplers/families.h"
#include "tests/bench/samplers/measure.h"
#include "tests/bench/samplers/space_json.h"

namespace sweepjob::bench {
namespace {

const std::vector<Problem>& problems() {
  static const std::vector<Problem> kProblems =
      make_problems(SWEEPJOB_SOURCE_DIR "/tests/data/tuning");
  return kProblems;
}

Params draw_from(const SearchSpace& space, RandomStream& stream) {
  return draw_params(
      space, [&](const Parameter&) { return stream.uniform(); }, kNaturalBase);
}

// Six to ten digits of a textbook's best point are known.
double tolerance(const Problem& problem) { return 1e-9 * (1 + std::abs(problem.best)); }

TEST(Problems, AreManyOfEachFamilyWithNamesOfTheirOwn) {
  std::set<std::string> names;
  std::map<Family, int> count;
  for (const Problem& problem : problems()) {
    names.insert(problem.name);
    ++count[problem.family];
  }
  EXPECT_EQ(names.size(), problems().size());
  EXPECT_GE(problems().size(), 50u);
  EXPECT_GE(count[Family::HeldOut], 14);
  EXPECT_GE(count[Family::Table], 6);
  for (const Family family :
       {Family::Continuous, Family::Mixed, Family::Conditional, Family::Noisy, Family::Discrete}) {
    EXPECT_GE(count[family], 3) << to_string(family);
  }
}

TEST(Problems, HaveTheirBestValueAtTheirBestPoint) {
  for (const Problem& problem : problems()) {
    EXPECT_NEAR(problem.value(problem.best_at), problem.best, tolerance(problem)) << problem.name;
    EXPECT_TRUE(Encoding(problem.space, kNaturalBase, true).encode(problem.best_at).has_value())
        << problem.name << ": the best point is of the space";
  }
}

TEST(Problems, AreNowhereBelowTheirBestValue) {
  RandomStream stream(7);
  for (const Problem& problem : problems()) {
    for (int i = 0; i < 500; ++i) {
      const Params params = draw_from(problem.space, stream);
      const double value = problem.value(params);
      ASSERT_TRUE(std::isfinite(value)) << problem.name;
      ASSERT_GE(value, problem.best - tolerance(problem))
          << problem.name << sweepjob::to_json(params);
    }
  }
}

// Nearer than random points come: where a best point is not quite the best, neighbours tell.
TEST(Problems, AreNotBelowTheirBestValueBesideTheirBestPoint) {
  for (const Problem& problem : problems()) {
    const Encoding encoding(problem.space, kNaturalBase, true);
    const Point best = *encoding.encode(problem.best_at);
    for (std::size_t axis = 0; axis < best.size(); ++axis) {
      if (std::isnan(best[axis]) || encoding.axes()[axis].kind == Axis::Kind::Categories) continue;
      for (const double step : {-0.05, -1e-3, -1e-5, 1e-5, 1e-3, 0.05}) {
        Point near = best;
        near[axis] = std::clamp(best[axis] + step, 0.0, 1.0);
        encoding.snap(near);
        EXPECT_GE(problem.value(encoding.decode(near)), problem.best - tolerance(problem))
            << problem.name << " " << encoding.axes()[axis].path << " " << step;
      }
    }
  }
}

TEST(Problems, DoNotHaveTheirBestPointInTheMiddle) {
  for (const Problem& problem : problems()) {
    const Encoding encoding(problem.space, kNaturalBase, true);
    const auto is_real = [](const Axis& axis) { return axis.kind == Axis::Kind::Real; };
    if (!std::all_of(encoding.axes().begin(), encoding.axes().end(), is_real)) continue;
    const Point best = *encoding.encode(problem.best_at);
    double away = 0;
    for (const double u : best) away += std::abs(u - 0.5) / static_cast<double>(best.size());
    EXPECT_GE(away, 0.1) << problem.name;
  }
}

// Otherwise a score would be a quotient of noughts.
TEST(Problems, AreNotSolvedByRandomSearch) {
  std::vector<const Problem*> all;
  for (const Problem& problem : problems()) all.push_back(&problem);
  for (const Outcome& outcome : measure_reference(all, {})) {
    for (const Quartiles& regret : outcome.regret) EXPECT_GT(regret.median, 0) << outcome.problem;
  }
}

TEST(SpaceJson, GivesTheSameSpaceBack) {
  for (const Problem& problem : problems()) {
    const SearchSpace back =
        space_from(nlohmann::ordered_json::parse(to_json(problem.space).dump()));
    EXPECT_EQ(to_json(back), to_json(problem.space)) << problem.name;
    RandomStream first(3), second(3);
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(draw_from(back, first), draw_from(problem.space, second)) << problem.name;
    }
    const auto leaves = all_parameters(problem.space), found = all_parameters(back);
    ASSERT_EQ(found.size(), leaves.size());
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      EXPECT_EQ(found[i].parameter->path, leaves[i].parameter->path);
    }
  }
}

TEST(Fingerprint, IsOfTheSpaceTheBestTheNoiseAndTheValues) {
  const Problem& problem = problems().front();
  const std::string own = fingerprint(problem);
  EXPECT_EQ(fingerprint(problem), own);
  Problem noisy = problem, wider = problem, steeper = problem, deeper = problem;
  noisy.noise = 0.1;
  deeper.best -= 1e-6;
  wider.space.parameters[0].max += 1;
  steeper.value = [&](const Params& params) { return 1.001 * problem.value(params); };
  for (const Problem& other : {noisy, wider, steeper, deeper}) EXPECT_NE(fingerprint(other), own);
}

}  // namespace
}  // namespace sweepjob::bench
