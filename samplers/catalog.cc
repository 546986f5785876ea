#include "samplers/catalog.h"

#include <cstdio>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "samplers/head_start.h"

namespace sweepjob {
namespace {

struct Known {
  SamplerFactory factory;
  SamplerEntry::HeadStartBy head_start_by;
};

// A function, so that it exists before the first entry of another file asks for it.
std::map<std::string, Known, std::less<>>& catalog() {
  static std::map<std::string, Known, std::less<>> known;
  return known;
}

// What a user of several objectives would not guess.
void note_unused_objectives(const SamplerContext& context, const Sampler& sampler,
                            Findings& findings) {
  const bool is_inside_another = context.options.path.find('.') != std::string::npos;
  if (context.objectives.size() < 2 || is_inside_another || !sampler.needs_results() ||
      sampler.weighs_objectives()) {
    return;
  }
  findings.note(context.options.where, context.options.path,
                fmt::format("{} learns from the first of the {} objectives alone; nsga2 from all",
                            context.options.type, context.objectives.size()));
}

SamplerContext with_options(const SamplerContext& context, const Options& options) {
  return {.space = context.space,
          .options = options,
          .objectives = context.objectives,
          .max_total_trials = context.max_total_trials,
          .allow_duplicates = context.allow_duplicates,
          .strict = context.strict,
          .max_concurrent_trials = context.max_concurrent_trials,
          .given_points = context.given_points,
          .goal_where = context.goal_where};
}

// NNI's tuners are told the goal as well. Where the objective's has a place, the job is being read,
// and they must agree; a stored job was checked then.
Options without_optimize_mode(const SamplerContext& context, Findings& findings) {
  constexpr const char* kName = "optimize_mode";
  OptionReader reader(context.options, findings);
  const auto mode = reader.word(kName, {"minimize", "maximize"});
  const SourceLocation& goal = context.goal_where;
  if (mode && goal.line > 0 && !context.objectives.empty() &&
      *mode != to_string(context.objectives.front().goal)) {
    reader.fail(
        kName,
        fmt::format("{} contradicts the objective's goal, {} at {}:{}:{}", *mode,
                    to_string(context.objectives.front().goal), goal.file, goal.line, goal.column),
        "leave it out: the goal says it");
  }
  Options rest = context.options;
  std::erase_if(rest.options, [&](const Option& option) { return option.name == kName; });
  return rest;
}

}  // namespace

SamplerEntry::SamplerEntry(const char* name, SamplerFactory factory, HeadStartBy by) {
  if (catalog().emplace(name, Known{factory, by}).second) return;
  std::fprintf(stderr, "sweepjob: bug: two samplers are named '%s'\n", name);
  std::abort();
}

std::vector<std::string> sampler_names() {
  std::vector<std::string> names;
  for (const auto& [name, known] : catalog()) names.push_back(name);
  return names;
}

std::unique_ptr<Sampler> make_sampler(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  const Options options = without_optimize_mode(context, findings);
  if (const auto found = catalog().find(options.type); found != catalog().end()) {
    const SamplerContext given = with_options(context, options);
    if (found->second.head_start_by == SamplerEntry::HeadStartBy::Sampler) {
      auto sampler = found->second.factory(given, findings);
      if (sampler == nullptr || findings.error_count() > errors) return nullptr;
      note_unused_objectives(context, *sampler, findings);
      return sampler;
    }
    HeadStart head_start(given, findings);
    SamplerContext inner = with_options(context, head_start.rest());
    inner.given_points = head_start.point_count();
    auto sampler = found->second.factory(inner, findings);
    if (sampler == nullptr || findings.error_count() > errors) return nullptr;
    note_unused_objectives(context, *sampler, findings);
    return std::move(head_start).give_to(std::move(sampler), given, findings);
  }
  const std::string nearest = nearest_word(options.type, sampler_names());
  findings.error(options.place_of_type(), options.path + ".type",
                 fmt::format("unknown sampler '{:.60}'; known are {}", options.type,
                             fmt::join(sampler_names(), ", ")),
                 nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest));
  return nullptr;
}

}  // namespace sweepjob
