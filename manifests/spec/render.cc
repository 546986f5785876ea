#include "manifests/spec/render.h"

#include <algorithm>
#include <filesystem>

#include "manifests/spec/output_location.h"
#include "manifests/spec/render_names.h"
#include "manifests/spec/render_template.h"

namespace sweepjob {
namespace {

// Linux: one argument or variable, its NUL included (MAX_ARG_STRLEN, 32 pages). All of them share
// a quarter of the stack's limit, 2 MiB by default, with what the submitter's shell had set.
constexpr std::size_t kArgumentBytesMax = 128 * 1024;
constexpr std::size_t kEnvironmentBytesMax = 1024 * 1024;

struct Variable {
  std::string name;
  std::vector<CompiledPiece> value;
};

// The trial at hand, as the slots see it.
struct Sample {
  TrialId trial;
  std::uint32_t attempt;
  const Params& params;
  const std::optional<Budget>& budget;
  const TrialPaths& paths;
  std::vector<std::string> outputs;  // in the order of the spec
};

Error invalid(std::string message) { return {ErrorCode::InvalidManifest, std::move(message)}; }

bool is_ours(const std::string& name) {
  return name.rfind("SWEEPJOB_", 0) == 0 || name == "TRIAL_BUDGET";
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "\n") + text;
  return all;
}

// A text that another shell reads again has lost the quotes that the first one took off.
bool has_inner_shell(const std::string& command) {
  for (const char* sign : {"eval ", "sh -c", "sh -lc", "ssh "}) {
    if (command.find(sign) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

struct CommandTemplate::Compiled {
  std::string sweep_name;
  std::string experiment_name;
  bool quote = false;
  std::vector<SampledName> sampled;
  std::vector<InputSpec> inputs;
  std::vector<OutputSpec> outputs;
  std::vector<CompiledPiece> command;
  std::vector<Variable> variables;  // the user's own, without those that are ours
  std::vector<std::string> warnings;

  [[nodiscard]] std::optional<std::string> value_of(const Slot& slot, const Sample& sample) const;
  [[nodiscard]] std::string text_of(const std::vector<CompiledPiece>& pieces, bool is_shell,
                                    const Sample& sample,
                                    std::vector<std::string>& warnings_out) const;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment_of(
      const Sample& sample) const;
  void add_sampled(const Sample& sample,
                   std::vector<std::pair<std::string, std::string>>& out) const;
};

// Nothing when the drawn branch has no such leaf, or an optional input was not given.
std::optional<std::string> CommandTemplate::Compiled::value_of(const Slot& slot,
                                                               const Sample& sample) const {
  switch (slot.kind) {
    case SlotKind::Sampled: {
      const Value* value = find_sampled(sample.params, sampled[slot.index].keys);
      return value == nullptr ? std::nullopt : std::optional(python_str(*value));
    }
    case SlotKind::Input: return input_text(inputs[slot.index]);
    case SlotKind::Output: return sample.outputs[slot.index];
    case SlotKind::Absent: return std::nullopt;
    case SlotKind::TrialName: return trial_name(sweep_name, sample.trial);
    case SlotKind::TrialIndex: return std::to_string(index_of(sample.trial));
    case SlotKind::SweepName: return sweep_name;
    case SlotKind::Attempt: return std::to_string(sample.attempt);
    case SlotKind::Budget:
      return sample.budget ? std::optional(to_string(*sample.budget)) : std::nullopt;
    case SlotKind::CheckpointFolder: return sample.paths.checkpoint_folder;
    case SlotKind::ResumeFolder:
      return sample.paths.resume_folder.empty() ? std::nullopt
                                                : std::optional(sample.paths.resume_folder);
    case SlotKind::MetricsFile: return sample.paths.metrics_file;
    case SlotKind::OutputsFolder: return sample.paths.outputs_folder;
  }
  return std::nullopt;
}

std::string CommandTemplate::Compiled::text_of(const std::vector<CompiledPiece>& pieces,
                                               bool is_shell, const Sample& sample,
                                               std::vector<std::string>& warnings_out) const {
  std::vector<std::optional<std::string>> values(pieces.size());
  std::vector<int> dropped;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].slot) continue;
    values[i] = value_of(*pieces[i].slot, sample);
    const int block = pieces[i].source.block;
    if (!values[i] && block >= 0) dropped.push_back(block);
  }
  std::string text;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const TemplatePiece& source = pieces[i].source;
    if (std::find(dropped.begin(), dropped.end(), source.block) != dropped.end()) continue;
    if (!pieces[i].slot) {
      text += source.text;
      continue;
    }
    const std::string value = values[i].value_or("");
    if (is_shell && quote) {
      text += shell_quoted(value, source.place);
      continue;
    }
    if (is_shell && has_shell_characters(value, source.place)) {
      warnings_out.push_back(unsafe_value_warning(source.placeholder, value));
    }
    text += value;
  }
  return text;
}

