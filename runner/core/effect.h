// Effect: what is to be done outside, the shadow of a journaled event. Layer 3 (core).
//
// Each is idempotent by name (AttemptId, request number): doing it twice is harmless, and
// outstanding() lists those still owed after a restart.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "runner/core/sweep.h"

namespace sweepjob {

struct Launch {
  AttemptId attempt;
};
struct Cancel {
  AttemptId attempt;
};
struct Follow {  // start reading its metrics, from its journaled cursor
  AttemptId attempt;
};
struct Drain {  // read its metrics up to these sizes and say so
  AttemptId attempt;
  FinalSizes sizes;
};
struct Collect {
  AttemptId attempt;
};
struct AskSampler {
  ProposalRequested request;
};

struct Effect {
  std::variant<Launch, Cancel, Follow, Drain, Collect, AskSampler> what;
  // It may start as soon as the journal is durable up to this sequence number.
  std::uint64_t after_sequence = 0;
};

// The effect of an event that has just been applied, as the event numbered sweep.sequence.
[[nodiscard]] std::optional<Effect> effect_of(const Sweep& sweep, const Event& event);

// All effects whose answer has not come, in trial order. O(trials).
[[nodiscard]] std::vector<Effect> outstanding(const Sweep& sweep);

}  // namespace sweepjob
