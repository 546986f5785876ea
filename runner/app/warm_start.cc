#include "runner/app/warm_start.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"
#include "runner/app/load_sweep.h"
#include "runner/app/views/front.h"
#include "runner/io/state_folder.h"
#include "samplers/head_start.h"

namespace sweepjob {
namespace {

constexpr const char* kInner = "sampler";

struct Ended {
  std::uint64_t sequence = 0;
  PriorResult result;
};

// The last value of each of our objectives, whatever its place among those of the earlier sweep.
std::vector<double> lasts_of(const Rules& theirs, const Trial& trial,
                             const std::vector<Objective>& ours) {
  const std::vector<double> values = objective_values(theirs, trial);
  std::vector<double> lasts;
  for (const Objective& one : ours) {
    const auto& known = theirs.spec.objectives;
    const auto at =
        static_cast<std::size_t>(std::find(known.begin(), known.end(), one) - known.begin());
    lasts.push_back(at < values.size() ? values[at] : kWorst);
  }
  return lasts;
}

std::vector<Ended> results_of(const Rules& theirs, const Sweep& sweep,
                              const std::vector<Objective>& ours) {
  std::set<TrialId> continued;
  for (const Trial& trial : sweep.trials) {
    if (trial.proposal.parent) continued.insert(*trial.proposal.parent);
  }
  std::vector<Ended> results;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Trial& trial = sweep.trials[i];
    if (!is_terminal(trial.status) || continued.contains(TrialId{i})) continue;
    Ended& one = results.emplace_back();
    one.sequence = trial.ended_sequence;
    one.result.params = trial.proposal.params;
    one.result.status = trial.status;
    if (!is_worst(trial.best)) one.result.best = trial.best;
    if (ours.size() > 1) one.result.lasts = lasts_of(theirs, trial, ours);
  }
  std::sort(results.begin(), results.end(),
            [](const Ended& a, const Ended& b) { return a.sequence < b.sequence; });
  return results;
}

class Reader {
 public:
  Reader(const SweepSpec& spec, const std::string& state, Findings& findings)
      : spec_(spec), state_(state), findings_(findings) {}

  // Nothing where there is no such option, or one of its sweeps cannot be used.
  std::optional<Value> read(const Options& options) {
    const std::vector<std::string> names = warm_start_sweeps(options);
    if (names.empty()) return std::nullopt;
    const SourceLocation where = options.find(kWarmStart)->where;
    const std::string path = options.path + "." + kWarmStart;
    std::vector<PriorResult> all;
    bool is_good = true;
    for (const std::string& name : names) is_good = add(name, where, path, all) && is_good;
    if (!is_good) return std::nullopt;
    if (all.size() > kMaxWarmStartResults) {
      findings_.warning(
          where, path,
          fmt::format("of {} results the last {} are used", all.size(), kMaxWarmStartResults));
      all.erase(all.begin(), all.end() - kMaxWarmStartResults);
    }
    return to_value(all);
  }

 private:
  bool add(const std::string& name, const SourceLocation& where, const std::string& path,
           std::vector<PriorResult>& all) {
    const StateFolder folder(state_);
    const std::string shown = printable(name, 200);
    const auto entry = folder.find(name);
    if (entry.has_error()) {
      std::vector<std::string> known;
      if (const auto list = folder.list(); list.has_value()) {
        for (const SweepEntry& one : *list) known.push_back(one.name);
      }
      const std::string nearest = nearest_word(name, known);
      findings_.error(where, path, fmt::format("there is no sweep '{}' in {}", shown, state_),
                      nearest.empty() ? "`sweepjob list` shows what there is"
                                      : fmt::format("did you mean '{}'?", nearest));
      return false;
    }
    const auto loaded = load_sweep(entry->folder);
    if (loaded.has_error()) {
      findings_.error(where, path,
                      fmt::format("'{}' cannot be read: {}", shown, loaded.error().text()));
      return false;
    }
    const std::vector<Objective>& theirs = loaded->rules->spec.objectives;
    if (spec_.objectives.empty() || theirs.empty() || theirs.front() != spec_.objectives.front()) {
      findings_.error(where, path,
                      fmt::format("'{}' measures {}, this job {}", shown, measure_of(theirs),
                                  measure_of(spec_.objectives)),
                      "only results of the same primary metric and goal compare");
      return false;
    }
    for (Ended& one : results_of(*loaded->rules, *loaded->sweep, spec_.objectives)) {
      all.push_back(std::move(one.result));
    }
    return true;
  }

  static std::string measure_of(const std::vector<Objective>& objectives) {
    if (objectives.empty()) return "nothing";
    return fmt::format("{} to {}", printable(objectives.front().primary_metric, 100),
                       to_string(objectives.front().goal));
  }

  const SweepSpec& spec_;
  const std::string& state_;
  Findings& findings_;
};

}  // namespace

void add_warm_start(SweepSpec& spec, const std::string& state, Findings& findings) {
  Reader reader(spec, state, findings);
  if (auto results = reader.read(spec.sampling)) {
    spec.sampling.options.push_back(
        {kWarmStartResults, *std::move(results), spec.sampling.find(kWarmStart)->where});
  }
  const Option* inner = spec.sampling.find(kInner);
  if (inner == nullptr || inner->value.find(kWarmStart) == nullptr) return;
  const auto options = nested_options(spec.sampling, kInner, findings);
  auto results = options ? reader.read(*options) : std::nullopt;
  if (!results) return;
  for (Option& option : spec.sampling.options) {
    if (option.name != kInner) continue;
    option.value.get<Value::Map>()->emplace_back(kWarmStartResults, *std::move(results));
    option.inside.resize(option.value.get<Value::Map>()->size(), {option.where, {}});
    break;
  }
}

SweepSpec without_warm_start_results(SweepSpec spec) {
  std::erase_if(spec.sampling.options,
                [](const Option& option) { return option.name == kWarmStartResults; });
  for (Option& option : spec.sampling.options) {
    auto* inner = option.name == kInner ? option.value.get<Value::Map>() : nullptr;
    if (inner == nullptr) continue;
    std::erase_if(*inner, [](const auto& one) { return one.first == kWarmStartResults; });
  }
  return spec;
}

}  // namespace sweepjob
