#include "runner/app/capacity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include <fmt/format.h>
#include <sched.h>

namespace sweepjob {
namespace {

std::vector<std::string> configured_gpus(const Value& option,
                                         const std::vector<std::string>& detected) {
  if (const auto* count = option.get<std::int64_t>()) {
    std::vector<std::string> ids;
    for (std::int64_t i = 0; i < std::clamp<std::int64_t>(*count, 0, 1024); ++i) {
      ids.push_back(std::to_string(i));
    }
    return ids;
  }
  if (const auto* names = option.get<Value::List>()) {
    std::vector<std::string> ids;
    for (const Value& name : *names) ids.push_back(python_str(name));
    return ids;
  }
  return detected;
}

std::uint32_t fit(double available, double each) {
  const double count = std::floor(available / each + 1e-9);
  return count < 1 ? 0 : static_cast<std::uint32_t>(std::min(count, 1e9));
}

}  // namespace

std::uint32_t usable_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) == 0 && CPU_COUNT(&mask) > 0) {
    return static_cast<std::uint32_t>(CPU_COUNT(&mask));
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

Capacity find_capacity(const SweepSpec& spec, const Limits& limits, const Value& options,
                       const std::vector<std::string>& detected_gpus, std::uint32_t detected_cpus) {
  Capacity capacity;
  capacity.cpus = detected_cpus;
  double storage = 0;
  if (const Value* cpus = options.find("cpus")) {
    if (const double* number = cpus->as_number(storage); number != nullptr && *number > 0) {
      capacity.cpus = *number;
    }
  }
  const Value* gpus = options.find("gpus");
  capacity.gpus = gpus == nullptr ? detected_gpus : configured_gpus(*gpus, detected_gpus);
  capacity.cpus_per_trial = spec.extensions.cpus_per_trial;
  capacity.gpus_per_trial = spec.extensions.gpus_per_trial.value_or(capacity.gpus.empty() ? 0 : 1);

  const std::uint32_t by_cpus =
      std::max(1u, fit(capacity.cpus, std::max(capacity.cpus_per_trial, 1e-3)));
  const bool on_gpus = capacity.gpus_per_trial > 0;
  std::uint32_t by_gpus = std::numeric_limits<std::uint32_t>::max();
  if (on_gpus) {
    // A fraction never spans two GPUs.
    by_gpus =
        capacity.gpus_per_trial < 1
            ? static_cast<std::uint32_t>(capacity.gpus.size()) * fit(1, capacity.gpus_per_trial)
            : fit(static_cast<double>(capacity.gpus.size()), capacity.gpus_per_trial);
    if (by_gpus == 0) {
      capacity.warnings.push_back(
          fmt::format("a trial wants {} GPUs (gpus_per_trial), this machine has {}: trials run one "
                      "at a time, without GPUs of their own",
                      capacity.gpus_per_trial, capacity.gpus.size()));
      by_gpus = 1;
      capacity.gpus_per_trial = 0;
    }
  }
  capacity.usual = on_gpus ? by_gpus : by_cpus;
  capacity.most = by_gpus;
  capacity.trials = capacity.usual;
  if (!limits.max_concurrent_trials) return capacity;
  const std::uint32_t wanted = *limits.max_concurrent_trials;
  capacity.trials = std::min(wanted, by_gpus);
  if (on_gpus && wanted > by_gpus) {
    capacity.warnings.push_back(fmt::format(
        "max_concurrent_trials is {}, but the GPUs are enough for {} at once", wanted, by_gpus));
  } else if (!on_gpus && wanted > by_cpus) {
    capacity.warnings.push_back(fmt::format(
        "max_concurrent_trials is {}, but this machine has {} CPUs", wanted, capacity.cpus));
  }
  return capacity;
}

}  // namespace sweepjob
