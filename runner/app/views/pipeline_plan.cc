#include "runner/app/views/pipeline_plan.h"

#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"
#include "runner/app/pipeline.h"
#include "runner/app/views/job_document.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

std::string step_line(const PipelineStep& step) {
  std::string line = fmt::format("{} ({})", printable(step.name, 200), to_string(step.type));
  for (std::size_t i = 0; i < step.needs.size(); ++i) {
    line += (i == 0 ? ", takes outputs of " : ", ") + printable(step.needs[i], 200);
  }
  return line;
}

}  // namespace

Result<PlannedStep> plan_step(const ReadStep& read, PlanOptions options) {
  PlannedStep planned{read.step, {}, {}};
  planned.job.spec = read.step.spec;
  planned.job.resolved = read.resolved;
  planned.job.has_spec = true;
  auto filled = fill_step_outputs(planned.job.spec,
                                  [&options](const StepOutput& wanted) -> Result<std::string> {
                                    return fmt::format("{}/sweeps/UID_OF_{}/outputs/{}",
                                                       options.state, wanted.step, wanted.output);
                                  });
  if (filled.has_error()) return filled.error();
  const std::string pipeline = options.name.empty() ? "NAME" : options.name;
  options.name = step_sweep_name(pipeline, read.step.name);
  auto plan = make_plan(planned.job, options);
  if (plan.has_error()) return plan.error();
  planned.plan = *std::move(plan);
  return planned;
}

Value pipeline_plan_document(const std::string& name, const std::vector<PlannedStep>& steps) {
  Value::List documents;
  for (const PlannedStep& planned : steps) {
    Value::Map members = step_head(planned.step);
    members.emplace_back("plan", plan_document(planned.job, planned.plan));
    documents.emplace_back(std::move(members));
  }
  return document(
      {{"name", name.empty() ? Value() : Value(name)}, {"steps", Value(std::move(documents))}});
}

void print_pipeline_plan(std::ostream& out, const std::vector<PlannedStep>& steps) {
  out << fmt::format("pipeline: {} steps, one after the other\n", steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    out << fmt::format("  {}. {}\n", i + 1, step_line(steps[i].step));
  }
  for (const PlannedStep& planned : steps) {
    out << fmt::format("\nstep {}: sweep {}\n", printable(planned.step.name, 200),
                       planned.plan.name);
    print_plan(out, planned.job, planned.plan);
  }
}

}  // namespace sweepjob
