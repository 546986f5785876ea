// Which GPUs this machine has. Blocks for as long as `nvidia-smi` takes, at most `patience`: called
// once, at start. CUDA_VISIBLE_DEVICES of the controller's own environment restricts the answer.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sweepjob {

// The indexes that `program --query-gpu=index --format=csv,noheader` prints, run without a shell.
// No such program, a failure or a timeout: no GPUs.
[[nodiscard]] std::vector<std::string> detect_gpus(
    const std::string& program = "nvidia-smi",
    std::chrono::milliseconds patience = std::chrono::seconds(10));

// "0, 2" or one a line: the ids, without blanks and empty ones.
[[nodiscard]] std::vector<std::string> parse_gpu_list(std::string_view text);

}  // namespace sweepjob
