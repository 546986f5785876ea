#include "manifests/spec/pipeline.h"

#include <algorithm>
#include <filesystem>

#include "manifests/spec/template_text.h"

namespace sweepjob {
namespace {

bool may_hold_step_output(std::string_view path) {
  return path.find(kStepOutputScope) != std::string_view::npos;
}

}  // namespace

const char* to_string(StepType type) { return type == StepType::Sweep ? "sweep" : "command"; }

std::optional<StepOutput> parse_step_output(std::string_view placeholder) {
  constexpr std::string_view kOutputs = ".outputs.";
  if (!placeholder.starts_with(kStepOutputScope)) return std::nullopt;
  placeholder.remove_prefix(kStepOutputScope.size());
  const std::size_t at = placeholder.rfind(kOutputs);
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const std::string_view output = placeholder.substr(at + kOutputs.size());
  if (output.empty()) return std::nullopt;
  return StepOutput{std::string(placeholder.substr(0, at)), std::string(output)};
}

std::vector<StepOutput> step_outputs_in(std::string_view path) {
  std::vector<StepOutput> found;
  if (!may_hold_step_output(path)) return found;
  for (const TemplatePiece& piece : parse_template(path)) {
    if (auto output = parse_step_output(piece.placeholder)) found.push_back(*std::move(output));
  }
  return found;
}

Result<void> fill_step_outputs(
    SweepSpec& spec, const std::function<Result<std::string>(const StepOutput&)>& folder_of) {
  for (InputSpec& input : spec.inputs) {
    if (!input.is_data || step_outputs_in(input.path).empty()) continue;
    std::string path;
    for (const TemplatePiece& piece : parse_template(input.path)) {
      const auto output = parse_step_output(piece.placeholder);
      if (!output) {
        path += piece.text;
        continue;
      }
      auto folder = folder_of(*output);
      if (folder.has_error()) return folder.error();
      path += *folder;
    }
    input.path = std::filesystem::path(path).lexically_normal().string();
    input.resolved_path = input.path;
  }
  return {};
}

std::string sweep_name_part(std::string_view step) {
  std::string part(step);
  std::replace_if(
      part.begin(), part.end(),
      [](char c) {
        return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' &&
               c != '_' && c != '.';
      },
      '_');
  return part;
}

}  // namespace sweepjob
