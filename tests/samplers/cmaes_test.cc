// The sampler cmaes: what docs/samplers/cmaes.md promises.
#include <cmath>
#include <deque>
#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/objective.h"
#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::choice;
using test::number;
using test::option;
using test::randint;
using test::SamplerUnderTest;
using test::uniform;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Loss = std::function<double(const Params&)>;

SearchSpace reals(std::size_t count) {
  SearchSpace space;
  for (std::size_t i = 0; i < count; ++i) {
    space.parameters.push_back(uniform("x" + std::to_string(i), 0, 1));
  }
  return space;
}

double bowl(const Params& params, double optimum = 0.3) {
  double sum = 0;
  for (const auto& [name, value] : params) {
    const double distance = number(value) - optimum;
    sum += distance * distance;
  }
  return sum;
}

// A sweep with `parallel` trials pending; the oldest ends first. NaN fails.
class Sweep {
 public:
  Sweep(SearchSpace space, std::vector<Option> options, std::size_t parallel = 1,
        Goal goal = Goal::Minimize)
      : space_(std::move(space)), options_(std::move(options)), parallel_(parallel), goal_(goal) {
    sampler_ = make();
  }

  double run(std::uint32_t trials, const Loss& loss) {
    for (; trials > 0 || !pending_.empty(); end(loss)) {
      while (trials > 0 && pending_.size() < parallel_) {
        Proposal proposal = ask();
        observe(TrialAdded{TrialId{next_}, proposal});
        pending_.push_back({next_++, proposal.params});
        --trials;
      }
    }
    return best_;
  }

  [[nodiscard]] Proposal ask() const { return ask(*sampler_); }
  // Of a new sampler that is told all events so far.
  [[nodiscard]] Proposal ask_restarted() const {
    const auto restarted = make();
    for (const TrialEvent& event : events_) (*restarted)->observe(event);
    return ask(*restarted);
  }
  [[nodiscard]] const std::vector<Proposal>& proposals() const { return proposals_; }

 private:
  [[nodiscard]] std::unique_ptr<SamplerUnderTest> make() const {
    return std::make_unique<SamplerUnderTest>(space_, "cmaes", options_, true, false, goal_);
  }
  [[nodiscard]] Proposal ask(const SamplerUnderTest& sampler) const {
    const std::vector<TrialId> trials{TrialId{next_}};
    return std::get<std::vector<Proposal>>(sampler->propose(trials, Rng(7)))[0];
  }
  void observe(const TrialEvent& event) {
    (*sampler_)->observe(event);
    events_.push_back(event);
    if (const auto* added = std::get_if<TrialAdded>(&event)) proposals_.push_back(added->proposal);
  }
  void end(const Loss& loss) {
    const auto [trial, params] = pending_.front();
    pending_.pop_front();
    const double value = loss(params);
    if (is_worst(value)) {
      observe(TrialEnded{TrialId{trial}, Status::Failed, {}, {}});
      return;
    }
    best_ = std::min(best_, value);
    const double metric = goal_ == Goal::Minimize ? value : -value;
    observe(TrialEnded{TrialId{trial}, Status::Completed, metric, metric});
  }

  SearchSpace space_;
  std::vector<Option> options_;
  std::size_t parallel_;
  Goal goal_;
  std::unique_ptr<SamplerUnderTest> sampler_;
  std::uint32_t next_ = 0;
  std::deque<std::pair<std::uint32_t, Params>> pending_;
  std::vector<TrialEvent> events_;
  std::vector<Proposal> proposals_;
  double best_ = INFINITY;
};

TEST(Cmaes, SaysWhichPointOfWhichGenerationATrialIs) {
  Sweep sweep(reals(2), {});
  sweep.run(8, [](const Params& params) { return bowl(params); });
  EXPECT_EQ(sweep.proposals()[0].note, "start-up draw 1 of 1");
  EXPECT_EQ(sweep.proposals()[1].note, "generation 0 point 0 after 1: run 0 sigma 0.167");
  EXPECT_EQ(sweep.proposals()[6].note, "generation 0 point 5 after 1: run 0 sigma 0.167");
  EXPECT_THAT(sweep.proposals()[7].note, StartsWith("generation 1 point 0 after 1: run 0 sigma "));
}

