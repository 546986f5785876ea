#include "manifests/spec/azure_trial.h"

#include <fstream>
#include <iterator>
#include <system_error>

#include "manifests/spec/azure_ignored.h"
#include "manifests/spec/azure_paths.h"

namespace sweepjob::azure {
namespace {

constexpr std::size_t kMaxComponentBytes = 1 << 20;
constexpr std::size_t kMaxVariable = 128 * 1024;  // what execve takes for one string
constexpr std::int64_t kMaxProcesses = 100'000;

const std::vector<std::string>& trial_keys() {
  static const std::vector<std::string> kKeys = {
      "command",      "code",      "environment",   "environment_variables",
      "distribution", "resources", "queue_settings"};
  return kKeys;
}

std::vector<std::string> component_keys() {
  std::vector<std::string> keys = trial_keys();
  for (const char* more :
       {"$schema", "type", "name", "version", "display_name", "description", "tags", "properties",
        "inputs", "outputs", "is_deterministic", "additional_includes", "limits",
        "intellectual_property", "id", "creation_context", "latest_version"}) {
    keys.emplace_back(more);
  }
  return keys;
}

class TrialReader {
 public:
  TrialReader(const TrialSource& source, AzureReader& reader)
      : node_(source.node),
        path_(source.path),
        folder_(source.folder),
        source_(source),
        reader_(reader) {}

  TrialSpec read() {
    reader_.check_keys(node_, path_, source_.is_component ? component_keys() : trial_keys());
    read_command();
    read_code();
    read_environment();
    read_variables();
    if (const YamlNode* node = child("distribution")) read_distribution(*node);
    if (const YamlNode* node = child("resources")) {
      read_resources(*node, join(path_, "resources"), trial_, reader_);
    }
    check_queue_settings(node_, path_, reader_);
    if (const YamlNode* node = child("additional_includes")) {
      reader_.ignore(*node, join(path_, "additional_includes"));
    }
    return std::move(trial_);
  }

 private:
  [[nodiscard]] const YamlNode* child(std::string_view key) const {
    const YamlNode* found = node_.find(key);
    return found != nullptr && !found->is_null() ? found : nullptr;
  }

  void read_command() {
    const std::string path = join(path_, "command");
    const YamlNode* node = reader_.require(node_, path_, "command", "a shell command");
    if (node == nullptr) return;
    trial_.command_where = node->where();
    trial_.command = reader_.text(*node, path).value_or("");
    if (trial_.command.find_first_not_of(" \t\n") == std::string::npos) {
      reader_.error(node->where(), path, "the command is empty");
    }
  }

  void read_code() {
    const YamlNode* node = child("code");
    if (node == nullptr) return;
    const std::string path = join(path_, "code");
    trial_.code_where = node->where();
    const auto written = reader_.text(*node, path);
    if (!written) return;
    trial_.code = *written;
    if (written->empty()) {
      reader_.error(node->where(), path, "the path is empty");
    } else if (is_local_path(*written) && !written->starts_with("git@")) {
      trial_.code_path = read_local_path(*written, folder_, node->where(), path, reader_);
    } else if (!written->starts_with("azureml:")) {
      reader_.missing_to_run(node->where(), path,
                             "code from '" + shown(*written) + "' is not supported",
                             "fetch it, and name the local folder");
    }
  }

  void read_environment() {
    const std::string path = join(path_, "environment");
    const YamlNode* node = reader_.require(node_, path_, "environment",
                                           "a name such as azureml:NAME:VERSION, or {image: ...}");
    if (node == nullptr) return;
    EnvironmentSpec& environment = trial_.environment;
    environment.where = node->where();
    if (!node->is_mapping()) {
      environment.name = reader_.text(*node, path).value_or("");
      return;
    }
    reader_.check_keys(*node, path,
                       {"name", "version", "image", "conda_file", "build", "os_type",
                        "inference_config", "description", "tags", "properties", "$schema"});
    reader_.read_text(*node, path, "image", environment.image);
    const YamlNode* conda = node->find("conda_file");
    if (conda != nullptr && conda->kind == YamlKind::String)
      check_conda_file(*conda, join(path, "conda_file"));
    if (node->find("image") == nullptr && node->find("build") == nullptr && conda == nullptr) {
      reader_.deviation(node->where(), path, "has neither 'image' nor 'build'");
    }
  }

