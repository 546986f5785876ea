// Random events of every type, every field filled: for the codec's property tests and the kept
// samples. Written by hand and not through event_fields.h, which is what it tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/rng.h"
#include "runner/core/event.h"

namespace sweepjob {

// Type `index` of EventBody.
[[nodiscard]] Event random_event(std::size_t index, RandomStream& random);
// A batch of random types.
[[nodiscard]] std::vector<Event> random_batch(std::size_t size, RandomStream& random);
// What most of a real journal is: reports of some trials, one after the other.
[[nodiscard]] std::vector<Event> report_batch(std::size_t size, RandomStream& random);
// Field by field, NaN equal to NaN of the same bits.
[[nodiscard]] bool same_event(const Event& a, const Event& b);

}  // namespace sweepjob
