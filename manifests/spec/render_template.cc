#include "manifests/spec/render_template.h"

#include <algorithm>

namespace sweepjob {
namespace {

void note(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

// At most 60 bytes, control characters as '?': it is the user's text on a terminal.
std::string shown(std::string_view text) {
  std::string result(text.substr(0, 60));
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return "'" + result + (text.size() > 60 ? "...'" : "'");
}

bool stands_bare(const CompiledPiece& piece, const std::string& value) {
  return has_shell_characters(value, piece.source.place);
}

// Substitution is literal: say at once which of the values that the file lists would come apart.
void warn_of_listed_values(const CompiledPiece& piece, const SweepSpec& spec,
                           const std::vector<SampledName>& sampled, TemplateProblems& problems) {
  std::optional<std::string> unsafe;
  if (piece.slot->kind == SlotKind::Input) {
    const auto text = input_text(spec.inputs[piece.slot->index]);
    if (text && stands_bare(piece, *text)) unsafe = *text;
  } else if (piece.slot->kind == SlotKind::Sampled) {
    const auto& literals = sampled[piece.slot->index].literals;
    const auto found = std::find_if(literals.begin(), literals.end(), [&](const auto& literal) {
      return stands_bare(piece, literal);
    });
    if (found != literals.end()) unsafe = *found;
  }
  if (unsafe) note(problems.warnings, unsafe_value_warning(piece.source.placeholder, *unsafe));
}

// The configuration's resolve() finds the path or reports the input; without it nothing may run.
void check_input(const InputSpec& input, const std::string& key, TemplateProblems& problems) {
  if (input.is_data && !input.path.empty() && !input_text(input)) {
    note(problems.errors, key + ": input '" + input.name + "' has no path on this machine yet");
  }
}

void check_place(const CompiledPiece& piece, const SweepSpec& spec,
                 const std::vector<SampledName>& sampled, TemplateProblems& problems) {
  if (!spec.extensions.quote_parameters) {
    return warn_of_listed_values(piece, spec, sampled, problems);
  }
  if (piece.source.place != ShellPlace::Unsure) return;
  note(problems.errors, "trial.command: quote_parameters: ${{" + piece.source.placeholder +
                            "}} stands " + piece.source.reason +
                            ", where it cannot be quoted; move it, or read the value from its "
                            "environment variable there");
}

}  // namespace

std::vector<CompiledPiece> compile_template(const std::string& text, const std::string& key,
                                            bool is_shell, const SweepSpec& spec,
                                            const std::vector<SampledName>& sampled,
                                            TemplateProblems& problems) {
  std::vector<CompiledPiece> compiled;
  for (TemplatePiece& source : parse_template(text)) {
    CompiledPiece piece{std::move(source), {}};
    if (!piece.source.placeholder.empty()) {
      auto slot = find_slot(piece.source.placeholder, spec, sampled, piece.source.block >= 0);
      if (!slot) {
        note(problems.errors, key + ": " + slot.error().message());
        continue;
      }
      if (!slot->warning.empty()) note(problems.warnings, key + ": " + slot->warning);
      piece.slot = std::move(*slot);
      if (piece.slot->kind == SlotKind::Input) {
        check_input(spec.inputs[piece.slot->index], key, problems);
      }
      if (is_shell) check_place(piece, spec, sampled, problems);
    }
    compiled.push_back(std::move(piece));
  }
  return compiled;
}

std::optional<std::string> input_text(const InputSpec& input) {
  if (!input.is_data) {
    return input.literal.is_null() ? std::nullopt : std::optional(python_str(input.literal));
  }
  const bool as_written = input.resolved_path.empty() && input.mode == "direct";
  const std::string& path = as_written ? input.path : input.resolved_path;
  return path.empty() ? std::nullopt : std::optional(path);
}

std::string unsafe_value_warning(const std::string& placeholder, std::string_view value) {
  return "trial.command: ${{" + placeholder + "}} may be " + shown(value) +
         ", which the shell would not read as one word there; put the placeholder in quotes, or "
         "set properties.sweepjob.quote_parameters: true";
}

}  // namespace sweepjob
