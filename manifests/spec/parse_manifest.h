// parse_manifest(): a user's file as a SweepSpec, whatever its dialect. Layer 1.
//
// Who calls it: submit, validate, plan and ask-tell, on any thread. It reads no other file than a
// component that the job names, and writes none.
// Errors: never thrown; all findings of the file are reported at once, in the order of the lines,
// each with file:line:column. Dialects so far: "azure" (stand-alone sweep), "azure-pipeline",
// "azure-component" (checked, but nothing to run). Rules: spec azure-sweep sections 1-8 and 15.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifests/spec/pipeline.h"
#include "manifests/spec/sweep_spec.h"
#include "model/finding.h"

namespace sweepjob {

struct ParseOptions {
  // Azure's own strictness: what its tools refuse is an error, not a warning.
  bool strict = false;
  // Check the text alone: local paths need not exist, and what only a run would miss (a component
  // file that is not here, data of another pipeline step, a step of a type that is not run) is a
  // warning. Without strict, a command component is accepted with a note.
  bool schema_only = false;
  // The one sweep step of a pipeline to take; absent: the pipeline as a whole.
  std::optional<std::string> step = {};
  // `--set path=yaml`, applied to the file's tree in order, before anything is read.
  std::vector<std::pair<std::string, std::string>> overrides = {};
  // What relative paths start from; empty: the folder of the file.
  std::string base_folder = {};
};

struct ParsedManifest {
  // Both only without errors. A pipeline without `step` gives its steps, in the order in which they
  // run, and, where just one of them is a sweep, that sweep as well (ask-tell).
  std::optional<SweepSpec> spec;
  std::vector<PipelineStep> steps;
  // With errors: what could be read all the same (a sweep of its own is one step without a name),
  // so that the checks that follow report what they find as well. Never to be run; a parameter with
  // an error is_broken.
  std::vector<PipelineStep> drafts;
  std::string pipeline_name;  // the file's; may be empty
  Findings findings;
  std::string dialect;  // empty when the file is no manifest that is known
};

[[nodiscard]] ParsedManifest parse_manifest(std::string_view text, const std::string& file_name,
                                            const ParseOptions& options = {});

}  // namespace sweepjob
