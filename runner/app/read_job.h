// read_job(): all that can be said about a job file before anything runs. Layer 6.
//
// submit, validate, plan and ask-tell read a file with this and nothing else, so that what validate
// accepts is what submit runs: the manifest, the sampler and the policy with their options, the
// command's placeholders, the metric patterns, and, unless only the text is to be checked, local
// paths, the compute table and the backend's name. Blocking; any thread.
// Errors are findings, all of them at once; a file that cannot be read is one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/config.h"
#include "manifests/spec/pipeline.h"
#include "manifests/spec/sweep_spec.h"
#include "model/finding.h"

namespace sweepjob {

struct ReadJobOptions {
  bool strict = false;
  bool schema_only = false;  // the text alone; validate's
  std::optional<std::string> step = {};
  std::vector<std::string> overrides = {};  // "a.b=c", as --set has them
  std::string config_path = {};             // --config; empty: the default place
  std::optional<std::string> backend = {};  // --backend, over the compute's
  bool require_metric = false;              // --require-metric
  std::string state = {};                   // where warm_start finds sweeps; empty: it is not read
};

struct ReadStep {
  PipelineStep step;
  Resolved resolved;  // not under schema_only
};

struct ReadJob {
  SweepSpec spec;         // only when has_spec
  bool has_spec = false;  // no errors, and there is one sweep (of a pipeline: its only sweep step)
  Resolved resolved;      // not under schema_only
  // Of a pipeline that runs as a whole, in the order in which they run; none after errors.
  std::vector<ReadStep> steps;
  std::string pipeline_name;  // the file's; may be empty
  Findings findings;
  std::string dialect;  // empty when the file is no manifest that is known
  std::string text;     // of the file, as it stands
};

[[nodiscard]] ReadJob read_job(const std::string& file, const ReadJobOptions& options = {});

// The same for who only asks the sampler and the policy and starts nothing (ask-tell, simulate):
// the text alone is checked, and that this version has both deciders.
[[nodiscard]] ReadJob read_job_to_decide(const std::string& file, ReadJobOptions options);

// The seed that the file gives: sampling_algorithm.seed, else that of the sampler inside it, else
// properties.sweepjob.seed. Nothing: submit draws one and journals it.
[[nodiscard]] std::optional<std::uint64_t> given_seed(const SweepSpec& spec);

}  // namespace sweepjob
