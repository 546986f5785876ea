#include "tests/bench/samplers/table.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <gtest/gtest.h>

#include "samplers/numerics/draw.h"
#include "samplers/numerics/enumeration.h"

namespace sweepjob::bench {
namespace {

constexpr const char* kTree =
    R"({"name":"tree","source":"by hand","space":[)"
    R"({"name":"model","kind":"choice","entries":[{"value":"none"},)"
    R"({"members":[{"name":"name","value":"svm"},{"name":"C","kind":"randint","upper":2},)"
    R"({"name":"depth","kind":"quniform","min":2,"max":6,"q":2}]}]},)"
    R"({"name":"size","kind":"choice","entries":[{"value":8},{"value":16}]}]})";

Table read(const std::string& text) {
  std::istringstream file(text);
  return read_table(file);
}

Params svm(int c, double depth, int size) {
  return {{"model", Value::Map{{"name", "svm"}, {"C", c}, {"depth", depth}}}, {"size", size}};
}

// 1 + 2 * 3 models, each of 2 sizes.
TEST(Table, HoldsALossForEachPointTheLastParameterFastest) {
  const Table table = read(kTree + std::string("\n0 1 2 3 4 5 6 7 8 9 10 11 12 13\n"));
  EXPECT_EQ(table.at({{"model", "none"}, {"size", 8}}), 0);
  EXPECT_EQ(table.at({{"model", "none"}, {"size", 16}}), 1);
  EXPECT_EQ(table.at(svm(0, 2, 8)), 2);
  EXPECT_EQ(table.at(svm(0, 6, 16)), 7);
  EXPECT_EQ(table.at(svm(1, 4, 8)), 10);
  EXPECT_EQ(table.at(svm(1, 6, 16)), 13);
}

TEST(Table, IsRefusedWhenTheLossesAreNotAsManyAsThePoints) {
  EXPECT_THROW(read(kTree + std::string("\n0 1 2 3\n")), std::invalid_argument);
  EXPECT_THROW(read(kTree + std::string("\n0 1 2 3 4 5 6 7 8 9 10 11 12 13 14\n")),
               std::invalid_argument);
  EXPECT_THROW(read(kTree + std::string("\n0 1 2 3 4 5 6 7 8 9 10 11 12 x\n")),
               std::invalid_argument);
  EXPECT_THROW(read(R"({"name":"x","space":[{"name":"a","kind":"uniform","min":0,"max":1}]})"
                    "\n1\n"),
               std::invalid_argument);
}

// The script that trains goes through the points in the order of Enumeration.
TEST(Table, EachKeptOneHasThePlacesOfTheEnumeration) {
  int tables = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(SWEEPJOB_SOURCE_DIR "/tests/data/tuning")) {
    if (entry.path().extension() != ".table") continue;
    ++tables;
    std::ifstream file(entry.path());
    const Table table = read_table(file);
    EXPECT_EQ(table.name, entry.path().stem());
    const Enumeration points(table.space, kNaturalBase);
    ASSERT_EQ(points.size(), table.losses.size());
    for (std::uint64_t i = 0; i < table.losses.size(); ++i) {
      ASSERT_EQ(place_of(table.space, points.at(i)), i) << table.name;
    }
  }
  EXPECT_GE(tables, 6);
}

}  // namespace
}  // namespace sweepjob::bench
