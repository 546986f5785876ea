// CoreScript: the pure core driven by lines of text, for its unit tests and the scenario files.
//
//   CoreScript script("total=2 concurrent=1");
//   script.run("start");        // "TrialProposed trial=0 ...\n-> Launch 0.1\n"
//   script.run("report 0 0.5");
//
// The answer is what was decided, an event a line as in `journal dump` without what is the same in
// every run, then the effects, each as `-> Launch TRIAL.ATTEMPT`. The commands are listed in
// tests/scenarios/README.md. A wrong command is answered by a line that starts with "error:".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/core/decide.h"

namespace sweepjob::testing {

// "StopRequested trial=0 cause=early_termination ...": times relative to `start`.
[[nodiscard]] std::string event_text(const Event& event, Timestamp start);
[[nodiscard]] std::string effect_text(const Effect& effect);

class CoreScript {
 public:
  using Arguments = std::map<std::string, std::string>;

  // `settings` as of the command `sweep`; SweepSpec keys not named there have their defaults.
  explicit CoreScript(std::string_view settings = "", std::uint32_t capacity = 4);

  // Replaced before the first command, for samplers and policies that tests make up.
  std::function<std::unique_ptr<Sampler>()> sampler;
  std::function<std::unique_ptr<TerminationPolicy>()> policy;

  std::string run(std::string_view command);
  // All events so far that start with this, a line each.
  [[nodiscard]] std::string told(std::string_view prefix) const;

  [[nodiscard]] SweepSpec& spec() { return rules_.spec; }
  [[nodiscard]] const Rules& rules() const { return rules_; }
  [[nodiscard]] Sweep& sweep();
  [[nodiscard]] const std::vector<Event>& events() const { return journal_; }
  [[nodiscard]] Timestamp now() const { return now_; }
  // For inputs that no command makes.
  std::string feed(InputBody input);

 private:
  std::string command(const std::string& verb, const std::vector<std::string>& words,
                      const Arguments& arguments);
  std::string attempt_command(const std::string& verb, const AttemptId& attempt,
                              const std::vector<std::string>& words, const Arguments& arguments);
  std::string request_command(const std::string& verb, const std::vector<std::string>& words,
                              const Arguments& arguments);
  std::string start();
  std::string restart();
  std::string set(const Arguments& arguments);
  [[nodiscard]] std::unique_ptr<Sweep> make() const;

  Rules rules_;
  Timestamp now_;
  std::unique_ptr<Sweep> sweep_;
  std::vector<Event> journal_;
  std::map<AttemptId, std::uint64_t> positions_;
  std::uint64_t requests_ = 0;
};

}  // namespace sweepjob::testing
