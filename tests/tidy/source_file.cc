#include "tests/tidy/source_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace sweepjob::tidy {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// 1'000'000 holds no character literal, U'x' does.
bool is_digit_separator(std::string_view text, std::size_t at) {
  std::size_t start = at;
  while (start > 0 && (is_word(text[start - 1]) || text[start - 1] == '\'')) --start;
  return start < at && std::isdigit(static_cast<unsigned char>(text[start])) != 0;
}

// Where the literal or comment that starts at `at` ends; `at` itself when none starts there.
std::size_t end_of_blank(std::string_view text, std::size_t at) {
  const auto after = [&](std::string_view mark, std::size_t from) {
    const std::size_t found = text.find(mark, from);
    return found == std::string_view::npos ? text.size() : found + mark.size();
  };
  const std::string_view rest = text.substr(at);
  const char before = at > 0 ? text[at - 1] : ' ';
  if (rest.starts_with("//")) return std::min(text.find('\n', at), text.size());
  if (rest.starts_with("/*")) return after("*/", at + 2);
  if (rest.starts_with("R\"") && !is_word(before)) {
    const std::size_t open = text.find('(', at);
    if (open == std::string_view::npos) return text.size();
    return after(")" + std::string(text.substr(at + 2, open - at - 2)) + "\"", open);
  }
  if (rest[0] != '"' && (rest[0] != '\'' || is_digit_separator(text, at))) return at;
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != rest[0] && text[end] != '\n') {
    end += text[end] == '\\' ? 2 : 1;
  }
  return std::min(end + 1, text.size());
}

std::string blanked(std::string_view text) {
  std::string code(text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of_blank(text, at);
    if (end == at) {
      ++at;
      continue;
    }
    for (; at < end; ++at) {
      if (code[at] != '\n') code[at] = ' ';
    }
  }
  return code;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool is_ours(const std::filesystem::path& path) {
  static constexpr std::array<std::string_view, 10> kExtensions{
      ".h", ".cc", ".md", ".py", ".sh", ".cmake", ".txt", ".yaml", ".json", ".fish"};
  const std::string extension = path.extension();
  const bool script = extension.empty() && path.parent_path().filename() == "scripts";
  return script ||
         std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

// Data is whatever its source made it; build folders and hidden ones are not the project's text.
bool is_left_out(const std::filesystem::path& folder) {
  const std::string name = folder.filename();
  return name == "build" || name == "data" || name == "corpus" || name.starts_with(".");
}

}  // namespace

SourceFile::SourceFile(std::string path, std::string text)
    : path_(std::move(path)), lines_(split(text)), code_(is_cpp() ? blanked(text) : text) {
  if (!is_cpp()) return;
  const std::vector<std::string> code_lines = split(code_);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (!code_lines[i].starts_with("#include")) continue;
    const std::string& line = lines_[i];
    const std::size_t open = line.find_first_of("<\"");
    if (open == std::string::npos) continue;
    const std::size_t close = line.find(line[open] == '<' ? '>' : '"', open + 1);
    includes_.push_back(
        {static_cast<int>(i) + 1, line.substr(open + 1, close - open - 1), line[open] == '"'});
  }
}

int SourceFile::line_of(std::size_t position) const {
  const auto end = code_.begin() + static_cast<std::ptrdiff_t>(position);
  return 1 + static_cast<int>(std::count(code_.begin(), end, '\n'));
}

std::vector<SourceFile> read_tree(const std::string& root) {
  namespace fs = std::filesystem;
  std::vector<SourceFile> files;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
    if (entry->is_directory() && is_left_out(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && is_ours(entry->path())) {
      std::ifstream stream(entry->path(), std::ios::binary);
      std::string text(std::istreambuf_iterator<char>(stream), {});
      files.emplace_back(fs::relative(entry->path(), root).string(), std::move(text));
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path() < b.path(); });
  return files;
}

}  // namespace sweepjob::tidy
