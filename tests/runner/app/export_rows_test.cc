#include "runner/app/views/export_rows.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/io/metric_store.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(ExportTrials, GivesARowATrialWithAColumnALeaf) {
  SweepBuilder builder;
  builder.run(0).report(0, 0.5).end(0, Outcome::Exited).write();
  std::ostringstream out;
  export_trials(out, builder.sweep(), ExportFormat::Csv);
  const auto lines = lines_of(out.str());
  ASSERT_EQ(lines.size(), 1 + builder.sweep().trials.size());
  EXPECT_EQ(lines[0],
            "trial,parent,status,reason,best_value,last_value,intervals,attempts,exit_code,started,"
            "ended,params.lr,params.model\r");
  EXPECT_THAT(lines[1], StartsWith("0,,Completed,,0.5,0.5,1,1,0,2023-11-14T"));
  EXPECT_THAT(lines[2], StartsWith("1,,Queued,,,,0,1,,,,0."));
}

TEST(ExportTrials, JsonLinesKeepTheParameters) {
  SweepBuilder builder;
  std::ostringstream out;
  export_trials(out, builder.sweep(), ExportFormat::JsonLines);
  const auto lines = lines_of(out.str());
  ASSERT_EQ(lines.size(), builder.sweep().trials.size());
  const auto row = from_json(lines[0]);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(*row->find("schema_version"), Value(1));
  EXPECT_NE(row->find("params")->find("lr"), nullptr);
}

TEST(ExportMetrics, JoinsTheJournalAndTheMetricFiles) {
  SweepBuilder builder;
  builder.run(0).report(0, 0.25).report(0, 0.5).write();
  auto store = MetricStore::open(builder.folder());
  ASSERT_TRUE(store.has_value());
  const std::vector<MetricPoint> points{{Channel::File, 9, "loss", 3.0, {}, 1.5}};
  ASSERT_TRUE((*store)->append({TrialId{0}, 1}, points).has_value());
  ASSERT_TRUE((*store)->sync().has_value());
  std::ostringstream out;
  ASSERT_TRUE(export_metrics(out, builder.folder(), ExportFormat::Csv).has_value());
  const auto lines = lines_of(out.str());
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "trial,attempt,metric,interval,step,value,time,channel\r");
  EXPECT_THAT(lines[1], StartsWith("0,1,acc,1,,0.25,2023-11-14T"));
  EXPECT_THAT(lines[2], StartsWith("0,1,acc,2,,0.5,"));
  EXPECT_EQ(lines[3], "0,1,loss,,3.0,1.5,,file\r");
}

TEST(CsvCell, QuotesWhatWouldBreakARow) {
  EXPECT_EQ(csv_cell(Value("a,b\"c")), "\"a,b\"\"c\"");
  EXPECT_EQ(csv_cell(Value("two\nlines")), "\"two\nlines\"");
  EXPECT_EQ(csv_cell(Value("\x1b]0;x\x07")), "\\x1b]0;x\\x07");
  EXPECT_EQ(csv_cell(Value()), "");
  EXPECT_EQ(csv_cell(Value(true)), "True");
}

}  // namespace
}  // namespace sweepjob
