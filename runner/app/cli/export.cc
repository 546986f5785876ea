#include <iostream>
#include <memory>

#include "runner/app/cli/common.h"
#include "runner/app/views/export_rows.h"

namespace sweepjob {
namespace {

struct Options {
  std::string name;
  std::string format;
  bool metrics = false;
};

int export_sweep(const Options& options, const GlobalOptions& globals) {
  const bool lines = options.format.empty() ? globals.json() : options.format == "jsonl";
  const ExportFormat format = lines ? ExportFormat::JsonLines : ExportFormat::Csv;
  auto entry = find_sweep(globals, options.name);
  if (entry.has_error()) return fail(globals, entry.error());
  if (options.metrics) {
    auto written = export_metrics(std::cout, entry->folder, format);
    if (written.has_error()) return fail(globals, written.error());
  } else {
    auto loaded = load_sweep(entry->folder);
    if (loaded.has_error()) return fail(globals, loaded.error());
    export_trials(std::cout, *loaded->sweep, format);
  }
  return kExitCompleted;
}

VerbAction declare_export(VerbOptions& command, const GlobalOptions& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep, or the folder of a copied one").required();
  command.add_option("--format", options->format, "csv, or jsonl (the default under -o json)")
      .one_of({"csv", "jsonl"});
  command.add_flag("--metrics", options->metrics, "One row a metric value instead of one a trial");
  return [options, &globals] { return export_sweep(*options, globals); };
}

const VerbEntry entry{"export", "Print the results as a table", declare_export};

}  // namespace
}  // namespace sweepjob
