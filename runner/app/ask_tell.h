// ask_tell(): the sampler and the policy of a job for other programs, as JSON lines. Layer 6.
//
// Built on the core itself, fed with synthetic inputs: intervals, delay of evaluation, concurrency
// and the end of a search are decided where they are for real sweeps. No clock, no files, no
// journal: limits of time do not apply, and the default rule that gives up after three failures
// without a metric does not either (the scripts are not ours); max_failed_trials does when given.
// The protocol is told in docs/cli.md. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "manifests/spec/sweep_spec.h"
#include "model/value.h"
#include "runner/core/rules.h"

namespace sweepjob {

inline constexpr std::size_t kMaxAskTellLine = std::size_t{1} << 20;

class AskTell {
 public:
  // The spec comes from read_job() without errors.
  AskTell(SweepSpec spec, std::uint64_t seed);
  ~AskTell();
  AskTell(const AskTell&) = delete;
  AskTell& operator=(const AskTell&) = delete;

  // One request's answer: a JSON object, without the newline. {"error": ...} for a bad request,
  // which changes nothing.
  std::string answer(std::string_view line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Answers line by line, each flushed, until the input ends. A line over kMaxAskTellLine is answered
// with an error, blank lines with nothing. Returns the exit code.
int ask_tell(std::istream& in, std::ostream& out, SweepSpec spec, std::uint64_t seed);

// NaN, Infinity and -Infinity outside of strings become strings: JSON has no words for them, but
// Python's json writes them.
[[nodiscard]] std::string quote_nonfinite(std::string_view json);

}  // namespace sweepjob
