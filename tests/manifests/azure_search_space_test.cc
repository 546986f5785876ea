#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/manifests/azure_test_support.h"

namespace sweepjob {
namespace {

using azure_test::job;
using azure_test::parse;
using azure_test::parse_strict;
using azure_test::said;
using testing::HasSubstr;

// A job whose only parameter is `lr`.
std::string with_lr(const std::string& expression, const std::string& sampling = "random") {
  return job({{"search_space", "search_space:\n  lr: " + expression + "\n"},
              {"sampling_algorithm", "sampling_algorithm: " + sampling + "\n"}});
}

Parameter lr_of(const std::string& expression) {
  const auto parsed = parse(with_lr(expression));
  EXPECT_TRUE(parsed.spec) << said(parsed);
  return parsed.spec ? parsed.spec->space.parameters.at(0) : Parameter();
}

TEST(AzureSearchSpace, ReadsEveryDistribution) {
  using enum DistributionKind;
  EXPECT_EQ(lr_of("{type: choice, values: [1, a, 2.5]}").kind, Choice);
  EXPECT_EQ(lr_of("{type: randint, upper: 7}").upper, 7);
  const Parameter uniform = lr_of("{type: uniform, min_value: 0.1, max_value: 2}");
  EXPECT_EQ(uniform.kind, Uniform);
  EXPECT_EQ(uniform.min, 0.1);
  EXPECT_EQ(uniform.max, 2);
  EXPECT_EQ(lr_of("{type: quniform, min_value: 1, max_value: 9, q: 2}").q, 2);
  EXPECT_EQ(lr_of("{type: loguniform, min_value: -6, max_value: -1}").kind, LogUniform);
  EXPECT_EQ(lr_of("{type: qloguniform, min_value: -1, max_value: 5, q: 5}").kind, QLogUniform);
  const Parameter normal = lr_of("{type: normal, mu: 1, sigma: 2}");
  EXPECT_EQ(normal.kind, Normal);
  EXPECT_EQ(normal.mu, 1);
  EXPECT_EQ(normal.sigma, 2);
  EXPECT_EQ(lr_of("{type: qnormal, mu: 1, sigma: 2, q: 0.4}").kind, QNormal);
  EXPECT_EQ(lr_of("{type: lognormal, mu: 1, sigma: 2}").kind, LogNormal);
  EXPECT_EQ(lr_of("{type: qlognormal, mu: 1, sigma: 2, q: 3}").kind, QLogNormal);
}

TEST(AzureSearchSpace, TypesAreComparedWithoutCase) {
  EXPECT_EQ(lr_of("{type: Uniform, min_value: 1, max_value: 2}").kind, DistributionKind::Uniform);
  EXPECT_EQ(lr_of("{type: LogUniform, min_value: -2, max_value: -1}").kind,
            DistributionKind::LogUniform);
  EXPECT_EQ(lr_of("{type: QLOGNORMAL, mu: 1, sigma: 1, q: 1}").kind, DistributionKind::QLogNormal);
}

TEST(AzureSearchSpace, NumericTextIsANumberHere) {
  const Parameter parameter = lr_of("{type: uniform, min_value: 1e-5, max_value: '2'}");
  EXPECT_EQ(parameter.min, 1e-5);
  EXPECT_EQ(parameter.max, 2);
}

TEST(AzureSearchSpace, AChoiceKeepsTextAsItIs) {
  const Parameter parameter = lr_of("{type: choice, values: [1e-3, 1.0e-3, '5', 5, 010]}");
  std::vector<std::string> texts;
  for (const ChoiceEntry& entry : parameter.choices) texts.push_back(python_str(entry.literal));
  EXPECT_EQ(texts, (std::vector<std::string>{"1e-3", "0.001", "5", "5", "8"}));
}

TEST(AzureSearchSpace, IntegersArePrintedWithoutAPointOnlyWhenAllAreIntegers) {
  EXPECT_TRUE(lr_of("{type: quniform, min_value: 10, max_value: 50, q: 5}").integral);
  EXPECT_TRUE(lr_of("{type: randint, upper: 3}").integral);
  EXPECT_TRUE(lr_of("{type: qnormal, mu: 10, sigma: 5, q: 2}").integral);
  EXPECT_FALSE(lr_of("{type: quniform, min_value: 10, max_value: 50, q: 5.0}").integral);
  EXPECT_FALSE(lr_of("{type: quniform, min_value: 0.5, max_value: 50, q: 5}").integral);
  EXPECT_FALSE(lr_of("{type: uniform, min_value: 1, max_value: 5}").integral);
}

TEST(AzureSearchSpace, RefusesWhatCannotBeDrawn) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"{type: uniform, min_value: 2, max_value: 1}", "lr.min_value: min_value 2 is greater"},
      {"{type: uniform, min_value: 2}", "lr.max_value: missing"},
      {"{type: uniform, min_value: .inf, max_value: 1}", "lr.min_value: expected a number"},
      {"{type: uniform, min_value: a, max_value: 1}", "lr.min_value: expected a number, not 'a'"},
      {"{type: uniform, min_value: [1], max_value: 1}", "expected a number, not a list"},
      {"{type: normal, mu: 0, sigma: 0}", "lr.sigma: sigma must be greater than 0"},
      {"{type: qnormal, mu: 0, sigma: 1, q: 0}", "lr.q: q must be greater than 0"},
      {"{type: quniform, min_value: 0, max_value: 1, q: -1}", "lr.q: q must be greater than 0"},
      {"{type: randint, upper: 0}", "lr.upper: expected an integer of at least 1, not '0'"},
      {"{type: randint, upper: 2.5}", "lr.upper: expected an integer"},
      {"{type: choice, values: []}", "lr.values: the list is empty"},
      {"{type: choice}", "lr.values: missing"},
      {"{type: choice, values: 5}", "lr.values: expected a list of values, not an integer"},
      {"{type: choice, values: [1, null]}", "lr.values[1]: expected a value, not nothing"},
      {"{type: unifrom, min_value: 1, max_value: 2}", "did you mean 'uniform'?"},
      {"{min_value: 1, max_value: 2}", "lr.type: missing"},
      {"[1, 2]", "write {type: choice, values: [...]}"},
      {"5", "expected a parameter such as"},
  };
  for (const auto& [expression, expected] : rows) {
    const auto parsed = parse(with_lr(expression));
    EXPECT_FALSE(parsed.spec) << expression;
    EXPECT_THAT(said(parsed), HasSubstr(expected)) << expression;
  }
  EXPECT_EQ(said(with_lr("{type: uniform, min_value: 1, max_value: 1}")), "") << "a constant";
}