  // Nothing is built from it here, so a missing one stops Azure but not us.
  void check_conda_file(const YamlNode& node, const std::string& path) {
    if (reader_.schema_only() || !is_local_path(node.text)) return;
    std::error_code failed;
    if (std::filesystem::exists(resolve_local(folder_, node.text), failed)) return;
    reader_.deviation(node.where(), path, "no such file: " + shown(node.text));
  }

  void read_variables() {
    const YamlNode* node = child("environment_variables");
    if (node == nullptr) return;
    const std::string path = join(path_, "environment_variables");
    if (!reader_.expect_mapping(*node, path)) return;
    for (const YamlNode& item : node->items) {
      const std::string item_path = join(path, item.key);
      if (item.key.empty() || item.key.size() > kMaxName ||
          item.key.find('=') != std::string::npos) {
        reader_.error(item.key_where(), item_path, "this is no name of an environment variable");
      } else if (!item.is_scalar()) {
        reader_.error(item.where(), item_path,
                      "expected text, not " + std::string(describe(item.kind)));
      } else if (item.text.size() > kMaxVariable) {
        reader_.error(item.where(), item_path,
                      "too long: at most " + std::to_string(kMaxVariable) + " bytes");
      } else {
        trial_.environment_variables.emplace_back(
            item.key, item.is_null() ? std::string() : python_str(to_value(item)));
      }
    }
  }

  void read_distribution(const YamlNode& node) {
    const std::string path = join(path_, "distribution");
    if (!reader_.expect_mapping(node, path)) return;
    const YamlNode* type = reader_.require(node, path, "type", "pytorch, mpi, tensorflow or ray");
    if (type == nullptr) return;
    // The SDK's class names occur too: PyTorch becomes "py_torch" in snake case.
    trial_.distribution =
        reader_.word(*type, join(path, "type"), {"pytorch", "mpi", "tensorflow", "ray"})
            .value_or("");
    static const std::vector<std::pair<std::string, std::vector<std::string>>> kKeys = {
        {"pytorch", {"type", "process_count_per_instance"}},
        {"mpi", {"type", "process_count_per_instance"}},
        {"tensorflow", {"type", "worker_count", "parameter_server_count"}},
        {"ray",
         {"type", "port", "address", "include_dashboard", "dashboard_port",
          "head_node_additional_args", "worker_node_additional_args"}}};
    for (const auto& [name, keys] : kKeys) {
      if (name == trial_.distribution) reader_.check_keys(node, path, keys);
    }
    const char* count_key =
        trial_.distribution == "tensorflow" ? "worker_count" : "process_count_per_instance";
    const YamlNode* count = node.find(count_key);
    if (count != nullptr && !count->is_null()) {
      const auto value = reader_.integer(*count, join(path, count_key), 1, kMaxProcesses);
      trial_.process_count_per_instance = static_cast<std::uint32_t>(value.value_or(1));
    } else if (trial_.distribution == "mpi") {
      reader_.deviation(node.where(), join(path, count_key), "missing; 1 is used");
    }
  }

