#include "manifests/spec/render_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace sweepjob {
namespace {

constexpr std::array<std::pair<const char*, SlotKind>, 10> kOwnNames{
    {{"trial", SlotKind::TrialIndex},
     {"trial_name", SlotKind::TrialName},
     {"sweep", SlotKind::SweepName},
     {"attempt", SlotKind::Attempt},
     {"budget", SlotKind::Budget},
     {"checkpoint_dir", SlotKind::CheckpointFolder},
     {"resume_dir", SlotKind::ResumeFolder},
     {"metrics_file", SlotKind::MetricsFile},
     {"output_dir", SlotKind::OutputsFolder},
     {"outputs_dir", SlotKind::OutputsFolder}}};

class NameCollector {
 public:
  void parameter(const Parameter& parameter, std::vector<std::string> keys) {
    const std::size_t at = add(keys);
    for (const ChoiceEntry& entry : parameter.choices) {
      if (entry.members.empty()) {
        literal(entry.literal, keys);
        continue;
      }
      // An object reaches a command as JSON, whatever its members turn out to be.
      names_[at].literals.emplace_back("{}");
      for (const ChoiceEntry::Member& member : entry.members) {
        std::vector<std::string> inner = keys;
        inner.push_back(member.name);
        if (const auto* nested = std::get_if<Parameter>(&member.content)) {
          this->parameter(*nested, std::move(inner));
        } else {
          literal(std::get<Value>(member.content), std::move(inner));
        }
      }
    }
  }

  std::vector<SampledName> names() { return std::move(names_); }

 private:
  void literal(const Value& value, std::vector<std::string> keys) {
    names_[add(keys)].literals.push_back(python_str(value));
    const auto* map = value.get<Value::Map>();
    if (map == nullptr) return;
    for (const auto& [name, member] : *map) {
      std::vector<std::string> inner = keys;
      inner.push_back(name);
      literal(member, std::move(inner));
    }
  }

  std::size_t add(const std::vector<std::string>& keys) {
    std::string path;
    for (const std::string& key : keys) path += (path.empty() ? "" : ".") + key;
    const auto known = std::find_if(names_.begin(), names_.end(),
                                    [&](const SampledName& name) { return name.path == path; });
    if (known != names_.end()) return static_cast<std::size_t>(known - names_.begin());
    std::string variable = variable_name(path);
    const auto [holder, is_new] = variables_.emplace(variable, path);
    if (!is_new) variable.clear();
    names_.push_back({path, keys, std::move(variable), is_new ? "" : holder->second, {}});
    return names_.size() - 1;
  }

  std::vector<SampledName> names_;
  std::map<std::string, std::string> variables_;  // to the path that has it
};

template <class List>
std::optional<std::size_t> index_of_name(const List& list, const std::string& name) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> index_of_path(const std::vector<SampledName>& sampled,
                                         const std::string& path) {
  for (std::size_t i = 0; i < sampled.size(); ++i) {
    if (sampled[i].path == path) return i;
  }
  return std::nullopt;
}

Error unknown(const std::string& message, const std::string& name,
              const std::vector<std::string>& candidates) {
  const std::string near = nearest_word(name, candidates);
  return {ErrorCode::InvalidManifest,
          message + (near.empty() ? "" : "; did you mean '" + near + "'?")};
}

Result<Slot> find_input(const std::string& name, const SweepSpec& spec,
                        const std::vector<SampledName>& sampled, bool in_optional_block) {
  const auto input = index_of_name(spec.inputs, name);
  const auto swept = index_of_path(sampled, name);
  // A pipeline's component names its swept inputs so (azure-sweep section 15): no warning there.
  if (swept && (!input || !spec.step.empty())) {
    Slot slot{SlotKind::Sampled, *swept, ""};
    if (spec.step.empty()) {
      slot.warning = "${{inputs." + name +
                     "}} is no input but a key of search_space: the sampled " +
                     "value is used; write ${{search_space." + name + "}}";
    }
    return slot;
  }
  if (input) return Slot{SlotKind::Input, *input, ""};
  if (in_optional_block) return Slot{SlotKind::Absent, 0, ""};
  std::vector<std::string> candidates;
  for (const InputSpec& known : spec.inputs) candidates.push_back(known.name);
  return unknown("Inputs to job does not contain '" + name + "' referenced in command", name,
                 candidates);
}

}  // namespace

std::vector<SampledName> sampled_names(const SearchSpace& space) {
  NameCollector collector;
  for (const Parameter& parameter : space.parameters) {
    collector.parameter(parameter, {parameter.name});
  }
  return collector.names();
}

std::string variable_name(const std::string& path) {
  std::string variable = "AZUREML_SWEEP_" + path;
  for (char& c : variable) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return variable;
}

const Value* find_sampled(const Params& params, const std::vector<std::string>& keys) {
  const auto top = std::find_if(params.begin(), params.end(),
                                [&](const auto& param) { return param.first == keys.front(); });
  const Value* value = top == params.end() ? nullptr : &top->second;
  for (std::size_t i = 1; i < keys.size() && value != nullptr; ++i) value = value->find(keys[i]);
  return value;
}

Result<Slot> find_slot(const std::string& name, const SweepSpec& spec,
                       const std::vector<SampledName>& sampled, bool in_optional_block) {
  const std::size_t dot = name.find('.');
  const std::string space = name.substr(0, dot);
  const std::string rest = dot == std::string::npos ? "" : name.substr(dot + 1);
  std::vector<std::string> candidates;
  if (space == "search_space") {
    if (const auto at = index_of_path(sampled, rest)) return Slot{SlotKind::Sampled, *at, ""};
    for (const SampledName& known : sampled) candidates.push_back(known.path);
    return unknown("${{" + name + "}}: search_space has no '" + rest + "'", rest, candidates);
  }
  if (space == "inputs") return find_input(rest, spec, sampled, in_optional_block);
  if (space == "outputs") {
    if (const auto at = index_of_name(spec.outputs, rest)) return Slot{SlotKind::Output, *at, ""};
    for (const OutputSpec& known : spec.outputs) candidates.push_back(known.name);
    return unknown("${{" + name + "}}: outputs has no '" + rest + "'", rest, candidates);
  }
  if (space == "sweepjob") {
    for (const auto& [own, kind] : kOwnNames) {
      if (rest == own) return Slot{kind, 0, ""};
      candidates.emplace_back(own);
    }
    return unknown("${{" + name + "}}: sweepjob has no '" + rest + "'", rest, candidates);
  }
  return unknown("${{" + name +
                     "}} is not known; placeholders begin with search_space., inputs., "
                     "outputs. or sweepjob.",
                 space, {"search_space", "inputs", "outputs", "sweepjob"});
}

}  // namespace sweepjob
