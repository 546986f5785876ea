#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::choice;
using test::option;
using test::parameter;
using test::randint;
using test::SamplerUnderTest;
using test::uniform;

using Objective = std::function<double(const Params&)>;

double number(const Params& params, std::size_t i) {
  double storage = 0;
  return *params[i].second.as_number(storage);
}

SearchSpace plane() { return {{uniform("x", 0, 1), uniform("y", 0, 1)}}; }
double bowl(const Params& params) {
  return std::pow(number(params, 0) - 0.3, 2) + std::pow(number(params, 1) - 0.6, 2);
}

// A sweep with one trial at a time, from its start or further on.
class Sweep {
 public:
  Sweep(SearchSpace space, std::vector<Option> options, bool allow_duplicates = true)
      : space_(std::move(space)),
        options_(std::move(options)),
        allow_duplicates_(allow_duplicates),
        live_(make()) {
    EXPECT_TRUE(live_->exists()) << (live_->findings().all().empty()
                                         ? ""
                                         : live_->findings().all()[0].message);
  }

  void run(std::uint32_t trials, const Objective& objective) {
    for (std::uint32_t i = 0; i < trials; ++i) {
      const auto params = live_->ask(next_, 1);
      if (params.empty()) return;
      end(add(params[0]), objective(params[0]));
    }
  }
  TrialId add(const Params& params) {
    TrialAdded added{TrialId{next_++}, {}};
    added.proposal.params = params;
    tell(added);
    return added.trial;
  }
  void end(TrialId trial, double value, Status status = Status::Completed) {
    tell(TrialEnded{trial, status, value, value});
    best_ = std::min(best_, value);
  }
  void skip() { ++next_; }
  void fail(TrialId trial) { tell(TrialEnded{trial, Status::Failed, {}, {}}); }
  void tell(const TrialEvent& event) {
    (*live_)->observe(event);
    events_.push_back(event);
  }

  [[nodiscard]] std::vector<Params> ask(std::uint32_t count, std::uint64_t seed = 1) const {
    return live_->ask(next_, count, seed);
  }
  [[nodiscard]] std::vector<Params> ask_restarted(std::uint32_t count) const {
    const auto restarted = make();
    for (const TrialEvent& event : events_) (*restarted)->observe(event);
    return restarted->ask(next_, count);
  }
  [[nodiscard]] double best() const { return best_; }
  [[nodiscard]] std::uint32_t trials() const { return next_; }

 private:
  [[nodiscard]] std::unique_ptr<SamplerUnderTest> make() const {
    return std::make_unique<SamplerUnderTest>(space_, "tpe", options_, allow_duplicates_);
  }

  SearchSpace space_;
  std::vector<Option> options_;
  bool allow_duplicates_;
  std::unique_ptr<SamplerUnderTest> live_;
  std::vector<TrialEvent> events_;
  std::uint32_t next_ = 0;
  double best_ = 1e300;
};

class TpeRule : public testing::TestWithParam<const char*> {
 protected:
  static std::vector<Option> options() { return {option("rule", GetParam())}; }
};

TEST_P(TpeRule, FindsTheBottomOfABowl) {
  Sweep sweep(plane(), options());
  sweep.run(80, bowl);
  // 80 random points have one this near in one sweep of 13.
  EXPECT_LT(sweep.best(), 0.001 / M_PI);
}

TEST_P(TpeRule, ARestartedSamplerProposesTheSameOnceItModels) {
  SearchSpace space{{test::model_choice(true), uniform("x", 0, 1), randint("n", 7)}};
  Sweep sweep(space, options());
  for (int round = 0; round < 12; ++round) {
    sweep.run(3, [](const Params& params) { return number(params, 1); });
    if (round % 4 == 1) sweep.fail(sweep.add(sweep.ask(1)[0]));
    if (round % 4 == 2) sweep.add(sweep.ask(1)[0]);
    ASSERT_EQ(sweep.ask_restarted(3), sweep.ask(3)) << round;
    ASSERT_EQ(sweep.ask(1)[0], sweep.ask(3)[0]) << round;
  }
}

