#include "manifests/spec/azure_bindings.h"

#include <functional>

#include "manifests/spec/pipeline.h"
#include "manifests/spec/template_text.h"

namespace sweepjob::azure {
namespace {

// Gives the value of a placeholder, or nothing, having said why.
using Lookup = std::function<std::optional<YamlNode>(const std::string& name, const YamlNode& at,
                                                     const std::string& path)>;

void replace_keeping_key(YamlNode& target, YamlNode value) {
  value.key = target.key;
  value.key_line = target.key_line;
  value.key_column = target.key_column;
  value.line = target.line;
  value.column = target.column;
  value.file = target.file;
  target = std::move(value);
}

void resolve_scalar(YamlNode& node, const std::string& path, const Lookup& lookup) {
  if (node.kind != YamlKind::String || node.text.find("${{") == std::string::npos) return;
  const std::vector<TemplatePiece> pieces = parse_template(node.text);
  if (pieces.size() == 1 && !pieces.front().placeholder.empty()) {
    if (auto value = lookup(pieces.front().placeholder, node, path)) {
      const YamlNode* inner = value->find("path");
      if (node.key == "path" && inner != nullptr) value = YamlNode(*inner);
      replace_keeping_key(node, std::move(*value));
    }
    return;
  }
  std::string text;
  for (const TemplatePiece& piece : pieces) {
    if (piece.placeholder.empty()) {
      text += piece.text;
      continue;
    }
    auto value = lookup(piece.placeholder, node, path);
    if (value && value->find("path") != nullptr) value = YamlNode(*value->find("path"));
    const bool usable = value && value->is_scalar();
    text += usable ? python_str(to_value(*value)) : "${{" + piece.placeholder + "}}";
    if (text.size() > kMaxText) return;
  }
  node.text = std::move(text);
}

void resolve_all(YamlNode& node, const std::string& path, const Lookup& lookup) {
  resolve_scalar(node, path, lookup);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    YamlNode& item = node.items[i];
    resolve_all(item,
                node.is_sequence() ? path + "[" + std::to_string(i) + "]" : join(path, item.key),
                lookup);
  }
}

std::vector<std::string> keys_of(const YamlNode* mapping) {
  std::vector<std::string> keys;
  if (mapping == nullptr) return keys;
  for (const YamlNode& item : mapping->items) keys.push_back(item.key);
  return keys;
}

// {value: V} and {type: integer, default: V} are V.
const YamlNode* unwrapped(const YamlNode* node) {
  if (node == nullptr || !node->is_mapping()) return node;
  if (const YamlNode* value = node->find("value")) return value;
  if (const YamlNode* value = node->find("default")) return value;
  return node;
}

std::optional<std::string> after(const std::string& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  return name.substr(prefix.size());
}

class PipelineLookup {
 public:
  PipelineLookup(const YamlNode& pipeline, const std::string& step_path, OtherSteps others,
                 AzureReader& reader)
      : pipeline_(pipeline), step_path_(step_path), others_(others), reader_(reader) {}

  std::optional<YamlNode> operator()(const std::string& name, const YamlNode& at,
                                     const std::string& path) {
    if (const auto input = after(name, "parent.inputs.")) return find("inputs", *input, at, path);
    if (const auto output = after(name, "parent.outputs."))
      return find("outputs", *output, at, path);
    const auto job = after(name, kStepOutputScope);
    if (!job) return std::nullopt;
    if (others_ == OtherSteps::AreRun) return made_by_step(name, at, path);
    reader_.missing_to_run(
        at.where(), path, "'" + shown(*job) + "' is made by another step, which is not run here",
        "give the data: --set " + path + "=FOLDER (or " + path + ".path=FOLDER)");
    YamlNode stand_in = at;
    stand_in.text = "azureml:" + *job;
    return stand_in;
  }

