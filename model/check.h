// SWEEPJOB_CHECK(condition, why): for bugs only, on in release as well; never for user input.
// It prints the condition, why it must hold and where, and aborts: a sweep resumes from its
// journal.
#pragma once

namespace sweepjob {
[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);
}  // namespace sweepjob

#define SWEEPJOB_CHECK(condition, why)                 \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::sweepjob::check_failed(#condition, why, __FILE__, __LINE__))
