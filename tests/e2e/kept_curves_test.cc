// The kept learning curves (tests/data/curves), on which docs/evidence.md stands: they are whole,
// and `whatif` cuts them as bandit's formula does when it is written down once more, here.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "tests/e2e/sandbox.h"

namespace sweepjob {
namespace {

using testing::Each;
using testing::SizeIs;

constexpr std::size_t kTrials = 360;
constexpr std::size_t kEpochs = 27;
constexpr std::size_t kDelay = 3;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
const std::string kFolder = SWEEPJOB_SOURCE_DIR "/tests/data/curves/";

struct Row {
  std::size_t trial = 0;
  std::size_t interval = 0;
  double value = 0;
  double seconds = 0;
};

// Of a table without quotes, in the order of the file.
std::vector<Row> rows_of(const std::string& name) {
  std::ifstream in(kFolder + name);
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "trial,interval,value,seconds") << name;
  std::vector<Row> rows;
  while (std::getline(in, line)) {
    Row row;
    char value[32] = {};
    EXPECT_EQ(std::sscanf(line.c_str(), "%zu,%zu,%31[^,],%lf", &row.trial, &row.interval, value,
                          &row.seconds),
              4)
        << name << ": " << line;
    row.value = std::stod(value);
    rows.push_back(row);
  }
  return rows;
}

// Trial and interval of each cut, by trial. Bandit as its head has it: stop when the worse number,
// with its slack, is short of the better one; a trial without a number as soon as anybody has one.
std::vector<std::pair<std::size_t, std::size_t>> bandit(std::vector<Row> rows, bool maximize,
                                                        double slack_factor) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.seconds < b.seconds; });
  const double worst = maximize ? -kInfinity : kInfinity;
  const auto better = [&](double a, double b) {
    return maximize ? std::max(a, b) : std::min(a, b);
  };
  std::vector<double> own(kTrials, worst);
  std::vector<double> leader(kEpochs + 1, worst);  // up to this interval
  std::map<std::size_t, std::size_t> cuts;
  for (const Row& row : rows) {
    if (cuts.contains(row.trial)) continue;
    double& best = own[row.trial];
    if (!std::isnan(row.value)) best = better(best, row.value);
    for (std::size_t i = row.interval; i <= kEpochs; ++i) leader[i] = better(leader[i], best);
    if (row.interval < kDelay || std::isinf(leader[row.interval])) continue;
    const double low = std::min(best, leader[row.interval]);
    const double high = std::max(best, leader[row.interval]);
    const bool outside = std::isinf(best) || low + std::fabs(low) * slack_factor < high;
    if (outside) cuts[row.trial] = row.interval;
  }
  return {cuts.begin(), cuts.end()};
}

class KeptCurves : public Sandbox {
 protected:
  [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> what_if(
      const std::string& name, const std::string& goal, const std::string& policy) const {
    const auto document = json("whatif --curves '" + kFolder + name + "' --goal " + goal +
                               " --policy '" + policy + "' -o json");
    std::vector<std::pair<std::size_t, std::size_t>> cuts;
    for (const auto& cut : document.at("cuts"))
      cuts.emplace_back(cut.at("trial"), cut.at("interval"));
    std::sort(cuts.begin(), cuts.end());
    return cuts;
  }
};

TEST_F(KeptCurves, AreWholeAndSomeDiverge) {
  for (const char* name : {"digits_accuracy.csv", "digits_loss.csv"}) {
    std::vector<std::vector<double>> curves(kTrials);
    std::vector<double> seconds(kTrials);
    for (const Row& row : rows_of(name)) {
      ASSERT_LT(row.trial, kTrials) << name;
      ASSERT_EQ(row.interval, curves[row.trial].size() + 1) << name;
      ASSERT_GE(row.seconds, seconds[row.trial]) << name;
      seconds[row.trial] = row.seconds;
      curves[row.trial].push_back(row.value);
    }
    EXPECT_THAT(curves, Each(SizeIs(kEpochs))) << name;
    const auto diverged = std::count_if(curves.begin(), curves.end(),
                                        [](const auto& curve) { return std::isnan(curve.back()); });
    EXPECT_EQ(diverged, 43) << name;
  }
}

TEST_F(KeptCurves, AreCutByBanditAsItsFormulaSays) {
  const auto cuts = bandit(rows_of("digits_accuracy.csv"), /*maximize=*/true, 0.1);
  EXPECT_GT(cuts.size(), 100U);
  EXPECT_LT(cuts.size(), kTrials);
  EXPECT_EQ(what_if("digits_accuracy.csv", "maximize",
                    "{type: bandit, slack_factor: 0.1, delay_evaluation: 3}"),
            cuts);
}

TEST_F(KeptCurves, AreCutByBanditAsItsFormulaSaysWhenMinimized) {
  const auto cuts = bandit(rows_of("digits_loss.csv"), /*maximize=*/false, 0.5);
  EXPECT_GT(cuts.size(), 100U);
  EXPECT_LT(cuts.size(), kTrials);
  EXPECT_EQ(what_if("digits_loss.csv", "minimize",
                    "{type: bandit, slack_factor: 0.5, delay_evaluation: 3}"),
            cuts);
}

}  // namespace
}  // namespace sweepjob