// Kolmogorov-Smirnov at p = 0.001, over seeds: a trial's own start-up draw is the prior's.
TEST_P(TpeRule, StartUpDrawsFromThePrior) {
  const SearchSpace space{{uniform("x", 0, 1), choice("c", std::vector<Value>{"a", "b", "c"})}};
  const SamplerUnderTest sampler(space, "tpe", options());
  constexpr int kSeeds = 1000;
  std::vector<double> xs;
  int counts[3] = {};
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto params = sampler.ask(3, 1, seed);
    xs.push_back(number(params[0], 0));
    ++counts[(*params[0][1].second.get<std::string>())[0] - 'a'];
  }
  std::sort(xs.begin(), xs.end());
  double distance = 0;
  for (int i = 0; i < kSeeds; ++i) {
    distance = std::max({distance, (i + 1.0) / kSeeds - xs[i], xs[i] - i * 1.0 / kSeeds});
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(kSeeds));
  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - kSeeds / 3.0, 2) / (kSeeds / 3.0);
  EXPECT_LT(chi_square, 13.8);
}

TEST_P(TpeRule, TakesTheBranchThatIsBetter) {
  Sweep sweep({{test::model_choice(true)}}, options());
  const auto is_svm = [](const Params& params) {
    return *params[0].second.find("name") == Value("svm");
  };
  const Objective objective = [&](const Params& params) {
    double storage = 0;
    if (!is_svm(params)) return 2.0;
    const double c = *params[0].second.find("C")->as_number(storage);
    return std::abs(std::log10(c) - 0.5);
  };
  sweep.run(40, objective);
  int svm = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) svm += is_svm(sweep.ask(1, seed)[0]) ? 1 : 0;
  EXPECT_GE(svm, 28);
  EXPECT_LT(sweep.best(), 0.1);
}

TEST_P(TpeRule, LivesWithWhateverComes) {
  SearchSpace wide;
  for (int i = 0; i < 200; ++i) {
    const std::string name = fmt::format("p{}", i);
    wide.parameters.push_back(i % 3 == 0   ? uniform(name, -5, 5)
                              : i % 3 == 1 ? randint(name, 9)
                                           : uniform(name, 2, 2));
  }
  Sweep sweep(wide, options());
  double value = 1e300;
  sweep.run(24, [&](const Params&) { return value = -value; });
  sweep.run(6, [](const Params&) { return 5e-324; });
  for (const Params& params : sweep.ask(2)) {
    ASSERT_EQ(params.size(), 200u);
    for (std::size_t i = 0; i < 200; ++i) {
      ASSERT_GE(number(params, i), -5);
      ASSERT_LE(number(params, i), 8);
    }
  }
}

TEST_P(TpeRule, EqualResultsAndFailuresKeepItGoing) {
  Sweep equal(plane(), options());
  equal.run(30, [](const Params&) { return 1.0; });
  std::set<std::string> different;
  for (const Params& params : equal.ask(8)) different.insert(to_json(Value(params), true));
  EXPECT_EQ(different.size(), 8u);

  Sweep failing(plane(), options());
  for (int i = 0; i < 30; ++i) failing.fail(failing.add(failing.ask(1)[0]));
  EXPECT_EQ(failing.ask(4).size(), 4u);
}

TEST_P(TpeRule, FailedTrialsPlayNoPart) {
  const Params near_best{{"x", Value(0.31)}, {"y", Value(0.61)}};
  Sweep without(plane(), options());
  Sweep failed(plane(), options());
  Sweep cut(plane(), options());
  for (Sweep* sweep : {&without, &failed, &cut}) sweep->run(30, bowl);
  without.skip();
  failed.fail(failed.add(near_best));
  // Cut before its first value.
  cut.tell(TrialEnded{cut.add(near_best), Status::Canceled, {}, {}});
  EXPECT_EQ(failed.ask(3), without.ask(3));
  EXPECT_EQ(cut.ask(3), without.ask(3));
}

INSTANTIATE_TEST_SUITE_P(Rules, TpeRule, testing::Values("default", "optuna", "nni"),
                         [](const auto& item) { return std::string(item.param); });

TEST(Tpe, TriesEveryPointOfADiscreteSpaceOnce) {
  const SearchSpace space{{choice("c", std::vector<Value>{"a", "b", "c"}), randint("n", 8)}};
  for (const char* rule : {"default", "nni"}) {
    Sweep sweep(space, {option("rule", rule)});
    std::set<std::string> seen;
    sweep.run(50, [&](const Params& params) {
      EXPECT_TRUE(seen.insert(to_json(Value(params), true)).second);
      return number(params, 1);
    });
    EXPECT_EQ(seen.size(), 24u) << rule;
    EXPECT_TRUE(sweep.ask(1).empty());
  }
}

