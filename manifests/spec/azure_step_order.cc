#include "manifests/spec/azure_step_order.h"

#include <algorithm>
#include <map>
#include <utility>

namespace sweepjob::azure {
namespace {

using StepsByName = std::map<std::string, const PipelineStep*>;

std::string path_of(const PipelineStep& step, const InputSpec& input) {
  return join(join(join("jobs", step.name), "inputs"), input.name);
}

void check_output(const PipelineStep& step, const InputSpec& input, const StepOutput& wanted,
                  const PipelineStep& maker, AzureReader& reader) {
  // A component that cannot be read may declare anything: said already.
  if (maker.spec.trial.command.empty()) return;
  std::vector<std::string> names;
  for (const OutputSpec& output : maker.spec.outputs) {
    if (output.name == wanted.output) return;
    names.push_back(output.name);
  }
  std::string hint = reader.suggest(wanted.output, names);
  if (hint.empty()) {
    hint = names.empty() ? "it declares none" : "its outputs:";
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 20); ++i) {
      hint += (i == 0 ? " " : ", ") + shown(names[i]);
    }
  }
  reader.error(input.where, path_of(step, input),
               "step '" + shown(maker.name) + "' declares no output '" + shown(wanted.output) + "'",
               hint);
}

void find_needs(PipelineStep& step, const StepsByName& by_name, AzureReader& reader) {
  for (const InputSpec& input : step.spec.inputs) {
    if (!input.is_data) continue;
    for (const StepOutput& wanted : step_outputs_in(input.path)) {
      const auto maker = by_name.find(wanted.step);
      if (maker == by_name.end()) continue;  // a step that cannot be run: said already
      check_output(step, input, wanted, *maker->second, reader);
      if (std::find(step.needs.begin(), step.needs.end(), wanted.step) == step.needs.end()) {
        step.needs.push_back(wanted.step);
      }
    }
  }
}

// Every step of `stuck` needs another one of it: whoever follows comes round again.
void report_cycle(const StepsByName& stuck, AzureReader& reader) {
  std::vector<const PipelineStep*> way{stuck.begin()->second};
  std::size_t begin = 0;
  do {
    const auto& needs = way.back()->needs;
    const auto next = std::find_if(needs.begin(), needs.end(),
                                   [&](const std::string& name) { return stuck.contains(name); });
    const PipelineStep* step = stuck.at(*next);
    begin = static_cast<std::size_t>(std::find(way.begin(), way.end(), step) - way.begin());
    way.push_back(step);
  } while (begin + 1 == way.size());
  way.erase(way.begin(), way.begin() + static_cast<std::ptrdiff_t>(begin));
  std::string text;
  for (const PipelineStep* step : way) text += (text.empty() ? "" : " -> ") + shown(step->name);
  const PipelineStep& first = *way[0];
  for (const InputSpec& input : first.spec.inputs) {
    for (const StepOutput& wanted : step_outputs_in(input.path)) {
      if (wanted.step != way[1]->name) continue;
      return reader.error(input.where, path_of(first, input),
                          "the steps wait for each other's outputs: " + text);
    }
  }
}

}  // namespace

void order_steps(std::vector<PipelineStep>& steps, AzureReader& reader) {
  StepsByName waiting;
  for (const PipelineStep& step : steps) waiting.emplace(step.name, &step);
  for (PipelineStep& step : steps) find_needs(step, waiting, reader);

  std::vector<std::size_t> order;
  for (bool found = true; found;) {
    found = false;
    for (std::size_t i = 0; i < steps.size() && !found; ++i) {
      const auto own = waiting.find(steps[i].name);
      if (own == waiting.end() || own->second != &steps[i]) continue;
      found = std::none_of(steps[i].needs.begin(), steps[i].needs.end(),
                           [&](const std::string& name) { return waiting.contains(name); });
      if (!found) continue;
      order.push_back(i);
      waiting.erase(own);
    }
  }
  if (!waiting.empty()) return report_cycle(waiting, reader);
  std::vector<PipelineStep> sorted;
  for (const std::size_t i : order) sorted.push_back(std::move(steps[i]));
  steps = std::move(sorted);
}

}  // namespace sweepjob::azure
