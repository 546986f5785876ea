#include "policies/catalog.h"

#include <algorithm>
#include <map>

#include "model/check.h"

namespace sweepjob {

namespace {

// Inside a function, because entries of other files register themselves before main().
std::map<std::string, PolicyFactory, std::less<>>& registry() {
  static std::map<std::string, PolicyFactory, std::less<>> factories;
  return factories;
}

std::ptrdiff_t count_errors(const Findings& findings) {
  return std::count_if(findings.all().begin(), findings.all().end(),
                       [](const Finding& finding) { return finding.severity == Severity::Error; });
}

// What Azure's own tools take (spec azure-sweep sections 9 to 12).
bool is_azures(std::string_view name) {
  return name == "bandit" || name == "median_stopping" || name == "truncation_selection";
}

}  // namespace

PolicyEntry::PolicyEntry(const char* name, PolicyFactory factory) {
  SWEEPJOB_CHECK(registry().emplace(name, factory).second, "a policy's name is taken once");
}

std::vector<std::string> policy_names() {
  std::vector<std::string> names;
  for (const auto& [name, factory] : registry()) names.push_back(name);
  return names;
}

std::unique_ptr<TerminationPolicy> make_policy(const PolicyContext& context, Findings& findings) {
  const Options& options = context.options;
  const auto entry = registry().find(options.type);
  if (entry == registry().end()) {
    const std::vector<std::string> names = policy_names();
    std::string expected;
    for (const std::string& name : names) expected += (expected.empty() ? "" : ", ") + name;
    const std::string nearest = nearest_word(options.type, names);
    findings.error(options.place_of_type(), options.path + ".type",
                   "unknown policy '" + options.type + "', expected one of: " + expected,
                   nearest.empty() ? "" : "did you mean '" + nearest + "'?");
    return nullptr;
  }
  if (context.strict && !is_azures(options.type)) {
    findings.error(options.place_of_type(), options.path + ".type",
                   "'" + options.type +
                       "' is a policy of sweepjob's own: Azure has bandit, "
                       "median_stopping and truncation_selection",
                   "take one of the three, or leave strictness off");
    return nullptr;
  }
  const std::ptrdiff_t errors_before = count_errors(findings);
  auto policy = entry->second(context, findings);
  return count_errors(findings) > errors_before ? nullptr : std::move(policy);
}

std::unique_ptr<TerminationPolicy> make_inner_policy(const PolicyContext& outer,
                                                     const Options& options, Findings& findings) {
  return make_policy({options, outer.goal, outer.min_trials, outer.evaluation_interval,
                      outer.delay_evaluation, outer.strict, outer.sweep_name},
                     findings);
}

}  // namespace sweepjob
