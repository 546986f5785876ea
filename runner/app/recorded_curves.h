// RecordedCurves: what the trials of a sweep reported, in the order in which it arrived. Layer 6;
// plain values. Read once from a journal (here) or a table (curve_file.h), then folded as often as
// one likes (whatif.h): 32 bytes a report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/objective.h"
#include "model/result.h"
#include "model/time.h"
#include "model/trial.h"
#include "runner/app/load_sweep.h"

namespace sweepjob {

struct RecordedReport {
  double value = 0;
  double best = kWorst;  // of the trial's values that stand, this one among them
  Timestamp time{};
  TrialId trial{};
  std::uint32_t interval : 29 = 0;
  std::uint32_t judged : 1 = 0;    // its attempt had not ended: the policy may stop it
  std::uint32_t cut : 1 = 0;       // the sweep's own policy stopped the trial here
  std::uint32_t left_out : 1 = 0;  // of a trial that is neither judged nor compared with
};

// Anything else that a policy hears of.
struct RecordedEvent {
  std::size_t before = 0;  // the report that it comes before
  Timestamp time{};
  TrialEvent event;
};

// Why a trial's curve ends where it does. Of all but the first two nobody knows how it would have
// gone on.
enum class CurveEnd : std::uint8_t { Whole, Failed, Cut, Stopped, Running };

struct RecordedTrial {
  using Span = std::pair<Timestamp, Timestamp>;
  double best = kWorst;  // in the end
  std::uint64_t reports = 0;
  CurveEnd end = CurveEnd::Whole;
  std::vector<Span> spans;  // when its attempts ran
};

struct RecordedCurves {
  std::string name;  // the sweep's, or the file's
  Objective objective;
  std::vector<RecordedReport> reports;
  std::vector<double> steps;          // as long as reports, NaN where none; empty: none at all
  std::vector<RecordedEvent> events;  // in order
  std::vector<RecordedTrial> trials;  // by TrialId
  std::uint32_t cuts = 0;             // made by the sweep's own policy
  bool timed = true;                  // false: a table without times
};

// Hears a journal's events. The sweep's sampler is its tap, which hears what policies hear: so the
// core alone says what a retry removes and who is left out.
class CurveRecorder {
 public:
  // To be called once, and given to the sweep that is folded; the recorder outlives it.
  [[nodiscard]] std::unique_ptr<Sampler> tap();
  // Of every event after it has been applied.
  void hear(const Event& event, const Sweep& sweep);
  // `sweep` after the last event.
  [[nodiscard]] RecordedCurves finish(const Sweep& sweep);

 private:
  void report(const MetricReported& reported, Timestamp time, const Sweep& sweep);
  void mark_cut(const StopRequested& stop);

  RecordedCurves curves_;
  std::vector<TrialEvent> heard_;         // by the tap, of the event that is being applied
  std::vector<std::size_t> last_report_;  // by trial
  Timestamp last_time_{};
};

struct RecordedSweep {
  LoadedSweep loaded;
  RecordedCurves curves;
};
// From the journal in a sweep's folder, a controller may be writing it.
[[nodiscard]] Result<RecordedSweep> record_sweep(const std::string& folder);

}  // namespace sweepjob
