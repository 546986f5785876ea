#include "tests/tidy/style.h"

#include <algorithm>
#include <regex>

namespace sweepjob::tidy {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

Problems check_includes(const SourceFile& file, const std::set<std::string>& paths) {
  Problems problems;
  const auto add = [&](const Include& include, const std::string& message) {
    problems.push_back({file.path(), include.line, "'" + include.path + "' " + message});
  };
  std::string own = file.path();
  const bool source = own.ends_with(".cc");
  if (source) own.replace(own.size() - 3, 3, ".h");
  const auto& includes = file.includes();
  const bool own_first = !includes.empty() && includes[0].path == own;
  if (source && paths.contains(own) && !own_first) {
    problems.push_back({file.path(), 0, "its own header '" + own + "' comes first"});
  }
  bool ours = false;
  for (const Include& include : includes) {
    if (include.quoted && !paths.contains(include.path)) add(include, "is no path from the root");
    // The first may be the header that a test is about, or that a split file implements.
    if (source && &include == includes.data()) continue;
    if (ours && !include.quoted) add(include, "comes after our own headers");
    ours = ours || include.quoted;
  }
  return problems;
}

Problems check_form(const SourceFile& file) {
  // Spelt in two parts, or this file would be its own finding.
  static const std::regex kOpenWork(
      "\\b(TO"
      "DO|FIX"
      "ME)\\b");
  static const std::regex kRule("^\\s*(//|#)\\s*[-=*#~]{5,}");
  Problems problems;
  const auto& lines = file.lines();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto add = [&](const char* message) {
      problems.push_back({file.path(), static_cast<int>(i) + 1, message});
    };
    // A raw literal cannot be wrapped.
    const bool fixed = lines[i].find("R\"") != std::string::npos;
    if (file.is_cpp() && !fixed && columns_of(lines[i]) > kColumns) add("more than 100 columns");
    if (std::regex_search(lines[i], kOpenWork)) add("work left open: finish it or file an issue");
    if (file.is_cpp() && std::regex_search(lines[i], kRule)) add("a ruled-off comment");
  }
  if (file.is_cpp() && lines.size() > kTooLongFile) {
    problems.push_back({file.path(), 0, "more than 700 lines: split it"});
  }
  if (file.is_header() && file.code().find("#pragma once") == std::string::npos) {
    problems.push_back({file.path(), 0, "a header without #pragma once"});
  }
  return problems;
}

Problems check_machine_paths(const SourceFile& file, const std::string& root) {
  static const std::regex kHome("(^|[\\s\"'=(:])/(home|root|Users)/\\w");
  // A short root, such as that of a container, is no telling text.
  const bool telling = std::count(root.begin(), root.end(), '/') > 1 && root.size() > 8;
  const bool product = file.is_cpp() && !file.path().starts_with("tests/");
  Problems problems;
  for (std::size_t i = 0; i < file.lines().size(); ++i) {
    const std::string& line = file.lines()[i];
    const bool root_named = telling && line.find(root) != std::string::npos;
    if (root_named || (product && std::regex_search(line, kHome))) {
      problems.push_back({file.path(), static_cast<int>(i) + 1, "a path of one machine"});
    }
  }
  return problems;
}

Problems check_readmes(const std::vector<SourceFile>& files) {
  std::set<std::string> paths;
  std::set<std::string> wanted{"model",    "manifests", "samplers", "policies",
                               "backends", "runner",    "tests"};
  const std::set<std::string> tops = wanted;
  for (const SourceFile& file : files) {
    paths.insert(file.path());
    const std::string folder = folder_of(file.path());
    const std::string top = folder.substr(0, folder.find('/'));
    if (!file.is_cpp() || !tops.contains(top)) continue;
    const std::string below = folder.substr(std::min(folder.size(), top.size() + 1));
    const bool mirror = top == "tests" && tops.contains(below.substr(0, below.find('/')));
    if (!mirror) wanted.insert(folder);
  }
  Problems problems;
  for (const std::string& folder : wanted) {
    if (!paths.contains(folder + "/README.md")) {
      problems.push_back({folder, 0, "a folder of the tree without README.md"});
    }
  }
  return problems;
}

}  // namespace sweepjob::tidy