TEST(Tpe, OnlyTheBoundedRuleIsAskedOnTheCoresThread) {
  EXPECT_FALSE(SamplerUnderTest(plane(), "tpe")->slow());
  EXPECT_TRUE(SamplerUnderTest(plane(), "tpe", {option("rule", "optuna")})->slow());
  EXPECT_TRUE(SamplerUnderTest(plane(), "tpe", {option("rule", "nni")})->slow());
}

// NNI's own example: two, three and one values, and then it ends.
TEST(Tpe, NnisSpaceOfSixPoints) {
  const SearchSpace space{{choice("x", std::vector<Value>{"a", "b"}),
                           parameter("y", DistributionKind::QUniform, 0, 1, 0.6),
                           parameter("z", DistributionKind::Normal, 1, 0)}};
  Sweep sweep(space, {option("rule", "nni"), option("n_startup_jobs", 2)});
  sweep.run(20, [](const Params& params) { return number(params, 1); });
  EXPECT_EQ(sweep.trials(), 6u);
}

TEST(Tpe, OptunaMayRepeatUnlessDuplicatesAreForbidden) {
  const SearchSpace space{{choice("c", std::vector<Value>{"a", "b", "c", "d"})}};
  const Objective objective = [](const Params& params) {
    return params[0].second == Value("b") ? 0.0 : 1.0;
  };
  Sweep repeating(space, {option("rule", "optuna")});
  repeating.run(30, objective);
  EXPECT_EQ(repeating.trials(), 30u);
  Sweep distinct(space, {option("rule", "optuna")}, false);
  distinct.run(30, objective);
  EXPECT_EQ(distinct.trials(), 4u);
}

double mean_distance_to_nearest(const std::vector<Params>& all) {
  double sum = 0;
  for (const Params& one : all) {
    double nearest = 1e9;
    for (const Params& other : all) {
      if (&one == &other) continue;
      nearest = std::min(nearest, std::hypot(number(one, 0) - number(other, 0),
                                             number(one, 1) - number(other, 1)));
    }
    sum += nearest;
  }
  return sum / static_cast<double>(all.size());
}

TEST(Tpe, SixtyFourAtOnceSpreadOut) {
  for (const char* rule : {"default", "optuna"}) {
    Sweep lying(plane(), {option("rule", rule)});
    Sweep honest(plane(), {option("rule", rule), option("constant_liar", false)});
    lying.run(40, bowl);
    honest.run(40, bowl);
    const auto spread = lying.ask(64);
    ASSERT_EQ(spread.size(), 64u);
    EXPECT_GT(mean_distance_to_nearest(spread), 1.2 * mean_distance_to_nearest(honest.ask(64)))
        << rule;
  }
}

TEST(Tpe, StartUpOfSixtyFourFillsTheSpace) {
  const SamplerUnderTest sampler(plane(), "tpe", {});
  int cells[8][8] = {};
  for (const Params& params : sampler.ask(0, 64)) {
    ++cells[static_cast<int>(number(params, 0) * 8)][static_cast<int>(number(params, 1) * 8)];
  }
  for (const auto& row : cells) {
    for (const int cell : row) EXPECT_EQ(cell, 1) << "Sobol points, one in each square";
  }
}

TEST(Tpe, CutTrialsCountTheirBestUnlessTheyAreToFail) {
  for (const char* rule : {"default", "optuna", "nni"}) {
    Sweep best(plane(), {option("rule", rule)});
    Sweep failed(plane(), {option("rule", rule), option("cut_trials", "failed")});
    for (Sweep* sweep : {&best, &failed}) {
      sweep->run(30, bowl);
      const TrialId cut = sweep->add({{"x", Value(0.9)}, {"y", Value(0.9)}});
      sweep->end(cut, 0.0001, Status::Canceled);
    }
    EXPECT_NE(best.ask(3), failed.ask(3)) << rule;
  }
}

