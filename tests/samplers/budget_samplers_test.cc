// What all samplers with budgets promise: they come to an end, a restart changes nothing, minimise
// and maximise mirror each other, the sampler inside sees configurations, mistakes are said at
// load.
#include <gtest/gtest.h>

#include "model/rng.h"
#include "samplers/budget/configurations.h"
#include "tests/support/budget_run.h"

namespace sweepjob {
namespace {

using test::BudgetRun;
using test::option;
using test::SamplerUnderTest;

struct Case {
  std::string label;
  std::string type;
  std::vector<Option> options;
};

std::vector<Case> cases() {
  return {
      {"halving", "successive_halving", {option("max_budget", 9), option("rounds", 2)}},
      {"halving_strict",
       "successive_halving",
       {option("max_budget", 9), option("rounds", 2), option("strict_compat", true)}},
      {"hyperband", "hyperband", {option("max_budget", 9)}},
      {"hyperband_serial", "hyperband", {option("max_budget", 9), option("exec_mode", "serial")}},
      {"pbt", "pbt", {option("population_size", 4), option("generations", 5)}},
  };
}

class BudgetSampler : public testing::TestWithParam<Case> {
 protected:
  // Random ends, failures and cuts on `slots` workers; all that was proposed, as text.
  static std::string play(std::uint64_t seed, Goal goal, double failures, bool check_restarts) {
    BudgetRun run(GetParam().type, GetParam().options, goal);
    RandomStream random = Rng(seed).stream(TrialId{0}, "play");
    const auto slots = static_cast<std::uint32_t>(1 + random.below(6));
    std::string told;
    for (int step = 0; step < 2000; ++step) {
      const std::string taken = run.fill(slots);
      told += taken + "\n";
      if (check_restarts) {
        EXPECT_TRUE(run.restart_agrees()) << told;
      }
      if (run.running() == 0) {
        EXPECT_EQ(taken, "exhausted") << "nothing runs, so nothing can be waited for\n" << told;
        return told;
      }
      const auto running = run.running_trials();
      const auto trial = index_of(running[random.below(running.size())]);
      const double value = random.uniform();
      const double luck = random.uniform();
      if (luck < failures / 2) {
        run.fail(trial);
      } else {
        run.end(trial, value, luck < failures ? Status::Canceled : Status::Completed);
      }
    }
    ADD_FAILURE() << "it does not come to an end\n" << told;
    return told;
  }
};

TEST_P(BudgetSampler, ComesToAnEndWhateverFails) {
  for (const double failures : {0.0, 0.3, 0.9, 1.0}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) play(seed, Goal::Minimize, failures, false);
  }
}

TEST_P(BudgetSampler, ARestartAtAnyPlaceChangesNothing) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) play(seed, Goal::Minimize, 0.3, true);
}

TEST_P(BudgetSampler, MinimiseAndMaximiseMirrorEachOther) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    EXPECT_EQ(play(seed, Goal::Minimize, 0.2, false), play(seed, Goal::Maximize, 0.2, false));
  }
}

TEST_P(BudgetSampler, APromotionHasItsParentsParametersAndMoreBudget) {
  if (GetParam().type == "pbt") return;  // its clones are perturbed
  BudgetRun run(GetParam().type, GetParam().options);
  for (std::string taken = run.take(1); taken != "exhausted"; taken = run.take(1)) {
    const auto trial = static_cast<std::uint32_t>(run.proposals().size() - 1);
    const Proposal& proposal = run.proposals()[trial];
    if (proposal.parent) {
      const Proposal& parent = run.proposals()[index_of(*proposal.parent)];
      EXPECT_EQ(proposal.params, parent.params);
      EXPECT_GT(proposal.budget->amount, parent.budget->amount);
    }
    run.end(trial, (trial * 37) % 11);
  }
}

INSTANTIATE_TEST_SUITE_P(All, BudgetSampler, testing::ValuesIn(cases()),
                         [](const auto& item) { return item.param.label; });

