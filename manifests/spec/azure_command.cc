#include "manifests/spec/azure_command.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "manifests/spec/render_names.h"
#include "manifests/spec/template_text.h"

namespace sweepjob::azure {
namespace {

constexpr std::array<std::string_view, 3> kScopes = {"inputs.", "outputs.", "search_space."};

constexpr std::size_t kMaxPlaceholder = 4 * kMaxName;

// Azure's pattern: (?<!\{)\{inputs\.([^}]*)\}(?!\})
std::string with_double_braces(std::string_view text, bool& changed) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i + 1);
    const bool opens = text[i] == '{' && (i == 0 || text[i - 1] != '{') &&
                       std::any_of(kScopes.begin(), kScopes.end(),
                                   [&](std::string_view scope) { return rest.starts_with(scope); });
    const std::size_t close =
        opens ? rest.substr(0, kMaxPlaceholder).find('}') : std::string_view::npos;
    const bool closes =
        close != std::string_view::npos && (close + 1 == rest.size() || rest[close + 1] != '}');
    if (!closes) {
      result += text[i];
      continue;
    }
    result += "${{" + std::string(rest.substr(0, close)) + "}}";
    i += close + 1;
    changed = true;
  }
  return result;
}

std::string trimmed_to_scope(const std::string& name, std::string_view scope) {
  return name.substr(scope.size());
}

class CommandChecker {
 public:
  CommandChecker(const SweepSpec& spec, bool is_component, const KnownSections& known,
                 AzureReader& reader)
      : spec_(spec),
        is_component_(is_component),
        known_(known),
        reader_(reader),
        names_(sampled_names(spec.space)) {
    for (const SampledName& name : names_) sampled_.emplace(name.path, &name);
    for (const InputSpec& input : spec.inputs) inputs_.emplace(input.name, &input);
  }

  // The text with new-style placeholders only.
  std::string check(const std::string& text, const SourceLocation& where, const std::string& path,
                    bool is_shell) {
    where_ = where;
    path_ = path;
    is_shell_ = is_shell;
    told_.clear();
    bool changed = false;
    const std::string doubled = with_double_braces(text, changed);
    if (changed) {
      reader_.warning(where, path, "Use of {} for parameters is deprecated, instead use ${{}}.");
    }
    std::string result;
    int open_block = -1;
    for (TemplatePiece& piece : parse_template(doubled)) {
      if (piece.block != open_block) {
        if (open_block >= 0) result += "]]";
        if (piece.block >= 0) result += "$[[";
        open_block = piece.block;
      }
      if (piece.placeholder.empty()) {
        check_literal(piece.text);
        result += piece.text;
      } else {
        result += "${{" + check_placeholder(piece) + "}}";
        check_place(piece);
      }
    }
    if (open_block >= 0) result += "]]";
    return result;
  }

 private:
  // One finding a name, however often it stands there.
  bool first_time(const std::string& name) { return told_.insert(name).second; }

  void check_literal(const std::string& text) {
    if (text.find("${{") == std::string::npos || !first_time("${{")) return;
    reader_.warning(where_, path_, "a '${{' that is no placeholder is passed on as it stands",
                    "write ${{inputs.NAME}}, ${{outputs.NAME}} or ${{search_space.NAME}}");
  }

  void check_place(const TemplatePiece& piece) {
    const bool is_quoted = is_shell_ && spec_.extensions.quote_parameters;
    if (!is_quoted || piece.place != ShellPlace::Unsure) return;
    if (!first_time("place " + piece.placeholder)) return;
    reader_.error(where_, path_,
                  "quote_parameters: ${{" + shown(piece.placeholder) + "}} stands " + piece.reason +
                      ", where it cannot be quoted",
                  "move it, or read the value from its environment variable there");
  }

  std::string check_placeholder(const TemplatePiece& piece) {
    const std::string& name = piece.placeholder;
    if (name.size() > kMaxPlaceholder) {
      reader_.error(where_, path_, "the placeholder's name is too long: " + shown(name));
    } else if (name.starts_with("inputs.")) {
      return check_input(piece, trimmed_to_scope(name, "inputs."));
    } else if (name.starts_with("outputs.")) {
      check_output(trimmed_to_scope(name, "outputs."));
    } else if (name.starts_with("search_space.")) {
      check_sampled(piece, trimmed_to_scope(name, "search_space."));
    } else if (const auto slot = find_slot(name, spec_, names_); !slot && first_time(name)) {
      reader_.error(where_, path_, shown(slot.error().message()));
    }
    return name;
  }

