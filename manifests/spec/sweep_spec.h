// SweepSpec: one sweep, normalised: what every dialect's reader produces and all else consumes.
// Layer 1; plain values. to_value() is the normalised spec as printed by `validate -o json`,
// journaled by the controller and compared by `submit` of a name that exists.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "manifests/spec/options.h"
#include "manifests/spec/search_space.h"
#include "model/finding.h"
#include "model/objective.h"
#include "model/value.h"

namespace sweepjob {

// A literal, or data with a path.
struct InputSpec {
  std::string name;
  bool is_data = false;
  Value literal;                    // python_str() of it is what a command sees
  std::string type = "uri_folder";  // data only
  std::string path;                 // as written; resolved against the file's folder when local
  std::string resolved_path;        // absolute local path, or "" when not known yet (azureml:...)
  std::string mode = "ro_mount";
  bool optional = false;  // component inputs
  SourceLocation where;
};

struct OutputSpec {
  std::string name;
  std::string type = "uri_folder";
  std::string mode = "rw_mount";
  std::string path;  // may hold ${{default_datastore}} and ${{name}}; or empty
  SourceLocation where;
};

struct EnvironmentSpec {
  std::string name;  // "azureml:NAME:VER" etc.; empty when inline or absent
  std::string image;
  SourceLocation where;
};

struct TrialSpec {
  std::string command;  // the template, new-style placeholders only
  SourceLocation command_where;
  std::string code;       // as written
  std::string code_path;  // absolute local path (folder or file), or empty
  SourceLocation code_where;
  EnvironmentSpec environment;
  std::vector<std::pair<std::string, std::string>> environment_variables;
  std::string distribution;  // "", "pytorch", "mpi", "tensorflow", "ray"
  std::uint32_t process_count_per_instance = 1;
  std::uint32_t instance_count = 1;
  SourceLocation instance_count_where;
  std::string instance_count_path;
  std::string instance_type;
};

struct Limits {
  std::uint32_t max_total_trials = 1000;
  std::optional<std::uint32_t> max_concurrent_trials;  // absent: the backend decides
  std::chrono::seconds timeout{5'184'000};             // whole sweep; 0: none
  std::chrono::seconds trial_timeout{0};               // each trial; 0: none
};

struct EarlyTermination {
  Options policy;  // without the two keys below
  std::uint32_t evaluation_interval = 1;
  std::uint32_t delay_evaluation = 0;
};

struct MetricPattern {
  std::string regex;  // named groups `name`/`value`, or two groups, or `metric` + one
  std::string metric;
  SourceLocation where;
};

// Extensions of ours: `properties.sweepjob`, documented in one table (docs/extensions.md).
struct Extensions {
  std::uint32_t retries = 3;                       // of lost attempts, per trial
  std::chrono::seconds retry_backoff{10};          // doubles each time, at most 10 min
  std::optional<std::uint32_t> max_failed_trials;  // absent: the first 3 all failed with no metric
  std::chrono::seconds stall_timeout{
      0};                          // no output for so long: the attempt is cancelled; 0: none
  std::chrono::seconds grace{10};  // TERM to KILL
  std::optional<double> gpus_per_trial;
  double cpus_per_trial = 1;
  std::optional<std::uint32_t> keep_best;  // keep outputs of the best N only; absent: all
  std::optional<std::uint64_t> seed;
  std::string metric_channel;  // "", "stdout", "file", ...
  std::vector<MetricPattern> metric_patterns;
  std::string on_retry;           // "", "restart", "continue"
  bool quote_parameters = false;  // shell-quote substituted text
  bool allow_duplicates = true;
  bool require_metric = false;
  std::uint32_t min_trials = 0;  // floor for policies that compare
  double control_fraction = 0;   // share of would-be cuts that run on, 0 to 1
};

struct SweepSpec {
  std::string name;  // empty: generated
  std::string display_name;
  std::string experiment_name;
  std::string description;
  Value::Map tags;
  std::string dialect = "azure";
  TrialSpec trial;
  std::vector<InputSpec> inputs;
  std::vector<OutputSpec> outputs;
  std::string compute;  // as written; empty: none given
  SourceLocation compute_where;
  Options sampling;  // type "random" when absent
  SearchSpace space;
  // The first is the primary one. None: a command step of a pipeline, one trial, not measured.
  std::vector<Objective> objectives;
  SourceLocation goal_where;  // of the first one's goal
  std::optional<EarlyTermination> early_termination;
  Limits limits;
  Extensions extensions;
  std::string source_file;  // the file it came from
  std::string step;         // the pipeline step, or empty
};

// Whether one of the objectives measures this.
[[nodiscard]] bool is_objective(const SweepSpec& spec, const std::string& metric);
// Of the first objective; empty when there is none.
[[nodiscard]] const std::string& primary_metric_of(const SweepSpec& spec);

// The normalised spec as JSON-like data, keys in a fixed order, equal for equal meaning.
[[nodiscard]] Value to_value(const SweepSpec& spec);
// Reads what to_value() wrote (a journal's spec); locations are lost.
[[nodiscard]] Result<SweepSpec> spec_from_value(const Value& value);

}  // namespace sweepjob