// The sampler inside, written down.
class Spy : public Sampler {
 public:
  explicit Spy(std::string& seen) : seen_(seen) {}
  void observe(const TrialEvent& event) override {
    if (const auto* added = std::get_if<TrialAdded>(&event)) {
      seen_ += fmt::format("+{} ", index_of(added->trial));
    } else if (const auto* reported = std::get_if<TrialReported>(&event)) {
      seen_ += fmt::format("{}={} ", index_of(reported->report.trial), reported->report.value);
    } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
      seen_ += fmt::format("-{} ", index_of(ended->trial));
    } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
      seen_ += fmt::format("~{} ", index_of(reopened->trial));
    }
  }
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng&) const override {
    std::vector<Proposal> proposals;
    for (const TrialId trial : trials) {
      proposals.emplace_back().params = {{"x", static_cast<std::int64_t>(index_of(trial))}};
    }
    return proposals;
  }
  [[nodiscard]] bool needs_results() const override { return true; }

 private:
  std::string& seen_;
};

TrialAdded added(std::uint32_t trial, std::optional<TrialId> parent = {}) {
  return {TrialId{trial}, {{}, {}, parent, ""}};
}
TrialReported reported(std::uint32_t trial, double value) {
  return {{TrialId{trial}, 1, value, {}}};
}
TrialEnded ended(std::uint32_t trial) { return {TrialId{trial}, Status::Completed, {}, {}}; }

TEST(Configurations, TheSamplerInsideSeesOneTrialAConfigurationWithItsNewestEvaluation) {
  std::string seen;
  Configurations configurations(std::make_unique<Spy>(seen));
  configurations.observe(added(0));
  configurations.observe(added(1));
  configurations.observe(reported(0, 0.5));
  configurations.observe(ended(0));
  configurations.observe(ended(1));
  EXPECT_EQ(std::exchange(seen, ""), "+0 +1 0=0.5 -0 -1 ");
  configurations.observe(added(2, TrialId{1}));
  configurations.observe(added(3));
  configurations.observe(reported(2, 0.25));
  configurations.observe(reported(3, 0.75));
  configurations.observe(ended(2));
  EXPECT_EQ(std::exchange(seen, ""), "~1 +2 1=0.25 2=0.75 -1 ");
  // An evaluation that has been followed by another says nothing any more.
  configurations.observe(TrialReopened{TrialId{1}});
  configurations.observe(reported(1, 9));
  configurations.observe(ended(1));
  EXPECT_EQ(seen, "");
}

TEST(Configurations, FreshOnesHaveDenseIdsOfTheirOwn) {
  std::string seen;
  Configurations configurations(std::make_unique<Spy>(seen));
  for (const auto& event : {added(0), added(1), added(2, TrialId{0})}) {
    configurations.observe(event);
  }
  const auto drawn = std::get<std::vector<Proposal>>(configurations.draw(2, Rng(1), 4.0, "rung 0"));
  EXPECT_EQ(to_json(Value(drawn[0].params), true), R"({"x":2})");
  EXPECT_EQ(to_json(Value(drawn[1].params), true), R"({"x":3})");
  EXPECT_EQ(drawn[1].budget, Budget{4});
}

struct Mistake {
  std::string type;
  std::vector<Option> options;
  std::string path;
  std::string message;
};