TEST(Cmaes, ConvergesOnABowlAndIsAThousandTimesBetterThanChance) {
  Sweep sweep(reals(5), {});
  EXPECT_LT(sweep.run(300, [](const Params& params) { return bowl(params); }), 1e-5);
}

// A value's coordinate is not to the last bit the one that it was drawn with, unless the range is 0
// to 1: a trial is known as its generation's all the same.
TEST(Cmaes, ConvergesInAnyRange) {
  SearchSpace space;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    space.parameters.push_back(uniform(name, -3.7, 11.3));
  }
  Sweep sweep(space, {});
  const double best = sweep.run(300, [](const Params& params) { return bowl(params, 0.8); });
  EXPECT_LT(best, 1e-5 * 15 * 15);
}

TEST(Cmaes, MaximisesWhereThatIsTheGoal) {
  Sweep sweep(reals(3), {}, 1, Goal::Maximize);
  EXPECT_LT(sweep.run(200, [](const Params& params) { return bowl(params); }), 1e-4);
}

TEST(Cmaes, GoesOnTheSameAfterARestartWith64Pending) {
  Sweep sweep(reals(4), {}, 64);
  for (int part = 0; part < 12; ++part) {
    sweep.run(30, [](const Params& params) {
      return number(params[0].second) > 0.9 ? kWorst : bowl(params);
    });
    const Proposal live = sweep.ask();
    const Proposal restarted = sweep.ask_restarted();
    EXPECT_EQ(restarted.params, live.params) << part;
    EXPECT_EQ(restarted.note, live.note) << part;
  }
}

TEST(Cmaes, ManyInParallelStillLearnAndAreAllDifferent) {
  Sweep sweep(reals(4), {}, 64);
  EXPECT_LT(sweep.run(400, [](const Params& params) { return bowl(params); }), 3e-3);
  std::set<std::string> seen;
  for (const Proposal& proposal : sweep.proposals()) seen.insert(to_json(proposal.params));
  EXPECT_EQ(seen.size(), 400u);
}

TEST(Cmaes, ProposesTheSameInABatchAsOneByOne) {
  SamplerUnderTest sampler(reals(3), "cmaes");
  const std::vector<Params> batch = sampler.ask(0, 10);
  ASSERT_EQ(batch.size(), 10u);
  EXPECT_EQ(sampler.ask(0, 4), std::vector<Params>(batch.begin(), batch.begin() + 4));
}

TEST(Cmaes, ReachesTheOptimumOfIntegersWithItsMargin) {
  SearchSpace space = reals(2);
  for (const char* name : {"a", "b", "c"}) space.parameters.push_back(randint(name, 20));
  const auto loss = [](const Params& params) {
    double sum = bowl({params[0], params[1]});
    for (std::size_t i = 2; i < 5; ++i) sum += std::abs(number(params[i].second) - 17);
    return sum;
  };
  EXPECT_LT(Sweep(space, {}).run(400, loss), 0.01);
}

// 4^4 combinations, of which the numbers say nothing.
TEST(Cmaes, FindsTheBestCategories) {
  SearchSpace space = reals(2);
  for (const char* name : {"p", "q", "r", "s"}) {
    space.parameters.push_back(choice(name, std::vector<Value>{"a", "b", "c", "d"}));
  }
  const auto loss = [](const Params& params) {
    double sum = bowl({params[0], params[1]});
    for (std::size_t i = 2; i < 6; ++i) sum += params[i].second == Value("c") ? 0 : 1;
    return sum;
  };
  EXPECT_LT(Sweep(space, {}).run(250, loss), 0.05);
}

