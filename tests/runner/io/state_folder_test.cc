#include "runner/io/state_folder.h"

#include <filesystem>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/io/posix_file.h"
#include "tests/support/temp_folder.h"

namespace sweepjob {
namespace {

std::string resolved(const std::optional<std::string>& option,
                     const std::map<std::string, std::string>& variables) {
  const auto path = resolve_state_folder(option, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
  return path ? *path : "error";
}

TEST(ResolveStateFolder, TakesTheFirstThatIsGiven) {
  std::map<std::string, std::string> variables{
      {"HOME", "/home/a"}, {"XDG_STATE_HOME", "/xdg"}, {"SWEEPJOB_STATE", "/var/state/"}};
  EXPECT_EQ(resolved("/opt/x/../y", variables), "/opt/y");
  EXPECT_EQ(resolved(std::nullopt, variables), "/var/state");
  variables["SWEEPJOB_STATE"] = "";
  EXPECT_EQ(resolved(std::nullopt, variables), "/xdg/sweepjob");
  variables["XDG_STATE_HOME"] = "relative";
  EXPECT_EQ(resolved(std::nullopt, variables), "/home/a/.local/state/sweepjob");
  EXPECT_EQ(resolved(std::nullopt, {}), "error");
  EXPECT_EQ(resolved("here", variables), std::filesystem::current_path().string() + "/here");
}

class StateFolderTest : public testing::Test {
 protected:
  SweepEntry created(const std::string& name) {
    const auto entry = state_.create(SweepUid::random(), name);
    EXPECT_TRUE(entry) << (entry ? "" : entry.error().text());
    return entry ? *entry : SweepEntry{};
  }

  TempFolder folder_;
  StateFolder state_{folder_ / "deep/state"};
};

TEST_F(StateFolderTest, AnEmptyOneHoldsNoSweeps) {
  EXPECT_TRUE(state_.list()->empty());
  EXPECT_EQ(state_.find("x").error().code(), ErrorCode::NotFound);
  EXPECT_FALSE(path_exists(state_.path())) << "readers create nothing";
}

TEST_F(StateFolderTest, ASweepIsFoundByNameUidAndUniquePrefix) {
  const SweepEntry entry = created("iris");
  created("wine");
  const std::string hex = entry.uid.hex();
  for (const std::string& word : {std::string("iris"), hex, hex.substr(0, 12)}) {
    const auto found = state_.find(word);
    ASSERT_TRUE(found) << word;
    EXPECT_EQ(found->uid, entry.uid);
    EXPECT_EQ(found->name, "iris");
    EXPECT_EQ(found->folder, state_.path() + "/sweeps/" + hex);
  }
  EXPECT_FALSE(state_.find(hex.substr(0, 3))) << "three digits are too few";
  EXPECT_FALSE(state_.find(""));
  const auto all = state_.list();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].name, "iris");
  EXPECT_EQ((*all)[1].name, "wine");
}

TEST_F(StateFolderTest, AnAmbiguousPrefixFindsNothing) {
  SweepUid a;
  SweepUid b;
  b.bytes[15] = 1;
  ASSERT_TRUE(state_.create(a, "a"));
  ASSERT_TRUE(state_.create(b, "b"));
  const auto found = state_.find("00000000");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message().find("2 sweeps"), std::string::npos);
}

TEST_F(StateFolderTest, ATakenNameIsAConflictWithItsOwnerAndLeavesNothing) {
  const SweepEntry owner = created("iris");
  const auto refused = state_.create(SweepUid::random(), "iris");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Conflict);
  EXPECT_NE(refused.error().message().find(owner.uid.hex()), std::string::npos);
  EXPECT_TRUE(state_.list_nameless()->empty());
}

TEST_F(StateFolderTest, NamesCannotLeaveTheStateFolder) {
  created("iris");
  for (const char* name : {"..", "../x", "a/b", "", ".hidden", "-rf", "a\nb", "/etc"}) {
    const auto refused = state_.create(SweepUid::random(), name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code(), ErrorCode::Usage) << name;
    EXPECT_FALSE(state_.find(name)) << name;
  }
}

