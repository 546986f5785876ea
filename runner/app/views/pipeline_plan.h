// What a pipeline would do: `plan` of a pipeline file. Layer 6; reads code folders, starts nothing.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "runner/app/views/plan.h"

namespace sweepjob {

struct PlannedStep {
  PipelineStep step;
  ReadJob job;  // the step as a job of its own
  Plan plan;
};

// `options.name` is the pipeline's. What other steps make does not exist yet: it stands in the
// commands as <state>/sweeps/UID_OF_<step>/outputs/<name>.
[[nodiscard]] Result<PlannedStep> plan_step(const ReadStep& read, PlanOptions options);
// {"name", "steps": [{"step", "type", "needs", "plan": as of one job}]}; `name` may be empty.
[[nodiscard]] Value pipeline_plan_document(const std::string& name,
                                           const std::vector<PlannedStep>& steps);
// The order of the steps, then the plan of each.
void print_pipeline_plan(std::ostream& out, const std::vector<PlannedStep>& steps);

}  // namespace sweepjob
