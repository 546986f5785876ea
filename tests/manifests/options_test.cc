#include "manifests/spec/options.h"

#include <limits>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

Options make(std::vector<std::pair<std::string, Value>> options) {
  Options made;
  made.type = "bandit";
  made.path = "early_termination";
  made.where = {"job.yaml", 10, 1};
  int line = 11;
  for (auto& [name, value] : options) {
    made.options.push_back({name, std::move(value), {"job.yaml", line++, 3}});
  }
  return made;
}

TEST(OptionReader, ReadsNumericStringsAsNumbersLikeAzure) {
  const Options options = make({{"a", "1e-5"}, {"b", " 0.5 "}, {"c", 3}, {"d", 2.5}, {"e", "+7"}});
  Findings findings;
  OptionReader reader(options, findings);
  EXPECT_EQ(reader.number("a"), 1e-5);
  EXPECT_EQ(reader.number("b"), 0.5);
  EXPECT_EQ(reader.number("c"), 3.0);
  EXPECT_EQ(reader.number("d"), 2.5);
  EXPECT_EQ(reader.integer("e"), 7);
  EXPECT_TRUE(findings.all().empty());
}

TEST(OptionReader, AcceptsWholeFloatsAsIntegersAndRefusesFractions) {
  const Options options =
      make({{"a", 4.0}, {"b", "4.0"}, {"c", 4.5}, {"d", 1e300}, {"e", true}, {"f", "x"}});
  Findings findings;
  OptionReader reader(options, findings);
  EXPECT_EQ(reader.integer("a"), 4);
  EXPECT_EQ(reader.integer("b"), 4);
  EXPECT_FALSE(reader.integer("c"));
  EXPECT_FALSE(reader.integer("d"));
  EXPECT_FALSE(reader.integer("e"));
  EXPECT_FALSE(reader.integer("f"));
  EXPECT_EQ(findings.all().size(), 4U);
}

TEST(OptionReader, ReportsTheKeysPathAndPlace) {
  const Options options = make({{"slack_factor", "high"}});
  Findings findings;
  OptionReader reader(options, findings);
  EXPECT_FALSE(reader.number("slack_factor"));
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(to_text(findings.all()[0]),
            "job.yaml:11:3: error: early_termination.slack_factor: expected a number, found "
            "\"high\"");
}

TEST(OptionReader, TakesAbsentAndNullKeysAsNotGiven) {
  const Options options = make({{"seed", Value()}});
  Findings findings;
  OptionReader reader(options, findings);
  EXPECT_FALSE(reader.integer("seed"));
  EXPECT_FALSE(reader.number("other"));
  EXPECT_FALSE(reader.boolean("flag"));
  EXPECT_FALSE(reader.text("name"));
  EXPECT_EQ(reader.raw("nothing"), nullptr);
  reader.finish();
  EXPECT_TRUE(findings.all().empty());
}

TEST(OptionReader, ComparesWordsWithoutCaseAndCamelCase) {
  const std::vector<std::string> words{"random", "median_stopping"};
  const Options options = make({{"a", "Random"},
                                {"b", "MedianStopping"},
                                {"c", "MEDIAN_STOPPING"},
                                {"d", "randon"},
                                {"e", 3}});
  Findings findings;
  OptionReader reader(options, findings);
  EXPECT_EQ(reader.word("a", words), "random");
  EXPECT_EQ(reader.word("b", words), "median_stopping");
  EXPECT_EQ(reader.word("c", words), "median_stopping");
  EXPECT_FALSE(reader.word("d", words));
  EXPECT_FALSE(reader.word("e", words));
  ASSERT_EQ(findings.all().size(), 2U);
  EXPECT_EQ(findings.all()[0].message,
            "value \"randon\" is not in set ['random', 'median_stopping']");
  EXPECT_EQ(findings.all()[0].hint, "did you mean 'random'?");
}

TEST(OptionReader, ReadsBooleansAndText) {
  const Options options =
      make({{"a", true}, {"b", "No"}, {"c", "maybe"}, {"d", 1.5}, {"e", Value::List{}}});
  Findings findings;
  OptionReader reader(options, findings);
  EXPECT_EQ(reader.boolean("a"), true);
  EXPECT_EQ(reader.boolean("b"), false);
  EXPECT_FALSE(reader.boolean("c"));
  EXPECT_EQ(reader.text("d"), "1.5");
  EXPECT_FALSE(reader.text("e"));
  EXPECT_EQ(findings.all().size(), 2U);
}

