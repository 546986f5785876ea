// Rendering: what one trial is told, as a command and environment variables. Layer 1.
//
// The controller compiles one CommandTemplate for a sweep and renders every attempt with it
// (100,000 of them take about a second); `plan` and `validate` render the first few. Pure, any
// thread, const after compile(). Semantics: azure-sweep sections 3, 4 and 6; table in
// docs/configuration.md.
//
// Substitution is literal, as Azure's. Under `quote_parameters` each value reaches the command as
// one argument, byte for byte: see shell_text.h for how a placeholder inside quotes is treated.
// Optional input or a leaf that the drawn branch lacks: empty text; its $[[ ]] block is dropped.
//
// Errors: compile() refuses unknown placeholders and, under quote_parameters, places that cannot be
// quoted; render() refuses NUL bytes and text longer than Linux takes (128 KiB for one argument or
// variable). All are InvalidManifest.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "manifests/spec/sweep_spec.h"
#include "model/ids.h"
#include "model/trial.h"

namespace sweepjob {

// Absolute paths of one attempt.
struct TrialPaths {
  std::string work_folder;        // the command's working directory
  std::string outputs_folder;     // work/outputs
  std::string checkpoint_folder;  // shared by the trial's attempts
  std::string resume_folder;      // the parent's checkpoint folder, or empty
  std::string metrics_file;
  std::string tracking_uri;  // of our MLflow server, or empty: none runs
};

struct RenderedTrial {
  std::string command;
  std::vector<std::pair<std::string, std::string>> environment;  // names are unique
  std::vector<std::string> folders;   // to be made before the command starts: outputs go there
  std::vector<std::string> warnings;  // a value that a shell would take apart
};

class CommandTemplate {
 public:
  [[nodiscard]] static Result<CommandTemplate> compile(const SweepSpec& spec,
                                                       const std::string& sweep_name);

  // What is odd about the template itself; said once for a sweep.
  [[nodiscard]] const std::vector<std::string>& warnings() const;

  [[nodiscard]] Result<RenderedTrial> render(TrialId trial, std::uint32_t attempt,
                                             const Params& params,
                                             const std::optional<Budget>& budget,
                                             const TrialPaths& paths) const;

 private:
  struct Compiled;
  explicit CommandTemplate(std::shared_ptr<const Compiled> compiled);

  std::shared_ptr<const Compiled> compiled_;
};

// Compiles and renders one trial.
[[nodiscard]] Result<RenderedTrial> render_trial(const SweepSpec& spec,
                                                 const std::string& sweep_name, TrialId trial,
                                                 std::uint32_t attempt, const Params& params,
                                                 const std::optional<Budget>& budget,
                                                 const TrialPaths& paths);

// "<sweep>_<index>", Azure's name of a child run.
[[nodiscard]] std::string trial_name(const std::string& sweep_name, TrialId trial);

}  // namespace sweepjob
