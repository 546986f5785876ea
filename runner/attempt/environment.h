// The environment of a trial's process: the submitter's own, then the activated prefix, then what
// the sweep adds, then ours. Values never stand on a command line.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "model/attempt_record.h"

namespace sweepjob {

class Environment {
 public:
  // Takes NUL-separated NAME=value text over.
  void inherit(std::string text);
  // Takes the entries of a C environment, which must outlive this.
  void inherit(char** entries);

  void set(std::string_view name, std::string_view value);
  void unset(std::string_view name);
  [[nodiscard]] const char* get(std::string_view name) const;  // null when absent
  // For execve(); valid until the next change.
  [[nodiscard]] char** entries();

 private:
  [[nodiscard]] std::size_t find(std::string_view name) const;

  std::string inherited_;
  std::deque<std::string> owned_;
  std::vector<const char*> entries_{nullptr};
};

// `attempt_folder` is absolute. Returns what is wrong, or an empty text.
[[nodiscard]] std::string build_environment(const LaunchRecord& launch,
                                            const std::string& attempt_folder,
                                            Environment& environment);

}  // namespace sweepjob
