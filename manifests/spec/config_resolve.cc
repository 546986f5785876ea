// resolve(): a spec's names against the user's configuration. See config.h.
#include <algorithm>
#include <cctype>
#include <filesystem>

#include "manifests/spec/config.h"
#include "manifests/spec/pipeline.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

bool starts_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

// What follows the last "/WORD/" of a resource id, or nothing.
std::string_view after_segment(std::string_view text, std::string_view segment) {
  const std::size_t at = text.rfind(segment);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + segment.size());
}

// One key of a configuration map: quoted when plain YAML would read it otherwise.
std::string yaml_key(const std::string& key) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
           c == '/' || c == ':' || c == '@' || c == '=' || c == '+';
  };
  const bool plain = !key.empty() && std::isalpha(static_cast<unsigned char>(key[0])) != 0 &&
                     key.back() != ':' && std::all_of(key.begin(), key.end(), is_plain);
  return plain ? key : to_json(Value(key));
}

// "azureml:gpu", or a resource id that ends in /computes/gpu: gpu.
std::string compute_name(std::string_view written) {
  if (const auto last = after_segment(written, "/computes/"); !last.empty()) {
    return std::string(last);
  }
  if (starts_with(written, "azureml:")) written.remove_prefix(8);
  return std::string(written);
}

// "azureml:NAME:VER", "azureml:NAME@LABEL", a registry's or workspace's id: the names under which
// an entry may stand, the most exact first.
std::vector<std::string> environment_names(const std::string& written) {
  std::vector<std::string> names{written};
  const auto add = [&](std::string name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  };
  std::string_view rest = written;
  if (starts_with(rest, "azureml:")) rest.remove_prefix(8);
  add(std::string(rest));
  if (const auto id = after_segment(rest, "/environments/"); !id.empty()) {
    std::string name(id.substr(0, id.find('/')));
    const auto version = after_segment(id, "/versions/");
    const auto label = after_segment(id, "/labels/");
    if (!version.empty()) add(name + ":" + std::string(version));
    if (!label.empty()) add(name + "@" + std::string(label));
    add(std::move(name));
  } else if (rest.find('/') == std::string_view::npos) {
    add(std::string(rest.substr(0, rest.find_first_of(":@"))));
  }
  return names;
}

// One form for what Azure writes in several: a datastore's path and a data asset, short or with
// subscription, group and workspace in front; a glob at the end gives the folder.
std::string data_location(std::string_view written) {
  if (const std::size_t star = written.find('*'); star != std::string_view::npos) {
    written = written.substr(0, written.rfind('/', star) + 1);
  }
  const bool is_id = starts_with(written, "azureml:/") || starts_with(written, "/subscriptions/");
  if (!is_id || starts_with(written, "azureml://registries/")) return std::string(written);
  if (const std::size_t at = written.find("/datastores/"); at != std::string_view::npos) {
    return "azureml:/" + std::string(written.substr(at));
  }
  const auto asset = after_segment(written, "/data/");
  const auto version = after_segment(asset, "/versions/");
  if (asset.empty() || version.empty()) return std::string(written);
  return "azureml:" + std::string(asset.substr(0, asset.find('/'))) + ":" + std::string(version);
}

class Resolver {
 public:
  Resolver(SweepSpec& spec, const Config& config, UnknownNames& unknown, Findings& findings)
      : spec_(spec), config_(config), unknown_(unknown), findings_(findings) {}

  Resolved run() {
    find_compute();
    find_environment();
    for (InputSpec& input : spec_.inputs) {
      const bool wanted = input.is_data && input.resolved_path.empty() && !input.path.empty();
      // Another step of the pipeline makes it.
      if (wanted && step_outputs_in(input.path).empty()) find_data(input);
    }
    return std::move(resolved_);
  }

 private:
  void find_compute();
  void find_environment();
  void note_unknown(std::vector<std::string>& names, const std::string& name,
                    const SourceLocation& where, const std::string& path);
  void find_data(InputSpec& input);
  const DataEntry* longest_match(const std::string& location, std::string& rest) const;
  SweepSpec& spec_;
  const Config& config_;
  UnknownNames& unknown_;
  Findings& findings_;
  Resolved resolved_;
};

