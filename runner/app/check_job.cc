#include "runner/app/check_job.h"

#include <algorithm>
#include <utility>

#include "backends/catalog.h"
#include "manifests/spec/render_check.h"
#include "runner/app/budget_use.h"
#include "runner/app/warm_start.h"
#include "runner/core/rules.h"
#include "runner/metrics/metric_pattern.h"

namespace sweepjob {
namespace {

bool is_at_or_below(const std::string& path, const std::string& above) {
  return path.starts_with(above) &&
         (path.size() == above.size() || path[above.size()] == '.' || path[above.size()] == '[');
}

std::string in_step(const SweepSpec& spec, const std::string& path) {
  return spec.step.empty() || path.starts_with("jobs.") ? path : "jobs." + spec.step + "." + path;
}

// The checks speak of "trial.command"; in a component's own file it is "command".
std::string path_in_its_file(const SweepSpec& spec, const Finding& finding) {
  const std::string& file = finding.where.file;
  const bool in_component = file == spec.trial.command_where.file && file != spec.source_file;
  if (in_component && finding.path.starts_with("trial.")) return finding.path.substr(6);
  const bool is_keyed = file == spec.source_file || file == "--set";
  return is_keyed && !finding.path.empty() ? in_step(spec, finding.path) : finding.path;
}

// A draft as samplers and policies may be made from it: nothing in it that they must not see.
SweepSpec with_stand_ins(SweepSpec spec) {
  Parameter stand_in;
  stand_in.name = stand_in.path = "x";
  stand_in.kind = DistributionKind::Choice;
  stand_in.choices = {{Value(0), {}}, {Value(1), {}}};
  for (Parameter& parameter : spec.space.parameters) {
    if (!parameter.is_broken) continue;
    parameter.kind = DistributionKind::Choice;
    parameter.choices = stand_in.choices;
  }
  if (spec.space.parameters.empty()) spec.space.parameters.push_back(stand_in);
  if (spec.objectives.empty()) spec.objectives.push_back({"metric", Goal::Maximize});
  return spec;
}

void check_patterns(const SweepSpec& spec, Findings& findings) {
  for (std::size_t i = 0; i < spec.extensions.metric_patterns.size(); ++i) {
    const MetricPattern& pattern = spec.extensions.metric_patterns[i];
    auto compiled = MetricPatterns::compile({{pattern.regex, pattern.metric}});
    if (compiled.has_value()) continue;
    findings.error(pattern.where, "properties.sweepjob.metrics.patterns[" + std::to_string(i) + "]",
                   compiled.error().text());
  }
}

// What the local backend cannot do is said before anything starts.
void check_local(const SweepSpec& spec, const Resolved& resolved, Findings& findings) {
  if (!resolved.image.empty()) {
    findings.error(spec.trial.environment.where, "trial.environment",
                   "the local backend runs no containers (image " + resolved.image + ")",
                   "map the environment to {activate: PREFIX} or {} in config.yaml");
  }
  if (spec.trial.instance_count > 1) {
    findings.error(
        spec.trial.instance_count_where, spec.trial.instance_count_path,
        "the local backend is one machine, not " + std::to_string(spec.trial.instance_count),
        "--set " + spec.trial.instance_count_path + "=1 runs it here");
  }
}

}  // namespace

JobChecker::JobChecker(const ReadJobOptions& options, Findings& findings)
    : options_(options), findings_(findings) {
  for (const Finding& finding : findings.all()) {
    if (finding.severity == Severity::Error) errors_.push_back(finding.path);
  }
  if (!options.schema_only) config_ = load_config(options.config_path, findings);
}

Resolved JobChecker::check(SweepSpec& spec) {
  Resolved resolved;
  Findings found;
  // A command step has no metric to require.
  if (options_.require_metric && !spec.objectives.empty()) spec.extensions.require_metric = true;
  if (!options_.schema_only) resolved = check_surroundings(spec, found);
  if (!options_.state.empty()) add_warm_start(spec, options_.state, found);
  check_deciders(spec, found);
  check_command(spec, found);
  check_patterns(spec, found);
  for (Finding finding : found.all()) {
    finding.path = path_in_its_file(spec, finding);
    if (!is_said(finding.path)) findings_.add(std::move(finding));
  }
  return resolved;
}

void JobChecker::finish() { report_unknown(unknown_, config_, options_.strict, findings_); }

// Sampler and policy check their own options when they are made.
void JobChecker::check_deciders(const SweepSpec& spec, Findings& found) const {
  const bool is_draft = !errors_.empty();
  const Rules rules{is_draft ? with_stand_ins(spec) : spec};
  Findings made;
  const Sweep sweep = make_sweep(rules, made, options_.strict);
  // Counts and ranges of a draft may be those of the stand-ins.
  const bool only_errors = has_error_in(spec, {"search_space", "limits", "objective"});
  const bool is_space_said = has_error_in(spec, {"search_space"});
  for (Finding finding : made.all()) {
    if (only_errors && finding.severity != Severity::Error) continue;
    if (is_space_said && finding.path.starts_with("search_space")) continue;
    // What Azure's text allows is valid text; that this version cannot run it is for submit to say.
    if (options_.schema_only && finding.path == spec.sampling.path &&
        finding.severity == Severity::Error) {
      finding.severity = Severity::Warning;
    }
    found.add(std::move(finding));
  }
  if (sweep.sampler == nullptr || options_.schema_only) return;
  if (has_error_in(spec, {"trial", "command", "code", "component"})) return;
  if (const auto plan = sweep.sampler->budget_plan()) check_budget_use(spec, *plan, found);
}

// Where the reader has found an error it has looked at all of the command already.
void JobChecker::check_command(const SweepSpec& spec, Findings& found) const {
  if (has_error_in(spec, {"trial", "command", "component", "environment_variables", "inputs",
                          "outputs", "search_space", "name"})) {
    return;
  }
  Findings rendering = findings_;  // what the reader has warned of is not repeated
  const std::size_t before = rendering.all().size();
  check_rendering(spec, rendering);
  for (std::size_t i = before; i < rendering.all().size(); ++i) found.add(rendering.all()[i]);
}

Resolved JobChecker::check_surroundings(SweepSpec& spec, Findings& found) {
  const bool is_first = unknown_.path.empty();
  Resolved resolved = resolve(spec, config_, unknown_, found);
  if (is_first && !unknown_.path.empty()) {
    unknown_.path =
        path_in_its_file(spec, {Severity::Warning, unknown_.where, unknown_.path, "", ""});
  }
  if (options_.backend && *options_.backend != resolved.backend) {
    resolved.backend = *options_.backend;
    resolved.backend_options = Value::Map{};  // those of another backend
  }
  if (resolved.backend == "local") check_local(spec, resolved, found);
  const TrialSpec& trial = spec.trial;
  if (!trial.code.empty() && trial.code_path.empty()) {
    found.error(
        trial.code_where, "trial.code",
        "'" + trial.code + "' is not on this machine: code has to be a local folder or file",
        "--set trial.code=./src");
  }
  const std::vector<std::string> known = backend_names();
  const std::string& backend = resolved.backend;
  if (std::find(known.begin(), known.end(), backend) != known.end()) return resolved;
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  const std::string nearest = nearest_word(backend, known);
  found.error(options_.backend ? SourceLocation{"--backend", 0, 0} : spec.compute_where,
              options_.backend ? "" : "compute",
              "there is no backend '" + backend + "'; known are " + list,
              nearest.empty() ? "" : "did you mean '" + nearest + "'?");
  return resolved;
}

bool JobChecker::has_error_in(const SweepSpec& spec,
                              const std::vector<std::string>& sections) const {
  return std::any_of(errors_.begin(), errors_.end(), [&](const std::string& path) {
    return std::any_of(sections.begin(), sections.end(), [&](const std::string& section) {
      return is_at_or_below(path, section) || is_at_or_below(path, in_step(spec, section));
    });
  });
}

bool JobChecker::is_said(const std::string& path) const {
  return !path.empty() && std::any_of(errors_.begin(), errors_.end(), [&](const std::string& said) {
    return !said.empty() && is_at_or_below(path, said);
  });
}

}  // namespace sweepjob
