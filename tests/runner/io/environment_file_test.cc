#include "runner/io/environment_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "runner/io/posix_file.h"
#include "tests/support/temp_folder.h"

namespace sweepjob {
namespace {

TEST(EnvironmentFile, ComesBackAsItWasAndOnlyItsOwnerMayReadIt) {
  TempFolder folder;
  const std::string path = folder / "environment";
  const std::vector<std::string> entries{"PATH=/bin", "EMPTY=", "LINES=a\nb=c", "T=\xff"};
  ASSERT_TRUE(write_environment_file(path, entries));
  EXPECT_EQ(read_environment_file(path).value(), entries);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST(EnvironmentFile, IsNeverWrittenOverAnything) {
  TempFolder folder;
  const std::string path = folder / "environment";
  write_file(path, "A=1");
  const auto refused = write_environment_file(path, {"B=2"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Conflict);
  EXPECT_EQ(read_file(path), "A=1");
}

TEST(EnvironmentFile, EntriesThatAreNoVariablesAreLeftOut) {
  TempFolder folder;
  ASSERT_TRUE(write_environment_file(folder / "e", {"no equals sign", "A=1"}));
  EXPECT_EQ(read_environment_file(folder / "e").value(), (std::vector<std::string>{"A=1"}));
}

TEST(EnvironmentFile, IsGoneAfterItsRemovalWhichMayBeRepeated) {
  TempFolder folder;
  const std::string path = folder / "environment";
  ASSERT_TRUE(write_environment_file(path, environment_of_this_process()));
  EXPECT_TRUE(remove_environment_file(path));
  EXPECT_FALSE(path_exists(path));
  EXPECT_TRUE(remove_environment_file(path));
}

}  // namespace
}  // namespace sweepjob
