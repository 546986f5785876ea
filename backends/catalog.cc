#include "backends/catalog.h"

#include <map>

#include <fmt/format.h>

#include "model/check.h"
#include "model/finding.h"

namespace sweepjob {
namespace {

// A function's static: entries register before main(), in any order of files.
std::map<std::string, BackendFactory, std::less<>>& factories() {
  static std::map<std::string, BackendFactory, std::less<>> all;
  return all;
}

}  // namespace

BackendEntry::BackendEntry(const char* name, BackendFactory factory) {
  const bool added = factories().emplace(name, factory).second;
  SWEEPJOB_CHECK(added, "two backends must not have one name");
}

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const auto& [name, factory] : factories()) names.push_back(name);
  return names;
}

Result<std::unique_ptr<Backend>> make_backend(std::string_view name,
                                              const BackendContext& context) {
  const auto found = factories().find(name);
  if (found != factories().end()) return found->second(context);
  const std::string nearest = nearest_word(name, backend_names());
  std::string message = fmt::format("there is no backend '{}'", name);
  if (!nearest.empty()) message += fmt::format("; did you mean '{}'?", nearest);
  return Error(ErrorCode::NotFound, std::move(message));
}

}  // namespace sweepjob
