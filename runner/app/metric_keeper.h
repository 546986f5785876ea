// StoreKeeper: keeps what is not the objective, beside the journal. Layer 6; controller's thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "runner/app/controller.h"
#include "runner/io/metric_store.h"

namespace sweepjob {

// Points are written before the journal record that moves their cursor: a killed controller loses
// none. They are synced before the record of their trial's end, and every 5 s: when the machine
// itself goes down, so do the trials that run (decisions/0006).
class StoreKeeper final : public MetricKeeper {
 public:
  StoreKeeper(std::unique_ptr<MetricStore> store, std::string primary_metric)
      : store_(std::move(store)), primary_metric_(std::move(primary_metric)) {}

  Result<void> keep(const MetricBatch& batch, std::optional<Channel> counting) override;
  void close(TrialId trial) override;
  // Where reading of a channel resumes that is not the counting one.
  [[nodiscard]] std::uint64_t stored_position(const AttemptId& attempt, Channel channel);
  void sync();

 private:
  std::unique_ptr<MetricStore> store_;
  std::string primary_metric_;
  std::chrono::steady_clock::time_point synced_ = std::chrono::steady_clock::now();
};

}  // namespace sweepjob
