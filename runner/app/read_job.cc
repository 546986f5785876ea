#include "runner/app/read_job.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

#include "backends/catalog.h"
#include "manifests/spec/parse_manifest.h"
#include "manifests/spec/render.h"
#include "runner/app/budget_use.h"
#include "runner/app/effective_range.h"
#include "runner/core/rules.h"
#include "runner/metrics/metric_pattern.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxJobBytes = std::size_t{16} << 20;

// Not read_small_file: a job file may well be a link or a pipe (`<(...)`).
bool read_text(const std::string& file, std::string& text, Findings& findings) {
  std::ifstream in(file, std::ios::binary);
  std::string buffer(64 * 1024, '\0');
  while (in.good() && text.size() <= kMaxJobBytes) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    text.append(buffer, 0, static_cast<std::size_t>(in.gcount()));
  }
  if (!in.eof() && text.size() <= kMaxJobBytes) {
    findings.error({file, 0, 0}, "", "cannot read this file");
    return false;
  }
  if (text.size() > kMaxJobBytes) {
    findings.error({file, 0, 0}, "", "this file is larger than 16 MiB: it is no job file");
    return false;
  }
  return true;
}

bool split_overrides(const std::vector<std::string>& texts, ParseOptions& parse,
                     Findings& findings) {
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      findings.error({"--set", 0, 0}, "", "'" + text.substr(0, 200) + "' is not KEY=VALUE",
                     "--set limits.max_total_trials=40");
      continue;
    }
    parse.overrides.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return !findings.has_errors();
}

// azure-sweep section 6: said for every log parameter, unless a warning has said it already.
void note_ranges(const SweepSpec& spec, Findings& findings) {
  const std::vector<Finding> before = findings.all();
  for (const EffectiveRange& range : effective_ranges(spec)) {
    const SourceLocation& where = range.parameter->where;
    const bool said = std::any_of(before.begin(), before.end(), [&](const Finding& finding) {
      return finding.severity == Severity::Warning && finding.where.line >= where.line &&
             finding.path.ends_with(range.parameter->path) &&
             finding.message.find("exponents") != std::string::npos;
    });
    if (!said) {
      findings.note(where, "search_space." + range.parameter->path,
                    std::string(to_string(range.parameter->kind)) + ": " + range.text());
    }
  }
}

// Sampler and policy check their own options when they are made.
void check_deciders(const SweepSpec& spec, const ReadJobOptions& options, Findings& findings) {
  Findings found;
  const Rules rules{spec};
  const Sweep sweep = make_sweep(rules, found, options.strict);
  for (Finding finding : found.all()) {
    // What Azure's text allows is valid text; that this version cannot run it is for submit to say.
    if (options.schema_only && finding.path == spec.sampling.path &&
        finding.severity == Severity::Error) {
      finding.severity = Severity::Warning;
    }
    findings.add(std::move(finding));
  }
  if (sweep.sampler == nullptr || options.schema_only) return;
  if (const auto plan = sweep.sampler->budget_plan()) check_budget_use(spec, *plan, findings);
}

// The reader warns of the same placeholder, with a place of its own: one warning is enough.
bool is_said(const Findings& findings, const SourceLocation& where, const std::string& warning) {
  const std::size_t begin = warning.find("${{");
  const std::size_t end = warning.find("}}", begin);
  if (begin == std::string::npos || end == std::string::npos) return false;
  const std::string placeholder = warning.substr(begin, end + 2 - begin);
  return std::any_of(findings.all().begin(), findings.all().end(), [&](const Finding& finding) {
    return finding.severity == Severity::Warning && finding.where.line == where.line &&
           finding.message.find(placeholder) != std::string::npos;
  });
}

void check_command(SweepSpec spec, Findings& findings) {
  // Data without a local path has been spoken of, or is not to be looked for.
  for (InputSpec& input : spec.inputs) {
    if (input.is_data && input.resolved_path.empty()) input.resolved_path = "/" + input.name;
  }
  const SourceLocation& where = spec.trial.command_where;
  auto command = CommandTemplate::compile(spec, spec.name.empty() ? "sweep" : spec.name);
  if (command.has_error()) {
    std::istringstream lines(command.error().message());
    for (std::string line; std::getline(lines, line);) findings.error(where, "trial", line);
    return;
  }
  for (const std::string& warning : command->warnings()) {
    if (!is_said(findings, where, warning)) findings.warning(where, "trial", warning);
  }
}

