#include "manifests/spec/azure_inputs.h"

#include <algorithm>

#include "manifests/spec/azure_paths.h"
#include "manifests/spec/output_location.h"
#include "manifests/spec/pipeline.h"

namespace sweepjob::azure {
namespace {

const std::vector<std::string>& data_types() {
  static const std::vector<std::string> kTypes = {"uri_file",     "uri_folder",   "mltable",
                                                  "mlflow_model", "custom_model", "triton_model"};
  return kTypes;
}

const std::vector<std::string>& literal_types() {
  static const std::vector<std::string> kTypes = {"integer", "number", "string", "boolean"};
  return kTypes;
}

std::vector<std::string> all_types() {
  std::vector<std::string> types = data_types();
  types.insert(types.end(), literal_types().begin(), literal_types().end());
  return types;
}

bool is_literal_type(const std::string& type) {
  return std::find(literal_types().begin(), literal_types().end(), type) != literal_types().end();
}

// What a component says about one of its inputs.
struct Declaration {
  const YamlNode* node = nullptr;
  std::string path;
  std::string type;  // empty: anything
  bool optional = false;
};

class InputReader {
 public:
  InputReader(const Section& values, const Section& declared, const YamlNode* sampled,
              AzureReader& reader)
      : values_(values), declared_(declared), sampled_(sampled), reader_(reader) {}

  std::vector<InputSpec> read() {
    if (declared_.node != nullptr && reader_.expect_mapping(*declared_.node, declared_.path)) {
      for (const YamlNode& item : declared_.node->items) read_declared(item);
    }
    if (values_.node != nullptr && reader_.expect_mapping(*values_.node, values_.path)) {
      for (const YamlNode& item : values_.node->items) read_undeclared(item);
    }
    return std::move(inputs_);
  }

 private:
  void read_declared(const YamlNode& item) {
    Declaration declaration = read_declaration(item);
    const YamlNode* given = values_.node != nullptr ? values_.node->find(item.key) : nullptr;
    if (given != nullptr && !given->is_null()) {
      inputs_.push_back(
          read_value(*given, join(values_.path, item.key), values_.folder, declaration));
      return;
    }
    if (sampled_ != nullptr && sampled_->find(item.key) != nullptr) return;
    // A job's `trial.inputs` of the old form holds values where a component has declarations.
    const YamlNode* fallback = item.is_mapping() ? item.find("default") : &item;
    const bool is_value = item.find("value") != nullptr || item.find("path") != nullptr;
    if (is_value) {
      inputs_.push_back(read_value(item, declaration.path, declared_.folder, declaration));
    } else if (fallback != nullptr && !fallback->is_null()) {
      inputs_.push_back(
          read_value(*fallback, join(declaration.path, "default"), declared_.folder, declaration));
    } else {
      read_absent(item, declaration);
    }
  }

  void read_absent(const YamlNode& item, const Declaration& declaration) {
    InputSpec input;
    input.name = item.key;
    input.where = item.key_where();
    input.optional = declaration.optional;
    input.is_data = !declaration.type.empty() && !is_literal_type(declaration.type);
    if (input.is_data) input.type = declaration.type;
    if (!declaration.optional) {
      const SourceLocation where =
          values_.node != nullptr ? values_.node->where() : item.key_where();
      reader_.missing_to_run(where, join(values_.path, item.key),
                             "missing; the component needs this input" +
                                 (declaration.type.empty() ? "" : " (" + declaration.type + ")"));
    }
    inputs_.push_back(std::move(input));
  }

  Declaration read_declaration(const YamlNode& item) {
    Declaration declaration;
    declaration.node = &item;
    declaration.path = join(declared_.path, item.key);
    reader_.check_name(item, declaration.path);
    if (!item.is_mapping()) return declaration;
    if (const YamlNode* type = item.find("type"); type != nullptr && !type->is_null()) {
      declaration.type =
          reader_.word(*type, join(declaration.path, "type"), all_types()).value_or("");
    }
    if (const YamlNode* optional = item.find("optional");
        optional != nullptr && !optional->is_null()) {
      declaration.optional =
          reader_.boolean(*optional, join(declaration.path, "optional")).value_or(false);
    }
    return declaration;
  }

  void read_undeclared(const YamlNode& item) {
    const std::string path = join(values_.path, item.key);
    if (declared_.node != nullptr && declared_.node->find(item.key) != nullptr) return;
    reader_.check_name(item, path);
    if (declared_.node != nullptr && declared_.node->is_mapping()) {
      std::vector<std::string> names;
      for (const YamlNode& known : declared_.node->items) names.push_back(known.key);
      reader_.warning(item.key_where(), path, "the component has no such input",
                      reader_.suggest(item.key, names));
    }
    inputs_.push_back(read_value(item, path, values_.folder, {}));
  }

