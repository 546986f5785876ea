#include "manifests/spec/code_snapshot.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifests/spec/ignore_rules.h"
#include "model/rng.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CodeSnapshot : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/snapshot_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    base_ = fs::canonical(name);
    code_ = base_ / "src";
    fs::create_directories(code_);
  }
  void TearDown() override { EXPECT_TRUE(remove_snapshot(base_.string()).has_value()); }

  void write(const std::string& name, const std::string& text = "x") const {
    fs::create_directories((code_ / name).parent_path());
    std::ofstream(code_ / name, std::ios::binary) << text;
  }
  [[nodiscard]] Result<SnapshotPlan> plan(const std::vector<std::string>& leave_out = {}) const {
    return plan_snapshot(code_.string(), leave_out);
  }
  [[nodiscard]] std::vector<std::string> files() const {
    const auto planned = plan();
    EXPECT_TRUE(planned.has_value()) << planned.error().text();
    std::vector<std::string> names;
    for (const SnapshotEntry& entry : planned->entries) {
      if (entry.kind != SnapshotEntry::Kind::Folder) names.push_back(entry.name);
    }
    return names;
  }
  [[nodiscard]] std::string digest() const {
    const auto planned = plan();
    return planned ? planned->digest : "error: " + planned.error().text();
  }

  fs::path base_, code_;
};

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST_F(CodeSnapshot, TakesAllFilesButGitsOwn) {
  write("train.py");
  write("pkg/a.py");
  write(".git/config");
  write("vendor/.git");
  write("vendor/b.py");
  EXPECT_THAT(files(), ElementsAre("pkg/a.py", "train.py", "vendor/b.py"));
}

TEST_F(CodeSnapshot, AmlignoreReplacesGitignore) {
  write("a.log");
  write("b.tmp");
  write(".gitignore", "*.log\n");
  EXPECT_THAT(files(), ElementsAre(".gitignore", "b.tmp"));
  write(".amlignore", "*.tmp\n");
  EXPECT_THAT(files(), ElementsAre(".amlignore", ".gitignore", "a.log"));
}

TEST_F(CodeSnapshot, NestedRulesOverrideThoseAbove) {
  write(".gitignore", "*.csv\nbuild/\n");
  write("sub/.gitignore", "!keep.csv\n/local\n");
  write("keep.csv");
  write("sub/keep.csv");
  write("sub/drop.csv");
  write("sub/local");
  write("sub/deep/local");
  write("build/x");
  write("sub/build/x");
  EXPECT_THAT(files(),
              ElementsAre(".gitignore", "sub/.gitignore", "sub/deep/local", "sub/keep.csv"));
}

TEST_F(CodeSnapshot, LeavesOutAStateFolderInsideTheCode) {
  write("a.py");
  write("state/sweeps/x");
  const auto planned = plan({(code_ / "state").string()});
  ASSERT_TRUE(planned.has_value());
  EXPECT_EQ(planned->files, 1U);
}

TEST_F(CodeSnapshot, DigestNamesContentAndNotTimesOrPlaces) {
  write("a.py", "one");
  write("b/c.py", "two");
  const std::string before = digest();
  fs::last_write_time(code_ / "a.py", fs::file_time_type::min() + std::chrono::hours(1));
  EXPECT_EQ(digest(), before);
  fs::copy(code_, base_ / "moved", fs::copy_options::recursive);
  EXPECT_EQ(plan_snapshot((base_ / "moved").string())->digest, before);
  write("a.py", "onf");
  EXPECT_NE(digest(), before);
  write("a.py", "one");
  EXPECT_EQ(digest(), before);
  fs::permissions(code_ / "a.py", fs::perms::owner_exec, fs::perm_options::add);
  EXPECT_NE(digest(), before);
  fs::permissions(code_ / "a.py", fs::perms::owner_exec, fs::perm_options::remove);
  fs::rename(code_ / "b/c.py", code_ / "b/d.py");
  EXPECT_NE(digest(), before);
}