 private:
  std::optional<YamlNode> made_by_step(const std::string& name, const YamlNode& at,
                                       const std::string& path) {
    const auto output = parse_step_output(name);
    if (!output) {
      reader_.error(at.where(), path, "'" + shown(name) + "' names no output of a step",
                    "expected ${{parent.jobs.STEP.outputs.NAME}}");
      return std::nullopt;
    }
    const YamlNode* jobs = pipeline_.find("jobs");
    if (jobs == nullptr || jobs->find(output->step) == nullptr) {
      reader_.error(at.where(), path, "the pipeline has no step '" + shown(output->step) + "'",
                    reader_.suggest(output->step, keys_of(jobs)));
      return std::nullopt;
    }
    const bool is_path = at.key == "path";
    const bool is_whole = parse_template(at.text).size() == 1;
    if (!path.starts_with(join(step_path_, "inputs") + ".") || (!is_whole && !is_path)) {
      reader_.error(at.where(), path,
                    "what another step makes can only be an input: '" + shown(name) + "'",
                    is_whole ? "" : "write {path: ${{parent.jobs.STEP.outputs.NAME}}/FILE}");
      return std::nullopt;
    }
    YamlNode value = at;
    value.kind = YamlKind::String;
    value.text = "${{" + name + "}}";
    if (is_path) return value;
    YamlNode data = at;
    data.kind = YamlKind::Mapping;
    data.text.clear();
    data.set("path", std::move(value));
    return data;
  }

  std::optional<YamlNode> find(const char* section, const std::string& name, const YamlNode& at,
                               const std::string& path) {
    const YamlNode* values = pipeline_.find(section);
    const YamlNode* value = values != nullptr ? values->find(name) : nullptr;
    value = unwrapped(value);
    if (value != nullptr) return *value;
    reader_.error(
        at.where(), path,
        "the pipeline's " + std::string(section) + " do not contain '" + shown(name) + "'",
        reader_.suggest(name, keys_of(values)));
    return std::nullopt;
  }

  const YamlNode& pipeline_;
  const std::string& step_path_;
  OtherSteps others_;
  AzureReader& reader_;
};

// A command, whichever way it stands there, has placeholders of its own.
bool holds_a_command(const std::string& key) {
  return key == "trial" || key == "command" || key == "component" || key == "environment_variables";
}

}  // namespace

void bind_to_pipeline(YamlNode& step, const std::string& step_path, const YamlNode& pipeline,
                      OtherSteps others, AzureReader& reader) {
  PipelineLookup lookup(pipeline, step_path, others, reader);
  for (YamlNode& item : step.items) {
    if (!holds_a_command(item.key)) {
      resolve_all(item, join(step_path, item.key), std::ref(lookup));
    }
  }
}

void bind_to_inputs(YamlNode& job, const std::string& path, bool in_pipeline, AzureReader& reader) {
  const YamlNode* found = job.find("inputs");
  const YamlNode inputs = found != nullptr ? *found : YamlNode();
  bool said = in_pipeline;
  const Lookup lookup = [&](const std::string& name, const YamlNode& at,
                            const std::string& at_path) -> std::optional<YamlNode> {
    const auto input = after(name, "inputs.");
    if (!input) return std::nullopt;
    const YamlNode* value = unwrapped(inputs.find(*input));
    if (value == nullptr || !value->is_scalar()) {
      reader.error(at.where(), at_path,
                   "the inputs do not contain a literal '" + shown(*input) + "'",
                   reader.suggest(*input, keys_of(&inputs)));
      return std::nullopt;
    }
    if (!said) {
      reader.deviation(at.where(), at_path, "an input's value here is an extension of sweepjob's");
      said = true;
    }
    return *value;
  };
  for (const char* key :
       {"search_space", "limits", "objective", "sampling_algorithm", "early_termination"}) {
    if (YamlNode* section = job.find(key)) resolve_all(*section, join(path, key), lookup);
  }
}

}  // namespace sweepjob::azure
