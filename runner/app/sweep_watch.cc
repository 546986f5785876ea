#include "runner/app/sweep_watch.h"

#include <algorithm>
#include <utility>

#include <sys/stat.h>

#include "runner/io/journal_replay.h"

namespace sweepjob {

// Epoch and size of the last segment: appends and takeovers change it.
std::uint64_t SweepWatch::journal_mark() const {
  const auto epochs = list_epochs(folder_);
  if (epochs.has_error() || epochs->empty()) return 0;
  struct stat status {};
  const std::string path = folder_ + "/journal." + std::to_string(epochs->back());
  if (::stat(path.c_str(), &status) != 0) return 0;
  return (epochs->back() << 44) + static_cast<std::uint64_t>(status.st_size);
}

Result<bool> SweepWatch::refresh(TimePoint now) {
  const bool first = loaded_.sweep == nullptr;
  if (!first && now < next_) return false;
  const std::uint64_t mark = journal_mark();
  if (!first && mark == mark_) return false;
  const auto begun = std::chrono::steady_clock::now();
  auto loaded = load_sweep(folder_);
  if (loaded.has_error()) return loaded.error();
  loaded_ = *std::move(loaded);
  mark_ = mark;
  const auto took = std::chrono::steady_clock::now() - begun;
  next_ = now +
          std::max<std::chrono::steady_clock::duration>(10 * took, std::chrono::milliseconds(200));
  return true;
}

}  // namespace sweepjob
