// The user's configuration: what Azure keeps elsewhere and a job file only names. Layer 1.
//
//   computes:                                   # compute: azureml:gpu
//     gpu: {backend: slurm, partition: main}
//   environments:                               # environment: azureml:sklearn:3
//     sklearn: {activate: /opt/venvs/sklearn}
//   data:                                       # path: azureml:iris:1, wasbs://...
//     azureml:iris:1: /data/iris.csv
//     wasbs://datasets@account.blob.core.windows.net/: /data/datasets/
//
// Called by submit, validate and plan, on any thread; resolve() looks whether local paths exist.
// Errors: Findings with their places; a file that cannot be read is one of them. All keys and
// rules: docs/configuration.md.
#pragma once

#include <string>
#include <vector>

#include "manifests/spec/sweep_spec.h"
#include "model/finding.h"
#include "model/value.h"

namespace sweepjob {

struct ComputeEntry {
  std::string name;
  std::string backend;  // "local", "slurm", ...: the backends' catalog knows which there are
  Value options;        // a map: the entry's other keys, for the backend to check
  SourceLocation where;
};

// Both empty: the environment in which `sweepjob submit` was called.
struct EnvironmentEntry {
  std::string name;
  std::string activate;  // absolute: a venv or conda prefix
  std::string image;     // a container image
  SourceLocation where;
};

struct DataEntry {
  std::string location;  // a name or the beginning of an address
  std::string path;      // absolute
  SourceLocation where;
};

struct Config {
  std::string file;  // where it was read from, or would be
  std::vector<ComputeEntry> computes;
  std::vector<EnvironmentEntry> environments;
  std::vector<DataEntry> data;
  // False: it has errors, so a name that is not found in it may be meant to be there.
  bool is_complete = true;
};

// $SWEEPJOB_CONFIG, else $XDG_CONFIG_HOME/sweepjob/config.yaml, else
// ~/.config/sweepjob/config.yaml.
[[nodiscard]] std::string default_config_path();

// `path` is what --config says and must exist; empty: the default one, which may be absent (unless
// $SWEEPJOB_CONFIG names it).
[[nodiscard]] Config load_config(const std::string& path, Findings& findings);
// The same for text that was read already.
[[nodiscard]] Config parse_config(std::string_view text, const std::string& file,
                                  Findings& findings);

// Where and in what environment the sweep's trials run.
struct Resolved {
  std::string backend = "local";
  Value backend_options = Value::Map{};
  std::string activate;
  std::string image;
};

// What a job names and the configuration has not; of a pipeline, over all its steps.
struct UnknownNames {
  std::vector<std::string> computes;
  std::vector<std::string> environments;
  SourceLocation where;  // of the first
  std::string path;
};

// One warning that names them all and shows the lines to add (an error under `strict`).
void report_unknown(const UnknownNames& unknown, const Config& config, bool strict,
                    Findings& findings);

// Looks up the spec's compute and environment, and the local path of every input's data, which it
// writes into the spec. A compute or environment that nobody knows falls back to this machine and
// its current environment: noted in `unknown`, to be reported once. Unknown data is an error that
// shows the line to add.
[[nodiscard]] Resolved resolve(SweepSpec& spec, const Config& config, UnknownNames& unknown,
                               Findings& findings);
// The same for one sweep, with the report.
[[nodiscard]] Resolved resolve(SweepSpec& spec, const Config& config, bool strict,
                               Findings& findings);

}  // namespace sweepjob