void check_patterns(const SweepSpec& spec, Findings& findings) {
  std::vector<MetricPatternText> texts;
  for (const MetricPattern& pattern : spec.extensions.metric_patterns) {
    texts.push_back({pattern.regex, pattern.metric});
  }
  auto patterns = MetricPatterns::compile(texts);
  if (patterns.has_error()) {
    findings.error({spec.source_file, 0, 0}, "properties.sweepjob.metrics.patterns",
                   patterns.error().text());
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
        spec.compute_where, "trial.resources.instance_count",
        "the local backend is one machine, not " + std::to_string(spec.trial.instance_count),
        "--set trial.resources.instance_count=1 runs it here");
  }
}

Resolved check_surroundings(SweepSpec& spec, const Config& config, const ReadJobOptions& options,
                            Findings& findings) {
  Resolved resolved = resolve(spec, config, options.strict, findings);
  if (options.backend && *options.backend != resolved.backend) {
    resolved.backend = *options.backend;
    resolved.backend_options = Value::Map{};  // those of another backend
  }
  if (resolved.backend == "local") check_local(spec, resolved, findings);
  const TrialSpec& trial = spec.trial;
  if (!trial.code.empty() && trial.code_path.empty()) {
    findings.error(
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
  findings.error(options.backend ? SourceLocation{"--backend", 0, 0} : spec.compute_where,
                 "compute", "there is no backend '" + backend + "'; known are " + list,
                 nearest.empty() ? "" : "did you mean '" + nearest + "'?");
  return resolved;
}

// All that is said about one sweep beyond its text.
Resolved check_sweep(SweepSpec& spec, const Config& config, const ReadJobOptions& options,
                     Findings& findings) {
  Resolved resolved;
  // A command step has no metric to require.
  if (options.require_metric && !spec.objectives.empty()) spec.extensions.require_metric = true;
  if (!options.schema_only) resolved = check_surroundings(spec, config, options, findings);
  check_deciders(spec, options, findings);
  check_command(spec, findings);
  check_patterns(spec, findings);
  return resolved;
}

void check_steps(std::vector<PipelineStep> steps, const Config& config,
                 const ReadJobOptions& options, ReadJob& job) {
  for (PipelineStep& step : steps) {
    Resolved resolved = check_sweep(step.spec, config, options, job.findings);
    if (job.has_spec && step.name == job.spec.step) {
      job.spec = step.spec;
      job.resolved = resolved;
    }
    job.steps.push_back({std::move(step), std::move(resolved)});
  }
  const bool refused = job.findings.has_errors();
  if (refused) job.steps.clear();
  for (const ReadStep& step : job.steps) note_ranges(step.step.spec, job.findings);
  job.has_spec = job.has_spec && !refused;
}

}  // namespace

ReadJob read_job(const std::string& file, const ReadJobOptions& options) {
  ReadJob job;
  ParseOptions parse{options.strict, options.schema_only, options.step, {}, {}};
  if (!split_overrides(options.overrides, parse, job.findings)) return job;
  if (!read_text(file, job.text, job.findings)) return job;
  ParsedManifest parsed = parse_manifest(job.text, file, parse);
  job.findings = std::move(parsed.findings);
  job.dialect = std::move(parsed.dialect);
  job.pipeline_name = std::move(parsed.pipeline_name);
  job.has_spec = parsed.spec.has_value();
  if (!parsed.spec && parsed.steps.empty()) return job;
  Config config;
  if (!options.schema_only) config = load_config(options.config_path, job.findings);
  if (parsed.spec) job.spec = *std::move(parsed.spec);
  if (!parsed.steps.empty()) {
    check_steps(std::move(parsed.steps), config, options, job);
    return job;
  }
  job.resolved = check_sweep(job.spec, config, options, job.findings);
  if (!job.findings.has_errors()) note_ranges(job.spec, job.findings);
  job.has_spec = !job.findings.has_errors();
  return job;
}

ReadJob read_job_to_decide(const std::string& file, ReadJobOptions options) {
  options.schema_only = true;
  ReadJob job = read_job(file, options);
  if (job.has_spec) {
    // Only said as a warning so far, by what checks the text alone.
    Findings made;
    (void)make_sweep(Rules{job.spec}, made, options.strict);
    job.has_spec = !made.has_errors();
  }
  return job;
}

std::optional<std::uint64_t> given_seed(const SweepSpec& spec) {
  const Option* option = spec.sampling.find("seed");
  const Option* inner = spec.sampling.find("sampler");
  const Value* seed = option != nullptr  ? &option->value
                      : inner != nullptr ? inner->value.find("seed")
                                         : nullptr;
  if (seed == nullptr) return spec.extensions.seed;
  // The sampler has refused what is no integer; a numeric string counts as one, as in Azure.
  if (const auto* number = seed->get<std::int64_t>()) {
    return static_cast<std::uint64_t>(*number);
  }
  const auto* text = seed->get<std::string>();
  std::int64_t number = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

}  // namespace sweepjob
