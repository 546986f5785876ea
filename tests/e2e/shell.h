// Runs a Bash script and collects what it prints. For tests of scripts and of the program as a
// shell starts it.
#pragma once

#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

namespace sweepjob {

inline std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

struct ShellOutput {
  int status = -1;  // as wait(2) gives it: 0 is success
  std::string text;

  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
  }
};

// Standard output and error, merged.
inline ShellOutput run_bash(const std::string& script) {
  const std::string command =
      "bash --norc --noprofile -c " + shell_quoted(script) + " 2>&1 </dev/null";
  ShellOutput output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  while (const std::size_t size = fread(buffer, 1, sizeof buffer, pipe)) {
    output.text.append(buffer, size);
  }
  output.status = pclose(pipe);
  return output;
}

}  // namespace sweepjob