  InputSpec read_value(const YamlNode& node, const std::string& path,
                       const std::filesystem::path& folder, const Declaration& declaration) {
    InputSpec input;
    input.name = declaration.node != nullptr ? declaration.node->key : node.key;
    input.where = node.where();
    input.optional = declaration.optional;
    const bool wants_data = !declaration.type.empty() && !is_literal_type(declaration.type);
    if (wants_data) {
      input.type = declaration.type;
      read_mode(*declaration.node, declaration.path, input);
    }
    if (node.is_null()) {
      input.optional = true;
    } else if (node.is_sequence()) {
      reader_.error(node.where(), path,
                    "expected a literal, {value: ...} or {path: ...}, not a list");
    } else if (node.is_mapping()) {
      read_object(node, path, folder, declaration, input);
    } else if (wants_data) {
      input.is_data = true;
      read_path(node, path, folder, input);
    } else {
      input.literal = read_literal(node, path, declaration);
    }
    return input;
  }

  void read_object(const YamlNode& node, const std::string& path,
                   const std::filesystem::path& folder, const Declaration& declaration,
                   InputSpec& input) {
    const YamlNode* value = node.find("value");
    const YamlNode* data_path = node.find("path");
    if (declaration.node != &node) {
      reader_.check_keys(node, path,
                         {"type", "path", "mode", "datastore", "value", "optional", "description"});
    }
    if (const YamlNode* type = node.find("type"); type != nullptr && !type->is_null()) {
      const auto word = reader_.word(*type, join(path, "type"), all_types());
      if (word && !is_literal_type(*word)) input.type = *word;
    }
    if (const YamlNode* optional = node.find("optional");
        optional != nullptr && !optional->is_null()) {
      input.optional = reader_.boolean(*optional, join(path, "optional")).value_or(false);
    }
    if (value != nullptr && data_path != nullptr) {
      reader_.error(value->key_where(), path,
                    "has both 'value' and 'path'; an input is one of them");
      return;
    }
    if (value != nullptr) {
      if (value->is_scalar()) {
        input.literal = read_literal(*value, join(path, "value"), declaration);
      } else {
        reader_.error(value->where(), join(path, "value"),
                      "expected a literal, not " + std::string(describe(value->kind)));
      }
      return;
    }
    input.is_data = true;
    read_mode(node, path, input);
    if (data_path == nullptr && input.optional) {
      input.is_data = false;
      return;
    }
    data_path = reader_.require(node, path, "path", "a path, or write {value: LITERAL}");
    if (data_path == nullptr) return;
    read_path(*data_path, join(path, "path"), folder, input);
    read_datastore(node, path, input);
  }

  void read_path(const YamlNode& node, const std::string& path, const std::filesystem::path& folder,
                 InputSpec& input) {
    const auto written = reader_.text(node, path);
    if (!written) return;
    if (written->empty()) {
      reader_.error(node.where(), path, "the path is empty");
      return;
    }
    input.path = *written;
    if (values_.in_pipeline && written->find(kStepOutputScope) != std::string::npos) return;
    if (written->find("${{") != std::string::npos) {
      reader_.error(node.where(), path, "a placeholder has no value here: " + shown(*written));
      return;
    }
    input.resolved_path = read_local_path(*written, folder, node.where(), path, reader_);
  }

  // A path inside a datastore is no local one.
  void read_datastore(const YamlNode& node, const std::string& path, InputSpec& input) {
    std::string datastore;
    reader_.read_text(node, path, "datastore", datastore);
    if (datastore.empty() || !is_local_path(input.path)) return;
    if (datastore.starts_with("azureml:")) datastore.erase(0, 8);
    input.path = "azureml://datastores/" + datastore + "/paths/" + input.path;
    input.resolved_path.clear();
  }

  void read_mode(const YamlNode& node, const std::string& path, InputSpec& input) {
    const YamlNode* mode = node.find("mode");
    if (mode == nullptr || mode->is_null()) return;
    const std::string mode_path = join(path, "mode");
    const auto word = reader_.word(*mode, mode_path,
                                   {"ro_mount", "download", "direct", "eval_mount", "eval_download",
                                    "rw_mount", "mount", "upload"});
    if (!word) return;
    input.mode = *word;
    if (*word == "mount" || *word == "rw_mount" || *word == "upload") {
      input.mode = "ro_mount";
      reader_.deviation(mode->where(), mode_path,
                        "an input is never '" + *word + "'; ro_mount is used");
    }
  }

