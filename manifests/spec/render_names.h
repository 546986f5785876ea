// The names a template may use, looked up once at compile time. Layer 1; internal to render.cc.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/sweep_spec.h"

namespace sweepjob {

// Something a sample may hold: a parameter, or a member of an object that it may be.
struct SampledName {
  std::string path;                   // "lr", "model", "model.C"
  std::vector<std::string> keys;      // {"model", "C"}
  std::string variable;               // "AZUREML_SWEEP_model_C"
  std::string variable_of;            // the path that has this one's variable, or empty
  std::vector<std::string> literals;  // the texts that the file itself lists, for warnings
};

// Each path once, a parent before its members, in YAML order. Variables are unique: where two paths
// would make the same one, the first has it and the others have none.
[[nodiscard]] std::vector<SampledName> sampled_names(const SearchSpace& space);

// "AZUREML_SWEEP_model_C" of "model.C".
[[nodiscard]] std::string variable_name(const std::string& path);

// The value at that path, or null when the drawn branch lacks it.
[[nodiscard]] const Value* find_sampled(const Params& params, const std::vector<std::string>& keys);

enum class SlotKind {
  Sampled,  // index into the sampled names
  Input,    // index into the inputs
  Output,   // index into the outputs
  Absent,   // an input that is not there: its optional block is dropped
  TrialName,
  TrialIndex,
  SweepName,
  Attempt,
  Budget,
  CheckpointFolder,
  ResumeFolder,
  MetricsFile,
  OutputsFolder,
};

struct Slot {
  SlotKind kind = SlotKind::TrialIndex;
  std::size_t index = 0;
  std::string warning;  // what is odd about this reference
};

// What ${{name}} means, or why it means nothing. In an optional block ($[[ ]]) an input need not
// be.
[[nodiscard]] Result<Slot> find_slot(const std::string& name, const SweepSpec& spec,
                                     const std::vector<SampledName>& sampled,
                                     bool in_optional_block = false);

}  // namespace sweepjob
