#include "manifests/spec/parse_policy.h"

#include "manifests/spec/azure_reader.h"
#include "manifests/spec/azure_settings.h"
#include "manifests/spec/yaml_node.h"

namespace sweepjob {
namespace {

// A bare name has no keys to set: {type: name} has.
YamlNode with_type(YamlNode name) {
  YamlNode mapping;
  mapping.kind = YamlKind::Mapping;
  mapping.file = name.file;
  mapping.line = name.line;
  mapping.column = name.column;
  mapping.set("type", std::move(name));
  return mapping;
}

}  // namespace

ParsedPolicy parse_policy(std::string_view text, const std::string& file_name,
                          const std::vector<std::pair<std::string, std::string>>& overrides,
                          const std::string& source) {
  ParsedPolicy result;
  auto root = load_yaml(text, file_name, result.findings);
  if (!root) return result;
  if (auto of_job = root->take("early_termination")) root = std::move(of_job);
  azure::AzureReader reader(result.findings, false, false);
  if (root->is_null()) {
    reader.error(root->where(), "early_termination", "expected a policy, found nothing",
                 "for example {type: bandit, slack_factor: 0.1}");
    return result;
  }
  if (root->is_scalar() && !overrides.empty()) root = with_type(*std::move(root));
  for (const auto& [path, value] : overrides) {
    if (!apply_override(*root, path, value, result.findings, source)) return result;
  }
  auto termination = azure::read_early_termination(&*root, "early_termination", reader);
  if (!result.findings.has_errors()) result.termination = std::move(termination);
  return result;
}

}  // namespace sweepjob