TEST(OptionReader, NamesTheNearestKnownKeyForAnUnknownOne) {
  const Options options = make({{"slack_facto", 0.1}, {"zzz", 1}});
  for (const bool strict : {false, true}) {
    Findings findings;
    OptionReader reader(options, findings, strict);
    (void)reader.number("slack_factor");
    (void)reader.number("slack_amount");
    reader.finish();
    ASSERT_EQ(findings.all().size(), 2U);
    EXPECT_EQ(findings.has_errors(), strict);
    EXPECT_EQ(findings.all()[0].path, "early_termination.slack_facto");
    EXPECT_EQ(findings.all()[0].hint, "did you mean 'slack_factor'?");
    EXPECT_EQ(findings.all()[1].hint, "known keys: slack_factor slack_amount");
  }
}

TEST(OptionReader, BoundsTheUsersTextInMessages) {
  const Options options = make({{"a", std::string(100000, 'x')}});
  Findings findings;
  OptionReader reader(options, findings);
  EXPECT_FALSE(reader.number("a"));
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_LT(findings.all()[0].message.size(), 200U);
}

TEST(NestedOptions, AreAMappingWithATypeOrItsName) {
  Options outer;
  outer.path = "early_termination";
  outer.options.push_back(
      {"policy", Value(Value::Map{{"type", "MedianStopping"}, {"a", 1}}), {"job.yaml", 7, 3}});
  outer.options.push_back({"bare", Value("bandit"), {}});
  outer.options.push_back({"number", Value(3), {"job.yaml", 9, 1}});
  outer.options.push_back({"list", Value(Value::List{Value("none"), Value(Value::Map{})}), {}});
  Findings findings;
  const auto inner = nested_options(outer, "policy", findings);
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->type, "median_stopping");
  EXPECT_EQ(inner->path, "early_termination.policy");
  ASSERT_EQ(inner->options.size(), 1u) << "the type is no option";
  EXPECT_EQ(inner->options[0].where.line, 7u);
  EXPECT_EQ(nested_options(outer, "bare", findings)->type, "bandit");
  EXPECT_TRUE(findings.all().empty());
  EXPECT_FALSE(nested_options(outer, "number", findings));
  EXPECT_FALSE(nested_options(outer, "missing", findings));
  EXPECT_FALSE(nested_options_list(outer, "list", findings)) << "the second one has no type";
  EXPECT_FALSE(nested_options_list(outer, "bare", findings));
  ASSERT_EQ(findings.all().size(), 4u);
  EXPECT_EQ(findings.all()[0].where.line, 9u);
  EXPECT_EQ(findings.all()[2].path, "early_termination.list[1]");
}

TEST(NestedOptions, HaveTheirOwnPlacesWhereTheseAreKnown) {
  const Value inner(Value::Map{{"type", "bandit"}, {"a", 1}, {"b", Value(Value::Map{{"c", 2}})}});
  Options outer;
  outer.path = "early_termination";
  outer.where = {"job.yaml", 1, 1};
  outer.options.push_back({"known",
                           inner,
                           {"job.yaml", 3, 5},
                           {{{"job.yaml", 3, 11}, {}},
                            {{"job.yaml", 4, 8}, {}},
                            {{"job.yaml", 5, 9}, {{{"job.yaml", 6, 12}, {}}}}}});
  outer.options.push_back({"list",
                           Value(Value::List{inner, Value(1)}),
                           {"job.yaml", 7, 3},
                           {{{"job.yaml", 8, 5}, {}}, {{"job.yaml", 9, 5}, {}}}});
  Findings findings;
  const auto known = nested_options(outer, "known", findings);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->where, (SourceLocation{"job.yaml", 3, 5}));
  EXPECT_EQ(known->place_of_type(), (SourceLocation{"job.yaml", 3, 11}));
  EXPECT_EQ(known->find("a")->where, (SourceLocation{"job.yaml", 4, 8}));
  ASSERT_EQ(known->find("b")->inside.size(), 1U);
  EXPECT_EQ(known->find("b")->inside[0].where, (SourceLocation{"job.yaml", 6, 12}));
  EXPECT_FALSE(nested_options_list(outer, "list", findings));
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].where, (SourceLocation{"job.yaml", 9, 5})) << "the second item's";

  outer.options[0].inside.clear();  // as a stored spec has it
  const auto stored = nested_options(outer, "known", findings);
  EXPECT_EQ(stored->place_of_type(), (SourceLocation{"job.yaml", 3, 5}));
  EXPECT_EQ(stored->find("a")->where, (SourceLocation{"job.yaml", 3, 5}));
}

}  // namespace
}  // namespace sweepjob