void Resolver::note_unknown(std::vector<std::string>& names, const std::string& name,
                            const SourceLocation& where, const std::string& path) {
  if (!config_.is_complete) return;
  if (unknown_.computes.empty() && unknown_.environments.empty()) {
    unknown_.where = where;
    unknown_.path = path;
  }
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void Resolver::find_compute() {
  const std::string name = compute_name(spec_.compute);
  const auto entry_of = [&](const std::string& wanted) {
    return std::find_if(config_.computes.begin(), config_.computes.end(),
                        [&](const ComputeEntry& entry) { return entry.name == wanted; });
  };
  auto entry = entry_of(name);
  const bool means_here = name.empty() || name == "local" || name == "serverless";
  if (entry == config_.computes.end()) {
    if (!means_here) note_unknown(unknown_.computes, name, spec_.compute_where, "compute");
    // An entry `local` says how much of this machine there is to use.
    entry = entry_of("local");
  }
  if (entry == config_.computes.end()) return;
  resolved_.backend = entry->backend;
  resolved_.backend_options = entry->options;
}

void Resolver::find_environment() {
  const EnvironmentSpec& wanted = spec_.trial.environment;
  const std::string& written = wanted.name.empty() ? wanted.image : wanted.name;
  if (written.empty()) return;
  const EnvironmentEntry* found = nullptr;
  for (const std::string& name : environment_names(written)) {
    for (const EnvironmentEntry& entry : config_.environments) {
      const bool same = entry.name == name || entry.name == "azureml:" + name;
      if (same && found == nullptr) found = &entry;
    }
  }
  if (found != nullptr) {
    resolved_.activate = found->activate;
    resolved_.image = found->image;
    std::error_code error;
    if (resolved_.backend == "local" && !found->activate.empty() &&
        !fs::is_directory(found->activate, error)) {
      findings_.error(found->where, "environments." + found->name + ".activate",
                      "no such folder: " + found->activate);
    }
    return;
  }
  // A backend that runs containers takes the image as the file names it.
  if (resolved_.backend != "local" && !wanted.image.empty()) {
    resolved_.image = wanted.image;
    return;
  }
  // The last one is the shortest: an entry under it serves every version.
  note_unknown(unknown_.environments, environment_names(written).back(), wanted.where,
               "trial.environment");
}

// The entry that stands for most of the address. What is left of it is a path below, or a version
// of the named data.
const DataEntry* Resolver::longest_match(const std::string& location, std::string& rest) const {
  const DataEntry* best = nullptr;
  std::size_t longest = 0;
  for (const DataEntry& entry : config_.data) {
    const std::string start = data_location(entry.location);
    if (start.empty() || start.size() < longest || !starts_with(location, start)) continue;
    const std::string left = location.substr(start.size());
    const bool at_border = left.empty() || start.back() == '/' || left[0] == '/';
    const bool is_version = starts_with(start, "azureml:") && !left.empty() &&
                            (left[0] == ':' || left[0] == '@') &&
                            start.find('/') == std::string::npos;
    if (!at_border && !is_version) continue;
    best = &entry;
    longest = start.size();
    rest = is_version ? "" : left;
  }
  return best;
}

void Resolver::find_data(InputSpec& input) {
  const std::string path = "inputs." + input.name + ".path";
  std::string rest;
  if (const DataEntry* entry = longest_match(data_location(input.path), rest)) {
    while (!rest.empty() && rest[0] == '/') rest.erase(0, 1);
    fs::path local = rest.empty() ? fs::path(entry->path) : fs::path(entry->path) / rest;
    local = local.lexically_normal();
    if (!local.has_filename() && local.has_parent_path()) local = local.parent_path();
    input.resolved_path = local.string();
    std::error_code error;
    if (fs::exists(local, error)) return;
    // Another machine may see more than this one.
    const bool here = resolved_.backend == "local";
    findings_.add({here ? Severity::Error : Severity::Warning, input.where, path,
                   "no such file or folder: " + input.resolved_path,
                   "data '" + entry->location + "' of " + config_.file + " says so"});
    return;
  }
  if (!config_.is_complete) return;
  if (input.mode == "direct" && input.path.find("://") != std::string::npos) return;
  std::string location = data_location(input.path);
  findings_.error(input.where, path,
                  "'" + input.path + "' has no path on this machine in the configuration",
                  "to give it one, add to " + config_.file + ":\n    data:\n      " +
                      yaml_key(location) + ": /path/to/it");
}

// "compute 'a'" or "computes 'a', 'b'".
std::string named(const char* what, const std::vector<std::string>& names) {
  std::string text = std::string(what) + (names.size() > 1 ? "s" : "");
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? " '" : ", '") + names[i] + "'";
  return text;
}

// What stands under `section` in the configuration for each of the names.
std::string lines_for(const char* section, const std::vector<std::string>& names,
                      const char* entry) {
  if (names.empty()) return {};
  std::string lines = std::string("\n    ") + section + ":";
  for (const std::string& name : names) lines += "\n      " + yaml_key(name) + ": " + entry;
  return lines;
}

}  // namespace

void report_unknown(const UnknownNames& unknown, const Config& config, bool strict,
                    Findings& findings) {
  const bool computes = !unknown.computes.empty();
  const bool environments = !unknown.environments.empty();
  if (!computes && !environments) return;
  std::string message = computes ? named("compute", unknown.computes) : "";
  if (environments) {
    message += (computes ? " and " : "") + named("environment", unknown.environments);
  }
  const bool one = unknown.computes.size() + unknown.environments.size() == 1;
  message += std::string(one ? " is" : " are") + " not in the configuration";
  if (!strict) {
    message += std::string(": trials run ") + (computes ? "on this machine" : "") +
               (computes && environments ? ", " : "") +
               (environments ? "in the current environment" : "");
  }
  std::vector<std::string> known;
  for (const ComputeEntry& entry : config.computes) known.push_back(entry.name);
  const std::string near = computes ? nearest_word(unknown.computes.front(), known) : "";
  const std::string hint =
      (near.empty() ? "" : "did you mean '" + near + "'? ") + "to change this, add to " +
      config.file + ":" + lines_for("computes", unknown.computes, "{backend: local}") +
      lines_for("environments", unknown.environments, "{}   # or {activate: /path/to/venv}");
  findings.add(
      {strict ? Severity::Error : Severity::Warning, unknown.where, unknown.path, message, hint});
}

Resolved resolve(SweepSpec& spec, const Config& config, UnknownNames& unknown, Findings& findings) {
  return Resolver(spec, config, unknown, findings).run();
}

Resolved resolve(SweepSpec& spec, const Config& config, bool strict, Findings& findings) {
  UnknownNames unknown;
  Findings data;
  const Resolved resolved = resolve(spec, config, unknown, data);
  report_unknown(unknown, config, strict, findings);
  for (const Finding& finding : data.all()) findings.add(finding);
  return resolved;
}

}  // namespace sweepjob