TEST(Cmaes, SearchesWithinTheBranchThatATrialTook) {
  const SearchSpace space{{test::model_choice(true), uniform("x", 0, 1)}};
  const auto loss = [](const Params& params) {
    const Value& model = params[0].second;
    const double x = std::abs(number(params[1].second) - 0.8);
    if (*model.find("name") == Value("forest")) return x + 1;
    return x + std::abs(std::log10(number(*model.find("C"))) - 0.4);
  };
  EXPECT_LT(Sweep(space, {}).run(200, loss), 0.05);
}

TEST(Cmaes, TakesFailedTrialsForTheWorst) {
  const auto loss = [](const Params& params) {
    return number(params[0].second) > 0.45 ? kWorst : bowl(params);
  };
  EXPECT_LT(Sweep(reals(3), {}).run(250, loss), 1e-3);
  // Nothing but failures: the distribution stays.
  Sweep failing(reals(3), {});
  failing.run(60, [](const Params&) { return kWorst; });
  EXPECT_THAT(failing.proposals().back().note, HasSubstr("sigma 0.167"));
}

TEST(Cmaes, StartsAgainElsewhereWhereNothingCanBeGained) {
  Sweep bipop(reals(2), {});
  bipop.run(400, [](const Params&) { return 1.0; });
  EXPECT_THAT(bipop.proposals().back().note, Not(HasSubstr("run 0 ")));
  Sweep none(reals(2), {option("restart_strategy", "none")});
  none.run(400, [](const Params&) { return 1.0; });
  EXPECT_THAT(none.proposals().back().note, HasSubstr("run 0 "));
}

