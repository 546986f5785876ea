#include "backends/local/slots.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sweepjob {
namespace {

// Thirds and tenths must add up to one.
constexpr double kRoundingError = 1e-9;

double share_of(double gpus) { return gpus < 1 ? gpus : 1.0; }

std::size_t whole_gpus(double gpus) {
  return static_cast<std::size_t>(std::ceil(gpus - kRoundingError));
}

}  // namespace

Slots::Slots(SlotCapacity capacity) : capacity_(std::move(capacity)) {
  for (const std::string& id : capacity_.gpu_ids) used_gpus_[id] = 0;
}

bool Slots::fits_empty(const SlotRequest& request) const {
  return request.cpus <= capacity_.cpus + kRoundingError &&
         whole_gpus(request.gpus) <= capacity_.gpu_ids.size();
}

bool Slots::fits_now(const SlotRequest& request) const {
  return request.cpus <= free_cpus() + kRoundingError && find_gpus(request.gpus).has_value();
}

std::optional<std::vector<std::string>> Slots::find_gpus(double gpus) const {
  std::vector<std::string> found;
  if (gpus <= 0) return found;
  if (gpus < 1) {
    const std::string* best = nullptr;
    for (const std::string& id : capacity_.gpu_ids) {
      const double used = used_gpus_.at(id);
      if (used + gpus > 1 + kRoundingError) continue;
      if (best == nullptr || used > used_gpus_.at(*best)) best = &id;
    }
    if (best == nullptr) return std::nullopt;
    found.push_back(*best);
    return found;
  }
  for (const std::string& id : capacity_.gpu_ids) {
    if (found.size() < whole_gpus(gpus) && used_gpus_.at(id) < kRoundingError) found.push_back(id);
  }
  if (found.size() < whole_gpus(gpus)) return std::nullopt;
  return found;
}

std::optional<std::vector<std::string>> Slots::take(const AttemptKey& attempt,
                                                    const SlotRequest& request) {
  if (const auto held = held_.find(attempt); held != held_.end()) return held->second.gpu_ids;
  if (!fits_now(request)) return std::nullopt;
  auto ids = find_gpus(request.gpus);
  hold(attempt, {request.cpus, share_of(request.gpus), *ids});
  return ids;
}

void Slots::readopt(const AttemptKey& attempt, const SlotRequest& request,
                    const std::vector<std::string>& gpu_ids) {
  if (held_.count(attempt) == 0) hold(attempt, {request.cpus, share_of(request.gpus), gpu_ids});
}

void Slots::hold(const AttemptKey& attempt, Held held) {
  used_cpus_ += held.cpus;
  for (const std::string& id : held.gpu_ids) used_gpus_[id] += held.share;
  held_.emplace(attempt, std::move(held));
}

void Slots::release(const AttemptKey& attempt) {
  const auto found = held_.find(attempt);
  if (found == held_.end()) return;
  used_cpus_ -= found->second.cpus;
  for (const std::string& id : found->second.gpu_ids) {
    // Sums of fractions leave dust behind, which would keep a GPU from being whole again.
    double& used = used_gpus_[id];
    used -= found->second.share;
    if (std::abs(used) < kRoundingError) used = 0;
  }
  held_.erase(found);
  if (held_.empty()) used_cpus_ = 0;
}

double Slots::free_cpus() const { return capacity_.cpus - used_cpus_; }

}  // namespace sweepjob
