// A template whose placeholders are looked up and checked. Layer 1; internal to render.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/render_names.h"
#include "manifests/spec/template_text.h"

namespace sweepjob {

struct CompiledPiece {
  TemplatePiece source;
  std::optional<Slot> slot;  // nothing: literal text
};

// Each said once.
struct TemplateProblems {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

// `key` is "trial.command" (shell text) or "trial.environment_variables.NAME" (plain).
[[nodiscard]] std::vector<CompiledPiece> compile_template(const std::string& text,
                                                          const std::string& key, bool is_shell,
                                                          const SweepSpec& spec,
                                                          const std::vector<SampledName>& sampled,
                                                          TemplateProblems& problems);

// What a command sees of an input; nothing when it is optional and was not given.
[[nodiscard]] std::optional<std::string> input_text(const InputSpec& input);

[[nodiscard]] std::string unsafe_value_warning(const std::string& placeholder,
                                               std::string_view value);

}  // namespace sweepjob