TEST(BudgetOptions, EveryMistakeIsOneErrorAtItsPlace) {
  const Value grid_of(Value::Map{{"type", "hyperband"}, {"max_budget", 9}});
  const std::vector<Mistake> mistakes{
      {"hyperband", {}, "max_budget", "missing"},
      {"hyperband", {option("max_budget", 9), option("eta", 1)}, "eta", "greater than 1"},
      {"hyperband", {option("max_budget", 9), option("eta", 0.5)}, "eta", "greater than 1"},
      {"hyperband", {option("max_budget", 9), option("eta", NAN)}, "eta", "greater than 1"},
      {"hyperband",
       {option("max_budget", 9), option("reduction_factor", 1)},
       "reduction_factor",
       "greater than 1"},
      {"hyperband",
       {option("max_budget", 3), option("min_budget", 9)},
       "max_budget",
       "the largest budget 3 is below the smallest, 9"},
      {"hyperband", {option("R", 3), option("min_budget", 9)}, "R", "below the smallest"},
      {"hyperband",
       {option("max_budget", 9), option("min_budget", 0)},
       "min_budget",
       "greater than 0"},
      {"hyperband", {option("max_budget", INFINITY)}, "max_budget", "greater than 0"},
      {"hyperband", {option("max_budget", 9), option("R", 9)}, "R", "two names of one setting"},
      {"hyperband", {option("max_budget", 9), option("brackets", 0)}, "brackets", "1 to 3"},
      {"hyperband", {option("max_budget", 9), option("brackets", 4)}, "brackets", "1 to 3"},
      {"hyperband", {option("max_budget", 9), option("rounds", -1)}, "rounds", "0: until"},
      {"hyperband",
       {option("max_budget", 9), option("formula", "optuna")},
       "formula",
       "not in set"},
      {"hyperband",
       {option("max_budget", 0.9), option("min_budget", 0.1), option("formula", "nni")},
       "formula",
       "rounds the smallest budget down to 0"},
      {"hyperband", {option("max_budget", 1e12)}, "max_budget", "configurations, more than"},
      {"hyperband", {option("max_budget", 1e6), option("eta", 1.0001)}, "eta", "rungs lie between"},
      {"hyperband",
       {option("max_budget", 9), option("sampler", grid_of)},
       "sampler",
       "gives budgets itself"},
      {"hyperband",
       {option("max_budget", 9), option("sampler", "randm")},
       "sampler.type",
       "unknown sampler 'randm'"},
      {"hyperband",
       {option("max_budget", 9), option("sampler", 7)},
       "sampler",
       "expected a mapping with a type"},
      {"successive_halving",
       {option("max_budget", 9), option("prefact", 0)},
       "prefact",
       "greater than 0"},
      {"successive_halving",
       {option("max_budget", 9), option("prefact", 0.01)},
       "prefact",
       "no configurations"},
      {"successive_halving", {option("max_budget", 1e12)}, "max_budget", "more than"},
      {"asha_promotion", {option("r_min", 5), option("r_max", 4)}, "r_max", "below the smallest"},
      {"pbt", {option("population_size", 1)}, "population_size", "expected 2 to"},
      {"pbt", {option("fraction", 0.6)}, "fraction", "from 0 to 0.5"},
      {"pbt", {option("factor", 0.2), option("factors", 0.2)}, "factors", "two names"},
      {"pbt", {option("resample_probability", 1.5)}, "resample_probability", "from 0 to 1"},
      {"pbt", {option("interval", 0)}, "interval", "greater than 0"},
      {"pbt", {option("generations", -2)}, "generations", "0: until"},
  };
  for (const Mistake& mistake : mistakes) {
    SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, mistake.type, mistake.options);
    EXPECT_FALSE(sampler.exists()) << mistake.path;
    ASSERT_EQ(sampler.findings().error_count(), 1u) << mistake.type << " " << mistake.path;
    for (const Finding& finding : sampler.findings().all()) {
      if (finding.severity != Severity::Error) continue;
      EXPECT_EQ(finding.path, "sampling_algorithm." + mistake.path);
      EXPECT_NE(finding.message.find(mistake.message), std::string::npos) << to_text(finding);
    }
  }
}

TEST(BudgetOptions, NamesOfTheLiteratureAreTakenAndNothingIsSaidOfThem) {
  const std::vector<std::pair<std::string, std::vector<Option>>> fine{
      {"successive_halving",
       {option("r_min", 1), option("r_max", 9), option("eta", 3), option("seed", 4)}},
      {"hyperband", {option("R", "27"), option("eta", "3"), option("sampler", Value())}},
      {"asha_promotion", {option("max_budget", 9), option("reduction_factor", 4)}},
      {"pbt", {option("factors", 0.3), option("assume_budget_used", true)}},
  };
  for (const auto& [type, options] : fine) {
    SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, type, options);
    EXPECT_TRUE(sampler.exists()) << type;
    EXPECT_TRUE(sampler.findings().all().empty())
        << type << ": " << to_text(sampler.findings().all()[0]);
  }
}

TEST(BudgetOptions, SayWhenARoundDoesNotFitOrBudgetsAreNotWhole) {
  const auto said = [](const std::string& type, std::vector<Option> options) {
    SamplerUnderTest sampler({{test::uniform("x", 0, 1)}}, type, std::move(options));
    EXPECT_TRUE(sampler.exists());
    return sampler.findings().all().empty() ? "" : to_text(sampler.findings().all()[0]);
  };
  EXPECT_NE(said("hyperband", {option("R", 81)}).find("a round is 206 trials"), std::string::npos);
  EXPECT_NE(said("hyperband", {option("R", 60)}).find("2.2222222222222223, 6.666666666666667"),
            std::string::npos);
  EXPECT_NE(said("successive_halving", {option("r_min", 2), option("r_max", 10), option("eta", 2),
                                        option("prefact", 0.5)})
                .find("no configuration reaches max_budget"),
            std::string::npos);
}

}  // namespace
}  // namespace sweepjob