TEST_F(StateFolderTest, ALinkToElsewhereIsNoSweep) {
  created("iris");
  const std::string outside = folder_ / "outside";
  ASSERT_TRUE(make_folder(outside));
  const std::string target = "../../../outside";
  ASSERT_EQ(::symlink(target.c_str(), (state_.path() + "/names/evil").c_str()), 0);
  ASSERT_EQ(::symlink("../sweeps/../../outside", (state_.path() + "/names/evil2").c_str()), 0);
  EXPECT_FALSE(state_.find("evil"));
  EXPECT_FALSE(state_.find("evil2"));
  EXPECT_EQ(state_.list()->size(), 1u);
}

TEST_F(StateFolderTest, RemovingASweepFollowsNoLinksAndMindsNoMissingWriteBits) {
  const SweepEntry entry = created("iris");
  const std::string outside = folder_ / "outside";
  ASSERT_TRUE(make_folder(outside));
  write_file(outside + "/precious", "x");
  ASSERT_TRUE(make_folder(entry.folder + "/code"));
  ASSERT_TRUE(make_folder(entry.folder + "/code/sub"));
  write_file(entry.folder + "/code/sub/train.py", "x");
  ASSERT_EQ(::symlink(outside.c_str(), (entry.folder + "/link").c_str()), 0);
  ASSERT_EQ(::symlink((outside + "/precious").c_str(), (entry.folder + "/link2").c_str()), 0);
  ::chmod((entry.folder + "/code/sub").c_str(), 0500);
  ::chmod((entry.folder + "/code").c_str(), 0500);

  ASSERT_TRUE(state_.remove(entry));
  EXPECT_FALSE(path_exists(entry.folder));
  EXPECT_EQ(read_file(outside + "/precious"), "x");
  EXPECT_TRUE(state_.list()->empty());
  EXPECT_TRUE(state_.create(SweepUid::random(), "iris"));
}

TEST_F(StateFolderTest, RemovingASweepKeepsANameThatBelongsToAnother) {
  SweepEntry old = created("iris");
  ASSERT_TRUE(state_.remove(old));
  const SweepEntry young = created("iris");
  ASSERT_TRUE(make_folder(old.folder));
  ASSERT_TRUE(state_.remove(old));
  EXPECT_EQ(state_.find("iris")->uid, young.uid);
}

TEST_F(StateFolderTest, LeftoversOfACrashAreListed) {
  const SweepEntry entry = created("iris");
  const SweepUid uid = SweepUid::random();
  ASSERT_TRUE(make_folder(state_.folder_of(uid)));
  ASSERT_TRUE(remove_tree(entry.folder));
  ASSERT_EQ(state_.list_nameless()->size(), 1u);
  EXPECT_EQ((*state_.list_nameless())[0].uid, uid);
  EXPECT_EQ(*state_.list_dangling(), (std::vector<std::string>{"iris"}));
  EXPECT_FALSE(state_.remove_dangling("../sweeps"));
  EXPECT_TRUE(state_.remove_dangling("iris"));
  EXPECT_TRUE(state_.list_dangling()->empty());
}

TEST_F(StateFolderTest, AFolderThatCannotBeWrittenSaysSo) {
  write_file(folder_ / "file", "");
  const auto refused = StateFolder(folder_ / "file").create(SweepUid::random(), "iris");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::StateFolder);
  EXPECT_FALSE(refused.error().where().empty());
}

TEST(GenerateName, MakesValidNamesThatDiffer) {
  std::set<std::string> names;
  for (int i = 0; i < 200; ++i) {
    const std::string name = generate_name();
    EXPECT_TRUE(is_valid_sweep_name(name)) << name;
    EXPECT_EQ(std::count(name.begin(), name.end(), '_'), 2) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 200u);
}

}  // namespace
}  // namespace sweepjob
