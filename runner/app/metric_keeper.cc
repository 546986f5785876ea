#include "runner/app/metric_keeper.h"

#include <vector>

#include <spdlog/spdlog.h>

namespace sweepjob {

Result<void> StoreKeeper::keep(const MetricBatch& batch, std::optional<Channel> counting) {
  std::vector<MetricPoint> others;
  for (const MetricPoint& point : batch.points) {
    const bool journaled = point.name == primary_metric_ && point.channel == counting;
    if (!journaled) others.push_back(point);
  }
  if (!others.empty()) {
    auto kept = store_->append(batch.attempt.attempt, others);
    if (kept.has_error()) return kept.error();
  }
  constexpr std::chrono::seconds kSyncInterval{5};
  const auto now = std::chrono::steady_clock::now();
  if (now - synced_ >= kSyncInterval) {
    sync();
    synced_ = now;
  }
  for (const std::string& warning : store_->take_warnings()) spdlog::warn("metrics: {}", warning);
  return {};
}

std::uint64_t StoreKeeper::stored_position(const AttemptId& attempt, Channel channel) {
  auto position = store_->stored_position(attempt, channel);
  return position.has_value() ? *position : 0;
}

void StoreKeeper::close(TrialId trial) {
  auto closed = store_->close(trial);
  if (closed.has_error()) spdlog::error("metrics: {}", closed.error().text());
}

void StoreKeeper::sync() {
  auto synced = store_->sync();
  if (synced.has_error()) spdlog::error("metrics: {}", synced.error().text());
}

}  // namespace sweepjob