// Rastrigin's function: each run ends in one of a hundred valleys.
TEST(Cmaes, RestartsFindWhatOneRunMisses) {
  const auto loss = [](const Params& params) {
    double sum = 0;
    for (const auto& [name, value] : params) {
      const double x = 10 * (number(value) - 0.37);
      sum += x * x - 10 * std::cos(2 * M_PI * x) + 10;
    }
    return sum;
  };
  const auto best_with = [&](const char* strategy) {
    const std::vector<Option> options{option("restart_strategy", strategy),
                                      option("x0", Value::Map{{"x0", 0.87}, {"x1", 0.97}}),
                                      option("sigma0", 0.1)};
    return Sweep(reals(2), options).run(2'500, loss);
  };
  EXPECT_GT(best_with("none"), 0.9);
  EXPECT_LT(best_with("bipop"), 1e-3);
  EXPECT_LT(best_with("ipop"), 1e-3);
}

TEST(Cmaes, StartsAtX0WithSigma0) {
  const Value x0 = Value::Map{{"x0", 0.9}, {"x2", 0.2}};
  Sweep sweep(reals(3), {option("x0", x0), option("sigma0", 0.001), option("popsize", 10),
                         option("n_startup_trials", 0)});
  sweep.run(10, [](const Params& params) { return bowl(params); });
  for (const Proposal& proposal : sweep.proposals()) {
    EXPECT_NEAR(number(proposal.params[0].second), 0.9, 0.005);
    EXPECT_NEAR(number(proposal.params[1].second), 0.5, 0.005);
    EXPECT_NEAR(number(proposal.params[2].second), 0.2, 0.005);
    EXPECT_THAT(proposal.note, StartsWith("generation 0 "));
  }
}

TEST(Cmaes, StartsFromTheBestOfWhatIsKnown) {
  SamplerUnderTest sampler(reals(2), "cmaes");
  RandomStream stream(1);
  for (std::uint32_t i = 0; i < 100; ++i) {
    const TrialId trial{UINT32_MAX - i};
    TrialAdded added{trial, {}};
    added.proposal.params = {{"x0", stream.uniform()}, {"x1", stream.uniform()}};
    const double loss = bowl(added.proposal.params, 0.9);
    sampler->observe(added);
    sampler->observe(TrialEnded{trial, Status::Completed, loss, loss});
  }
  double sum = 0;
  for (const Params& params : sampler.ask(0, 12)) sum += number(params[0].second);
  EXPECT_NEAR(sum / 12, 0.85, 0.08);
}

TEST(Cmaes, AProposalThatIsNoLongerItsOwnIsStillAResult) {
  Sweep sweep(reals(2), {});
  sweep.run(40, [](const Params& params) { return bowl(params); });
  SamplerUnderTest other(reals(2), "cmaes");
  for (std::uint32_t i = 0; i < 40; ++i) {
    TrialAdded added{TrialId{i}, sweep.proposals()[i]};
    added.proposal.params[0].second = 0.5;  // edited by hand, or of another version
    other->observe(added);
    const double loss = bowl(added.proposal.params);
    other->observe(TrialEnded{TrialId{i}, Status::Completed, loss, loss});
  }
  const std::vector<TrialId> next{TrialId{40}};
  const Proposals answer = other->propose(next, Rng(7));
  EXPECT_THAT(std::get<std::vector<Proposal>>(answer)[0].note, StartsWith("generation 0 "));
}

TEST(Cmaes, Takes200DimensionsAndLearnsThem) {
  const auto loss = [](const Params& params) { return bowl(params); };
  Sweep sweep(reals(200), {});
  const double best = sweep.run(150, loss);
  // A draw from the start: 0.2 away, with a variance of 1/36, in each dimension.
  EXPECT_LT(best, 0.95 * 200 * (0.04 + 1.0 / 36));
}

TEST(Cmaes, TakesOneDimensionConstantsAndOneChoice) {
  Sweep line({{uniform("x", 0, 1), uniform("fixed", 0.3, 0.3)}}, {});
  EXPECT_LT(line.run(80, [](const Params& params) { return bowl(params); }), 1e-4);
  SamplerUnderTest fixed({{uniform("fixed", 1, 1)}}, "cmaes");
  EXPECT_EQ(fixed.ask(0, 3).size(), 1u) << "then it is exhausted";
  Sweep only({{choice("z", std::vector<Value>{"a", "b"}),
               choice("y", std::vector<Value>{"a", "b", "c", "d"})}},
             {});
  EXPECT_EQ(only.run(7, [](const Params& params) { return params[0].second == Value("a"); }), 0);
}

TEST(Cmaes, AdaptsItsRatesWhereAsked) {
  Sweep sweep(reals(3), {option("lr_adapt", true)});
  EXPECT_LT(sweep.run(300, [](const Params& params) { return bowl(params); }), 0.01);
}

std::string error_of(std::vector<Option> options) {
  const SamplerUnderTest sampler(reals(2), "cmaes", std::move(options));
  EXPECT_FALSE(sampler.exists());
  return sampler.findings().all().empty() ? "" : to_text(sampler.findings().all()[0]);
}

TEST(Cmaes, SaysWhatIsWrongWithItsOptions) {
  EXPECT_THAT(error_of({option("popsize", 1)}), HasSubstr("sampling_algorithm.popsize: expected"));
  EXPECT_THAT(error_of({option("population_size", 0)}), HasSubstr("population_size: expected"));
  EXPECT_THAT(error_of({option("sigma0", 0)}), HasSubstr("sigma0: expected a number over 0"));
  EXPECT_THAT(error_of({option("n_startup_trials", -1)}), HasSubstr("n_startup_trials: expected"));
  EXPECT_THAT(error_of({option("inc_popsize", 0.5)}), HasSubstr("inc_popsize: expected"));
  EXPECT_THAT(error_of({option("restart_strategy", "ipopp")}), HasSubstr("did you mean 'ipop'?"));
  EXPECT_THAT(error_of({option("lr_adapt", true), option("use_separable_cma", true)}),
              HasSubstr("not with use_separable_cma"));
  EXPECT_THAT(error_of({option("x0", Value::Map{{"y0", 1}})}), HasSubstr("no parameter 'y0'"));
  EXPECT_THAT(
      error_of({option("x0", Value::Map{{"x0", 1.5}})}),
      HasSubstr("x0.x0: 1.5 is not a value of this parameter; it takes a number from 0 to 1"));
  EXPECT_THAT(error_of({option("x0", 3)}), HasSubstr("x0: expected a mapping"));
}

}  // namespace
}  // namespace sweepjob
