// sampler_quality: how much better than random search are the samplers? See README.md here.
#include <algorithm>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tests/bench/samplers/measure.h"
#include "tests/bench/samplers/problem.h"
#include "tests/bench/samplers/report.h"
#include "tests/bench/samplers/serve.h"
#include "tests/bench/samplers/speed.h"

namespace sweepjob::bench {
namespace {

struct Arguments {
  std::vector<std::string> samplers, problems{"all"}, records;
  std::vector<std::uint32_t> pending{1};
  std::string tables = SWEEPJOB_SOURCE_DIR "/tests/data/tuning", json;
  Plan plan;
  std::uint32_t at = 100;
  bool serve = false, list = false, speed = false;
  std::vector<std::uint32_t> finished{10, 100, 1000, 10000}, dimensions{5, 20};
};

// By name, by family, or all that are not held out.
std::vector<const Problem*> chosen(const std::vector<Problem>& problems,
                                   const std::vector<std::string>& names) {
  std::vector<const Problem*> result;
  for (const std::string& name : names) {
    const std::size_t before = result.size();
    for (const Problem& problem : problems) {
      const bool all = name == "all" && problem.family != Family::HeldOut;
      if (!all && name != problem.name && name != to_string(problem.family)) continue;
      if (std::find(result.begin(), result.end(), &problem) == result.end()) {
        result.push_back(&problem);
      }
    }
    if (result.size() == before) throw std::invalid_argument("no problem or family: " + name);
  }
  return result;
}

void measure_all(const Arguments& arguments, const std::vector<const Problem*>& problems,
                 Report& report) {
  for (const std::uint32_t pending : arguments.pending) {
    Plan plan = arguments.plan;
    plan.pending = pending;
    report.set_reference(measure_reference(problems, plan));
    for (const std::string& text : arguments.samplers) {
      const Contender contender = contender_from(text);
      if (!is_in_catalog(contender)) {
        if (pending == arguments.pending.front()) {
          report.note("missing: there is no sampler " + text + " in the catalog");
        }
        continue;
      }
      for (const Problem* problem : problems) {
        const std::string why = refusal(contender, *problem, plan);
        if (!why.empty() && pending == arguments.pending.front()) {
          report.note(fmt::format("refused: {} does not take {}: {}", text, problem->name, why));
        }
      }
      report.add(text, measure(contender, problems, plan));
    }
  }
  for (const std::string& path : arguments.records) {
    std::ifstream file(path);
    report.add_record(nlohmann::ordered_json::parse(file));
  }
  for (const std::string& line : report.stale()) std::cerr << "stale record: " << line << '\n';
}

void measure_costs(const Arguments& arguments) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::cout << fmt::format("{:<24} {:>10} {:>9} {:>14} {:>10}\n", "processor ms", "dimensions",
                           "finished", "ask and tell", "first ask");
  for (const std::string& text : arguments.samplers) {
    const Contender contender = contender_from(text);
    Problem reals;
    reals.space = cube(arguments.dimensions.front());
    if (!is_in_catalog(contender) || !refusal(contender, reals, {}).empty()) continue;
    for (const std::uint32_t dimensions : arguments.dimensions) {
      for (const std::uint32_t finished : arguments.finished) {
        const Cost cost = measure_cost(contender, dimensions, finished);
        std::cout << fmt::format("{:<24} {:>10} {:>9} {:>14.4g} {:>10.4g}\n", text, dimensions,
                                 finished, cost.ms, cost.first_ms)
                  << std::flush;
        rows.push_back({{"sampler", text},
                        {"dimensions", dimensions},
                        {"finished", finished},
                        {"ms", cost.ms},
                        {"first_ms", cost.first_ms}});
      }
    }
  }
  if (!arguments.json.empty()) std::ofstream(arguments.json) << rows.dump() << '\n';
}

void run(const Arguments& arguments) {
  if (arguments.speed) return measure_costs(arguments);
  const std::vector<Problem> problems = make_problems(arguments.tables);
  if (arguments.serve) return serve(problems, std::cin, std::cout);
  const std::vector<const Problem*> wanted = chosen(problems, arguments.problems);
  if (arguments.list) {
    for (const Problem* problem : wanted) {
      std::cout << fmt::format("{:<24} {:<12} {}\n", problem->name, to_string(problem->family),
                               fingerprint(*problem));
    }
    return;
  }
  Report report(wanted);
  measure_all(arguments, wanted, report);
  report.print(std::cout, arguments.at);
  if (!arguments.json.empty()) {
    std::ofstream(arguments.json) << report.to_json().dump() << '\n';
  }
}

}  // namespace
}  // namespace sweepjob::bench

int main(int argc, char** argv) {
  sweepjob::bench::Arguments arguments;
  CLI::App app("Regret of samplers beside random search, over many problems.");
  app.add_option("--samplers", arguments.samplers, "name or name:option=value, by commas")
      ->delimiter(',');
  app.add_option("--objectives,--problems", arguments.problems, "names or families, by commas")
      ->delimiter(',');
  app.add_option("--beside", arguments.records, "records of peers");
  app.add_option("--pending", arguments.pending, "trials at once, by commas")->delimiter(',');
  app.add_option("--seeds", arguments.plan.seeds, "runs of each sampler in each problem");
  app.add_option("--first-seed", arguments.plan.first_seed);
  app.add_option("--trials", arguments.plan.trials, "of one run");
  app.add_option("--jobs", arguments.plan.jobs, "threads");
  app.add_option("--at", arguments.at, "the checkpoint that the table shows");
  app.add_option("--json", arguments.json, "a file for all that was measured");
  app.add_option("--tables", arguments.tables, "the folder of the tables");
  app.add_flag("--speed", arguments.speed, "the cost of one more trial, instead of the regret");
  app.add_option("--finished", arguments.finished, "of --speed: trials known")->delimiter(',');
  app.add_option("--dimensions", arguments.dimensions, "of --speed")->delimiter(',');
  app.add_flag("--serve", arguments.serve, "answer requests of peers on stdin");
  app.add_flag("--list", arguments.list, "the problems and their fingerprints");
  app.set_version_flag("--version", "sweepjob " SWEEPJOB_VERSION);
  CLI11_PARSE(app, argc, argv);
  try {
    sweepjob::bench::run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "sampler_quality: " << error.what() << '\n';
    return 2;
  }
  return 0;
}
