#include "runner/app/kept_simulation.h"

#include <utility>
#include <vector>

#include "runner/io/posix_file.h"

namespace sweepjob {

Result<std::unique_ptr<KeptSimulation>> KeptSimulation::create(const std::string& state,
                                                               const std::string& name,
                                                               const std::string& job_text) {
  StateFolder folder(state);
  auto entry = folder.create(SweepUid::random(), name);
  if (entry.has_error()) return entry.error();
  std::unique_ptr<KeptSimulation> kept(new KeptSimulation(std::move(folder), *std::move(entry)));
  if (auto opened = kept->open(job_text); opened.has_error()) {
    kept->discard();
    return opened.error();
  }
  return kept;
}

Result<void> KeptSimulation::open(const std::string& job_text) {
  auto lease = acquire_lease(entry_.folder, nullptr);
  if (lease.has_error()) return lease.error();
  lease_ = *std::move(lease);
  lease_->start_renewing();
  auto job = publish_exclusively(entry_.folder, "job.yaml", job_text, 0644);
  if (job.has_error()) return job.error();
  JournalOptions options;
  options.still_held = [this] { return lease_->still_held(); };
  auto journal = JournalWriter::take_over(entry_.folder, entry_.uid, options);
  if (journal.has_error()) return journal.error();
  journal_ = *std::move(journal);
  return {};
}

SimJournal::Write KeptSimulation::writer() {
  return [this](std::vector<Event> batch) -> Result<void> {
    auto written = append_and_wait(*journal_, std::move(batch));
    if (written.has_error()) return written.error();
    return {};
  };
}

void KeptSimulation::discard() {
  journal_.reset();
  lease_.reset();
  (void)state_.remove(entry_).has_error();
}

}  // namespace sweepjob
