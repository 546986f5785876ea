#include "tests/bench/samplers/report.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "samplers/catalog.h"
#include "tests/bench/samplers/families.h"

namespace sweepjob::bench {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Problem> trees() {
  std::vector<Problem> result;
  add_conditional(result);
  return result;
}

std::vector<const Problem*> pointers(const std::vector<Problem>& problems) {
  std::vector<const Problem*> result;
  for (const Problem& problem : problems) result.push_back(&problem);
  return result;
}

Plan quick() {
  Plan plan;
  plan.seeds = 2;
  plan.trials = 20;
  return plan;
}

double regret_of(const Outcome& outcome) { return outcome.regret.front().median; }

TEST(Measure, DoesNotDependOnTheNumberOfThreads) {
  const auto problems = trees();
  Plan plan = quick();
  plan.pending = 8;
  const auto one = measure(contender_from("random"), pointers(problems), plan);
  plan.jobs = 3;
  const auto three = measure(contender_from("random"), pointers(problems), plan);
  ASSERT_EQ(one.size(), 3u);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(regret_of(one[i]), regret_of(three[i]));
}

TEST(Measure, ReadsOptionsOfAContender) {
  const Contender contender = contender_from("random:rule=sobol:seed=3");
  EXPECT_EQ(contender.options.type, "random");
  ASSERT_EQ(contender.options.options.size(), 2u);
  EXPECT_EQ(contender.options.options[0].value, Value("sobol"));
  EXPECT_EQ(contender.options.options[1].value, Value(3));
  EXPECT_THROW(static_cast<void>(contender_from("random:sobol")), std::invalid_argument);
  EXPECT_TRUE(is_in_catalog(contender));
  EXPECT_FALSE(is_in_catalog(contender_from("no_such_sampler")));
}

// The benchmark's quick mode: every sampler of the catalog through one run of each kind.
TEST(Measure, EverySamplerThatTakesTheSpaceComesToSomething) {
  const auto problems = trees();
  std::size_t taken = 0;
  for (const std::string& name : sampler_names()) {
    for (const std::uint32_t pending : {1U, 8U}) {
      Plan plan = quick();
      plan.pending = pending;
      plan.seeds = 1;
      const Problem& problem = problems[pending == 1 ? 0 : 2];
      for (const Outcome& outcome : measure(contender_from(name), {&problem}, plan)) {
        ++taken;
        EXPECT_TRUE(std::isfinite(regret_of(outcome))) << name;
        EXPECT_GE(regret_of(outcome), 0) << name;
        // Far worse than twenty random trials is not a matter of luck.
        EXPECT_LE(regret_of(outcome), 1) << name;
      }
    }
  }
  EXPECT_GE(taken, 2u);
}

class ReportOfTrees : public testing::Test {
 protected:
  ReportOfTrees() : report_(pointers(problems_)) {
    reference_ = measure(contender_from("random"), pointers(problems_), quick());
    report_.set_reference(reference_);
  }

  Json record(double factor) const {
    Json result{{"sampler", "peer 1.0"}, {"checkpoints", kCheckpoints}, {"rows", Json::array()}};
    for (const Outcome& outcome : reference_) {
      const double regret = regret_of(outcome) * factor;
      result["rows"].push_back(
          {{"problem", outcome.problem},
           {"fingerprint", fingerprint(problems_[result["rows"].size()])},
           {"pending", 1},
           {"seeds", 20},
           {"regret", Json::array({Json::array({regret / 2, regret, regret * 2})})}});
    }
    return result;
  }

