// Paths as Azure files write them: local ones, with or without `file:`, against everything that
// lives elsewhere (azureml:, wasbs:, https:, resource ids). Layer 1; reads only whether a path is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "manifests/spec/azure_reader.h"

namespace sweepjob::azure {

[[nodiscard]] bool is_local_path(std::string_view written);
// "file:///a/b" -> "/a/b", "file:./b" -> "./b".
[[nodiscard]] std::string without_file_scheme(std::string_view written);
// Absolute and normal, relative paths from `folder`; a glob ("data/**") gives its folder.
[[nodiscard]] std::filesystem::path resolve_local(const std::filesystem::path& folder,
                                                  std::string_view written);
// The absolute path, or "" when it is not local. A local one that is not there is an error, unless
// only the text is checked.
[[nodiscard]] std::string read_local_path(const std::string& written,
                                          const std::filesystem::path& folder,
                                          const SourceLocation& where, const std::string& path,
                                          AzureReader& reader);

}  // namespace sweepjob::azure