// A leaf that the drawn branch lacks is set, and empty: a value of an outer sweep must not show.
void CommandTemplate::Compiled::add_sampled(
    const Sample& sample, std::vector<std::pair<std::string, std::string>>& out) const {
  for (const SampledName& name : sampled) {
    if (name.variable.empty()) continue;
    const Value* value = find_sampled(sample.params, name.keys);
    out.emplace_back(name.variable, value == nullptr ? "" : python_str(*value));
  }
}

// A variable that the file sets itself wins over Azure's, but not over the contract of sweepjob.
std::vector<std::pair<std::string, std::string>> CommandTemplate::Compiled::environment_of(
    const Sample& sample) const {
  std::vector<std::pair<std::string, std::string>> out;
  const std::string name = trial_name(sweep_name, sample.trial);
  const TrialPaths& paths = sample.paths;
  add_sampled(sample, out);
  out.emplace_back("AZUREML_RUN_ID", name);
  out.emplace_back("AZUREML_ROOT_RUN_ID", sweep_name);
  out.emplace_back("AZUREML_EXPERIMENT_NAME", experiment_name);
  out.emplace_back("MLFLOW_EXPERIMENT_NAME", experiment_name);
  if (!paths.tracking_uri.empty()) {
    // Only together: mlflow looks these ids up at its tracking server, and a script without one, or
    // with a server of the user's own, would end with "Run not found".
    out.emplace_back("MLFLOW_TRACKING_URI", paths.tracking_uri);
    out.emplace_back("MLFLOW_RUN_ID", name);
    out.emplace_back("MLFLOW_EXPERIMENT_ID", sweep_name);
  }
  const auto is_users = [&](const auto& variable) {
    return std::any_of(variables.begin(), variables.end(),
                       [&](const Variable& own) { return own.name == variable.first; });
  };
  out.erase(std::remove_if(out.begin(), out.end(), is_users), out.end());
  std::vector<std::string> unused;
  for (const Variable& own : variables) {
    out.emplace_back(own.name, text_of(own.value, false, sample, unused));
  }
  out.emplace_back("SWEEPJOB_SWEEP", sweep_name);
  out.emplace_back("SWEEPJOB_TRIAL", std::to_string(index_of(sample.trial)));
  out.emplace_back("SWEEPJOB_ATTEMPT", std::to_string(sample.attempt));
  out.emplace_back("SWEEPJOB_PARAMS", to_json(Value(sample.params), true));
  out.emplace_back("SWEEPJOB_METRICS_FILE", paths.metrics_file);
  out.emplace_back("SWEEPJOB_OUTPUT_DIR", paths.outputs_folder);
  out.emplace_back("SWEEPJOB_CHECKPOINT_DIR", paths.checkpoint_folder);
  if (!paths.resume_folder.empty()) out.emplace_back("SWEEPJOB_RESUME_DIR", paths.resume_folder);
  if (sample.budget) {
    out.emplace_back("SWEEPJOB_BUDGET", to_string(*sample.budget));
    out.emplace_back("TRIAL_BUDGET", to_string(*sample.budget));
  }
  return out;
}

