#include "runner/app/trial_files.h"

#include <algorithm>
#include <fstream>

#include "model/attempt_record.h"
#include "runner/app/cli/verb.h"
#include "runner/io/posix_file.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxShownLine = std::size_t{64} << 10;

// The end of the escape sequence that begins at `at`: CSI (ESC [ ... letter) or two characters.
std::size_t skip_escape(std::string_view line, std::size_t at) {
  if (at + 1 >= line.size()) return line.size();
  if (line[at + 1] != '[') return at + 2;
  std::size_t end = at + 2;
  while (end < line.size() && (line[end] < '@' || line[end] > '~')) ++end;
  return std::min(end + 1, line.size());
}

}  // namespace

std::string attempt_folder_of(const std::string& sweep_folder, const AttemptId& attempt) {
  return sweep_folder + "/trials/" + std::to_string(index_of(attempt.trial)) + "/" +
         std::to_string(attempt.number);
}

std::string attempt_outputs_of(const std::string& sweep_folder, const AttemptId& attempt) {
  return attempt_folder_of(sweep_folder, attempt) + "/" + attempt_file::kWork + "/outputs";
}

std::string attempt_log_of(const std::string& sweep_folder, const AttemptId& attempt) {
  return attempt_folder_of(sweep_folder, attempt) + "/" + attempt_file::kStdout;
}

bool has_exit_record(const std::string& sweep_folder, const AttemptId& attempt) {
  return path_exists(attempt_folder_of(sweep_folder, attempt) + "/" + attempt_file::kExit);
}

std::string log_line_text(std::string_view line) {
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (const auto at = line.rfind('\r'); at != std::string_view::npos) line.remove_prefix(at + 1);
  std::string plain;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == '\x1b') {
      i = skip_escape(line, i);
    } else {
      plain.push_back(line[i++]);
    }
  }
  return printable(plain, kMaxShownLine);
}

std::vector<std::string> last_lines(const std::string& path, std::size_t count) {
  constexpr std::streamoff kTail = std::streamoff{64} << 10;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kTail));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(log_line_text(line));
  // The first of them may be the end of a longer line.
  if (size > kTail && lines.size() > 1) lines.erase(lines.begin());
  if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<long>(count));
  return lines;
}

}  // namespace sweepjob
