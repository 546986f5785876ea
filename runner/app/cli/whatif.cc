#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "manifests/spec/parse_policy.h"
#include "runner/app/cli/common.h"
#include "runner/app/curve_file.h"
#include "runner/app/views/whatif_report.h"

namespace sweepjob {
namespace {

constexpr std::size_t kLargestPolicy = std::size_t{1} << 20;

struct Options {
  std::string name;
  std::string curves;
  std::string goal;
  std::string policy;
  std::vector<std::string> grid;
  std::string svg;
  std::uint32_t top = 5;
};

// What is re-decided, and the sweep's own settings beside it: all of them, as make_policy_of() says
// which of them a policy depends on.
struct Source {
  RecordedCurves curves;
  SweepSpec spec;
};

struct PolicyText {
  std::string text;
  std::string file;
};

Result<void> check_usage(const Options& options) {
  if (options.name.empty() == options.curves.empty()) {
    return Error(ErrorCode::Usage, "expected the NAME of a sweep or --curves FILE, one of them");
  }
  if (!options.curves.empty() && options.goal.empty()) {
    return Error(ErrorCode::Usage, "--curves needs --goal minimize or --goal maximize");
  }
  if (options.curves.empty() && !options.goal.empty()) {
    return Error(ErrorCode::Usage, "--goal is for --curves: a sweep has its own");
  }
  if (!options.curves.empty() && options.policy.empty()) {
    return Error(ErrorCode::Usage, "--curves needs --policy");
  }
  if (!options.svg.empty() && options.grid.empty()) {
    return Error(ErrorCode::Usage, "--svg draws a grid: it needs --grid");
  }
  return {};
}

Result<Source> read_source(const Options& options, const GlobalOptions& globals) {
  Source source;
  if (!options.curves.empty()) {
    const Goal goal = options.goal == "minimize" ? Goal::Minimize : Goal::Maximize;
    auto curves = read_curve_file(options.curves, goal);
    if (curves.has_error()) return curves.error();
    source.curves = *std::move(curves);
  } else {
    auto entry = find_sweep(globals, options.name);
    if (entry.has_error()) return entry.error();
    auto recorded = record_sweep(entry->folder);
    if (recorded.has_error()) return recorded.error();
    source.curves = std::move(recorded->curves);
    source.spec = recorded->loaded.rules->spec;
  }
  source.spec.objectives = {source.curves.objective};
  return source;
}

// A file, or the text itself. A name with a slash or of a YAML file is a file even when there is
// none: better one clear error than what YAML makes of a path.
Result<PolicyText> policy_text_of(const Options& options, const Source& source) {
  const std::string& given = options.policy;
  if (given.empty()) {
    const Value all = to_value(source.spec);
    const Value* policy = all.find("early_termination");
    if (!source.spec.early_termination || policy == nullptr) {
      return Error(ErrorCode::Usage, "this sweep has no policy of its own: give --policy");
    }
    return PolicyText{to_json(*policy), "the sweep's policy"};
  }
  const bool is_text = given.find_first_of("{:\n") != std::string::npos;
  const bool named_as_file = !is_text && (given.find('/') != std::string::npos ||
                                          given.ends_with(".yaml") || given.ends_with(".yml"));
  std::ifstream in;
  if (given.find_first_of("{\n") == std::string::npos) in.open(given, std::ios::binary);
  if (!in.is_open() || !in) {
    if (named_as_file) {
      return Error(ErrorCode::NotFound, "cannot open the policy's file", given);
    }
    return PolicyText{given, "--policy"};
  }
  std::string text(kLargestPolicy + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return Error(ErrorCode::NotFound, "cannot read the policy's file", given);
  text.resize(static_cast<std::size_t>(in.gcount()));
  return PolicyText{std::move(text), given};
}

// The policies to try, all of them made before the first is asked.
struct Candidate {
  std::unique_ptr<SweepSpec> spec;  // outlives the policy
  std::unique_ptr<TerminationPolicy> policy;
};

std::vector<Candidate> make_candidates(const Source& source, const PolicyText& text,
                                       const std::vector<GridPoint>& points, Findings& findings) {
  std::vector<Candidate> candidates;
  std::set<std::string> said;
  for (const GridPoint& point : points) {
    ParsedPolicy parsed = parse_policy(text.text, text.file, point, "--grid");
    Candidate candidate{std::make_unique<SweepSpec>(source.spec), nullptr};
    candidate.spec->early_termination = std::move(parsed.termination);
    if (candidate.spec->early_termination) {
      candidate.policy = make_policy_of(*candidate.spec, parsed.findings);
    }
    for (const Finding& finding : parsed.findings.all()) {
      if (said.insert(to_text(finding)).second) findings.add(finding);
    }
    if (parsed.findings.has_errors()) break;
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

int refuse(const GlobalOptions& globals, const Findings& findings) {
  if (!globals.json()) return print_findings(findings);
  std::string text;
  for (const Finding& finding : findings.all()) {
    if (finding.severity == Severity::Error) text += (text.empty() ? "" : "\n") + to_text(finding);
  }
  return fail(globals, Error(ErrorCode::InvalidManifest, text));
}

PlotSize terminal_size() {
  PlotSize size;
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
    size.columns = std::min<std::size_t>(window.ws_col, 120);
  }
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string locale = value;
    size.unicode =
        locale.find("UTF-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    break;
  }
  return size;
}

Result<void> write_svg(const std::string& path, const std::string& svg) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << svg << std::flush;
  if (!out) return Error(ErrorCode::Usage, "cannot write the SVG file", path);
  return {};
}

int try_grid(const Options& options, const GlobalOptions& globals, const WhatIfHead& head,
             const std::vector<GridAxis>& axes, const std::vector<GridPoint>& points,
             std::vector<Candidate> candidates) {
  std::vector<WhatIf> results;
  for (Candidate& candidate : candidates) {
    results.push_back(re_decide(*head.curves, *candidate.spec->early_termination, *candidate.policy,
                                options.top));
    results.back().cuts = {};
    candidate.policy.reset();
  }
  const std::vector<Plot> plots = whatif_plots(axes, points, results);
  if (!options.svg.empty()) {
    auto written = write_svg(options.svg, svg_of(plots, whatif_title(head)));
    if (written.has_error()) return fail(globals, written.error());
  }
  if (globals.json()) {
    print_json(whatif_grid_document(head, points, results));
    return kExitCompleted;
  }
  print_whatif_grid(std::cout, head, points, results);
  for (const Plot& plot : plots) {
    print_plot(std::cout, plot, terminal_size());
    std::cout << '\n';
  }
  return kExitCompleted;
}

int whatif(const Options& options, const GlobalOptions& globals) {
  if (auto usage = check_usage(options); usage.has_error()) return fail(globals, usage.error());
  std::vector<GridAxis> axes;
  for (const std::string& text : options.grid) {
    auto axis = parse_grid_axis(text);
    if (axis.has_error()) return fail(globals, axis.error());
    axes.push_back(*std::move(axis));
  }
  std::vector<GridPoint> points{{}};
  if (!axes.empty()) {
    auto all = grid_points(axes);
    if (all.has_error()) return fail(globals, all.error());
    points = *std::move(all);
  }
  auto source = read_source(options, globals);
  if (source.has_error()) return fail(globals, source.error());
  auto text = policy_text_of(options, *source);
  if (text.has_error()) return fail(globals, text.error());
  Findings findings;
  std::vector<Candidate> candidates = make_candidates(*source, *text, points, findings);
  if (findings.has_errors()) return refuse(globals, findings);
  print_findings(findings);
  WhatIfHead head{&source->curves, *candidates.front().spec, options.top};
  for (const GridAxis& axis : axes) head.grid_keys.push_back(axis.key);
  if (!axes.empty()) {
    return try_grid(options, globals, head, axes, points, std::move(candidates));
  }
  const WhatIf result = re_decide(source->curves, *candidates.front().spec->early_termination,
                                  *candidates.front().policy, options.top);
  if (globals.json()) {
    print_json(whatif_document(head, result));
  } else {
    print_whatif(std::cout, head, result);
    std::cout << std::flush;
  }
  return kExitCompleted;
}

VerbAction declare_whatif(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep, or the folder of a copied one");
  command.add_option("--policy", options->policy,
                     "A policy as YAML, or a file of it (default: the sweep's own)");
  command.add_option("--grid", options->grid,
                     "KEY=FROM:TO:COUNT or KEY=a,b,c: try a range; once or twice");
  command.add_option("--svg", options->svg, "Write the grid's plots to this file");
  command.add_option("--curves", options->curves,
                     "A CSV table (trial, interval, value, ...) in place of a sweep");
  command.add_option("--goal", options->goal, "Of --curves: minimize or maximize")
      .one_of({"minimize", "maximize"});
  command.add_option("--top", options->top, "What counts as the best few (default: 5)")
      .between(1, 1'000'000);
  return [options, &globals] { return whatif(*options, globals); };
}

const VerbEntry entry{"whatif", "Say what another policy would have cut", declare_whatif};

}  // namespace
}  // namespace sweepjob
