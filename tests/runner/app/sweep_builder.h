// A sweep's folder for the tests of readers: the core decides, the journal is the real one, no
// process runs. What trials leave in their folders a test writes itself.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "manifests/spec/parse_manifest.h"
#include "runner/core/decide.h"
#include "runner/io/journal_writer.h"
#include "tests/support/temp_folder.h"

namespace sweepjob {

inline const char* const kBanditJob = R"(type: sweep
trial:
  command: python train.py --lr ${{search_space.lr}}
  environment: azureml:env:1
compute: local
sampling_algorithm: {type: random, seed: 7}
search_space:
  lr: {type: uniform, min_value: 0.1, max_value: 0.5}
  model: {type: choice, values: [small, "a,b\"c"]}
objective: {goal: maximize, primary_metric: acc}
limits: {max_total_trials: 4, max_concurrent_trials: 2}
early_termination: {type: bandit, slack_amount: 0.1, evaluation_interval: 2}
)";

inline SweepSpec spec_of(const std::string& job) {
  ParsedManifest parsed = parse_manifest(job, "job.yaml", {.schema_only = true});
  for (const Finding& finding : parsed.findings.all()) {
    if (finding.severity == Severity::Error) ADD_FAILURE() << to_text(finding);
  }
  return parsed.spec.value_or(SweepSpec{});
}

class SweepBuilder {
 public:
  explicit SweepBuilder(const std::string& job = kBanditJob)
      : rules_(std::make_unique<Rules>(Rules{spec_of(job), 2, 1})) {
    Findings findings;
    sweep_ = std::make_unique<Sweep>(make_sweep(*rules_, findings));
    EXPECT_FALSE(findings.has_errors());
    SweepCreated created;
    created.uid = *SweepUid::from_hex("0123456789abcdef0123456789abcdef");
    created.name = "mine";
    created.spec_json = to_json(to_value(rules_->spec));
    created.seed = 7;
    created.backend = "local";
    created.backend_json = "{}";
    std::filesystem::create_directories(folder());
    Event event{now_, std::move(created)};
    apply(*sweep_, event);
    events_.push_back(std::move(event));
    feed(Started{{1, "here", "boot", 1}});
  }

  [[nodiscard]] std::string folder() const { return *temp_ / "sweep"; }
  [[nodiscard]] const Sweep& sweep() const { return *sweep_; }
  [[nodiscard]] AttemptId latest(std::uint32_t trial) const {
    return {TrialId{trial},
            static_cast<std::uint32_t>(trial_of(*sweep_, TrialId{trial}).attempts.size())};
  }

  SweepBuilder& run(std::uint32_t trial) {
    AttemptStatus status;
    status.phase = AttemptPhase::Running;
    status.start = AttemptStart{"here", "pid 1", false, now_};
    return feed(AttemptChanged{latest(trial), status});
  }
  SweepBuilder& report(std::uint32_t trial, double value) {
    return feed(
        MetricArrived{latest(trial), {Channel::Stdout, ++position_, "acc", {}, now_, value}});
  }
  SweepBuilder& end(std::uint32_t trial, Outcome outcome, int code = 0, std::string message = {}) {
    const AttemptId attempt = latest(trial);
    AttemptStatus status;
    status.phase = AttemptPhase::Ended;
    status.end = AttemptEnd{outcome, code, std::move(message), {}, now_};
    feed(AttemptChanged{attempt, status});
    feed(MetricsDrained{attempt});
    return feed(Collected{attempt});
  }
  SweepBuilder& ask(UserRequest request) { return feed(std::move(request)); }

  // Makes what has happened so far durable.
  SweepBuilder& write() {
    if (writer_ == nullptr) {
      auto writer = JournalWriter::take_over(folder(), sweep_->created.uid, {});
      EXPECT_TRUE(writer.has_value()) << (writer.has_error() ? writer.error().text() : "");
      writer_ = *std::move(writer);
    }
    auto written = append_and_wait(*writer_, std::move(events_));
    EXPECT_TRUE(written.has_value());
    events_.clear();
    return *this;
  }

  // A file in the attempt's folder.
  void put(const AttemptId& attempt, const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder() + "/trials/" +
                                       std::to_string(index_of(attempt.trial)) + "/" +
                                       std::to_string(attempt.number) + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    write_file(path.string(), text);
  }

 private:
  SweepBuilder& feed(InputBody body) {
    now_ += std::chrono::seconds(1);
    std::vector<Effect> effects;
    advance(*rules_, *sweep_, {now_, std::move(body)}, events_, effects);
    return *this;
  }

  // Behind pointers, so that a test's function can return a builder.
  std::unique_ptr<TempFolder> temp_ = std::make_unique<TempFolder>();
  std::unique_ptr<Rules> rules_;
  std::unique_ptr<Sweep> sweep_;
  Timestamp now_ = from_micros(1'700'000'000'000'000);
  std::uint64_t position_ = 0;
  std::vector<Event> events_;
  std::unique_ptr<JournalWriter> writer_;
};

}  // namespace sweepjob
