#include "runner/app/curve_file.h"

#include <cmath>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/app/views/export_rows.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<RecordedCurves> read(const std::string& csv) {
  std::istringstream in(csv);
  return read_curves(in, "c.csv", Goal::Maximize);
}

std::string refusal(const std::string& csv) {
  const auto curves = read(csv);
  return curves.has_error() ? curves.error().text() : "accepted";
}

// "trial@interval" in the order of arrival.
std::vector<std::string> order_of(const RecordedCurves& curves) {
  std::vector<std::string> order;
  for (const RecordedReport& report : curves.reports) {
    order.push_back(std::to_string(index_of(report.trial)) + "@" + std::to_string(report.interval));
  }
  return order;
}

TEST(CurveFile, TakesItsColumnsByNameInAnyOrder) {
  const auto curves = read("\xef\xbb\xbfvalue,note,interval,trial\r\n0.5,\"a, \"\"b\"\"\",1,3\r\n");
  ASSERT_TRUE(curves.has_value()) << curves.error().text();
  ASSERT_EQ(curves->reports.size(), 1U);
  EXPECT_EQ(curves->reports[0].trial, TrialId{3});
  EXPECT_EQ(curves->reports[0].value, 0.5);
  EXPECT_EQ(curves->trials.size(), 4U) << "trials are numbered, those without rows never reported";
  EXPECT_FALSE(curves->timed);
}

TEST(CurveFile, TheOrderOfArrivalIsThatOfTheSecondsElseOfTheRows) {
  const std::string rows = "0,1,1,5\n0,2,1,9\n1,1,1,5\n1,2,1,6\n";
  EXPECT_THAT(order_of(*read("trial,interval,value,seconds\n" + rows)),
              ElementsAre("0@1", "1@1", "1@2", "0@2"));
  EXPECT_THAT(order_of(*read("trial,interval,value,other\n" + rows)),
              ElementsAre("0@1", "0@2", "1@1", "1@2"));
}

TEST(CurveFile, NonFiniteValuesAreValues) {
  const auto curves = read("trial,interval,value\n0,1,NaN\n0,2,-Infinity\n0,3,1e-3\n");
  ASSERT_TRUE(curves.has_value()) << curves.error().text();
  EXPECT_TRUE(std::isnan(curves->reports[0].value));
  EXPECT_TRUE(std::isinf(curves->reports[1].value));
  EXPECT_TRUE(is_worst(curves->reports[1].best));
  EXPECT_EQ(curves->trials[0].best, 1e-3);
}

TEST(CurveFile, ReadsWhatExportWrites) {
  SweepBuilder builder;
  builder.run(0).run(1).report(0, 0.5).report(1, 0.25).report(1, 0.375).report(0, 0.75).write();
  std::ostringstream out;
  ASSERT_TRUE(export_metrics(out, builder.folder(), ExportFormat::Csv).has_value());
  const auto curves = read(out.str() + "0,1,loss,,3,1.5,2023-11-14T22:13:21Z,file\r\n");
  ASSERT_TRUE(curves.has_value()) << curves.error().text();
  EXPECT_EQ(curves->objective.primary_metric, "acc");
  EXPECT_THAT(order_of(*curves), ElementsAre("0@1", "1@1", "1@2", "0@2"));
  const auto recorded = record_sweep(builder.folder());
  ASSERT_TRUE(recorded.has_value());
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(curves->reports[i].time, recorded->curves.reports[i].time);
    EXPECT_EQ(curves->reports[i].best, recorded->curves.reports[i].best);
  }
}

TEST(CurveFile, TrialsAreAddedInOrderAndEndWithTheirLastRow) {
  const auto curves = read("trial,interval,value\n1,1,0.1\n0,1,0.2\n1,2,0.3\n");
  ASSERT_TRUE(curves.has_value());
  ASSERT_EQ(curves->events.size(), 4U);
  EXPECT_EQ(std::get<TrialAdded>(curves->events[0].event).trial, TrialId{0});
  EXPECT_EQ(std::get<TrialAdded>(curves->events[1].event).trial, TrialId{1});
  EXPECT_EQ(std::get<TrialEnded>(curves->events[2].event).trial, TrialId{0});
  EXPECT_EQ(curves->events[2].before, 2U);
  EXPECT_EQ(std::get<TrialEnded>(curves->events[3].event).best, 0.3);
}

TEST(CurveFile, SaysWhichLineIsWrongAndWhatWasExpected) {
  const std::string head = "trial,interval,value\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "c.csv:0: the file is empty"},
      {"trial,interval\n0,1\n", "c.csv:1: no column is named 'value'"},
      {"trial,interval,value,trial\n", "c.csv:1: two columns are named 'trial'"},
      {head, "no row has"},
      {head + "0,1,0.5\n0,2\n", "c.csv:3: 2 cells, expected 3"},
      {head + "0,1,0.5\n0,3,0.5\n", "c.csv:3: interval 3 of trial 0: expected 2"},
      {head + "0,2,0.5\n", "c.csv:2: interval 2 of trial 0: expected 1, its first"},
      {head + "0,1,0.5\n0,1,0.5\n", "c.csv:3: interval 1 of trial 0: expected 2"},
      {head + "-1,1,0.5\n", "c.csv:2: trial: expected a whole number from 0 to 999999, found '-1'"},
      {head + "1000000,1,0.5\n", "c.csv:2: trial:"},
      {head + "0,0,0.5\n", "c.csv:2: interval: expected 1, 2, 3, ..., found '0'"},
      {head + "0,,0.5\n", "c.csv:2: interval:"},
      {head + "\n0,1,half\n", "c.csv:3: value: expected a number, found 'half'"},
      {head + "0,1,\n", "c.csv:2: value:"},
      {head + "0,1,\"0.5\n", "c.csv:2: a quote is not closed"},
      {"trial,interval,value,seconds\n0,1,1,5\n0,2,1,4\n",
       "c.csv:3: interval 2 of trial 0 is earlier than the one before it"},
      {"trial,interval,value,seconds\n0,1,1,soon\n", "c.csv:2: seconds: expected a number"},
      {"trial,interval,value,time\n0,1,1,2026-13-01T00:00:00Z\n", "c.csv:2: time: expected a time"},
      {"trial,interval,value,attempt\n0,1,1,x\n", "c.csv:2: attempt: expected"},
      {"trial,interval,value,metric\n0,1,1,a\n0,2,1,b\n", "c.csv:3: metric: expected 'a'"},
      {head + "0,1,\x1b[31m\n", "found '\\x1b[31m'"},
  };
  for (const auto& [csv, expected] : cases) EXPECT_THAT(refusal(csv), HasSubstr(expected)) << csv;
}

TEST(CurveFile, AFileThatIsNotThereIsNamed) {
  const auto curves = read_curve_file("/nowhere/curves.csv", Goal::Maximize);
  ASSERT_TRUE(curves.has_error());
  EXPECT_EQ(curves.error().code(), ErrorCode::NotFound);
  EXPECT_THAT(curves.error().text(), HasSubstr("/nowhere/curves.csv"));
}

}  // namespace
}  // namespace sweepjob
