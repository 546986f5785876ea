// A folder of its own for one test, removed with everything in it.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "runner/io/state_folder.h"

namespace sweepjob {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = testing::TempDir() + "/sweepjob-test-XXXXXX";
    if (const char* made = ::mkdtemp(pattern.data())) path_ = made;
    EXPECT_FALSE(path_.empty());
  }
  TempFolder(const TempFolder&) = delete;
  ~TempFolder() {
    if (!path_.empty()) static_cast<void>(remove_tree(path_).has_value());
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
}

}  // namespace sweepjob
