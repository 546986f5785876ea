// A job file that was read, as `validate` prints it. Layer 6; pure.
#pragma once

#include <iosfwd>
#include <string>

#include "model/value.h"
#include "runner/app/read_job.h"

namespace sweepjob {

// {"step", "type", "needs"}: how every document names a step of a pipeline.
[[nodiscard]] Value::Map step_head(const PipelineStep& step);

// {"schema_version", "file", "valid", "dialect", "findings": [{"severity", "line", "column",
// "path", "message", "hint"}], "sweep": the normalised spec, or null, "steps": those of a pipeline,
// each with its own "sweep"}. A finding about another file (a component, config.yaml) has "file" as
// well.
[[nodiscard]] Value validation_document(const std::string& file, const ReadJob& job);
// Every finding, then "job.yaml: valid (azure)".
void print_validation(std::ostream& out, const std::string& file, const ReadJob& job);

}  // namespace sweepjob