TEST(AzureSearchSpace, NamesAreLettersNumbersAndUnderscore) {
  EXPECT_THAT(
      said(job({{"search_space", "search_space: {learning-rate: {type: randint, upper: 2}}\n"},
                {"trial", "trial: {command: echo, environment: e}\n"}})),
      HasSubstr("Key name learning-rate must be composed of letters, numbers and underscore"));
}

TEST(AzureSearchSpace, WarnsWhenLogBoundsLookLikeValues) {
  EXPECT_THAT(
      said(with_lr("{type: loguniform, min_value: 0.001, max_value: 10}")),
      HasSubstr("its values lie between 1.001 and 22026.5; for values from 0.001 to 10 write "
                "min_value: -6.9078, max_value: 2.3026"));
  EXPECT_THAT(said(with_lr("{type: qloguniform, min_value: -1, max_value: 10, q: 1}")),
              HasSubstr("warning"));
  EXPECT_EQ(said(with_lr("{type: loguniform, min_value: -6, max_value: 9}")), "");
  EXPECT_THAT(said(with_lr("{type: loguniform, min_value: -6, max_value: 5}",
                           "{type: random, logbase: 10}")),
              HasSubstr("between 1e-06 and 100000"));
}

TEST(AzureSearchSpace, BooleansAndListsAreTakenWithAWarningAndRefusedUnderStrict) {
  const std::string text = with_lr("{type: choice, values: [true, no]}");
  EXPECT_EQ(said(text),
            "warning: search_space.lr.values[0]: Azure refuses booleans in a choice; passed on as "
            "True; quote it: \"true\"\n");
  EXPECT_FALSE(parse_strict(text).spec);
  EXPECT_THAT(said(with_lr("{type: choice, values: [[64, 64]]}")),
              HasSubstr("passed on as [64,64]"));
}

