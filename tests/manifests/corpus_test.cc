// Real files: our own small ones (tests/data/azure), and the collection of public Azure ML files
// where it lies beside the checkout. Both have an INDEX.tsv that says what is expected.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/manifests/azure_test_support.h"

namespace sweepjob {
namespace {

using azure_test::said;
namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

using Row = std::map<std::string, std::string>;  // by the names in the first line

std::vector<Row> read_index(const fs::path& path) {
  std::ifstream stream(path);
  std::vector<Row> rows;
  std::vector<std::string> names;
  for (std::string line; std::getline(stream, line);) {
    std::vector<std::string> cells;
    std::stringstream cells_of(line);
    for (std::string cell; std::getline(cells_of, cell, '\t');) cells.push_back(cell);
    if (names.empty()) {
      names = cells;
      continue;
    }
    Row row;
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = i < cells.size() ? cells[i] : "";
    rows.push_back(std::move(row));
  }
  return rows;
}

std::size_t errors_in(const ParsedManifest& manifest) {
  std::size_t count = 0;
  for (const Finding& finding : manifest.findings.all()) {
    count += finding.severity == Severity::Error ? 1 : 0;
  }
  return count;
}

void expect_places(const ParsedManifest& manifest) {
  for (const Finding& finding : manifest.findings.all()) {
    EXPECT_GT(finding.where.line, 0) << to_text(finding);
    EXPECT_GT(finding.where.column, 0) << to_text(finding);
    EXPECT_FALSE(finding.where.file.empty()) << to_text(finding);
    EXPECT_FALSE(finding.message.empty());
  }
}

// What the folder's name and `azure_schema` promise; see the README beside the index.
void expect_as_indexed(const Row& row, const ParsedManifest& manifest) {
  const std::string& file = row.at("file");
  const bool malformed = file.starts_with("malformed/");
  if (malformed || file.starts_with("other-type/")) {
    EXPECT_EQ(manifest.findings.all().size(), 1U) << "one clear error:\n" << said(manifest);
    EXPECT_EQ(errors_in(manifest), 1U);
    if (!malformed) {
      EXPECT_THAT(said(manifest), testing::HasSubstr("type 'automl' is not supported"));
    }
  } else if (row.at("azure_schema") == "ok") {
    EXPECT_EQ(errors_in(manifest), 0U) << said(manifest);
  } else {
    EXPECT_LE(errors_in(manifest), 1U) << "one clear error or warnings:\n" << said(manifest);
    EXPECT_THAT(said(manifest),
                testing::AnyOf(testing::HasSubstr("warning: "), testing::HasSubstr("error: ")));
  }
}

void check_file(const fs::path& folder, const Row& row) {
  SCOPED_TRACE(row.at("file"));
  const fs::path path = folder / row.at("file");
  const std::string text = read(path);
  ASSERT_FALSE(text.empty());
  const auto manifest = parse_manifest(text, path.string(), {.schema_only = true});
  expect_places(manifest);
  expect_as_indexed(row, manifest);
  const auto strict = parse_manifest(text, path.string(), {.strict = true, .schema_only = true});
  expect_places(strict);
  const bool other_type = row.at("file").starts_with("other-type/");
  EXPECT_EQ(strict.findings.has_errors(), other_type || row.at("azure_schema") == "refused")
      << "under --strict:\n"
      << said(strict);
  if (!manifest.spec) return;
  const auto again = spec_from_value(to_value(*manifest.spec));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(to_json(to_value(*again)), to_json(to_value(*manifest.spec)));
}

TEST(Corpus, OurFilesGiveWhatTheirIndexSays) {
  const fs::path folder = fs::path(SWEEPJOB_SOURCE_DIR) / "tests/data/azure";
  const auto rows = read_index(folder / "INDEX.tsv");
  ASSERT_GT(rows.size(), 30U);
  for (const Row& row : rows) {
    check_file(folder, row);
    const fs::path path = folder / row.at("file");
    const auto manifest = parse_manifest(read(path), path.string(), {.schema_only = true});
    EXPECT_EQ(manifest.spec.has_value(), row.at("spec") == "yes")
        << row.at("file") << said(manifest);
    if (row.at("says").empty()) {
      EXPECT_EQ(said(manifest), "") << row.at("file");
    } else {
      EXPECT_THAT(said(manifest, true), testing::HasSubstr(row.at("says"))) << row.at("file");
    }
  }
}

TEST(Corpus, EveryFileOfOursIsInTheIndex) {
  const fs::path folder = fs::path(SWEEPJOB_SOURCE_DIR) / "tests/data/azure";
  std::vector<std::string> listed;
  for (const Row& row : read_index(folder / "INDEX.tsv")) listed.push_back(row.at("file"));
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".yml") continue;
    EXPECT_THAT(listed, testing::Contains(entry.path().lexically_relative(folder).string()));
  }
}

TEST(Corpus, PublicFilesGiveWhatTheirIndexSays) {
  const char* elsewhere = std::getenv("SWEEPJOB_AZURE_CORPUS");
  const fs::path folder = elsewhere != nullptr
                              ? fs::path(elsewhere)
                              : fs::path(SWEEPJOB_SOURCE_DIR) / "../shared/corpus/azure";
  if (!fs::exists(folder / "INDEX.tsv")) {
    std::cout << "skipped: no collection of public Azure files at " << folder << "\n";
    GTEST_SKIP() << "no collection of public Azure files at " << folder;
  }
  const auto rows = read_index(folder / "INDEX.tsv");
  ASSERT_GT(rows.size(), 70U);
  for (const Row& row : rows) check_file(folder, row);
}

}  // namespace
}  // namespace sweepjob
