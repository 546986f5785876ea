#include "runner/app/recorded_curves.h"

#include <limits>

#include "model/check.h"

namespace sweepjob {
namespace {

constexpr std::uint32_t kMostIntervals = (1U << 29) - 1;

class Tap final : public Sampler {
 public:
  explicit Tap(std::vector<TrialEvent>& heard) : heard_(heard) {}
  void observe(const TrialEvent& event) override { heard_.push_back(event); }
  [[nodiscard]] Proposals propose(std::span<const TrialId>, const Rng&) const override {
    return Exhausted{};
  }
  [[nodiscard]] bool needs_results() const override { return false; }

 private:
  std::vector<TrialEvent>& heard_;
};

CurveEnd end_of(const Trial& trial) {
  if (trial.status == Status::Completed) return CurveEnd::Whole;
  if (trial.status == Status::Failed) return CurveEnd::Failed;
  if (trial.stop && trial.stop->cause == StopCause::EarlyTermination) return CurveEnd::Cut;
  return is_terminal(trial.status) ? CurveEnd::Stopped : CurveEnd::Running;
}

}  // namespace

std::unique_ptr<Sampler> CurveRecorder::tap() { return std::make_unique<Tap>(heard_); }

void CurveRecorder::hear(const Event& event, const Sweep& sweep) {
  last_time_ = event.time;
  if (const auto* reported = std::get_if<MetricReported>(&event.body)) {
    report(*reported, event.time, sweep);
  } else if (const auto* stop = std::get_if<StopRequested>(&event.body)) {
    mark_cut(*stop);
  }
  for (TrialEvent& heard : heard_) {
    if (std::holds_alternative<TrialReported>(heard)) continue;
    curves_.events.push_back({curves_.reports.size(), event.time, std::move(heard)});
  }
  heard_.clear();
}

void CurveRecorder::report(const MetricReported& reported, Timestamp time, const Sweep& sweep) {
  const Attempt* attempt = find_attempt(sweep, reported.attempt);
  if (attempt == nullptr) return;
  const Trial& trial = trial_of(sweep, reported.attempt.trial);
  SWEEPJOB_CHECK(trial.values.size() <= kMostIntervals, "a curve fits into memory");
  RecordedReport& report = curves_.reports.emplace_back();
  report.value = reported.value;
  report.best = trial.best;
  report.time = time;
  report.trial = reported.attempt.trial;
  report.interval = static_cast<std::uint32_t>(trial.values.size()) & kMostIntervals;
  report.left_out = trial.left_out ? 1 : 0;
  report.judged = !trial.left_out && attempt->state != AttemptState::Ended ? 1 : 0;
  if (reported.step || !curves_.steps.empty()) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    curves_.steps.resize(curves_.reports.size() - 1, kNone);
    curves_.steps.push_back(reported.step.value_or(kNone));
  }
  last_report_.resize(sweep.trials.size(), std::numeric_limits<std::size_t>::max());
  last_report_[index_of(report.trial)] = curves_.reports.size() - 1;
}

void CurveRecorder::mark_cut(const StopRequested& stop) {
  if (stop.cause != StopCause::EarlyTermination) return;
  if (index_of(stop.trial) >= last_report_.size()) return;
  const std::size_t at = last_report_[index_of(stop.trial)];
  if (at >= curves_.reports.size() || curves_.reports[at].cut == 1) return;
  curves_.reports[at].cut = 1;
  ++curves_.cuts;
}

RecordedCurves CurveRecorder::finish(const Sweep& sweep) {
  curves_.name = sweep.created.name;
  curves_.trials.resize(sweep.trials.size());
  for (const RecordedReport& report : curves_.reports) {
    ++curves_.trials[index_of(report.trial)].reports;
  }
  for (std::size_t i = 0; i < sweep.trials.size(); ++i) {
    const Trial& trial = sweep.trials[i];
    RecordedTrial& recorded = curves_.trials[i];
    recorded.best = trial.best;
    recorded.end = end_of(trial);
    for (const Attempt& attempt : trial.attempts) {
      if (!attempt.started) continue;
      recorded.spans.emplace_back(attempt.start.started,
                                  attempt.end ? attempt.end->ended : last_time_);
    }
  }
  return std::move(curves_);
}

Result<RecordedSweep> record_sweep(const std::string& folder) {
  CurveRecorder recorder;
  LoadOptions options;
  options.sampler = recorder.tap();
  options.observer = [&](std::uint64_t, const Event& event, const Sweep& sweep) {
    recorder.hear(event, sweep);
  };
  auto loaded = load_sweep(folder, std::move(options));
  if (loaded.has_error()) return loaded.error();
  RecordedCurves curves = recorder.finish(*loaded->sweep);
  if (!loaded->rules->spec.objectives.empty()) {
    curves.objective = loaded->rules->spec.objectives.front();
  }
  loaded->sweep->sampler.reset();  // the recorder ends here
  return RecordedSweep{*std::move(loaded), std::move(curves)};
}

}  // namespace sweepjob