TEST(AzureSearchSpace, NestedChoicesToAnyDepth) {
  const auto parsed =
      parse(job({{"search_space", R"(search_space:
  model:
    type: choice
    values:
      - name: svm
        C: {type: loguniform, min_value: -3, max_value: 2}
      - name: forest
        trees: {type: choice, values: [{n: {type: randint, upper: 9}, k: 1}]}
      - plain
      - {}
)"},
                 {"trial",
                  "trial:\n  command: echo '${{search_space.model}}' "
                  "${{search_space.model.C}} ${{search_space.model.name}} "
                  "${{search_space.model.trees.n}} ${{search_space.model.trees.k}}\n"
                  "  environment: e\n"}}));
  EXPECT_EQ(said(parsed), "");
  ASSERT_TRUE(parsed.spec);
  const Parameter& model = parsed.spec->space.parameters.at(0);
  ASSERT_EQ(model.choices.size(), 4U);
  EXPECT_EQ(std::get<Value>(model.choices[0].members[0].content), Value("svm"));
  EXPECT_EQ(std::get<Parameter>(model.choices[0].members[1].content).path, "model.C");
  const auto& trees = std::get<Parameter>(model.choices[1].members[1].content);
  EXPECT_EQ(std::get<Parameter>(trees.choices[0].members[0].content).path, "model.trees.n");
  EXPECT_EQ(model.choices[2].literal, Value("plain"));
  EXPECT_EQ(model.choices[3].literal, Value(Value::Map{}));
}

TEST(AzureSearchSpace, NestingIsBounded) {
  std::string text = "{type: randint, upper: 2}";
  for (int i = 0; i < 20; ++i) text = "{type: choice, values: [{a: " + text + "}]}";
  EXPECT_THAT(said(with_lr(text)), HasSubstr("choices nested too deeply"));
}

TEST(AzureSearchSpace, AnExpressionThatIsTakenLiterallyIsSaid) {
  EXPECT_THAT(said(with_lr("{type: choice, values: [{o: {lr: {type: randint, upper: 2}}}]}")),
              HasSubstr("is passed on as text"));
  EXPECT_THAT(said(with_lr("{type: choice, values: [{o: {type: unifrom, min_value: 1}}]}")),
              HasSubstr("did you mean 'uniform'?"));
  EXPECT_THAT(said(with_lr("{type: choice, values: [{type: randint, upper: 2}]}")),
              HasSubstr("give it a name"));
}

TEST(AzureSearchSpace, GridAndBayesianTakeOnlySomeTypesAlsoWhenNested) {
  const std::string nested = "{type: choice, values: [{C: {type: normal, mu: 0, sigma: 1}}]}";
  EXPECT_THAT(
      said(with_lr("{type: uniform, min_value: 0, max_value: 1}", "grid")),
      HasSubstr("search_space.lr: grid sampling takes only choice parameters, not lr (uniform)"));
  EXPECT_THAT(said(with_lr(nested, "grid")), HasSubstr("not lr.C (normal)"));
  EXPECT_THAT(said(with_lr("{type: randint, upper: 3}", "bayesian")),
              HasSubstr("bayesian sampling takes only choice, uniform, quniform parameters, not lr "
                        "(randint)"));
  EXPECT_THAT(said(with_lr(nested, "{type: Bayesian}")), HasSubstr("not lr.C (normal)"));
  EXPECT_EQ(said(with_lr("{type: quniform, min_value: 0, max_value: 9, q: 1}", "bayesian")), "");
  EXPECT_EQ(said(with_lr("{type: normal, mu: 0, sigma: 1}", "tpe")), "")
      << "other samplers check for themselves";
}

TEST(AzureSearchSpace, BoundsMayComeFromInputs) {
  const std::string text = job(
      {{"inputs", "inputs: {low: 0.5, n: {value: 2}}\n"},
       {"search_space",
        "search_space: {lr: {type: uniform, min_value: '${{inputs.low}}', max_value: '${{ inputs.n "
        "}}'}}\n"}});
  const auto parsed = parse(text);
  ASSERT_TRUE(parsed.spec) << said(parsed);
  EXPECT_EQ(parsed.spec->space.parameters[0].min, 0.5);
  EXPECT_EQ(parsed.spec->space.parameters[0].max, 2);
  EXPECT_FALSE(parse_strict(text).spec) << "Azure takes none there";
  EXPECT_THAT(said(job({{"limits", "limits: {max_total_trials: '${{inputs.m}}'}\n"}})),
              HasSubstr("the inputs do not contain a literal 'm'; did you mean 'n'?"));
}

}  // namespace
}  // namespace sweepjob
