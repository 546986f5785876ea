#include "manifests/spec/render_check.h"

#include <sstream>
#include <string>
#include <utility>

#include "manifests/spec/render.h"
#include "manifests/spec/render_names.h"

namespace sweepjob {
namespace {

Value longest_of(const Parameter& parameter);

Value longest_of(const ChoiceEntry& entry) {
  if (entry.members.empty()) return entry.literal;
  Value::Map members;
  for (const ChoiceEntry::Member& member : entry.members) {
    const auto* literal = std::get_if<Value>(&member.content);
    members.emplace_back(member.name, literal != nullptr
                                          ? *literal
                                          : longest_of(std::get<Parameter>(member.content)));
  }
  return Value(std::move(members));
}

Value longest_of(const Parameter& parameter) {
  if (parameter.kind == DistributionKind::RandInt) return Value(parameter.upper - 1);
  // A number's text is short, whichever it is.
  if (parameter.kind != DistributionKind::Choice) return Value(parameter.min);
  Value longest;
  std::size_t length = 0;
  for (const ChoiceEntry& entry : parameter.choices) {
    Value value = longest_of(entry);
    const std::size_t own = to_json(value, true).size();
    if (own < length) continue;
    length = own;
    longest = std::move(value);
  }
  return longest;
}

// The reader warns of the same placeholder, with a place of its own: one warning is enough.
bool is_said(const Findings& findings, const SourceLocation& where, const std::string& warning) {
  const std::size_t begin = warning.find("${{");
  const std::size_t end = warning.find("}}", begin);
  if (begin == std::string::npos || end == std::string::npos) return false;
  const std::string placeholder = warning.substr(begin, end + 2 - begin);
  for (const Finding& finding : findings.all()) {
    if (finding.severity == Severity::Warning && finding.where.line == where.line &&
        finding.message.find(placeholder) != std::string::npos) {
      return true;
    }
  }
  return false;
}

// "trial.command: what is wrong": the key goes to the finding's path.
void add_line(Severity severity, const SourceLocation& where, const std::string& line,
              Findings& findings) {
  const std::size_t colon = line.find(": ");
  const bool has_key = line.starts_with("trial.") && colon != std::string::npos;
  findings.add({severity, where, has_key ? line.substr(0, colon) : "trial",
                has_key ? line.substr(colon + 2) : line, ""});
}

// What is too long stands in a value, where a parameter's variable is the thing.
void add_size_error(const SweepSpec& spec, const std::string& message, Findings& findings) {
  for (const Parameter& parameter : spec.space.parameters) {
    if (message.find(" " + variable_name(parameter.path) + " ") == std::string::npos) continue;
    findings.error(parameter.where, "search_space." + parameter.path, message);
    return;
  }
  findings.error(spec.trial.command_where, "trial.command", message);
}

}  // namespace

Params longest_params(const SearchSpace& space) {
  Params params;
  for (const Parameter& parameter : space.parameters) {
    params.emplace_back(parameter.name, longest_of(parameter));
  }
  return params;
}

void check_rendering(const SweepSpec& written, Findings& findings) {
  SweepSpec spec = written;
  // Data without a local path has been spoken of, or is not to be looked for.
  for (InputSpec& input : spec.inputs) {
    if (input.is_data && input.resolved_path.empty()) input.resolved_path = "/" + input.name;
  }
  const SourceLocation& where = spec.trial.command_where;
  auto command = CommandTemplate::compile(spec, spec.name.empty() ? "sweep" : spec.name);
  if (command.has_error()) {
    std::istringstream lines(command.error().message());
    for (std::string line; std::getline(lines, line);) {
      add_line(Severity::Error, where, line, findings);
    }
    return;
  }
  for (const std::string& warning : command->warnings()) {
    if (!is_said(findings, where, warning)) add_line(Severity::Warning, where, warning, findings);
  }
  const TrialPaths paths{"/trial", "/trial/outputs", "/checkpoint", "", "/metrics.jsonl", ""};
  const auto rendered = command->render(TrialId{0}, 1, longest_params(spec.space), {}, paths);
  if (rendered.has_error()) add_size_error(spec, rendered.error().message(), findings);
}

}  // namespace sweepjob
