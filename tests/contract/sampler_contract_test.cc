// What samplers/sampler.h promises, asked of every sampler in the catalog. A new file in samplers/
// is tested here unasked; a sampler that suits none of the spaces must say why.
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/spaces.h"

namespace sweepjob {
namespace {

using test::choice;
using test::option;
using test::SamplerUnderTest;

struct Case {
  std::string label;
  std::string type;
  std::vector<Option> options;
  bool allow_duplicates = true;
};
// Without it the bytes of the struct become part of the test's name in ctest.
void PrintTo(const Case& one, std::ostream* out) { *out << one.label; }

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const std::string& name : sampler_names()) {
    result.push_back({name, name, {}, true});
    result.push_back({name + "_distinct", name, {}, false});
  }
  result.push_back({"random_sobol", "random", {option("rule", "sobol")}, true});
  result.push_back({"random_sobol_distinct", "random", {option("rule", "sobol")}, false});
  result.push_back({"qmc_halton", "qmc", {option("rule", "halton")}, true});
  const std::vector<Option> aging{option("rule", "regularised"), option("population_size", 4)};
  result.push_back({"evolution_regularised", "evolution", aging, true});
  for (const char* name : {"successive_halving", "hyperband", "asha_promotion"}) {
    const std::vector<Option> options{option("max_budget", 9)};
    result.push_back({name + std::string("_to_9"), name, options, true});
    result.push_back({name + std::string("_to_9_distinct"), name, options, false});
  }
  result.push_back({"pbt_of_4", "pbt", {option("population_size", 4)}, true});
  return result;
}

// Choices only, one of them nested: 10 points, which every sampler should take.
SearchSpace small_space() {
  return {{test::model_choice(false), choice("z", std::vector<Value>{"a", "b"})}};
}

std::string text(const Proposal& proposal) {
  return to_json(Value(proposal.params)) + " " + proposal.note +
         (proposal.parent ? " from " + std::to_string(index_of(*proposal.parent)) : "") +
         (proposal.budget ? " budget " + python_float(proposal.budget->amount) : "");
}

std::string text(const Proposals& proposals) {
  if (std::holds_alternative<Exhausted>(proposals)) return "exhausted";
  if (std::holds_alternative<Wait>(proposals)) return "wait";
  std::string result;
  for (const Proposal& proposal : std::get<std::vector<Proposal>>(proposals)) {
    result += text(proposal) + "\n";
  }
  return result;
}

std::vector<TrialEvent> life_of(TrialId trial, double value) {
  return {TrialReported{{trial, 1, value, {}}}, TrialReported{{trial, 2, NAN, 3.0}},
          ReportsRemoved{trial, 1}, TrialEnded{trial, Status::Completed, value, value}};
}

class SamplerContract : public testing::TestWithParam<Case> {
 protected:
  SamplerContract() : live_(make()) {}

  static std::unique_ptr<SamplerUnderTest> make() {
    return std::make_unique<SamplerUnderTest>(small_space(), GetParam().type, GetParam().options,
                                              GetParam().allow_duplicates);
  }

  void observe(const TrialEvent& event) {
    (*live_)->observe(event);
    events_.push_back(event);
  }

  std::unique_ptr<SamplerUnderTest> live_;
  std::vector<TrialEvent> events_;
  Rng rng_{11};
};

TEST_P(SamplerContract, IsMadeOrSaysWhyNot) {
  EXPECT_EQ(live_->exists(), live_->findings().error_count() == 0);
  for (const Finding& finding : live_->findings().all()) {
    EXPECT_EQ(finding.where.file, "job.yaml");
    EXPECT_FALSE(finding.message.empty());
  }
}

// The life of a sweep: asked for batches, told what became of them, restarted at every step.
TEST_P(SamplerContract, ARestartedSamplerProposesTheSame) {
  if (!live_->exists()) return;  // IsMadeOrSaysWhyNot has looked at its reasons
  std::uint32_t next = 0;
  std::vector<TrialId> running;
  for (int round = 0; round < 30; ++round) {
    const std::vector<TrialId> trials{TrialId{next}, TrialId{next + 1}, TrialId{next + 2}};
    const Proposals answer = (*live_)->propose(trials, rng_);
    EXPECT_EQ(text((*live_)->propose(trials, rng_)), text(answer)) << "asked again";

    const auto restarted = make();
    for (const TrialEvent& event : events_) (*restarted)->observe(event);
    EXPECT_EQ(text((*restarted)->propose(trials, rng_)), text(answer)) << "round " << round;

    if (std::holds_alternative<Exhausted>(answer)) break;
    const auto* proposals = std::get_if<std::vector<Proposal>>(&answer);
    if (proposals == nullptr) {
      ASSERT_TRUE((*live_)->needs_results()) << "only a sampler that needs results may wait";
      ASSERT_FALSE(running.empty()) << "nothing to wait for";
      for (const TrialId trial : std::exchange(running, {})) {
        for (const TrialEvent& event : life_of(trial, 1.0 / index_of(trial))) observe(event);
      }
      continue;
    }
    ASSERT_FALSE(proposals->empty());
    ASSERT_LE(proposals->size(), trials.size());
    for (const Proposal& proposal : *proposals) {
      running.push_back(TrialId{next});
      observe(TrialAdded{TrialId{next++}, proposal});
    }
    running.pop_back();
    for (const TrialEvent& event : life_of(TrialId{next - 1}, 1.0 / next)) observe(event);
  }
  EXPECT_GE(next, 10u) << "the space has 10 points";
}

