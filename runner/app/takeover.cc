#include "runner/app/takeover.h"

#include <utility>

namespace sweepjob {

Result<LoadedSweep> load_with_deciders(const std::string& folder) {
  LoadOptions options;
  options.with_sampler = true;
  options.with_policy = true;
  return load_sweep(folder, std::move(options));
}

Result<Taken> take_over(const std::string& folder, LoadedSweep loaded, const Lease& lease) {
  JournalOptions options;
  options.still_held = [held = &lease] { return held->still_held(); };
  auto journal = JournalWriter::take_over(folder, loaded.sweep->created.uid, options);
  if (journal.has_error()) return journal.error();
  Taken taken{*std::move(journal), std::move(loaded)};
  if (taken.journal->durable_sequence() != taken.loaded.sweep->sequence) {
    auto again = load_with_deciders(folder);
    if (again.has_error()) return again.error();
    taken.loaded = *std::move(again);
  }
  return taken;
}

}  // namespace sweepjob
