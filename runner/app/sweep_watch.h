// SweepWatch: a sweep that others change, read again when its journal has grown. Layer 6.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "model/result.h"
#include "runner/app/load_sweep.h"

namespace sweepjob {

class SweepWatch {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit SweepWatch(std::string folder) : folder_(std::move(folder)) {}

  // Reads the journal when it has changed; a long one more seldom, so that at most a tenth of the
  // time goes into it. The first call always does. True when sweep() is new.
  [[nodiscard]] Result<bool> refresh(TimePoint now);
  // The next refresh() does not wait its turn.
  void hurry() { next_ = {}; }
  // Only after refresh() succeeded once.
  [[nodiscard]] const Sweep& sweep() const { return *loaded_.sweep; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  [[nodiscard]] std::uint64_t journal_mark() const;

  std::string folder_;
  LoadedSweep loaded_;
  std::uint64_t mark_ = 0;  // of the journal that was read
  TimePoint next_{};
};

}  // namespace sweepjob
