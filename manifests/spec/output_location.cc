#include "manifests/spec/output_location.h"

#include <filesystem>

#include "manifests/spec/template_text.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

std::string substituted(const std::string& path, const std::string& trial_name) {
  std::string text;
  for (const TemplatePiece& piece : parse_template(path)) {
    if (piece.placeholder == "name") {
      text += trial_name;
    } else if (piece.placeholder == "default_datastore") {
      text += text.empty() ? "azureml://datastores/default_datastore/paths" : "default_datastore";
    } else {
      text += piece.placeholder.empty() ? piece.text : "${{" + piece.placeholder + "}}";
    }
  }
  return text;
}

// "azureml://.../datastores/D/paths/P" (short or with subscription and workspace) to
// "datastores/D/P"; empty for anything else.
std::string below_datastore(const std::string& path) {
  constexpr std::string_view kStores = "datastores/";
  const std::size_t store = path.find(kStores);
  if (path.rfind("azureml:", 0) != 0 || store == std::string::npos) return {};
  std::string below = path.substr(store);
  const std::size_t slash = below.find('/', kStores.size());
  if (slash != std::string::npos && below.compare(slash, 6, "/paths") == 0) below.erase(slash, 6);
  return below;
}

std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

Result<std::string> output_location(const OutputSpec& output, const std::string& trial_name,
                                    const std::string& outputs_folder) {
  std::string path = substituted(output.path, trial_name);
  for (const std::string_view scheme : {"file://", "file:"}) {
    if (path.rfind(scheme, 0) == 0) path.erase(0, scheme.size());
  }
  if (!path.empty() && path[0] == '/') {
    return without_trailing_slash(fs::path(path).lexically_normal().string());
  }
  const std::string below = below_datastore(path);
  const bool elsewhere = path.find("://") != std::string::npos || path.rfind("azureml:", 0) == 0;
  if (path.empty() || (below.empty() && elsewhere)) return outputs_folder + "/" + output.name;
  const fs::path inside = fs::path(below.empty() ? path : below).lexically_normal();
  if (inside.empty() || *inside.begin() == "..") {
    return Error(ErrorCode::InvalidManifest,
                 "outputs." + output.name + ".path leaves the trial's folder for outputs");
  }
  return without_trailing_slash(outputs_folder + "/" + inside.string());
}

}  // namespace sweepjob