namespace {

Result<void> check_sizes(const RenderedTrial& rendered) {
  if (rendered.command.find('\0') != std::string::npos) {
    return invalid("trial.command holds a NUL byte");
  }
  if (rendered.command.size() >= kArgumentBytesMax) {
    return invalid("trial.command is " + std::to_string(rendered.command.size()) +
                   " bytes long with its values, Linux takes " +
                   std::to_string(kArgumentBytesMax - 1));
  }
  std::size_t total = 0;
  for (const auto& [name, value] : rendered.environment) {
    if (value.find('\0') != std::string::npos) {
      return invalid("environment variable " + name + " holds a NUL byte");
    }
    const std::size_t bytes = name.size() + value.size() + 2;
    if (bytes > kArgumentBytesMax) {
      return invalid("environment variable " + name + " is " + std::to_string(bytes) +
                     " bytes long, Linux takes " + std::to_string(kArgumentBytesMax));
    }
    total += bytes;
  }
  if (total > kEnvironmentBytesMax) {
    return invalid("the trial's environment variables are " + std::to_string(total) +
                   " bytes long together, at most " + std::to_string(kEnvironmentBytesMax));
  }
  return {};
}

std::vector<Variable> compile_variables(const SweepSpec& spec,
                                        const std::vector<SampledName>& sampled,
                                        TemplateProblems& problems) {
  std::vector<Variable> variables;
  for (const auto& [name, value] : spec.trial.environment_variables) {
    const std::string key = "trial.environment_variables." + name.substr(0, 60);
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      problems.errors.push_back(key + ": not a name for an environment variable");
    } else if (is_ours(name)) {
      problems.warnings.push_back(key + ": set by sweepjob itself, this value is ignored");
    } else {
      variables.push_back({name, compile_template(value, key, false, spec, sampled, problems)});
    }
  }
  return variables;
}

}  // namespace

CommandTemplate::CommandTemplate(std::shared_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}

const std::vector<std::string>& CommandTemplate::warnings() const { return compiled_->warnings; }

Result<CommandTemplate> CommandTemplate::compile(const SweepSpec& spec,
                                                 const std::string& sweep_name) {
  auto compiled = std::make_shared<Compiled>();
  compiled->sweep_name = sweep_name;
  compiled->experiment_name = spec.experiment_name;
  compiled->quote = spec.extensions.quote_parameters;
  compiled->sampled = sampled_names(spec.space);
  compiled->inputs = spec.inputs;
  compiled->outputs = spec.outputs;
  TemplateProblems problems;
  if (!is_valid_sweep_name(sweep_name)) {
    problems.errors.emplace_back("name: a sweep's name is 1 to 128 of A-Z a-z 0-9 _ . -");
  }
  compiled->command = compile_template(spec.trial.command, "trial.command", true, spec,
                                       compiled->sampled, problems);
  compiled->variables = compile_variables(spec, compiled->sampled, problems);
  if (compiled->quote && has_inner_shell(spec.trial.command)) {
    problems.warnings.emplace_back(
        "trial.command: another shell (eval, sh -c, ssh) seems to read part of it again; "
        "quote_parameters protects a value from the first shell only");
  }
  if (!problems.errors.empty()) {
    const SourceLocation& where = spec.trial.command_where;
    return Error(ErrorCode::InvalidManifest, joined(problems.errors),
                 where.line > 0 ? where.file + ":" + std::to_string(where.line) + ":" +
                                      std::to_string(where.column)
                                : where.file);
  }
  compiled->warnings = std::move(problems.warnings);
  return CommandTemplate(std::move(compiled));
}

Result<RenderedTrial> CommandTemplate::render(TrialId trial, std::uint32_t attempt,
                                              const Params& params,
                                              const std::optional<Budget>& budget,
                                              const TrialPaths& paths) const {
  RenderedTrial rendered;
  Sample sample{trial, attempt, params, budget, paths, {}};
  const std::string name = trial_name(compiled_->sweep_name, trial);
  for (const OutputSpec& output : compiled_->outputs) {
    auto location = output_location(output, name, paths.outputs_folder);
    if (!location) return location.error();
    const bool is_file = output.type == "uri_file";
    rendered.folders.push_back(is_file ? std::filesystem::path(*location).parent_path().string()
                                       : *location);
    sample.outputs.push_back(std::move(*location));
  }
  rendered.command = compiled_->text_of(compiled_->command, true, sample, rendered.warnings);
  rendered.environment = compiled_->environment_of(sample);
  if (auto checked = check_sizes(rendered); !checked) return checked.error();
  return rendered;
}

Result<RenderedTrial> render_trial(const SweepSpec& spec, const std::string& sweep_name,
                                   TrialId trial, std::uint32_t attempt, const Params& params,
                                   const std::optional<Budget>& budget, const TrialPaths& paths) {
  auto compiled = CommandTemplate::compile(spec, sweep_name);
  if (!compiled) return compiled.error();
  return compiled->render(trial, attempt, params, budget, paths);
}

std::string trial_name(const std::string& sweep_name, TrialId trial) {
  return sweep_name + "_" + std::to_string(index_of(trial));
}

}  // namespace sweepjob