Option tpe_args(Value::Map arguments) {
  Option all = option("tpe_args", Value(arguments));
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    all.inside.push_back({{"job.yaml", 6 + static_cast<int>(i), 9}, {}});
  }
  return all;
}

TEST(Tpe, TakesNnisNestedArgumentsAsItsOwn) {
  Sweep nested(plane(), {option("rule", "nni"), tpe_args({{"constant_liar_type", "mean"},
                                                          {"n_startup_jobs", 5},
                                                          {"linear_forgetting", 9}})});
  Sweep flat(plane(), {option("rule", "nni"), option("constant_liar_type", "mean"),
                       option("n_startup_jobs", 5), option("linear_forgetting", 9)});
  Sweep without(plane(), {option("rule", "nni")});
  for (Sweep* sweep : {&nested, &flat, &without}) sweep->run(12, bowl);
  EXPECT_EQ(nested.ask(4), flat.ask(4));
  EXPECT_NE(nested.ask(4), without.ask(4));
  for (const char* lie : {"best", "worst", "mean"}) {
    const SamplerUnderTest sampler(plane(), "tpe",
                                   {option("rule", "nni"), tpe_args({{"constant_liar_type", lie}})},
                                   true, true);
    EXPECT_TRUE(sampler.findings().all().empty()) << lie;
  }
  const SamplerUnderTest null(plane(), "tpe",
                              {option("rule", "nni"), tpe_args({{"constant_liar_type", Value()}})});
  EXPECT_TRUE(null.findings().all().empty());
}

TEST(Tpe, SaysWhatIsWrongWithNestedArguments) {
  const auto said = [](std::vector<Option> options) {
    const SamplerUnderTest sampler(plane(), "tpe", std::move(options));
    return sampler.findings().all().size() == 1 ? to_text(sampler.findings().all()[0]) : "";
  };
  EXPECT_EQ(
      said({tpe_args({{"n_ei_candidates", 24}, {"gamma", -1}})}),
      "job.yaml:7:9: error: sampling_algorithm.gamma: expected a number greater than 0, found "
      "-1.0");
  EXPECT_EQ(
      said({option("gamma", 0.2), tpe_args({{"gamma", 0.3}})}),
      "job.yaml:6:9: error: sampling_algorithm.tpe_args.gamma: 'gamma' is given twice; keep it "
      "here or beside tpe_args");
  EXPECT_EQ(
      said({tpe_args({{"constant_liar_type", "best"}})}),
      "job.yaml:6:9: warning: sampling_algorithm.constant_liar_type: rule: default has no such "
      "setting, ignored; rule: nni has it");
  EXPECT_EQ(said({option("tpe_args", 3)}),
            "job.yaml:5:7: error: sampling_algorithm.tpe_args: expected a mapping of NNI's "
            "arguments; for instance tpe_args: {n_startup_jobs: 20}");
}

TEST(Tpe, SaysWhatIsWrongWithItsOptions) {
  const auto errors = [](std::vector<Option> options) {
    const SamplerUnderTest sampler(plane(), "tpe", std::move(options));
    EXPECT_FALSE(sampler.exists());
    return sampler.findings().error_count();
  };
  EXPECT_EQ(errors({option("rule", "hyperopt")}), 1u);
  EXPECT_EQ(errors({option("n_startup_trials", 0)}), 1u);
  EXPECT_EQ(errors({option("n_startup_trials", 5), option("n_startup_jobs", 5)}), 1u);
  EXPECT_EQ(errors({option("n_ei_candidates", 0)}), 1u);
  EXPECT_EQ(errors({option("gamma", -0.1)}), 1u);
  EXPECT_EQ(errors({option("gamma", 1.5)}), 1u);
  EXPECT_EQ(errors({option("prior_weight", 0)}), 1u);
  EXPECT_EQ(errors({option("min_bandwidth", 0.5)}), 1u);
  EXPECT_EQ(
      errors({option("rule", "optuna"), option("multivariate", false), option("group", true)}), 1u);
  EXPECT_EQ(errors({option("rule", "nni"), option("constant_liar_type", "min")}), 1u);
  EXPECT_TRUE(SamplerUnderTest(plane(), "tpe",
                               {option("rule", "nni"), option("constant_liar_type", Value())}, true,
                               true)
                  .exists());
}

}  // namespace
}  // namespace sweepjob