  std::string check_input(const TemplatePiece& piece, const std::string& name) {
    const auto found = inputs_.find(name);
    const InputSpec* input = found != inputs_.end() ? found->second : nullptr;
    const bool is_sampled = sampled_.count(name) != 0;
    if (is_sampled && (is_component_ || input == nullptr)) {
      if (!is_component_ && first_time("inputs." + name)) {
        reader_.deviation(where_, path_,
                          "Inputs to job does not contain '" + shown(name) +
                              "' referenced in command; the sampled value is taken",
                          "write ${{search_space." + shown(name) + "}}");
      }
      warn_of_values(piece, name);
      return "search_space." + name;
    }
    if (input == nullptr) {
      // Where one section could not be read, the name may be in that one.
      const bool all_known = known_.inputs && known_.search_space;
      if (all_known && piece.block < 0 && first_time("inputs." + name)) {
        reader_.error(where_, path_,
                      "Inputs to job does not contain '" + shown(name) + "' referenced in command",
                      reader_.suggest(name, input_names()));
      }
      return piece.placeholder;
    }
    const bool has_value = input->is_data || !input->literal.is_null();
    if (!has_value && input->optional && piece.block < 0 && first_time("inputs." + name)) {
      reader_.error(where_, path_, "the input '" + shown(name) + "' is optional and has no value",
                    "put it in an optional block: $[[--flag ${{inputs." + shown(name) + "}}]]");
    }
    if (has_value && !input->is_data) warn_of_literal(piece, name, input->literal);
    return piece.placeholder;
  }

  void check_output(const std::string& name) {
    std::vector<std::string> names;
    for (const OutputSpec& output : spec_.outputs) names.push_back(output.name);
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    if (!known_.outputs || !first_time("outputs." + name)) return;
    reader_.error(where_, path_,
                  "Outputs of job does not contain '" + shown(name) + "' referenced in command",
                  reader_.suggest(name, names));
  }

  void check_sampled(const TemplatePiece& piece, const std::string& name) {
    if (sampled_.count(name) != 0) {
      warn_of_values(piece, name);
      return;
    }
    if (!known_.search_space || !first_time("search_space." + name)) return;
    reader_.error(where_, path_,
                  "search_space does not contain '" + shown(name) + "' referenced in command",
                  reader_.suggest(name, sampled_paths()));
  }

  [[nodiscard]] std::vector<std::string> input_names() const {
    std::vector<std::string> names;
    for (const InputSpec& input : spec_.inputs) names.push_back(input.name);
    return names;
  }

  [[nodiscard]] std::vector<std::string> sampled_paths() const {
    std::vector<std::string> paths;
    for (const SampledName& name : names_) paths.push_back(name.path);
    return paths;
  }

  [[nodiscard]] bool splits(const TemplatePiece& piece, const std::string& value) const {
    return has_shell_characters(value, piece.place) ||
           (value.empty() && piece.place == ShellPlace::Plain);
  }

  void warn_of_literal(const TemplatePiece& piece, const std::string& name, const Value& value) {
    if (!is_shell_ || spec_.extensions.quote_parameters) return;
    const std::string text = python_str(value);
    if (splits(piece, text) && first_time("shell " + name)) say_shell("inputs." + name, text);
  }

  void warn_of_values(const TemplatePiece& piece, const std::string& name) {
    if (!is_shell_ || spec_.extensions.quote_parameters || told_.count("shell " + name) != 0)
      return;
    const auto found = sampled_.find(name);
    if (found == sampled_.end()) return;
    for (const std::string& value : found->second->literals) {
      if (!splits(piece, value)) continue;
      told_.insert("shell " + name);
      say_shell("search_space." + name, value);
      return;
    }
  }

  void say_shell(const std::string& name, const std::string& value) {
    reader_.warning(where_, path_,
                    "the value '" + shown(value) + "' of ${{" + shown(name) +
                        "}} is not one word to a shell where it stands",
                    "quote the placeholder, or set quote_parameters: true (docs/extensions.md)");
  }

  const SweepSpec& spec_;
  bool is_component_;
  const KnownSections& known_;
  AzureReader& reader_;
  std::vector<SampledName> names_;
  std::map<std::string, const SampledName*> sampled_;  // into names_
  std::map<std::string, const InputSpec*> inputs_;     // into spec_
  SourceLocation where_;
  std::string path_;
  bool is_shell_ = true;
  std::set<std::string> told_;
};

}  // namespace

void check_command(SweepSpec& spec, const TrialSource& source, const KnownSections& known,
                   AzureReader& reader) {
  CommandChecker checker(spec, source.is_component, known, reader);
  spec.trial.command = checker.check(spec.trial.command, spec.trial.command_where,
                                     join(source.path, "command"), true);
  const YamlNode* variables = source.node.find("environment_variables");
  if (variables == nullptr) return;
  std::map<std::string, SourceLocation> places;
  for (const YamlNode& item : variables->items) places.emplace(item.key, item.where());
  const std::string path = join(source.path, "environment_variables");
  for (auto& [name, value] : spec.trial.environment_variables) {
    value = checker.check(value, places[name], join(path, name), false);
  }
}

void warn_of_hidden_variables(const SearchSpace& space, const std::string& path,
                              AzureReader& reader) {
  for (const SampledName& name : sampled_names(space)) {
    if (name.variable_of.empty()) continue;
    const auto top =
        std::find_if(space.parameters.begin(), space.parameters.end(),
                     [&](const Parameter& parameter) { return parameter.name == name.keys[0]; });
    if (top == space.parameters.end()) continue;
    reader.warning(top->where, join(path, name.keys[0]),
                   "'" + shown(name.path) + "' and '" + shown(name.variable_of) +
                       "' would both be the variable " + shown(variable_name(name.path)) +
                       ": it holds '" + shown(name.variable_of) + "', the other has none",
                   "rename one of them, or take ${{search_space." + shown(name.path) + "}}");
  }
}

}  // namespace sweepjob::azure
