// Evidence for "killed for memory": the kernel tells nobody whom it killed.
#pragma once

#include <cstdint>
#include <optional>

namespace sweepjob {

// How many processes of this machine the kernel has killed for memory since it booted, of any
// control group (/proc/vmstat, oom_kill; Linux 4.13). A SIGKILL that we did not send, while this
// number rose, is taken for such a kill.
[[nodiscard]] std::optional<std::uint64_t> count_memory_kills();

}  // namespace sweepjob
