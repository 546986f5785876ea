#include "tests/tidy/style.h"

#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob::tidy {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(SourceFile, BlanksCommentsAndLiteralsAndKeepsPositions) {
  const std::string text =
      "a // x { \n\"b{\\\"{\" 'c' 1'000 /* {\n{ */ d R\"q({)\" {)q\" e\nU'{' \"unended {\nf";
  const SourceFile file("a.cc", text);
  EXPECT_EQ(file.code().size(), text.size());
  EXPECT_EQ(file.code().find('{'), std::string::npos);
  for (const char* kept : {"a", "1'000", "d", "e", "f"}) EXPECT_THAT(file.code(), HasSubstr(kept));
  EXPECT_EQ(file.line_of(file.code().find('d')), 3);
}

TEST(Includes, OwnHeaderStandsFirst) {
  const std::set<std::string> paths{"a/x.h", "a/y.h", "a/x.cc"};
  const auto check = [&](const char* text) {
    return check_includes(SourceFile("a/x.cc", text), paths);
  };
  EXPECT_THAT(check("#include \"a/x.h\"\n\n#include <map>\n\n#include \"a/y.h\"\n"), IsEmpty());
  EXPECT_THAT(check("#include <map>\n\n#include \"a/x.h\"\n"), SizeIs(1));
  EXPECT_THAT(check("#include \"a/y.h\"\n#include \"a/x.h\"\n"), SizeIs(1));
  EXPECT_THAT(check("int x;\n"), SizeIs(1));
  EXPECT_THAT(check_includes(SourceFile("a/README.md", "x\n"), paths), IsEmpty());
}

TEST(Includes, OursComeLastAndFromTheRoot) {
  const std::set<std::string> paths{"a/y.h", "a/z.h"};
  const auto check = [&](const char* text) {
    return check_includes(SourceFile("a/x.cc", text), paths);
  };
  EXPECT_THAT(check("#include <map>\n#include \"a/y.h\"\n#include \"a/z.h\"\n"), IsEmpty());
  EXPECT_THAT(check("#include \"a/y.h\"\n\n#include <map>\n"), IsEmpty());  // what it is about
  EXPECT_THAT(check("#include <set>\n#include \"a/y.h\"\n#include <map>\n"), SizeIs(1));
  EXPECT_THAT(check("#include \"y.h\"\n"), SizeIs(1));
  EXPECT_THAT(check("#include \"../a/y.h\"\n"), SizeIs(1));
}

TEST(Form, RefusesLongLinesCountedInCharacters) {
  const std::string hundred(98, 'x');
  EXPECT_THAT(check_form(SourceFile("a.cc", "//" + hundred + "\n")), IsEmpty());
  EXPECT_THAT(check_form(SourceFile("a.cc", "//" + hundred + "x\n")), SizeIs(1));
  EXPECT_THAT(check_form(SourceFile("a.cc", "R\"(" + hundred + ")\";\n")), IsEmpty());
  std::string umlauts = "//";
  for (int i = 0; i < 98; ++i) umlauts += "ü";
  EXPECT_THAT(check_form(SourceFile("a.cc", umlauts + "\n")), IsEmpty());
  EXPECT_THAT(check_form(SourceFile("a.md", hundred + hundred + "\n")), IsEmpty());
}

TEST(Form, RefusesFilesThatAreNoLongerOneRoom) {
  std::string text;
  for (int i = 0; i < 700; ++i) text += "\n";
  EXPECT_THAT(check_form(SourceFile("a.cc", text)), IsEmpty());
  EXPECT_THAT(check_form(SourceFile("a.cc", text + "\n")), SizeIs(1));
}

TEST(Form, RefusesWorkLeftOpen) {
  const std::string open = std::string("TO") + "DO";
  EXPECT_THAT(check_form(SourceFile("a.cc", "// " + open + ": later\n")), SizeIs(1));
  EXPECT_THAT(check_form(SourceFile("a.md", std::string("FIX") + "ME\n")), SizeIs(1));
  EXPECT_THAT(check_form(SourceFile("a.cc", "int " + open + "S;\n")), IsEmpty());
}

TEST(Form, WantsPragmaOnceInHeadersAndNoRuledOffComments) {
  EXPECT_THAT(check_form(SourceFile("a.h", "#pragma once\n")), IsEmpty());
  EXPECT_THAT(check_form(SourceFile("a.h", "// #pragma once\n")), SizeIs(1));
  EXPECT_THAT(check_form(SourceFile("a.cc", "// -----------\n")), SizeIs(1));
  EXPECT_THAT(check_form(SourceFile("a.cc", "  //======== x\n")), SizeIs(1));
}

TEST(MachinePaths, AreRefused) {
  const std::string root = "/some/where/sweepjob";
  const auto check = [&](const char* path, const std::string& line) {
    return check_machine_paths(SourceFile(path, line + "\n"), root);
  };
  EXPECT_THAT(check("README.md", "cd " + root + "/build"), SizeIs(1));
  EXPECT_THAT(check("model/a.cc", "open(\"/home/ann/x\");"), SizeIs(1));
  EXPECT_THAT(check("model/a.cc", "// see /root/notes"), SizeIs(1));
  EXPECT_THAT(check("model/a.cc", "folder + \"/work/home/x\""), IsEmpty());
  EXPECT_THAT(check("tests/a.cc", "parse(\"/home/ann/data\")"), IsEmpty());
  EXPECT_THAT(check_machine_paths(SourceFile("README.md", "in /src/x\n"), "/src"), IsEmpty());
}

TEST(Readmes, AreWantedInEveryFolderThatHoldsCode) {
  std::vector<SourceFile> files;
  for (const char* top :
       {"model", "manifests", "samplers", "policies", "backends", "runner", "tests"}) {
    files.emplace_back(std::string(top) + "/README.md", "");
  }
  files.emplace_back("tests/runner/core/x_test.cc", "");  // a mirror
  files.emplace_back("docs/x.cc", "");
  EXPECT_THAT(check_readmes(files), IsEmpty());
  files.emplace_back("runner/core/x.cc", "");
  files.emplace_back("tests/sim/x_test.cc", "");
  files.emplace_back("tests/samplers2/x_test.cc", "");
  EXPECT_THAT(check_readmes(files), SizeIs(3));
  files.emplace_back("runner/core/README.md", "");
  EXPECT_THAT(check_readmes(files), SizeIs(2));
  EXPECT_THAT(check_readmes({}), SizeIs(7));
}

TEST(Tree, KeepsTheRulesOfForm) {
  const std::vector<SourceFile> files = read_tree(SWEEPJOB_SOURCE_DIR);
  std::set<std::string> paths;
  for (const SourceFile& file : files) paths.insert(file.path());
  ASSERT_TRUE(paths.contains("tests/tidy/style_test.cc"));
  for (const SourceFile& file : files) {
    EXPECT_THAT(check_includes(file, paths), IsEmpty());
    EXPECT_THAT(check_form(file), IsEmpty());
    EXPECT_THAT(check_machine_paths(file, SWEEPJOB_SOURCE_DIR), IsEmpty());
    if (file.is_cpp() && file.lines().size() > kLongFile) {
      std::cout << "long: " << file.path() << ", " << file.lines().size() << " lines\n";
    }
  }
}

TEST(Tree, SaysInEveryFolderWhatItIsFor) {
  EXPECT_THAT(check_readmes(read_tree(SWEEPJOB_SOURCE_DIR)), IsEmpty());
}

}  // namespace
}  // namespace sweepjob::tidy
