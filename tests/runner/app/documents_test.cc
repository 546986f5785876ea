#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/app/views/listing.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

std::vector<std::string> keys_of(const Value& value) {
  std::vector<std::string> keys;
  for (const auto& [key, member] : *value.get<Value::Map>()) keys.push_back(key);
  return keys;
}

// Trial 0 leads, trial 1 is cut at interval 2, trial 2 fails, trial 3 is running.
SweepBuilder some_trials() {
  SweepBuilder builder;
  builder.run(0).run(1);
  builder.report(0, 0.9).report(0, 0.8).report(1, 0.5).report(1, 0.6);
  builder.end(1, Outcome::Canceled).end(0, Outcome::Exited);
  builder.run(2).end(2, Outcome::Exited, 3);
  builder.run(3);
  return builder;
}

Value show(const std::string& folder) {
  auto loaded = load_sweep(folder);
  EXPECT_TRUE(loaded.has_value());
  return show_document(*loaded->rules, *loaded->sweep);
}

TEST(ShowDocument, HasTheDocumentedKeys) {
  SweepBuilder builder = some_trials();
  builder.write();
  const Value document = show(builder.folder());
  EXPECT_THAT(keys_of(document), IsSupersetOf({"schema_version", "name", "uid", "status", "reason",
                                               "objective", "best", "counts", "trials"}));
  EXPECT_THAT(keys_of(*document.find("objective")), ElementsAre("primary_metric", "goal"));
  EXPECT_THAT(keys_of(*document.find("best")), ElementsAre("trial", "value", "params"));
  EXPECT_THAT(keys_of(*document.find("counts")),
              ElementsAre("completed", "failed", "canceled", "running", "queued"));
  const auto& trials = *document.find("trials")->get<Value::List>();
  ASSERT_EQ(trials.size(), 4u);
  EXPECT_THAT(keys_of(trials[0]), IsSupersetOf({"trial", "parent", "status", "reason", "params",
                                                "best_value", "last_value", "intervals", "attempts",
                                                "exit_code", "started", "ended"}));
}

TEST(ShowDocument, TellsWhatBecameOfEachTrial) {
  SweepBuilder builder = some_trials();
  builder.write();
  const Value document = show(builder.folder());
  EXPECT_EQ(*document.find("status"), Value("Running"));
  EXPECT_EQ(to_json(*document.find("counts")),
            R"({"completed":1,"failed":1,"canceled":1,"running":1,"queued":0})");
  const auto& trials = *document.find("trials")->get<Value::List>();
  EXPECT_EQ(*trials[0].find("best_value"), Value(0.9));
  EXPECT_EQ(*trials[0].find("last_value"), Value(0.8));
  EXPECT_EQ(*trials[1].find("status"), Value("Canceled"));
  EXPECT_EQ(*trials[1].find("reason"), Value("early_termination"));
  EXPECT_EQ(*trials[1].find("intervals"), Value(2));
  EXPECT_EQ(*trials[2].find("exit_code"), Value(3));
  EXPECT_TRUE(trials[3].find("ended")->is_null());
}

TEST(Readers, WorkOnACopiedFolder) {
  SweepBuilder builder = some_trials();
  builder.write();
  const TempFolder elsewhere;
  const std::string copy = elsewhere / "copy";
  std::filesystem::copy(builder.folder(), copy, std::filesystem::copy_options::recursive);
  EXPECT_EQ(to_json(show(copy)), to_json(show(builder.folder())));
}

TEST(Readers, SeeWhatIsAppendedWhileTheyLookOn) {
  SweepBuilder builder = some_trials();
  builder.write();
  EXPECT_EQ(*show(builder.folder()).find("status"), Value("Running"));
  builder.end(3, Outcome::Exited).write();
  EXPECT_EQ(*show(builder.folder()).find("status"), Value("Completed"));
}

TEST(Status, SaysThatNoControllerRunsAnUnfinishedSweep) {
  SweepBuilder builder = some_trials();
  builder.write();
  const ListedSweep listed = look_at_sweep({"mine", {}, builder.folder()});
  std::ostringstream out;
  print_status(out, listed);
  EXPECT_THAT(out.str(), HasSubstr("mine: Running, no controller"));
  EXPECT_THAT(out.str(), HasSubstr("3 of 4 trials have ended: 1 completed, 1 cut or canceled, 1 "
                                   "failed; 1 running, 0 queued"));
  EXPECT_THAT(out.str(), HasSubstr("best acc: 0.9 (trial 0)"));
  EXPECT_THAT(out.str(), HasSubstr("`sweepjob resume mine` goes on"));
}

TEST(Listing, AnUnreadableSweepDoesNotHideTheOthers) {
  SweepBuilder builder = some_trials();
  builder.write();
  const TempFolder broken;
  write_file(broken / "journal.1", "this is no journal");
  std::vector<ListedSweep> all;
  all.push_back(look_at_sweep({"broken", {}, broken.path()}));
  all.push_back(look_at_sweep({"mine", {}, builder.folder()}));
  std::ostringstream out;
  print_listing(out, all);
  EXPECT_THAT(out.str(), HasSubstr("broken  cannot be read"));
  EXPECT_THAT(out.str(), HasSubstr("0.9 (trial 0)"));
  const Value document = listing_document("state", all);
  const auto& sweeps = *document.find("sweeps")->get<Value::List>();
  EXPECT_NE(sweeps[0].find("error"), nullptr);
  EXPECT_EQ(*sweeps[1].find("status"), Value("Running"));
}

TEST(TrialTable, MakesControlCharactersVisible) {
  SweepBuilder builder(R"(type: sweep
trial: {command: "echo ${{search_space.x}}", environment: azureml:env:1}
sampling_algorithm: random
search_space: {x: {type: choice, values: ["\e[2Jgone"]}}
objective: {goal: maximize, primary_metric: acc}
limits: {max_total_trials: 1}
)");
  std::ostringstream out;
  print_trials(out, builder.sweep(), {TrialId{0}});
  EXPECT_THAT(out.str(), HasSubstr("\\x1b[2Jgone"));
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace sweepjob
