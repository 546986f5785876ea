#include "manifests/spec/azure_ignored.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace sweepjob::azure {
namespace {

// The child, or null when it is absent; noted as ignored.
const YamlNode* ignored_child(const YamlNode& parent, const std::string& path, const char* key,
                              AzureReader& reader) {
  const YamlNode* child = parent.find(key);
  if (child == nullptr || child->is_null()) return nullptr;
  reader.ignore(*child, join(path, key));
  return child;
}

bool is_mapping(const YamlNode& node, const std::string& path, AzureReader& reader) {
  if (node.is_mapping()) return true;
  reader.deviation(node.where(), path,
                   "expected a mapping, not " + std::string(describe(node.kind)));
  return false;
}

// As AzureReader::word, but nothing here depends on it.
void check_word(const YamlNode& mapping, const std::string& path, const char* key,
                const std::vector<std::string>& words, AzureReader& reader) {
  const YamlNode* child = mapping.find(key);
  if (child == nullptr || child->is_null()) return;
  const std::string written =
      child->is_scalar() ? snake_case(std::string_view(child->text).substr(0, kMaxName)) : "";
  if (std::find(words.begin(), words.end(), written) != words.end()) return;
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  reader.deviation(child->where(), join(path, key),
                   "unknown value '" + shown(child->text) + "'; expected one of " + list,
                   reader.suggest(written, words));
}

void check_identity(const YamlNode& node, const std::string& path, AzureReader& reader) {
  if (!is_mapping(node, path, reader)) return;
  reader.check_keys(node, path,
                    {"type", "client_id", "object_id", "msi_resource_id", "resource_id"});
  if (node.find("type") == nullptr) {
    reader.deviation(node.where(), join(path, "type"),
                     "missing; expected managed, user_identity or aml_token");
  }
  check_word(node, path, "type", {"managed", "managed_identity", "user_identity", "aml_token"},
             reader);
}

void check_services(const YamlNode& node, const std::string& path, AzureReader& reader) {
  if (!is_mapping(node, path, reader)) return;
  for (const YamlNode& service : node.items) {
    const std::string service_path = join(path, service.key);
    if (service.is_null() || !is_mapping(service, service_path, reader)) continue;
    reader.check_keys(service, service_path,
                      {"type", "job_service_type", "port", "nodes", "properties", "log_dir",
                       "ssh_public_keys", "endpoint", "status", "error"});
    const YamlNode* port = service.find("port");
    if (port != nullptr && !port->is_null() && !as_integer(*port)) {
      reader.deviation(port->where(), join(service_path, "port"), "expected an integer");
    }
  }
}

// "2g": a number, then one of b, k, m and g.
bool is_memory_size(std::string_view text) {
  if (text.size() < 2) return false;
  const std::string_view digits = text.substr(0, text.size() - 1);
  return std::string_view("bkmgBKMG").find(text.back()) != std::string_view::npos &&
         digits.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

void check_queue_settings(const YamlNode& parent, const std::string& path, AzureReader& reader) {
  const YamlNode* node = ignored_child(parent, path, "queue_settings", reader);
  const std::string here = join(path, "queue_settings");
  if (node == nullptr || !is_mapping(*node, here, reader)) return;
  reader.check_keys(*node, here, {"job_tier", "priority"});
  check_word(*node, here, "job_tier", {"spot", "basic", "standard", "premium", "null"}, reader);
  check_word(*node, here, "priority", {"low", "medium", "high"}, reader);
}

void check_ignored_sections(const YamlNode& parent, const std::string& path, AzureReader& reader) {
  if (const YamlNode* node = ignored_child(parent, path, "identity", reader)) {
    check_identity(*node, join(path, "identity"), reader);
  }
  if (const YamlNode* node = ignored_child(parent, path, "services", reader)) {
    check_services(*node, join(path, "services"), reader);
  }
  check_queue_settings(parent, path, reader);
}

void check_ignored_resources(const YamlNode& resources, const std::string& path,
                             AzureReader& reader) {
  if (const YamlNode* size = ignored_child(resources, path, "shm_size", reader)) {
    if (!size->is_scalar() || !is_memory_size(size->text)) {
      reader.deviation(
          size->where(), join(path, "shm_size"),
          "expected a number and one of b, k, m and g, not '" + shown(size->text) + "'",
          "for example 2g");
    }
  }
  if (const YamlNode* arguments = ignored_child(resources, path, "docker_args", reader)) {
    if (arguments->is_mapping()) {
      reader.deviation(arguments->where(), join(path, "docker_args"),
                       "expected text or a list, not a mapping");
    }
  }
  if (const YamlNode* properties = ignored_child(resources, path, "properties", reader)) {
    is_mapping(*properties, join(path, "properties"), reader);
  }
  const YamlNode* most = ignored_child(resources, path, "max_instance_count", reader);
  if (most != nullptr && !as_integer(*most)) {
    reader.deviation(most->where(), join(path, "max_instance_count"), "expected an integer");
  }
  static_cast<void>(ignored_child(resources, path, "locations", reader));
}

}  // namespace sweepjob::azure