  std::vector<Problem> problems_ = trees();
  std::vector<Outcome> reference_;
  Report report_;
};

TEST_F(ReportOfTrees, RandomSearchBesideItselfIsOne) {
  report_.add("random", reference_);
  const Json json = report_.to_json();
  ASSERT_EQ(json["rows"].size(), 3u);
  for (const Json& row : json["rows"]) {
    EXPECT_EQ(row["score"], Json::array({1.0})) << "only one checkpoint was reached";
  }
}

TEST_F(ReportOfTrees, ARecordIsScoredAsOursAre) {
  report_.add_record(record(0.25));
  const Json json = report_.to_json();
  ASSERT_EQ(json["rows"].size(), 3u);
  for (const Json& row : json["rows"]) {
    EXPECT_EQ(row["sampler"], "peer 1.0");
    EXPECT_NEAR(row["score"][0], 0.25, 1e-4);
  }
  std::ostringstream out;
  report_.print(out, 20);
  EXPECT_NE(out.str().find("0.250/3"), std::string::npos) << out.str();
}

TEST_F(ReportOfTrees, TheMeanOfAllLeavesHeldOutProblemsOut) {
  problems_[1].family = Family::HeldOut;
  report_.add("random", reference_);
  std::ostringstream out;
  report_.print(out, 20);
  const std::string text = out.str(), all = text.substr(text.find("\n20 all"));
  EXPECT_EQ(all.substr(0, all.find('\n', 1)), fmt::format("\n20 all{:>35}", "1.000/2"));
  EXPECT_NE(text.find(fmt::format("20 heldout{:>29}", "1.000/1")), std::string::npos) << text;
}

TEST_F(ReportOfTrees, ARecordOfAnotherProblemIsStale) {
  Json other = record(0.5);
  other["rows"][1]["fingerprint"] = "0123456789abcdef";
  report_.add_record(other);
  EXPECT_EQ(report_.stale(), std::vector<std::string>{"peer 1.0 on optimizers_tree"});
  EXPECT_EQ(report_.to_json()["rows"].size(), 2u);
}

TEST_F(ReportOfTrees, ARecordOfOtherCheckpointsIsRefused) {
  Json other = record(0.5);
  other["checkpoints"] = {10, 20};
  EXPECT_THROW(report_.add_record(other), std::invalid_argument);
}

// A problem that was changed needs its peers measured anew: scripts/bench-samplers --record.
TEST(Records, AreOfTheProblemsAsTheyAre) {
  const auto problems = make_problems(SWEEPJOB_SOURCE_DIR "/tests/data/tuning");
  int records = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(SWEEPJOB_SOURCE_DIR "/tests/data/peers")) {
    if (entry.path().extension() != ".json") continue;
    ++records;
    Report report(pointers(problems));
    std::ifstream file(entry.path());
    report.add_record(Json::parse(file));
    EXPECT_EQ(report.stale(), std::vector<std::string>{}) << entry.path();
  }
  EXPECT_GE(records, 1);
}

class Scripts : public testing::Test {
 protected:
  Scripts() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~Scripts() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }
  void run(const std::string& command) const {
    ASSERT_EQ(std::system((command + " >>" + path("log") + " 2>&1").c_str()), 0)
        << command << text(path("log"));
  }
  static std::string text(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string program_ = SWEEPJOB_BINARY_DIR "/sampler_quality";
  const std::string python_ = "python3 " SWEEPJOB_SOURCE_DIR "/tests/bench/samplers/";
};

// The peers' side, with a sampler of its own that needs no library.
TEST_F(Scripts, PeersGoThroughTheSameRuns) {
  const std::string command = python_ + "peers.py --program " + program_ +
                              " --peers python_uniform --objectives models_tree,waves_6 --seeds 3 "
                              "--pending 1,8 --trials 20 --runs " +
                              path("runs") + " --records " + folder_.string();
  run(command);
  const std::string runs = text(path("runs"));
  run(command);
  EXPECT_EQ(text(path("runs")), runs) << "what is there is not run again";
  const Json record = Json::parse(text(path("python-uniform.json")));
  EXPECT_EQ(record["sampler"], "python uniform");
  EXPECT_TRUE(record["refused"].empty()) << record["refused"];
  ASSERT_EQ(record["rows"].size(), 4u);
  for (const Json& row : record["rows"]) {
    EXPECT_EQ(row["seeds"], 3);
    ASSERT_EQ(row["regret"].size(), 1u) << "20 trials reach the first checkpoint";
    EXPECT_GT(row["regret"][0][1], 0);
  }
}

TEST_F(Scripts, ThePageHasGoalsMeansAndEveryProblem) {
  run(program_ + " --samplers random,no_such --objectives models_tree,waves_6,camel_2 --seeds 2 " +
      "--json " + path("quality"));
  run(program_ + " --speed --samplers random --finished 10 --dimensions 2 --json " + path("speed"));
  run(python_ + "page.py --version test --quality " + path("quality") + " --speed " +
      path("speed") + " --out " + path("page"));
  const std::string page = text(path("page"));
  for (const char* part : {"| `tpe` | 100 | - |", "| waves_6 |", "| `random` |", "2 D, n = 10",
                           "no sampler no_such", "1 more of the same kinds", "| camel_2 |"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part << page;
  }
  EXPECT_NE(page.find("The problems.** 2 of them"), std::string::npos) << page;
}

TEST_F(Scripts, AllLeavesHeldOutProblemsOut) {
  run("(" + program_ + " --list >" + path("all") + ")");
  run("(" + program_ + " --list --objectives heldout >" + path("heldout") + ")");
  EXPECT_EQ(text(path("all")).find("heldout"), std::string::npos);
  std::istringstream held_out(text(path("heldout")));
  int count = 0;
  for (std::string line; std::getline(held_out, line); ++count) {
    EXPECT_NE(line.find(" heldout "), std::string::npos) << line;
  }
  EXPECT_GE(count, 14);
}

}  // namespace
}  // namespace sweepjob::bench
