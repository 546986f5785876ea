#include "runner/app/views/plan.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "backends/local/detect_gpus.h"
#include "manifests/spec/code_snapshot.h"
#include "model/attempt_record.h"
#include "runner/app/cli/verb.h"
#include "runner/app/trial_files.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"
#include "runner/app/views/words.h"
#include "runner/core/rules.h"

namespace sweepjob {
namespace {

constexpr const char* kSweepVariable = "AZUREML_SWEEP_";

// The paths of a sweep that does not exist yet: UID stands for its number.
TrialPaths paths_of(const std::string& state, TrialId trial) {
  const std::string attempt = attempt_folder_of(state + "/sweeps/UID", {trial, 1});
  TrialPaths paths;
  paths.work_folder = attempt + "/" + attempt_file::kWork;
  paths.outputs_folder = paths.work_folder + "/outputs";
  paths.checkpoint_folder =
      state + "/sweeps/UID/trials/" + std::to_string(index_of(trial)) + "/checkpoint";
  paths.metrics_file = attempt + "/" + attempt_file::kMetrics;
  return paths;
}

struct BudgetSum {
  std::uint64_t evaluations = 0;
  double from_scratch = 0;
  double continued = 0;  // each trial goes on from its parent's checkpoint
};

// Of the first round.
BudgetSum sum_of(const BudgetPlan& plan) {
  BudgetSum sum;
  for (const BudgetPlan::Rung& rung : plan.rungs) {
    const auto trials = static_cast<double>(rung.trials);
    sum.evaluations += rung.trials;
    sum.from_scratch += trials * rung.budget.value_or(0);
    sum.continued += trials * rung.continued;
  }
  return sum;
}

// Of so many trials, where budgets grow: whole rounds, then the first rungs of the next one.
BudgetSum total_of(const BudgetPlan& plan, std::uint64_t trials) {
  const BudgetSum round = sum_of(plan);
  const std::uint64_t whole = trials / round.evaluations;
  const auto rounds = static_cast<double>(whole);
  const auto evaluations = static_cast<double>(round.evaluations);
  BudgetSum sum;
  sum.evaluations = trials;
  sum.from_scratch =
      rounds * round.from_scratch + plan.growth * evaluations * rounds * (rounds - 1) / 2;
  sum.continued = rounds * round.continued;
  std::uint64_t left = trials % round.evaluations;
  for (const BudgetPlan::Rung& rung : plan.rungs) {
    const std::uint64_t here = std::min(left, rung.trials);
    left -= here;
    sum.from_scratch += static_cast<double>(here) * (*rung.budget + rounds * plan.growth);
    sum.continued += static_cast<double>(here) * rung.continued;
  }
  return sum;
}

// Null where all rounds are alike.
Value total_document(const BudgetPlan& plan, std::uint64_t trials) {
  if (plan.growth == 0) return {};
  const BudgetSum sum = total_of(plan, trials);
  return Value(Value::Map{{"evaluations", static_cast<std::int64_t>(sum.evaluations)},
                          {"budget_from_scratch", sum.from_scratch},
                          {"budget_continued", sum.continued}});
}

Value budgets_document(const BudgetPlan& plan, std::uint64_t trials) {
  const BudgetSum sum = sum_of(plan);
  Value::List rungs;
  for (const BudgetPlan::Rung& rung : plan.rungs) {
    rungs.emplace_back(Value::Map{{"name", rung.name},
                                  {"trials", static_cast<std::int64_t>(rung.trials)},
                                  {"budget", rung.budget ? Value(*rung.budget) : Value()}});
  }
  return Value(Value::Map{
      {"rounds", plan.rounds > 0 ? Value(static_cast<std::int64_t>(plan.rounds)) : Value()},
      {"configurations", static_cast<std::int64_t>(plan.configurations)},
      {"evaluations", static_cast<std::int64_t>(sum.evaluations)},
      {"budget_from_scratch", sum.from_scratch},
      {"budget_continued", sum.continued},
      {"growth", plan.growth},
      {"total", total_document(plan, trials)},
      {"estimate", plan.is_estimate},
      {"rungs", Value(std::move(rungs))}});
}

// "2 in round 1, 4 in round 2, ..., 20 in round 10"
std::string growing_text(double budget, double growth, std::uint64_t rounds) {
  const auto in_round = [&](std::uint64_t round) {
    const Budget grown{budget + growth * static_cast<double>(round - 1)};
    return fmt::format("{} in round {}", to_string(grown), round);
  };
  std::string text = in_round(1);
  for (std::uint64_t round = 2; round <= std::min<std::uint64_t>(rounds, 3); ++round) {
    text += ", " + in_round(round);
  }
  if (rounds > 4) text += ", ...";
  return rounds > 3 ? text + ", " + in_round(rounds) : text;
}

// Rounds that go on where the one before ended.
void print_growing_budgets(std::ostream& out, const BudgetPlan& plan, std::uint64_t trials) {
  const std::uint64_t evaluations = sum_of(plan).evaluations;
  const std::uint64_t rounds = (trials + evaluations - 1) / evaluations;
  const BudgetSum sum = total_of(plan, trials);
  out << fmt::format(
      "budgets: {} round{}, each goes on from the one before: {} configurations, {} "
      "evaluations, total budget {} from scratch, {} continued from checkpoints\n",
      rounds, rounds == 1 ? "" : "s", plan.configurations, sum.evaluations,
      to_string(Budget{sum.from_scratch}), to_string(Budget{sum.continued}));
  for (const BudgetPlan::Rung& rung : plan.rungs) {
    out << fmt::format("  {}: {} trial{} to budget {}\n", rung.name, rung.trials,
                       rung.trials == 1 ? "" : "s",
                       growing_text(*rung.budget, plan.growth, rounds));
  }
}

void print_budgets(std::ostream& out, const BudgetPlan& plan, std::uint64_t trials) {
  if (plan.growth > 0) return print_growing_budgets(out, plan, trials);
  const BudgetSum sum = sum_of(plan);
  const std::string rounds = plan.is_estimate   ? "about"
                             : plan.rounds == 1 ? "one round:"
                             : plan.rounds > 1  ? fmt::format("{} rounds, each", plan.rounds)
                                                : "rounds until the limits, each";
  out << fmt::format("budgets: {} {} configurations, {} evaluations", rounds, plan.configurations,
                     sum.evaluations);
  if (sum.from_scratch > 0) {
    out << fmt::format(", total budget {} from scratch, {} continued from checkpoints",
                       to_string(Budget{sum.from_scratch}), to_string(Budget{sum.continued}));
  }
  out << '\n';
  for (const BudgetPlan::Rung& rung : plan.rungs) {
    out << fmt::format("  {}: {} trial{}", rung.name, rung.trials, rung.trials == 1 ? "" : "s");
    if (rung.budget) out << " to budget " << to_string(Budget{*rung.budget});
    out << '\n';
  }
}

Result<void> add_trials(const ReadJob& job, Plan& plan) {
  Findings findings;
  const Rules rules{job.spec};
  const Sweep sweep = make_sweep(rules, findings);
  if (sweep.sampler == nullptr) {
    return Error(ErrorCode::InvalidManifest, to_text(findings.all().front()));
  }
  plan.later_depend_on_results = sweep.sampler->needs_results();
  plan.budgets = sweep.sampler->budget_plan();
  if (plan.budgets && plan.budgets->rounds > 0) {
    plan.trials = std::min(plan.trials, sum_of(*plan.budgets).evaluations * plan.budgets->rounds);
  }
  auto command = CommandTemplate::compile(job.spec, plan.name);
  if (command.has_error()) return command.error();
  std::vector<TrialId> ids;
  const std::uint64_t count = std::min<std::uint64_t>(plan.options.commands, plan.trials);
  for (std::uint32_t i = 0; i < count; ++i) ids.push_back(TrialId{i});
  if (ids.empty()) return {};
  Proposals proposals = sweep.sampler->propose(ids, Rng(plan.options.seed));
  auto* proposed = std::get_if<std::vector<Proposal>>(&proposals);
  if (proposed == nullptr) return {};
  for (std::size_t i = 0; i < proposed->size(); ++i) {
    Proposal& proposal = (*proposed)[i];
    auto rendered = command->render(ids[i], 1, proposal.params, proposal.budget,
                                    paths_of(plan.options.state, ids[i]));
    if (rendered.has_error()) return rendered.error();
    plan.first.push_back(
        {ids[i], std::move(proposal.params), proposal.budget, *std::move(rendered)});
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> sweep_variables(const PlannedTrial& trial) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const auto& variable : trial.rendered.environment) {
    if (variable.first.starts_with(kSweepVariable)) variables.push_back(variable);
  }
  return variables;
}

std::string limits_text(const SweepSpec& spec) {
  const auto seconds = [](std::chrono::seconds time) {
    return time.count() == 0 ? std::string("none") : fmt::format("{} s", time.count());
  };
  return fmt::format("{} trials at most, timeout {}, trial_timeout {}",
                     spec.limits.max_total_trials, seconds(spec.limits.timeout),
                     seconds(spec.limits.trial_timeout));
}

Value limits_document(const Limits& limits) {
  return Value(Value::Map{
      {"max_total_trials", static_cast<std::int64_t>(limits.max_total_trials)},
      {"max_concurrent_trials", limits.max_concurrent_trials ? Value(static_cast<std::int64_t>(
                                                                   *limits.max_concurrent_trials))
                                                             : Value()},
      {"timeout", static_cast<std::int64_t>(limits.timeout.count())},
      {"trial_timeout", static_cast<std::int64_t>(limits.trial_timeout.count())}});
}

Value commands_document(const Plan& plan) {
  Value::List commands;
  for (const PlannedTrial& trial : plan.first) {
    Value::Map variables;
    for (const auto& [name, value] : sweep_variables(trial)) variables.emplace_back(name, value);
    Value::List warnings;
    for (const std::string& warning : trial.rendered.warnings) warnings.emplace_back(warning);
    commands.emplace_back(
        Value::Map{{"trial", static_cast<std::int64_t>(index_of(trial.trial))},
                   {"params", Value(trial.params)},
                   {"budget", trial.budget ? Value(trial.budget->amount) : Value()},
                   {"command", trial.rendered.command},
                   {"environment", Value(std::move(variables))},
                   {"warnings", Value(std::move(warnings))}});
  }
  return Value(std::move(commands));
}

void print_commands(std::ostream& out, const Plan& plan) {
  constexpr std::size_t kMaxCommand = std::size_t{128} << 10;
  for (const PlannedTrial& trial : plan.first) {
    out << fmt::format("\ntrial {}: {}", index_of(trial.trial), params_text(trial.params));
    out << (trial.budget ? " budget " + to_string(*trial.budget) : "") << '\n';
    out << printable(trial.rendered.command, kMaxCommand) << '\n';
    for (const std::string& warning : trial.rendered.warnings) {
      out << "warning: " << printable(warning) << '\n';
    }
    if (&trial != plan.first.data()) continue;
    for (const auto& [name, value] : sweep_variables(trial)) {
      out << "  " << printable(name, 256) << '=' << printable(value, 1000) << '\n';
    }
  }
  if (plan.first.empty()) out << "\nthe sampler proposes nothing before it has seen results\n";
  if (plan.options.seed_drawn && (plan.first.empty() || !plan.first.front().params.empty())) {
    out << fmt::format("\nThe file gives no seed, so submit draws one; these are of --seed {}\n",
                       plan.options.seed);
  }
}

}  // namespace

Result<Plan> make_plan(const ReadJob& job, const PlanOptions& options) {
  const SweepSpec& spec = job.spec;
  Plan plan;
  plan.options = options;
  plan.name = options.name.empty() ? spec.name : options.name;
  plan.name_given = !plan.name.empty();
  if (!plan.name_given) plan.name = "NAME";
  plan.trials = spec.limits.max_total_trials;
  if (spec.sampling.type == "grid") {
    plan.grid_points = grid_size(spec.space);
    plan.trials = std::min(plan.trials, *plan.grid_points);
  }
  plan.capacity =
      find_capacity(spec, spec.limits, job.resolved.backend_options, detect_gpus(), usable_cpus());
  plan.concurrent = static_cast<std::uint32_t>(
      std::min<std::uint64_t>({spec.limits.max_concurrent_trials.value_or(plan.capacity.trials),
                               plan.capacity.trials, std::max<std::uint64_t>(plan.trials, 1)}));
  plan.ranges = effective_ranges(spec);
  if (!spec.trial.code_path.empty()) {
    auto code = plan_snapshot(spec.trial.code_path, {options.state});
    if (code.has_error()) return code.error();
    plan.code_files = code->files;
    plan.code_bytes = code->bytes;
  }
  if (auto added = add_trials(job, plan); added.has_error()) return added.error();
  return plan;
}

Value plan_document(const ReadJob& job, const Plan& plan) {
  const SweepSpec& spec = job.spec;
  Value::List ranges;
  for (const EffectiveRange& range : plan.ranges) {
    ranges.emplace_back(Value::Map{{"parameter", range.parameter->path},
                                   {"type", to_string(range.parameter->kind)},
                                   {"low", number_or_text(range.low)},
                                   {"high", number_or_text(range.high)},
                                   {"all_values", range.bounded}});
  }
  Value::List warnings;
  for (const std::string& warning : plan.capacity.warnings) warnings.emplace_back(warning);
  return document(
      {{"name", plan.name_given ? Value(plan.name) : Value()},
       {"backend", job.resolved.backend},
       {"sampler", sampler_text(spec)},
       {"seed",
        plan.options.seed_drawn ? Value() : Value(static_cast<std::int64_t>(plan.options.seed))},
       {"policy", policy_text(spec)},
       {"grid_points", plan.grid_points ? Value(static_cast<std::int64_t>(std::min<std::uint64_t>(
                                              *plan.grid_points, INT64_MAX)))
                                        : Value()},
       {"trials", static_cast<std::int64_t>(plan.trials)},
       {"concurrent", static_cast<std::int64_t>(plan.concurrent)},
       {"limits", limits_document(spec.limits)},
       {"budgets", plan.budgets ? budgets_document(*plan.budgets, plan.trials) : Value()},
       {"ranges", Value(std::move(ranges))},
       {"code", Value(Value::Map{{"files", static_cast<std::int64_t>(plan.code_files)},
                                 {"bytes", static_cast<std::int64_t>(plan.code_bytes)}})},
       {"warnings", Value(std::move(warnings))},
       {"first_trials", commands_document(plan)}});
}

void print_plan(std::ostream& out, const ReadJob& job, const Plan& plan) {
  const SweepSpec& spec = job.spec;
  const bool is_measured = !spec.objectives.empty();
  if (is_measured) {
    out << "objective: " << to_string(spec.objectives.front().goal) << ' '
        << printable(primary_metric_of(spec), 256) << '\n';
    out << "sampler: " << sampler_text(spec) << '\n';
  }
  if (plan.grid_points) out << "grid: " << *plan.grid_points << " points\n";
  out << fmt::format("trials: {}{}, {} at once on backend {}\n", plan.grid_points ? "" : "up to ",
                     plan.trials, plan.concurrent, printable(job.resolved.backend, 100));
  if (plan.budgets) print_budgets(out, *plan.budgets, plan.trials);
  out << "limits: " << limits_text(spec) << '\n';
  if (is_measured) out << "policy: " << policy_text(spec) << '\n';
  for (const EffectiveRange& range : plan.ranges) {
    out << printable(range.parameter->path, 256) << ": " << to_string(range.parameter->kind) << ", "
        << range.text() << '\n';
  }
  if (plan.code_files > 0) {
    out << fmt::format("code: {} files, {} bytes\n", plan.code_files, plan.code_bytes);
  }
  for (const std::string& warning : plan.capacity.warnings) {
    out << "warning: " << printable(warning) << '\n';
  }
  print_commands(out, plan);
}

}  // namespace sweepjob
