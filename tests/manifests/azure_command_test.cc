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

// YAML's single quotes double an apostrophe.
std::string quoted(std::string text) {
  for (std::size_t i = text.find('\''); i != std::string::npos; i = text.find('\'', i + 2)) {
    text.insert(i, 1, '\'');
  }
  return "'" + text + "'";
}

ParsedManifest with_command(const std::string& command, const std::string& more = "",
                            bool strict = false) {
  return parse(
      job({{"trial", "trial:\n  environment: e\n  command: " + quoted(command) + "\n" + more},
           {"inputs",
            "inputs: {n: 3, text: 'a b', empty: '', none: , data: {path: 'azureml:d:1'}}\n"},
           {"outputs", "outputs: {model: }\n"},
           {"search_space",
            "search_space:\n  lr: {type: uniform, min_value: 0, max_value: 1}\n"
            "  word: {type: choice, values: [x, 'hello world', '$(rm -rf ~)']}\n"
            "  only: {type: choice, values: [1, 2]}\n"}}),
      {.strict = strict, .schema_only = true});
}

std::string command_of(const ParsedManifest& parsed) {
  return parsed.spec ? parsed.spec->trial.command : said(parsed);
}

TEST(AzureCommand, AllFormsOfPlaceholdersBecomeTheNewOne) {
  const auto parsed =
      with_command("a ${{ inputs.n }} {search_space.lr} {outputs.model} ${{search_space.only}}");
  EXPECT_EQ(command_of(parsed),
            "a ${{inputs.n}} ${{search_space.lr}} ${{outputs.model}} ${{search_space.only}}");
  EXPECT_EQ(said(parsed),
            "warning: trial.command: Use of {} for parameters is deprecated, instead use ${{}}.\n");
}

TEST(AzureCommand, OtherBracesStayAsTheyStand) {
  const std::string command =
      "awk '{print $1}' {a,b} ${HOME} {inputs} {{inputs.n}} $[[plain]] [[ -f x ]]";
  EXPECT_EQ(command_of(with_command(command)), command);
}

TEST(AzureCommand, OptionalBlocksAreKeptForTheTrial) {
  const auto parsed =
      with_command("a $[[--none ${{inputs.none}}]] $[[--x ${{inputs.absent}} ${{inputs.n}}]] b");
  EXPECT_EQ(said(parsed), "");
  EXPECT_EQ(command_of(parsed),
            "a $[[--none ${{inputs.none}}]] $[[--x ${{inputs.absent}} ${{inputs.n}}]] b");
}

TEST(AzureCommand, UndefinedNamesAreErrorsWithTheNearestOne) {
  EXPECT_EQ(
      said(with_command("${{inputs.dat}} ${{inputs.dat}}")),
      "error: trial.command: Inputs to job does not contain 'dat' referenced in command; did you "
      "mean 'data'?\n");
  EXPECT_THAT(said(with_command("${{search_space.ls}}")), HasSubstr("did you mean 'lr'?"));
  EXPECT_THAT(said(with_command("${{outputs.modle}}")), HasSubstr("did you mean 'model'?"));
  EXPECT_THAT(said(with_command("${{input.n}}")), HasSubstr("error: trial.command: ${{input.n}}"));
  EXPECT_THAT(said(with_command("${{parent.inputs.n}}")), HasSubstr("error: trial.command"));
  EXPECT_THAT(said(with_command("${{name}}")), HasSubstr("error: trial.command"));
  EXPECT_THAT(said(with_command("${{inputs.none}}")), HasSubstr("is optional and has no value"));
}

TEST(AzureCommand, OurOwnPlaceholdersAreKnown) {
  EXPECT_EQ(said(with_command("${{sweepjob.checkpoint_dir}}")), "");
}

TEST(AzureCommand, AnInputThatIsOnlySampledTakesTheSampledValue) {
  const auto parsed = with_command("${{inputs.lr}}");
  EXPECT_EQ(command_of(parsed), "${{search_space.lr}}");
  EXPECT_THAT(said(parsed),
              HasSubstr("warning: trial.command: Inputs to job does not contain 'lr'"));
  EXPECT_FALSE(with_command("${{inputs.lr}}", "", true).spec);
}

TEST(AzureCommand, ValuesThatAShellWouldTakeApartAreSaidWhereTheyStandUnquoted) {
  EXPECT_THAT(said(with_command("x ${{inputs.text}}")),
              HasSubstr("warning: trial.command: the value 'a b' of ${{inputs.text}}"));
  EXPECT_EQ(said(with_command("x '${{inputs.text}}' \"${{inputs.text}}\"")), "");
  EXPECT_THAT(said(with_command("x ${{search_space.word}}")), HasSubstr("'hello world'"));
  EXPECT_EQ(said(with_command("x '${{search_space.word}}'")), "");
  EXPECT_THAT(said(with_command("x \"${{search_space.word}}\"")), HasSubstr("$(rm -rf ~)"));
  EXPECT_THAT(said(with_command("x ${{inputs.empty}} y")), HasSubstr("the value ''"));
  EXPECT_EQ(said(with_command("x ${{inputs.n}} ${{search_space.only}}")), "");
  EXPECT_EQ(said(parse(job({{"properties", "properties: {sweepjob: {quote_parameters: true}}\n"},
                            {"inputs", "inputs: {n: a b}\n"}}))),
            "")
      << "quoting was asked for";
}

TEST(AzureCommand, AnUnknownOpeningIsPassedOnWithAWarning) {
  const auto parsed = with_command("echo ${{ inputs n }}");
  EXPECT_EQ(command_of(parsed), "echo ${{ inputs n }}");
  EXPECT_THAT(said(parsed), HasSubstr("is no placeholder"));
}

TEST(AzureCommand, EnvironmentVariablesAreTextWithPlaceholders) {
  const auto parsed = with_command(
      "x",
      "  environment_variables: {A: 5, B: true, C: 1.0, D: '${{inputs.text}} {inputs.n}', E: }\n");
  ASSERT_TRUE(parsed.spec) << said(parsed);
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parsed.spec->trial.environment_variables,
            (Pairs{{"A", "5"},
                   {"B", "True"},
                   {"C", "1.0"},
                   {"D", "${{inputs.text}} ${{inputs.n}}"},
                   {"E", ""}}));
  EXPECT_THAT(
      said(with_command("x", "  environment_variables: {A: '${{inputs.no}}'}\n")),
      HasSubstr("error: trial.environment_variables.A: Inputs to job does not contain 'no'"));
}

TEST(AzureCommand, RefusesAnEmptyOrWrongCommand) {
  EXPECT_THAT(said(with_command("  ")), HasSubstr("the command is empty"));
  EXPECT_THAT(said(job({{"trial", "trial: {environment: e, command: [a, b]}\n"}})),
              HasSubstr("trial.command: expected text, not a list"));
}

}  // namespace
}  // namespace sweepjob
