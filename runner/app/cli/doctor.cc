#include "runner/io/doctor.h"

#include <iostream>
#include <memory>

#include "runner/app/cli/common.h"
#include "runner/app/views/sweep_document.h"
#include "runner/io/clock.h"

namespace sweepjob {
namespace {

struct Options {
  std::string name;
  bool repair = false;
  bool truncate = false;
};

// One report for all that was looked at.
void merge(DoctorReport& all, DoctorReport part) {
  std::move(part.findings.begin(), part.findings.end(), std::back_inserter(all.findings));
  std::move(part.repaired.begin(), part.repaired.end(), std::back_inserter(all.repaired));
}

Result<DoctorReport> examine(const Options& options, const GlobalOptions& globals) {
  DoctorOptions doctor;
  doctor.repair = options.repair;
  doctor.truncate = options.truncate;
  doctor.now = SystemClock().now();
  if (!options.name.empty()) {
    auto entry = find_sweep(globals, options.name);
    if (entry.has_error()) return entry.error();
    return examine_sweep(entry->folder, doctor);
  }
  auto state = state_folder(globals);
  if (state.has_error()) return state.error();
  const StateFolder folder(*state);
  auto all = examine_state_folder(folder, doctor);
  if (all.has_error()) return all;
  auto entries = folder.list();
  if (entries.has_error()) return entries.error();
  for (const SweepEntry& entry : *entries) {
    auto report = examine_sweep(entry.folder, doctor);
    if (report.has_error()) {
      all->findings.push_back({Severity::Error, report.error().message(), entry.folder, ""});
    } else {
      merge(*all, *std::move(report));
    }
  }
  return all;
}

Value report_document(const DoctorReport& report) {
  Value::List findings;
  for (const DoctorFinding& finding : report.findings) {
    findings.emplace_back(Value::Map{{"severity", to_string(finding.severity)},
                                     {"what", finding.what},
                                     {"where", finding.where},
                                     {"repair", finding.repair}});
  }
  Value::List repaired;
  for (const std::string& what : report.repaired) repaired.emplace_back(what);
  return document({{"healthy", report.healthy()},
                   {"findings", Value(std::move(findings))},
                   {"repaired", Value(std::move(repaired))}});
}

int doctor(const Options& options, const GlobalOptions& globals) {
  if (options.truncate && !options.repair) {
    return fail(globals, Error(ErrorCode::Usage, "--truncate needs --repair"));
  }
  auto report = examine(options, globals);
  if (report.has_error()) return fail(globals, report.error());
  if (globals.json()) {
    print_json(report_document(*report));
  } else {
    for (const DoctorFinding& finding : report->findings) {
      std::cout << to_string(finding.severity) << ": " << printable(finding.where) << ": "
                << printable(finding.what) << '\n';
      if (!finding.repair.empty()) std::cout << "  repaired by " << finding.repair << '\n';
    }
    for (const std::string& what : report->repaired) {
      std::cout << "repaired: " << printable(what) << '\n';
    }
    std::cout << (report->healthy() ? "healthy" : "not healthy") << std::endl;
  }
  return report->healthy() ? kExitCompleted : kExitInternal;
}

VerbAction declare_doctor(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep; without it the whole state folder");
  command.add_flag("--repair", options->repair, "Repair what can be repaired safely");
  command.add_flag("--truncate", options->truncate,
                   "With --repair: give up what is behind a damaged place of the journal");
  return [options, &globals] { return doctor(*options, globals); };
}

const VerbEntry entry{"doctor", "Check the state folder and repair it", declare_doctor};

}  // namespace
}  // namespace sweepjob
