#include "manifests/spec/config.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "manifests/spec/yaml_node.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

class ConfigReader {
 public:
  ConfigReader(Config& config, Findings& findings) : config_(config), findings_(findings) {}

  void read(const YamlNode& root) {
    if (root.is_null()) return;
    if (!expect_mapping(root, "")) return;
    check_keys(root, "", {"computes", "environments", "data"});
    for_each(root, "computes",
             [this](const YamlNode& node, const std::string& path) { read_compute(node, path); });
    for_each(root, "environments", [this](const YamlNode& node, const std::string& path) {
      read_environment(node, path);
    });
    for_each(root, "data", [this](const YamlNode& node, const std::string& path) {
      config_.data.push_back({node.key, local_path(node, path), node.key_where()});
    });
  }

 private:
  template <class Use>
  void for_each(const YamlNode& root, const std::string& key, const Use& use) {
    const YamlNode* section = root.find(key);
    if (section == nullptr || section->is_null() || !expect_mapping(*section, key)) return;
    for (const YamlNode& entry : section->items) use(entry, key + "." + entry.key);
  }

  bool expect_mapping(const YamlNode& node, const std::string& path) {
    if (node.is_mapping()) return true;
    findings_.error(node.where(), path,
                    std::string("expected a mapping, found ") + describe(node.kind));
    return false;
  }

  void check_keys(const YamlNode& mapping, const std::string& path,
                  const std::vector<std::string>& known) {
    for (const YamlNode& item : mapping.items) {
      if (std::find(known.begin(), known.end(), item.key) != known.end()) continue;
      const std::string near = nearest_word(item.key, known);
      findings_.error(
          item.key_where(), path.empty() ? item.key : path + "." + item.key,
          "unknown key '" + item.key + "'",
          near.empty() ? "known keys: " + joined(known) : "did you mean '" + near + "'?");
    }
  }

  std::string text(const YamlNode& node, const std::string& path) {
    if (node.is_scalar() && !node.is_null() && !node.text.empty()) return node.text;
    findings_.error(node.where(), path, std::string("expected text, found ") + describe(node.kind));
    return {};
  }

  // `~` is the home folder; a relative path starts from the configuration's own folder.
  std::string local_path(const YamlNode& node, const std::string& path) {
    std::string written = text(node, path);
    if (written.empty()) return {};
    if (written.rfind("file:", 0) == 0) written.erase(0, written.rfind("file://", 0) == 0 ? 7 : 5);
    if (written == "~" || written.rfind("~/", 0) == 0) {
      written.replace(0, 1, environment_variable("HOME"));
    }
    std::error_code unused;
    const fs::path folder = fs::absolute(config_.file, unused).parent_path();
    return (folder / written).lexically_normal().string();
  }

  void read_compute(const YamlNode& node, const std::string& path) {
    if (!expect_mapping(node, path)) return;
    ComputeEntry entry;
    entry.name = node.key;
    entry.where = node.key_where();
    const YamlNode* backend = node.find("backend");
    if (backend == nullptr) {
      findings_.error(node.where(), path + ".backend", "missing: which backend runs its trials",
                      "add 'backend: local'");
    } else {
      entry.backend = text(*backend, path + ".backend");
    }
    if (entry.backend == "local") check_local(node, path);
    Value::Map options;
    for (const YamlNode& item : node.items) {
      if (item.key != "backend") options.emplace_back(item.key, to_value(item));
    }
    entry.options = std::move(options);
    config_.computes.push_back(std::move(entry));
  }

  void check_local(const YamlNode& node, const std::string& path) {
    check_keys(node, path, {"backend", "cpus", "gpus"});
    if (const YamlNode* cpus = node.find("cpus")) {
      const auto count = as_number(*cpus);
      if (!count || !(*count > 0)) {
        findings_.error(cpus->where(), path + ".cpus", "expected a number above 0");
      }
    }
    const YamlNode* gpus = node.find("gpus");
    if (gpus == nullptr || gpus->is_null()) return;
    const auto count = gpus->is_scalar() ? as_integer(*gpus) : std::nullopt;
    const bool is_list = gpus->is_sequence() &&
                         std::all_of(gpus->items.begin(), gpus->items.end(), [](const auto& id) {
                           return id.is_scalar() && !id.text.empty();
                         });
    if (!is_list && (!count || *count < 0)) {
      findings_.error(gpus->where(), path + ".gpus",
                      "expected how many, or a list of ids as CUDA_VISIBLE_DEVICES names them");
    }
  }

  void read_environment(const YamlNode& node, const std::string& path) {
    EnvironmentEntry entry;
    entry.name = node.key;
    entry.where = node.key_where();
    if (!node.is_null()) {
      if (!expect_mapping(node, path)) return;
      check_keys(node, path, {"activate", "image"});
      if (const YamlNode* activate = node.find("activate")) {
        entry.activate = local_path(*activate, path + ".activate");
      }
      if (const YamlNode* image = node.find("image")) entry.image = text(*image, path + ".image");
    }
    if (!entry.activate.empty() && !entry.image.empty()) {
      findings_.error(node.where(), path, "has both 'activate' and 'image'",
                      "keep the one that the trials are to use");
    }
    config_.environments.push_back(std::move(entry));
  }

  Config& config_;
  Findings& findings_;
};

// A file of comments alone is a configuration that says nothing; for load_yaml it is an error.
bool is_blank(std::string_view text) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string::npos && line[first] != '#') return false;
  }
  return true;
}

}  // namespace

std::string default_config_path() {
  const std::string named = environment_variable("SWEEPJOB_CONFIG");
  if (!named.empty()) return named;
  std::string base = environment_variable("XDG_CONFIG_HOME");
  // The XDG specification has relative ones ignored.
  if (base.empty() || base[0] != '/') base = environment_variable("HOME") + "/.config";
  return base + "/sweepjob/config.yaml";
}

Config parse_config(std::string_view text, const std::string& file, Findings& findings) {
  Config config;
  config.file = file;
  if (is_blank(text)) return config;
  const std::size_t errors_before = findings.error_count();
  const auto root = load_yaml(text, file, findings);
  if (root) ConfigReader(config, findings).read(*root);
  config.is_complete = findings.error_count() == errors_before;
  return config;
}

Config load_config(const std::string& path, Findings& findings) {
  Config config;
  config.file = path.empty() ? default_config_path() : path;
  const bool must_exist = !path.empty() || !environment_variable("SWEEPJOB_CONFIG").empty();
  std::error_code error;
  if (!must_exist && !fs::exists(config.file, error)) return config;
  std::ifstream in(config.file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || fs::is_directory(config.file, error)) {
    findings.error({config.file, 0, 0}, "", "cannot read this configuration file");
    config.is_complete = false;
    return config;
  }
  return parse_config(text.str(), config.file, findings);
}

}  // namespace sweepjob