  Value read_literal(const YamlNode& node, const std::string& path,
                     const Declaration& declaration) {
    Value value = to_value(node);
    if (node.text.size() > kMaxText) {
      reader_.error(node.where(), path, "too long: at most " + std::to_string(kMaxText) + " bytes");
      return {};
    }
    if (declaration.type == "integer") {
      const auto integer = reader_.integer(node, path, INT64_MIN, INT64_MAX);
      value = Value(integer.value_or(0));
    } else if (declaration.type == "number" && node.kind != YamlKind::Integer) {
      value = Value(reader_.number(node, path).value_or(0));
    } else if (declaration.type == "boolean") {
      value = Value(reader_.boolean(node, path).value_or(false));
    }
    check_range(node, path, value, declaration);
    return value;
  }

  void check_range(const YamlNode& node, const std::string& path, const Value& value,
                   const Declaration& declaration) {
    if (declaration.node == nullptr) return;
    const YamlNode* words = declaration.node->find("enum");
    if (words != nullptr && words->is_sequence()) {
      const bool found = std::any_of(
          words->items.begin(), words->items.end(),
          [&](const YamlNode& word) { return python_str(to_value(word)) == python_str(value); });
      if (!found) {
        reader_.error(node.where(), path,
                      "'" + shown(python_str(value)) + "' is not in the component's enum " +
                          shown(to_json(to_value(*words))));
      }
    }
    double storage = 0;
    const double* number = value.as_number(storage);
    if (number == nullptr) return;
    const YamlNode* least = declaration.node->find("min");
    const YamlNode* most = declaration.node->find("max");
    if ((least != nullptr && as_number(*least).value_or(*number) > *number) ||
        (most != nullptr && as_number(*most).value_or(*number) < *number)) {
      reader_.error(node.where(), path,
                    "'" + shown(node.text) + "' is outside the component's min and max");
    }
  }

  const Section& values_;
  const Section& declared_;
  const YamlNode* sampled_;
  AzureReader& reader_;
  std::vector<InputSpec> inputs_;
};

// The only placeholders that an output's path may hold; where it lies is the same for every trial.
void check_output_path(const YamlNode& node, const std::string& path, const OutputSpec& output,
                       AzureReader& reader) {
  if (auto location = output_location(output, "trial", "/outputs"); location.has_error()) {
    reader.error(node.where(), path, "leaves the trial's folder for outputs",
                 "a path below it, or an absolute one with ${{name}} in it");
  }
  const std::string_view text = node.text;
  for (std::size_t at = text.find("${{"); at != std::string_view::npos;
       at = text.find("${{", at + 1)) {
    const std::size_t end = text.find("}}", at);
    std::string name(text.substr(at + 3, end == std::string_view::npos ? end : end - at - 3));
    std::erase(name, ' ');
    if (name == "name" || name == "default_datastore") continue;
    reader.error(node.where(), path,
                 "unknown placeholder '" + shown(name) +
                     "'; an output's path may hold ${{name}} and ${{default_datastore}}");
  }
}

void read_output(const YamlNode& node, const std::string& path, OutputSpec& output,
                 AzureReader& reader) {
  output.where = node.where();
  if (!reader.expect_mapping(node, path)) return;
  reader.check_keys(node, path, {"type", "mode", "path", "name", "version", "description"});
  if (const YamlNode* type = node.find("type"); type != nullptr && !type->is_null()) {
    output.type = reader.word(*type, join(path, "type"), data_types()).value_or(output.type);
  }
  if (const YamlNode* mode = node.find("mode"); mode != nullptr && !mode->is_null()) {
    output.mode = reader.word(*mode, join(path, "mode"), {"rw_mount", "mount", "upload", "direct"})
                      .value_or(output.mode);
    if (output.mode == "mount") output.mode = "rw_mount";
  }
  reader.read_text(node, path, "path", output.path);
  if (const YamlNode* where = node.find("path"))
    check_output_path(*where, join(path, "path"), output, reader);
}

}  // namespace

std::vector<InputSpec> read_inputs(const Section& values, const Section& declared,
                                   const YamlNode* sampled, AzureReader& reader) {
  return InputReader(values, declared, sampled, reader).read();
}

std::vector<OutputSpec> read_outputs(const Section& values, const Section& declared,
                                     AzureReader& reader) {
  std::vector<OutputSpec> outputs;
  const auto add = [&](const Section& section) {
    if (section.node == nullptr || !reader.expect_mapping(*section.node, section.path)) return;
    for (const YamlNode& item : section.node->items) {
      const std::string path = join(section.path, item.key);
      auto output = std::find_if(outputs.begin(), outputs.end(),
                                 [&](const OutputSpec& o) { return o.name == item.key; });
      if (output == outputs.end()) {
        reader.check_name(item, path);
        outputs.emplace_back();
        output = outputs.end() - 1;
        output->name = item.key;
      }
      read_output(item, path, *output, reader);
    }
  };
  add(declared);
  add(values);
  return outputs;
}

}  // namespace sweepjob::azure
