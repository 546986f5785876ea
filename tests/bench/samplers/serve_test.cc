#include "tests/bench/samplers/serve.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/bench/samplers/families.h"
#include "tests/bench/samplers/run.h"
#include "tests/bench/samplers/score.h"

namespace sweepjob::bench {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Problem> problems() {
  std::vector<Problem> result;
  add_mixed(result);
  add_conditional(result);
  return result;
}

std::vector<Json> ask(const std::vector<std::string>& requests) {
  std::string text;
  for (const std::string& request : requests) text += request + "\n";
  std::istringstream in(text);
  std::ostringstream out;
  serve(problems(), in, out);
  std::vector<Json> answers;
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) answers.push_back(Json::parse(line));
  return answers;
}

constexpr const char* kBegin =
    R"({"begin":{"problem":"models_tree","seed":1,"pending":2,"trials":3}})";
constexpr const char* kSvm = R"({"params":{"model":{"name":"svm","C":1.0,"gamma":0.1}}})";

TEST(Serve, ListsTheProblemsWithTheirSpaces) {
  const auto answers = ask({R"({"list":true})"});
  ASSERT_EQ(answers.size(), 1u);
  ASSERT_EQ(answers[0]["problems"].size(), problems().size());
  const Json& first = answers[0]["problems"][0];
  EXPECT_EQ(first["name"], "training_8");
  EXPECT_EQ(first["family"], "mixed");
  EXPECT_EQ(first["fingerprint"], fingerprint(problems()[0]));
  EXPECT_EQ(first["space"].size(), 8u);
  EXPECT_EQ(first["space"][7]["entries"][1]["value"], "adam");
}

TEST(Serve, AsksAsOftenAsThereIsRoomAndThenTellsWhoHasEnded) {
  const auto answers = ask({kBegin, kSvm, kSvm, kSvm});
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[0]["ask"], 0);
  EXPECT_EQ(answers[1]["ask"], 1);
  EXPECT_EQ(answers[1]["tell"].size(), 0u);
  EXPECT_EQ(answers[2]["ask"], 2);
  EXPECT_EQ(answers[2]["tell"].size(), 1u);
  EXPECT_FALSE(answers[3].contains("ask"));
  EXPECT_EQ(answers[3]["tell"].size(), 2u);
  EXPECT_EQ(answers[3]["regrets"].size(), kCheckpoints.size());
}

TEST(Serve, IsTheSameRunAsInThisProcess) {
  const auto all = problems();
  const Problem& problem = all[5];
  ASSERT_EQ(problem.name, "models_tree");
  bench::Run run(problem, 1, 2, 3);
  const Params params{{"model", Value::Map{{"name", "svm"}, {"C", 1.0}, {"gamma", 0.1}}}};
  run.start(params);
  run.start(params);
  const bench::Run::Ended ended = run.finish();
  const auto answers = ask({kBegin, kSvm, kSvm});
  EXPECT_EQ(answers[2]["tell"][0][0], index_of(ended.trial));
  EXPECT_NEAR(answers[2]["tell"][0][1], ended.value, 1e-12);
}

// The tree's own parameters are dimensions as well; those of other branches are not looked at.
TEST(Serve, TakesPointsOfTheUnitCube) {
  const auto answers =
      ask({R"({"begin":{"problem":"models_tree","seed":1,"pending":1,"trials":1}})",
           R"({"point":[0.1, 0.5, 0.5, 0,0,0, 0,0,0,0]})"});
  // An svm with C = 1 and gamma = 10^-2.
  const double value = 0.1 + 0.02 * square(1.3) + 0.05 * square(0.2);
  EXPECT_NEAR(answers[1]["tell"][0][1], value, 1e-12);
}

TEST(Serve, AMistakeIsAnErrorAndChangesNothing) {
  const auto answers = ask({
      kSvm,
      R"({"begin":{"problem":"no_such","seed":1,"pending":2,"trials":3}})",
      kBegin,
      "{",
      R"({"params":{"model":{"name":"svm","C":1.0}}})",
      R"({"params":{"model":{"name":"tree","C":1.0}}})",
      R"({"point":[0.5]})",
      kSvm,
  });
  ASSERT_EQ(answers.size(), 8u);
  for (const std::size_t wrong : {0, 1, 3, 4, 5, 6}) {
    EXPECT_TRUE(answers[wrong].contains("error")) << wrong;
  }
  EXPECT_EQ(answers[7]["ask"], 1);
}

}  // namespace
}  // namespace sweepjob::bench