TEST_F(CodeSnapshot, CopiesWithoutWriteBitsAndRemovesAgain) {
  write("run.sh", "#!/bin/sh\n");
  fs::permissions(code_ / "run.sh", fs::perms::owner_exec, fs::perm_options::add);
  write("pkg/data.bin", std::string(700'000, 'z'));
  fs::create_symlink("pkg/data.bin", code_ / "link");
  const auto planned = plan();
  ASSERT_TRUE(planned.has_value());
  EXPECT_EQ(planned->files, 3U);
  EXPECT_EQ(planned->bytes, 700'010U);
  const fs::path to = base_ / "out";
  const auto copied = copy_snapshot(*planned, to.string());
  ASSERT_TRUE(copied.has_value()) << copied.error().text();
  EXPECT_EQ(content(to / "link"), std::string(700'000, 'z'));
  EXPECT_TRUE(fs::is_symlink(to / "link"));
  struct stat status {};
  for (const auto& [name, mode] : {std::pair{"run.sh", 0555U}, std::pair{"pkg/data.bin", 0444U},
                                   std::pair{"pkg", 0555U}, std::pair{".", 0555U}}) {
    ASSERT_EQ(stat((to / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, mode) << name;
  }
  EXPECT_EQ(plan_snapshot(to.string())->digest, planned->digest);
  EXPECT_FALSE(copy_snapshot(*planned, to.string()).has_value());
  ASSERT_TRUE(remove_snapshot(to.string()).has_value());
  EXPECT_FALSE(fs::exists(to));
  EXPECT_TRUE(remove_snapshot(to.string()).has_value());
}

TEST_F(CodeSnapshot, TakesOneFileAsCode) {
  write("train.py", "print(1)\n");
  const auto planned = plan_snapshot((code_ / "train.py").string());
  ASSERT_TRUE(planned.has_value());
  ASSERT_TRUE(copy_snapshot(*planned, (base_ / "out").string()).has_value());
  EXPECT_EQ(content(base_ / "out/train.py"), "print(1)\n");
}

TEST_F(CodeSnapshot, RefusesACopyOfWhatHasChangedSince) {
  write("a.py", "one");
  const auto planned = plan();
  ASSERT_TRUE(planned.has_value());
  write("a.py", "two");
  const auto copied = copy_snapshot(*planned, (base_ / "out").string());
  ASSERT_FALSE(copied.has_value());
  EXPECT_THAT(copied.error().text(), HasSubstr("changed while"));
}

TEST_F(CodeSnapshot, FollowsLinksThatLeadOutAndKeepsThoseInside) {
  fs::create_directories(base_ / "shared/deep");
  std::ofstream(base_ / "shared/deep/u.py") << "shared";
  fs::create_symlink("deep/u.py", base_ / "shared/alias");
  fs::create_symlink("../shared", code_ / "lib");
  fs::create_symlink(base_ / "shared/deep/u.py", code_ / "u.py");
  write("a.py", "a");
  fs::create_symlink(".", code_ / "self");
  fs::create_symlink("a.py", code_ / "b.py");
  fs::create_symlink("../src/a.py", code_ / "roundabout");
  fs::create_symlink("/nowhere/at/all", code_ / "dead");
  const auto planned = plan();
  ASSERT_TRUE(planned.has_value()) << planned.error().text();
  EXPECT_THAT(planned->notes, ElementsAre(HasSubstr("dead")));
  const fs::path to = base_ / "out";
  ASSERT_TRUE(copy_snapshot(*planned, to.string()).has_value());
  fs::remove_all(base_ / "shared");
  EXPECT_EQ(content(to / "lib/deep/u.py"), "shared");
  EXPECT_EQ(content(to / "lib/alias"), "shared");
  EXPECT_EQ(content(to / "u.py"), "shared");
  EXPECT_EQ(fs::read_symlink(to / "b.py"), "a.py");
  EXPECT_EQ(fs::read_symlink(to / "self"), ".");
  EXPECT_EQ(content(to / "roundabout"), "a");
  EXPECT_FALSE(fs::is_symlink(to / "roundabout"));
}

TEST_F(CodeSnapshot, RefusesLinksThatLeadBack) {
  fs::create_symlink("..", code_ / "up");
  EXPECT_THAT(digest(), HasSubstr("leads back"));
  fs::remove(code_ / "up");
  fs::create_symlink("circle", code_ / "circle");
  EXPECT_THAT(digest(), HasSubstr("leads back"));
  fs::remove(code_ / "circle");
  fs::create_directories(base_ / "outside");
  fs::create_symlink(base_ / "outside", code_ / "out");
  fs::create_symlink(code_, base_ / "outside/again");
  EXPECT_THAT(digest(), HasSubstr("leads back"));
}

TEST_F(CodeSnapshot, LeavesOutPipesWithANoteInsteadOfWaitingForThem) {
  ASSERT_EQ(mkfifo((code_ / "pipe").c_str(), 0600), 0);
  const auto planned = plan();
  ASSERT_TRUE(planned.has_value());
  EXPECT_THAT(planned->entries, IsEmpty());
  EXPECT_THAT(planned->notes, ElementsAre(HasSubstr("pipe")));
}

TEST_F(CodeSnapshot, RefusesADataSetAndNamesTheWayOut) {
  write("a", std::string(2000, 'x'));
  write("b");
  for (const SnapshotLimits& limits : {SnapshotLimits{1, 1 << 20}, SnapshotLimits{10, 1999}}) {
    const auto planned = plan_snapshot(code_.string(), {}, limits);
    ASSERT_FALSE(planned.has_value());
    EXPECT_THAT(planned.error().text(), HasSubstr(".amlignore"));
  }
  EXPECT_FALSE(plan_snapshot((code_ / "missing").string()).has_value());
}

TEST(CodeSnapshotSize, LinksFromTwentyMegabytesOrTwoThousandFiles) {
  SnapshotPlan plan;
  plan.files = 1999;
  plan.bytes = 19'999'999;
  EXPECT_TRUE(small_enough_to_copy(plan));
  plan.files = 2000;
  EXPECT_FALSE(small_enough_to_copy(plan));
  plan.files = 1;
  plan.bytes = 20'000'000;
  EXPECT_FALSE(small_enough_to_copy(plan));
}

TEST(IgnoreRules, FollowsTheManualsExamples) {
  const auto ignored = [](const std::string& rules, std::vector<std::string> parts,
                          bool folder = false) {
    return IgnoreRules(rules).decide(parts, folder).value_or(false);
  };
  EXPECT_TRUE(ignored("foo", {"a", "foo"}));
  EXPECT_FALSE(ignored("foo/", {"foo"}));
  EXPECT_TRUE(ignored("foo/", {"a", "foo"}, true));
  EXPECT_FALSE(ignored("/foo", {"a", "foo"}));
  EXPECT_TRUE(ignored("doc/*.txt", {"doc", "a.txt"}));
  EXPECT_FALSE(ignored("doc/*.txt", {"doc", "server", "a.txt"}));
  EXPECT_TRUE(ignored("**/foo/bar", {"x", "y", "foo", "bar"}));
  EXPECT_TRUE(ignored("abc/**", {"abc", "x", "y"}));
  EXPECT_FALSE(ignored("abc/**", {"abc"}, true));
  EXPECT_TRUE(ignored("a/**/b", {"a", "b"}));
  EXPECT_TRUE(ignored("a/**/b", {"a", "x", "y", "b"}));
  EXPECT_FALSE(ignored("*.o\n!keep.o", {"keep.o"}));
  EXPECT_TRUE(ignored("\\#x", {"#x"}));
  EXPECT_FALSE(ignored("#x", {"#x"}));
  EXPECT_TRUE(ignored("\\!x", {"!x"}));
  EXPECT_TRUE(ignored("trail   \r\n", {"trail"}));
  EXPECT_TRUE(ignored("trail\\ ", {"trail "}));
}

// Random rules over random paths: the same answer as git's.
TEST(IgnoreRules, AgreesWithGit) {
  if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no git on this machine";
  std::string name = testing::TempDir() + "/ignore_XXXXXX";
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  const fs::path folder = name;
  ASSERT_EQ(std::system(("git init -q '" + name + "'").c_str()), 0);
  const std::vector<std::string> kPieces{"a",   "b",   "*",  "**", "?",    "a*", "*b", "[ab]",
                                         "/",   "/",   "/",  "!",  "\\",   ".a", " ",  "[!a]",
                                         "a b", "\\*", "ab", "#",  "a**b", "c"};
  const std::vector<std::string> kNames{"a", "b", "ab", ".a", "a b", "c", "ba", "axb", "*"};
  RandomStream random(8);
  for (int round = 0; round < 60; ++round) {
    std::string rules;
    for (std::uint64_t lines = 1 + random.below(3); lines > 0; --lines) {
      for (std::uint64_t n = 1 + random.below(5); n > 0; --n) {
        rules += kPieces[random.below(kPieces.size())];
      }
      rules += "\n";
    }
    // Two stars behind other text are ordinary ones by git's manual, and not always by its code.
    for (std::size_t at = 1; (at = rules.find("**", at)) != std::string::npos;) {
      if (std::string_view("\n/!").find(rules[at - 1]) == std::string_view::npos) {
        rules.erase(at, 1);
      } else {
        at += rules[at + 2] == '*' ? 1 : 2;
      }
    }
    std::ofstream(folder / ".gitignore") << rules;
    std::ofstream paths(folder / ".git/paths");
    std::vector<std::vector<std::string>> asked;
    for (int i = 0; i < 40; ++i) {
      std::vector<std::string> parts;
      std::string path;
      for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
        parts.push_back(kNames[random.below(kNames.size())]);
        path += (path.empty() ? "" : "/") + parts.back();
      }
      asked.push_back(parts);
      paths << path << "\n";
    }
    paths.close();
    // --no-index and paths that do not exist: git takes the last part for a file.
    (void)!std::system(
        ("cd '" + name + "' && git check-ignore --no-index -v -n --stdin <.git/paths >.git/answers")
            .c_str());
    std::ifstream answers(folder / ".git/answers");
    const IgnoreRules ours(rules);
    for (const auto& parts : asked) {
      std::string line;
      ASSERT_TRUE(std::getline(answers, line));
      const bool by_git = line.rfind("::\t", 0) != 0 &&
                          line.substr(line.find(':', line.find(':') + 1) + 1).rfind('!', 0) != 0;
      bool by_us = false;
      for (std::size_t n = 1; n <= parts.size() && !by_us; ++n) {
        const std::vector<std::string> above(parts.begin(),
                                             parts.begin() + static_cast<std::ptrdiff_t>(n));
        by_us = ours.decide(above, n < parts.size()).value_or(false);
      }
      EXPECT_EQ(by_us, by_git) << "rules:\n" << rules << "git: " << line;
    }
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace sweepjob
