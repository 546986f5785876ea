#include "tests/tidy/layers.h"

#include <algorithm>
#include <map>
#include <set>

namespace sweepjob::tidy {
namespace {

using Prefixes = std::vector<std::string>;

struct Row {
  std::string folder;
  Prefixes ours;
  Prefixes anywhere;    // libraries that may stand in its headers
  Prefixes in_sources;  // libraries that may stand in its .cc files
  bool system = false;  // POSIX and Linux headers, in .cc files
  bool pure = false;    // no clock, disk, thread or socket
};

// nlohmann_json below layer 3 and fmt in place of std::format: runner/decisions/0001.
const std::vector<Row>& rows() {
  static const std::vector<Row> kRows{
      {"model/", {"model/"}, {"boost/system/"}, {"nlohmann/"}, true, false},
      {"manifests/spec/",
       {"manifests/spec/", "model/"},
       {},
       {"yaml-cpp/", "nlohmann/", "fmt/", "xxhash.h"},
       true,
       false},
      // Under the samplers, which know their interface alone. Matrices are in the interfaces of the
      // models.
      {"samplers/numerics/",
       {"samplers/numerics/", "samplers/sampler.h", "manifests/spec/", "model/"},
       {"Eigen/"},
       {"Eigen/", "LBFGSB.h", "boost/math/", "boost/random/", "fmt/"},
       false,
       true},
      {"samplers/surrogate/",
       {"samplers/surrogate/", "samplers/numerics/", "samplers/budget/rungs.h",
        "samplers/sampler.h", "manifests/spec/", "model/"},
       {"Eigen/"},
       {"Eigen/", "LBFGSB.h", "boost/math/", "boost/random/", "fmt/"},
       false,
       true},
      // Their configurations come from other samplers, by the catalog.
      {"samplers/budget/",
       {"samplers/budget/", "samplers/numerics/", "samplers/sampler.h", "samplers/catalog.h",
        "manifests/spec/", "model/"},
       {},
       {"fmt/"},
       false,
       true},
      {"samplers/",
       {"samplers/", "manifests/spec/", "model/"},
       {},
       {"Eigen/", "boost/math/", "boost/random/", "fmt/"},
       false,
       true},
      {"policies/",
       {"policies/", "manifests/spec/", "model/"},
       {},
       {"Eigen/", "unsupported/Eigen/", "boost/container/", "boost/crc", "boost/math/",
        "boost/sort/", "fmt/"},
       false,
       true},
      {"runner/core/",
       {"runner/core/", "manifests/spec/", "model/", "samplers/sampler.h", "samplers/catalog.h",
        "policies/policy.h", "policies/catalog.h"},
       {},
       {"fmt/"},
       false,
       true},
      // It plays the whole outside, so it implements their interfaces as well.
      {"backends/simulated/",
       {"backends/", "model/", "runner/io/clock.h", "runner/metrics/metric_source.h"},
       {"boost/asio"},
       {"boost/"},
       false,
       false},
      {"backends/",
       {"backends/", "model/"},
       {"boost/asio", "spdlog/"},
       {"boost/", "nlohmann/", "fmt/"},
       true,
       false},
      {"runner/metrics/",
       {"runner/metrics/", "model/"},
       {"boost/asio", "spdlog/"},
       {"boost/", "nlohmann/", "fmt/", "re2/"},
       true,
       false},
      {"runner/io/",
       {"runner/io/", "runner/core/", "model/"},
       {"boost/asio", "spdlog/"},
       {"boost/", "nlohmann/", "fmt/", "xxhash.h"},
       true,
       false},
      {"runner/attempt/", {"runner/attempt/", "model/"}, {}, {}, true, false},
      {"cmake/asio/", {}, {}, {"boost/asio"}, false, false},
  };
  return kRows;
}

bool starts_with_any(const std::string& path, const Prefixes& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return path.starts_with(prefix); });
}

bool is_standard(const std::string& path) { return path.find_first_of("./") == std::string::npos; }

bool is_system(const std::string& path) {
  static const Prefixes kFolders{"sys/", "linux/", "netinet/", "arpa/", "net/"};
  const bool plain = path.ends_with(".h") && path.find('/') == std::string::npos;
  const bool library = path == "xxhash.h" || path == "zlib.h" || path == "LBFGSB.h";
  return (plain && !library) || starts_with_any(path, kFolders);
}

bool is_impure(const std::string& path) {
  static const std::set<std::string> kHeaders{
      "thread", "mutex", "shared_mutex", "condition_variable", "future",  "atomic",   "semaphore",
      "random", "latch", "barrier",      "filesystem",         "fstream", "iostream", "ctime"};
  return kHeaders.contains(path);
}

const Row* row_of(const std::string& path) {
  for (const Row& row : rows()) {
    if (path.starts_with(row.folder)) return &row;
  }
  return nullptr;
}

std::string complaint(const Row& row, const Include& include, bool header) {
  const std::string& path = include.path;
  if (include.quoted) return starts_with_any(path, row.ours) ? "" : "is outside its layer";
  if (is_standard(path)) {
    return row.pure && is_impure(path) ? "has no place in a pure layer" : "";
  }
  if (starts_with_any(path, row.anywhere)) return "";
  const bool known = is_system(path) ? row.system : starts_with_any(path, row.in_sources);
  if (!known) return "is not one of the layer's libraries";
  return header && !is_system(path) ? "may stand in .cc files only" : "";
}

}  // namespace

Problems check_layers(const SourceFile& file) {
  Problems problems;
  for (const Include& include : file.includes()) {
    if (include.quoted && include.path.starts_with("tests/") &&
        !file.path().starts_with("tests/")) {
      problems.push_back({file.path(), include.line, "nothing includes tests"});
    }
  }
  const Row* row = row_of(file.path());
  if (row == nullptr) return problems;  // runner/app, runner/server, tests: everything
  for (const Include& include : file.includes()) {
    const std::string what = complaint(*row, include, file.is_header());
    if (what.empty()) continue;
    problems.push_back(
        {file.path(), include.line, "'" + include.path + "' " + what + " (" + row->folder + ")"});
  }
  if (row->pure) {
    const std::size_t clock = file.code().find("_clock::now");
    if (clock != std::string::npos) {
      problems.push_back({file.path(), file.line_of(clock), "a pure layer reads no clock"});
    }
  }
  return problems;
}

Problems check_attempt_program(const std::vector<SourceFile>& files) {
  std::map<std::string, const SourceFile*> by_path;
  std::vector<const SourceFile*> todo;
  for (const SourceFile& file : files) {
    if (!file.is_cpp()) continue;
    by_path.emplace(file.path(), &file);
    if (file.path().starts_with("runner/attempt/")) todo.push_back(&file);
  }
  std::set<const SourceFile*> seen(todo.begin(), todo.end());
  Problems problems;
  while (!todo.empty()) {
    const SourceFile* file = todo.back();
    todo.pop_back();
    for (const Include& include : file->includes()) {
      const auto target = by_path.find(include.path);
      if (include.quoted && target != by_path.end()) {
        if (seen.insert(target->second).second) todo.push_back(target->second);
      } else if (!include.quoted && !is_standard(include.path) && !is_system(include.path)) {
        problems.push_back({file->path(), include.line,
                            "'" + include.path +
                                "' reaches the attempt program, which is std "
                                "and POSIX only"});
      }
    }
  }
  return problems;
}

}  // namespace sweepjob::tidy
