#include "runner/app/read_job.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

#include "manifests/spec/parse_manifest.h"
#include "runner/app/check_job.h"
#include "runner/app/effective_range.h"
#include "runner/core/rules.h"

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

void split_overrides(const std::vector<std::string>& texts, ParseOptions& parse,
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

void check_steps(std::vector<PipelineStep> steps, JobChecker& checker, ReadJob& job) {
  for (PipelineStep& step : steps) {
    Resolved resolved = checker.check(step.spec);
    if (job.has_spec && step.name == job.spec.step) {
      job.spec = step.spec;
      job.resolved = resolved;
    }
    job.steps.push_back({std::move(step), std::move(resolved)});
  }
}

// All that is said beyond the text, in the order of the lines.
void check_parsed(ParsedManifest parsed, const ReadJobOptions& options, ReadJob& job) {
  JobChecker checker(options, job.findings);
  for (PipelineStep& draft : parsed.drafts) static_cast<void>(checker.check(draft.spec));
  if (parsed.spec) {
    job.spec = *std::move(parsed.spec);
    job.has_spec = true;
  }
  if (!parsed.steps.empty()) {
    check_steps(std::move(parsed.steps), checker, job);
  } else if (job.has_spec) {
    job.resolved = checker.check(job.spec);
  }
  checker.finish();
  if (job.findings.has_errors()) {
    job.has_spec = false;
    job.steps.clear();
  } else if (!job.steps.empty()) {
    for (const ReadStep& step : job.steps) note_ranges(step.step.spec, job.findings);
  } else {
    note_ranges(job.spec, job.findings);
  }
}

}  // namespace

ReadJob read_job(const std::string& file, const ReadJobOptions& options) {
  ReadJob job;
  ParseOptions parse{options.strict, options.schema_only, options.step, {}, {}};
  split_overrides(options.overrides, parse, job.findings);
  if (!read_text(file, job.text, job.findings)) return job;
  ParsedManifest parsed = parse_manifest(job.text, file, parse);
  for (const Finding& finding : parsed.findings.all()) job.findings.add(finding);
  job.dialect = parsed.dialect;
  job.pipeline_name = parsed.pipeline_name;
  if (parsed.spec || !parsed.steps.empty() || !parsed.drafts.empty()) {
    check_parsed(std::move(parsed), options, job);
  }
  job.findings.sort_by_place(file);
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