  const YamlNode& node_;
  const std::string& path_;
  const std::filesystem::path& folder_;
  const TrialSource& source_;
  AzureReader& reader_;
  TrialSpec trial_;
};

std::optional<std::string> read_small_file(const std::filesystem::path& path) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return std::nullopt;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string text;
  text.resize(kMaxComponentBytes + 1);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

// The job's `trial: REFERENCE`, followed.
void load_component(const std::string& written, const std::filesystem::path& folder,
                    const YamlNode& reference, TrialSource& source, AzureReader& reader) {
  const std::string path = source.path;
  const std::filesystem::path file = folder / without_file_scheme(written);
  const auto text = read_small_file(file);
  if (!text) {
    reader.missing_to_run(reference.where(), path, "no such component file: " + shown(written),
                          "put it beside the job's file");
    return;
  }
  auto node = load_yaml(*text, file.lexically_normal().string(), reader.findings());
  if (!node) return;
  if (!node->is_mapping()) {
    reader.error(node->where(), "",
                 "expected a command component, not " + std::string(describe(node->kind)));
    return;
  }
  reader.refuse_nul(*node, "");
  source.node = std::move(*node);
  source.path.clear();
  source.folder = file.parent_path();
  source.unavailable = false;
}

// A component where a job of its own has its trial: what Azure takes only at the top of the file.
void refuse_component_keys(const YamlNode& trial, const std::string& path, AzureReader& reader) {
  for (const char* key : {"type", "inputs", "outputs", "limits"}) {
    const YamlNode* node = trial.find(key);
    if (node == nullptr || node->is_null()) continue;
    reader.deviation(node->key_where(), join(path, key), "Azure refuses this key in a trial",
                     std::string(key) == "type" ? "remove it" : "write it at the top of the file");
  }
}

}  // namespace

TrialSource find_trial(const YamlNode& node, const std::string& path,
                       const std::filesystem::path& folder, bool in_pipeline, AzureReader& reader) {
  TrialSource source;
  source.path = path;
  source.folder = folder;
  source.is_component = true;
  if (node.is_mapping()) {
    source.node = node;
    source.is_component = in_pipeline || node.find("type") != nullptr;
    if (!in_pipeline && source.is_component) refuse_component_keys(node, path, reader);
  } else {
    source.unavailable = true;
    const auto written = reader.text(node, path);
    if (!written) return source;
    if (!in_pipeline) {
      reader.deviation(node.where(), path,
                       "a reference to a component; Azure takes one only in a pipeline",
                       "write the trial out, or make the sweep a step of a pipeline");
    }
    if (!is_local_path(*written)) {
      reader.missing_to_run(node.where(), path,
                            "the component '" + shown(*written) +
                                "' lies in a workspace, which cannot be read from here",
                            "save it as a file beside the job: trial: ./component.yml");
      return source;
    }
    load_component(*written, folder, node, source, reader);
    if (source.unavailable) return source;
  }
  if (const YamlNode* type = source.node.find("type"); type != nullptr && !type->is_null()) {
    const std::string word = snake_case(type->text.substr(0, kMaxName));
    if (word != "command" && word != "command_component") {
      reader.error(type->where(), join(source.path, "type"),
                   "type '" + shown(type->text) + "' is not supported; " +
                       (in_pipeline ? "what '" + path + "' names" : "a trial") +
                       " is of type 'command'",
                   reader.suggest(word, {"command"}));
      // Something with a command may be read as one, so that its other mistakes are said too.
      source.unavailable = source.node.find("command") == nullptr;
    }
  }
  return source;
}

TrialSpec read_trial(const TrialSource& source, AzureReader& reader) {
  return TrialReader(source, reader).read();
}

void read_resources(const YamlNode& node, const std::string& path, TrialSpec& trial,
                    AzureReader& reader) {
  if (!reader.expect_mapping(node, path)) return;
  reader.check_keys(node, path,
                    {"instance_count", "instance_type", "shm_size", "docker_args", "properties",
                     "max_instance_count", "locations"});
  const YamlNode* count = node.find("instance_count");
  if (count != nullptr && !count->is_null()) {
    const std::string count_path = join(path, "instance_count");
    const auto value = reader.integer(*count, count_path, 1, kMaxProcesses);
    if (trial.instance_count_path.empty()) {
      trial.instance_count = static_cast<std::uint32_t>(value.value_or(1));
      trial.instance_count_where = count->where();
      trial.instance_count_path = count_path;
    }
  }
  if (trial.instance_type.empty())
    reader.read_text(node, path, "instance_type", trial.instance_type);
  check_ignored_resources(node, path, reader);
}

}  // namespace sweepjob::azure
