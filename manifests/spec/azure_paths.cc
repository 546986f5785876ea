#include "manifests/spec/azure_paths.h"

#include <algorithm>
#include <array>
#include <system_error>

namespace sweepjob::azure {
namespace {

// Schemes that stand without "//"; with it, any word is a scheme.
constexpr std::array<std::string_view, 12> kRemote = {
    "azureml:", "http:", "https:", "wasb:", "wasbs:", "abfs:",
    "abfss:",   "adl:",  "git:",   "s3:",   "gs:",    "/subscriptions/"};

bool has_scheme(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon < 2) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
  });
}

}  // namespace

bool is_local_path(std::string_view written) {
  if (written.starts_with("file:")) return true;
  for (const std::string_view prefix : kRemote) {
    if (written.starts_with(prefix)) return false;
  }
  return !has_scheme(written);
}

std::string without_file_scheme(std::string_view written) {
  if (written.starts_with("file:")) {
    written.remove_prefix(5);
    if (written.starts_with("//")) written.remove_prefix(2);
  }
  return std::string(written);
}

std::filesystem::path resolve_local(const std::filesystem::path& folder, std::string_view written) {
  std::string text = without_file_scheme(written);
  const std::size_t star = text.find('*');
  if (star != std::string::npos) {
    const std::size_t slash = text.rfind('/', star);
    text = slash == std::string::npos ? "." : text.substr(0, std::max<std::size_t>(slash, 1));
  }
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(folder / text, failed);
  std::filesystem::path normal = (failed ? folder / text : absolute).lexically_normal();
  // "a/src/" and "a/src" are one folder.
  if (!normal.has_filename() && normal.has_parent_path()) normal = normal.parent_path();
  return normal;
}

std::string read_local_path(const std::string& written, const std::filesystem::path& folder,
                            const SourceLocation& where, const std::string& path,
                            AzureReader& reader) {
  if (!is_local_path(written)) return {};
  const std::filesystem::path resolved = resolve_local(folder, written);
  std::error_code failed;
  if (!reader.schema_only() && !std::filesystem::exists(resolved, failed)) {
    reader.error(where, path,
                 "no such file or folder: " + shown(written) + " (looked for " +
                     shown(resolved.string()) + ")");
  }
  return resolved.string();
}

}  // namespace sweepjob::azure
