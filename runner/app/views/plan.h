// What a job would do: `plan`. Layer 6; reads the code folder, starts nothing.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/render.h"
#include "model/result.h"
#include "model/value.h"
#include "runner/app/capacity.h"
#include "runner/app/effective_range.h"
#include "runner/app/read_job.h"
#include "samplers/sampler.h"

namespace sweepjob {

struct PlanOptions {
  std::string name;            // --name; else the file's; else one will be made up
  std::uint64_t seed = 0;      // given, or drawn for this plan
  bool seed_drawn = false;     // then submit draws another one
  std::uint32_t commands = 3;  // how many trials are rendered
  std::string state;           // resolved state folder
};

struct PlannedTrial {
  TrialId trial{};
  Params params;
  std::optional<Budget> budget;
  RenderedTrial rendered;
};

struct Plan {
  std::string name;  // as it stands in the commands
  bool name_given = false;
  PlanOptions options;
  std::optional<std::uint64_t> grid_points;  // of a grid
  std::uint64_t trials = 0;                  // at most
  std::optional<BudgetPlan> budgets;         // of a sampler that gives them
  std::uint32_t concurrent = 1;
  Capacity capacity;
  std::vector<EffectiveRange> ranges;
  std::uint64_t code_files = 0;
  std::uint64_t code_bytes = 0;
  std::vector<PlannedTrial> first;
  bool later_depend_on_results = false;  // the sampler proposes the rest when it has seen some
};

// `job` has a spec, and outlives the plan. Errors: the sampler's, the command's, the code's.
[[nodiscard]] Result<Plan> make_plan(const ReadJob& job, const PlanOptions& options);
[[nodiscard]] Value plan_document(const ReadJob& job, const Plan& plan);
void print_plan(std::ostream& out, const ReadJob& job, const Plan& plan);

}  // namespace sweepjob
