#include "runner/app/views/job_document.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

Value finding_value(const std::string& file, const Finding& finding) {
  Value::Map members{{"severity", to_string(finding.severity)},
                     {"line", finding.where.line},
                     {"column", finding.where.column},
                     {"path", finding.path},
                     {"message", finding.message},
                     {"hint", finding.hint}};
  if (!finding.where.file.empty() && finding.where.file != file) {
    members.emplace_back("file", finding.where.file);
  }
  return Value(std::move(members));
}

}  // namespace

Value::Map step_head(const PipelineStep& step) {
  Value::List needs;
  for (const std::string& need : step.needs) needs.emplace_back(need);
  return {{"step", step.name}, {"type", to_string(step.type)}, {"needs", Value(std::move(needs))}};
}

Value validation_document(const std::string& file, const ReadJob& job) {
  Value::List findings;
  for (const Finding& finding : job.findings.all()) {
    findings.push_back(finding_value(file, finding));
  }
  Value::List steps;
  for (const ReadStep& read : job.steps) {
    Value::Map members = step_head(read.step);
    members.emplace_back("sweep", to_value(read.step.spec));
    steps.emplace_back(std::move(members));
  }
  return document({{"file", file},
                   {"valid", !job.findings.has_errors()},
                   {"dialect", job.dialect},
                   {"findings", Value(std::move(findings))},
                   {"sweep", job.has_spec ? to_value(job.spec) : Value()},
                   {"steps", Value(std::move(steps))}});
}

void print_validation(std::ostream& out, const std::string& file, const ReadJob& job) {
  const auto& all = job.findings.all();
  for (const Finding& finding : all) out << printable(to_text(finding), 64 * 1024) << '\n';
  const std::size_t errors = job.findings.error_count();
  const auto warnings = std::count_if(all.begin(), all.end(), [](const Finding& finding) {
    return finding.severity == Severity::Warning;
  });
  std::string counts;
  if (errors > 0) counts += fmt::format(", {} error{}", errors, errors == 1 ? "" : "s");
  if (warnings > 0) counts += fmt::format(", {} warning{}", warnings, warnings == 1 ? "" : "s");
  out << printable(file, 4096) << ": " << (errors == 0 ? "valid" : "not valid") << " ("
      << (job.dialect.empty() ? "no known dialect" : job.dialect) << counts << ")" << std::endl;
}

}  // namespace sweepjob