TEST_P(SamplerContract, ProposesEveryKeyInYamlOrderAndValuesOfTheSpace) {
  if (!live_->exists()) return;
  const std::set<std::string> models{
      R"({"name":"svm","C":0.1})", R"({"name":"svm","C":1.0})", R"({"name":"svm","C":10.0})",
      R"({"name":"forest","trees":100})", R"({"name":"forest","trees":200})"};
  for (const Params& params : live_->ask(0, 8)) {
    ASSERT_EQ(params.size(), 2u);
    EXPECT_EQ(params[0].first, "model");
    EXPECT_TRUE(models.contains(to_json(params[0].second))) << to_json(params[0].second);
    EXPECT_EQ(params[1].first, "z");
    EXPECT_TRUE(params[1].second == Value("a") || params[1].second == Value("b"));
  }
}

// A trial that is started again may bring more to a sampler that needs results; the core, once told
// that nothing more comes, does not ask it.
TEST_P(SamplerContract, ExhaustedStaysExhausted) {
  if (!live_->exists()) return;
  std::uint32_t next = 0, fresh = 0;
  while (next < 200) {
    const std::vector<TrialId> trials{TrialId{next}, TrialId{next + 1}, TrialId{next + 2}};
    const Proposals answer = (*live_)->propose(trials, rng_);
    ASSERT_FALSE(std::holds_alternative<Wait>(answer)) << "every trial has ended";
    const auto* proposals = std::get_if<std::vector<Proposal>>(&answer);
    if (proposals == nullptr) break;
    for (const Proposal& proposal : *proposals) {
      if (!proposal.parent) ++fresh;
      (*live_)->observe(TrialAdded{TrialId{next}, proposal});
      (*live_)->observe(TrialEnded{TrialId{next}, Status::Completed, 1.0, 1.0});
      ++next;
    }
  }
  if (next >= 200) return;  // draws with replacement, or generations without end
  if (GetParam().type == "grid" || !GetParam().allow_duplicates) {
    EXPECT_EQ(fresh, 10u);
  }
  std::vector<TrialEvent> later{TrialExcluded{TrialId{2}},
                                TrialEnded{TrialId{1}, Status::Failed, {}, {}}};
  if (!(*live_)->needs_results()) later.insert(later.begin(), TrialReopened{TrialId{1}});
  for (const TrialEvent& event : later) {
    (*live_)->observe(event);
    for (std::uint32_t trial = next; trial < next + 5; ++trial) {
      const std::vector<TrialId> asked{TrialId{trial}};
      EXPECT_TRUE(std::holds_alternative<Exhausted>((*live_)->propose(asked, rng_)));
    }
  }
}

TEST_P(SamplerContract, AskedAheadOfNeedItProposesWhatItWouldOneByOne) {
  if (!live_->exists() || (*live_)->needs_results()) return;
  const std::vector<Params> ahead = live_->ask(0, 8);
  ASSERT_EQ(ahead.size(), 8u);
  for (std::uint32_t trial = 0; trial < 8; ++trial) {
    const std::vector<Params> single = live_->ask(trial, 1);
    ASSERT_EQ(single.size(), 1u);
    EXPECT_EQ(single[0], ahead[trial]);
    live_->add(trial, single[0]);
  }
}

TEST_P(SamplerContract, AWrongKeyIsAnErrorOnlyWhenStrict) {
  std::vector<Option> options = GetParam().options;
  options.push_back(option("no_such_key", 1));
  SamplerUnderTest lenient(small_space(), GetParam().type, options);
  SamplerUnderTest strict(small_space(), GetParam().type, options, true, true);
  EXPECT_EQ(lenient.exists(), live_->exists());
  EXPECT_FALSE(lenient.findings().all().empty());
  EXPECT_FALSE(strict.exists());
  EXPECT_TRUE(strict.findings().has_errors());
}

INSTANTIATE_TEST_SUITE_P(Catalog, SamplerContract, testing::ValuesIn(cases()),
                         [](const auto& item) { return item.param.label; });

}  // namespace
}  // namespace sweepjob
