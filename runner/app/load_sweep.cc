#include "runner/app/load_sweep.h"

#include <utility>

#include "model/value.h"
#include "policies/catalog.h"
#include "runner/core/decide.h"
#include "runner/io/journal_replay.h"
#include "samplers/catalog.h"

namespace sweepjob {

Result<LoadedSweep> make_fold(const SweepCreated& created, const LoadOptions& options) {
  auto value = from_json(created.spec_json);
  if (value.has_error()) return value.error();
  auto spec = spec_from_value(*value);
  if (spec.has_error()) return spec.error();
  LoadedSweep loaded;
  loaded.rules = std::make_unique<Rules>();
  loaded.rules->spec = *std::move(spec);
  Findings findings;
  Sweep made = make_sweep(*loaded.rules, findings);
  if (findings.has_errors()) {
    return Error(ErrorCode::JournalCorrupt,
                 "this version cannot make the sweep's sampler or policy: " +
                     to_text(findings.all().front()));
  }
  if (!options.with_sampler) made.sampler.reset();
  if (!options.with_policy) made.policy.reset();
  loaded.sweep = std::make_unique<Sweep>(std::move(made));
  return loaded;
}

Result<LoadedSweep> load_sweep(const std::string& folder, LoadOptions options) {
  LoadedSweep loaded;
  std::optional<Error> problem;
  const auto sink = [&](std::uint64_t sequence, Event&& event) {
    if (problem) return;
    if (loaded.sweep == nullptr) {
      const auto* created = std::get_if<SweepCreated>(&event.body);
      if (created == nullptr) {
        problem =
            Error(ErrorCode::JournalCorrupt, "the journal does not begin with its sweep", folder);
        return;
      }
      auto made = make_fold(*created, options);
      if (made.has_error()) {
        problem = made.error();
        return;
      }
      loaded = *std::move(made);
      if (options.sampler) loaded.sweep->sampler = std::move(options.sampler);
    }
    apply(*loaded.sweep, event);
    if (options.observer) options.observer(sequence, event, *loaded.sweep);
  };
  auto report = replay_journal(folder, sink);
  if (report.has_error()) return report.error();
  if (problem) return *problem;
  if (loaded.sweep == nullptr) {
    return Error(ErrorCode::JournalCorrupt, "the journal holds no sweep yet", folder);
  }
  loaded.folder = folder;
  return loaded;
}

}  // namespace sweepjob
