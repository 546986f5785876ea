// whatif on a sweep that really ran: what it says, what it refuses, and the SVG as XML.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Four trials of three steps, one after the other, each worse than the one before it. A trial waits
// until each of its values is in the journal: what comes after its end would not be judged.
class WhatIfVerb : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    write("train.sh",
          "for i in 1 2 3; do\n"
          "  echo acc=0.$1$i\n"
          "  until sweepjob export s --metrics | grep -q \"^$SWEEPJOB_TRIAL,1,acc,$i,\"; do\n"
          "    sleep 0.05\n"
          "  done\n"
          "done\n");
    write("job.yaml", job({.command = "bash " + path("train.sh") + " ${{search_space.x}}",
                           .search_space = "x: {type: choice, values: [4, 3, 2, 1]}",
                           .limits = "max_total_trials: 4, max_concurrent_trials: 1"}));
    const Output ran = sweepjob("submit job.yaml --name s");
    ASSERT_EQ(ran.code, 0) << ran.text;
  }
};

TEST_F(WhatIfVerb, SaysWhatAPolicyWouldHaveDone) {
  const auto document = json("whatif s --policy '{type: bandit, slack_amount: 0.05}' -o json");
  EXPECT_EQ(document["schema_version"], 1);
  EXPECT_EQ(document["reports"], 12);
  EXPECT_EQ(document["result"]["cut"], 3);
  EXPECT_EQ(document["result"]["reports_saved"], 6);
  EXPECT_EQ(document["result"]["saved_percent"], 50.0);
  EXPECT_EQ(document["result"]["winner_survives"], true);
  EXPECT_EQ(document["result"]["regret"], 0.0);
  EXPECT_EQ(document["cuts"].size(), 3U);
  EXPECT_EQ(document["cuts"][0]["interval"], 1);
  EXPECT_THAT(document["cuts"][0]["reason"], HasSubstr("< 0.41 (best of trial 0)"));

  const Output text = sweepjob("whatif s --policy '{type: bandit, slack_amount: 0.05}'");
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.text, HasSubstr("6 of 12 used, 6 saved (50.0 %)"));
  EXPECT_THAT(text.text, HasSubstr("trial 0 survives"));
}

// What a policy takes from the job beside its own options (here the name, by which trials are dealt
// to brackets, min_trials and the goal) is the same for simulate, replay and whatif.
TEST_F(WhatIfVerb, TheSweepsOwnPolicyCutsExactlyWhatTheJournalSays) {
  for (const std::string policy :
       {"type: optuna_hyperband, max_resource: 9", "type: asha, max_resource: 9, brackets: 2",
        "type: median_stopping, evaluation_interval: 2"}) {
    write("named.yaml",
          "name: j\n" + job({.command = "false",
                             .search_space = "x: {type: uniform, min_value: 0, max_value: 1}",
                             .sampling = "random",
                             .limits = "max_total_trials: 40, max_concurrent_trials: 5",
                             .early_termination = policy,
                             .extensions = "min_trials: 3"}));
    const std::string name = policy.substr(6, policy.find(',') - 6);
    const Output kept = sweepjob(
        "simulate named.yaml --objective builtin:curves,steps=15 --seed 28 --keep " + name);
    ASSERT_EQ(kept.code, 0) << kept.text;
    EXPECT_EQ(sweepjob("replay " + name).code, 0) << policy;
    const auto document = json("whatif " + name + " -o json");
    EXPECT_GT(document["recorded_cuts"], 0) << policy;
    EXPECT_EQ(document["result"]["cut"], document["recorded_cuts"]) << policy;
    EXPECT_EQ(document["result"]["as_recorded"], document["recorded_cuts"]) << policy;
  }
}

TEST_F(WhatIfVerb, ACopiedFolderAndAnExportedTableGiveTheSame) {
  const std::string policy = " --policy '{type: bandit, slack_amount: 0.05}' -o json";
  const auto live = json("whatif s" + policy);
  ASSERT_EQ(bash("cp -r " + sweep_folder("s") +
                 " copy && "
                 "sweepjob export s --metrics --format csv > curves.csv")
                .code,
            0);
  EXPECT_EQ(json("whatif ./copy" + policy), live);
  const auto table = json("whatif --curves curves.csv --goal maximize" + policy);
  for (const char* key : {"cut", "reports_saved", "regret", "wrong"}) {
    EXPECT_EQ(table["result"][key], live["result"][key]) << key;
  }
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(table["cuts"][i]["reason"], live["cuts"][i]["reason"]);
  }
}

TEST_F(WhatIfVerb, AGridIsATableAPlotAndAnSvgThatIsXml) {
  const Output text =
      sweepjob("whatif s --policy bandit --grid slack_amount=0.05:0.25:3 --svg 'a.svg'");
  EXPECT_EQ(text.code, 0) << text.text;
  EXPECT_THAT(text.text, HasSubstr("s: bandit over slack_amount"));
  EXPECT_THAT(text.text, HasSubstr("slack_amount  cut  saved %"));
  EXPECT_THAT(text.text, Not(HasSubstr("\x1b")));
  const Output svg = bash(
      "python3 -c \"import xml.etree.ElementTree as e; t = e.parse('a.svg').getroot(); "
      "n = '{http://www.w3.org/2000/svg}'; "
      "print(t.tag == n + 'svg', len(t.findall(n + 'g')), t.find(n + 'title').text)\"");
  EXPECT_THAT(svg.lines(), ElementsAre("True 2 s: bandit over slack_amount"));

  const auto document = json("whatif s --policy bandit --grid slack_amount=0.05,0.15,0.5 -o json");
  ASSERT_EQ(document["grid"].size(), 3U);
  EXPECT_EQ(document["grid"][0]["at"]["slack_amount"], "0.05");
  EXPECT_EQ(document["grid"][0]["cut"], 3);
  EXPECT_EQ(document["grid"][1]["cut"], 2);
  EXPECT_EQ(document["grid"][2]["cut"], 0);
}

TEST_F(WhatIfVerb, RefusesWithThePlaceAndWritesNothing) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"s", "no policy of its own: give --policy"},
      {"s --policy '{type: bandti, slack_factor: 1}'", "did you mean 'bandit'?"},
      {"s --policy '{type: bandit, slack_factor: -1}'", "--policy:1:30: error:"},
      {"s --policy bandit --grid slack_factor=-1,1 --svg b.svg", "--grid:1:1: error:"},
      {"s --policy bandit --grid slack_factor=1:2 --svg b.svg", "expected three numbers"},
      {"s --policy ./none.yaml", "cannot open the policy's file"},
      {"s --policy bandit --svg b.svg", "it needs --grid"},
      {"nobody --policy bandit", "there is no sweep 'nobody'"},
      {"", "expected the NAME of a sweep or --curves FILE"},
      {"--curves none.csv --policy bandit", "--curves needs --goal"},
      {"--curves none.csv --goal minimize --policy bandit", "cannot open the table of curves"},
  };
  for (const auto& [arguments, expected] : cases) {
    const Output output = sweepjob("whatif " + arguments);
    EXPECT_EQ(output.code, 2) << arguments;
    EXPECT_THAT(output.text, HasSubstr(expected)) << arguments;
  }
  EXPECT_EQ(bash("test ! -e b.svg").code, 0);
  EXPECT_EQ(sweepjob("whatif s --policy '{type: bandit}' -o json").code, 2);
}

}  // namespace
}  // namespace sweepjob
