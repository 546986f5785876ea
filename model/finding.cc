#include "model/finding.h"

#include <algorithm>
#include <cctype>
#include <tuple>

namespace sweepjob {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Optimal string alignment distance; words are short, so the full table is fine.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

// A finding quotes the user's text, and that must not drive the terminal. New lines stay: a hint
// may show lines to add.
std::string printable(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) {
      result += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

void Findings::error(SourceLocation where, std::string path, std::string message,
                     std::string hint) {
  add({Severity::Error, std::move(where), std::move(path), std::move(message), std::move(hint)});
}
void Findings::warning(SourceLocation where, std::string path, std::string message,
                       std::string hint) {
  add({Severity::Warning, std::move(where), std::move(path), std::move(message), std::move(hint)});
}
void Findings::note(SourceLocation where, std::string path, std::string message, std::string hint) {
  add({Severity::Note, std::move(where), std::move(path), std::move(message), std::move(hint)});
}

void Findings::sort_by_place(const std::string& first_file) {
  std::stable_sort(all_.begin(), all_.end(), [&](const Finding& a, const Finding& b) {
    const bool a_elsewhere = a.where.file != first_file;
    const bool b_elsewhere = b.where.file != first_file;
    return std::tie(a_elsewhere, a.where.file, a.where.line, a.where.column) <
           std::tie(b_elsewhere, b.where.file, b.where.line, b.where.column);
  });
}

std::size_t Findings::error_count() const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [](const Finding& f) { return f.severity == Severity::Error; }));
}

const char* to_string(Severity severity) {
  switch (severity) {
    case Severity::Note: return "note";
    case Severity::Warning: return "warning";
    case Severity::Error: return "error";
  }
  return "error";
}

std::string to_text(const Finding& finding) {
  std::string text = finding.where.file;
  if (finding.where.line > 0) {
    text += ":" + std::to_string(finding.where.line) + ":" + std::to_string(finding.where.column);
  }
  if (!text.empty()) text += ": ";
  text += std::string(to_string(finding.severity)) + ": ";
  if (!finding.path.empty()) text += finding.path + ": ";
  text += finding.message;
  if (!finding.hint.empty()) text += "; " + finding.hint;
  return printable(text);
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty()) return {};
  const std::string wanted = lower(word.substr(0, 200));
  std::string best;
  std::size_t best_distance = SIZE_MAX;
  for (const std::string& candidate : candidates) {
    const std::size_t most = std::max<std::size_t>(
        1, std::max(wanted.size(), std::min<std::size_t>(candidate.size(), 200)) / 3);
    const std::size_t distance = edit_distance(wanted, lower(candidate.substr(0, 200)));
    if (distance <= most && distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace sweepjob
