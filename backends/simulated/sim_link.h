// SimLink: what one life of a controller holds of a SimCluster: its Backend and its MetricSource.
// Layer 3; the controller's thread. A new life makes a new link; what the old one had not delivered
// is found again by observe() and follow(), as on a real cluster.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "backends/backend.h"
#include "backends/simulated/sim_cluster.h"
#include "runner/metrics/metric_source.h"

namespace sweepjob {

class SimLink final : public Backend, public MetricSource {
 public:
  explicit SimLink(SimCluster& cluster);
  ~SimLink() override;
  SimLink(const SimLink&) = delete;
  SimLink& operator=(const SimLink&) = delete;

  Task<std::vector<SubmitResult>> submit(BatchToken token,
                                         std::vector<LaunchRequest> requests) override;
  Task<void> cancel(std::vector<AttemptKey> attempts) override;
  Task<std::vector<AttemptStatus>> observe(std::vector<AttemptKey> live,
                                           std::vector<std::string> folders) override;
  Task<std::vector<AttemptStatus>> next_change() override;
  Task<void> collect(AttemptKey attempt) override;

  void follow(FollowRequest request) override;
  void finish(const AttemptKey& attempt, FinalSizes sizes) override;
  void forget(const AttemptKey& attempt) override;
  boost::asio::awaitable<Result<std::vector<MetricBatch>>> next_batch() override;

 private:
  friend class SimCluster;

  using Sleeper = std::weak_ptr<boost::asio::steady_timer>;

  // From the cluster.
  void changed(SimCluster::Attempt& attempt);
  void mark(SimCluster::Attempt& attempt);

  [[nodiscard]] SubmitResult take(LaunchRequest request);
  void tell(const AttemptStatus& status, Duration later);
  void read_marked();
  void read(SimCluster::Attempt& attempt);
  [[nodiscard]] boost::asio::awaitable<void> wait(Sleeper& sleeper);
  static void wake(Sleeper& sleeper);

  SimCluster& cluster_;
  SimClock& clock_;
  std::shared_ptr<SimLink*> self_;  // calls that come after the link's end see it expire
  std::vector<AttemptStatus> changes_;
  std::vector<MetricBatch> batches_;
  Sleeper change_sleeper_;
  Sleeper batch_sleeper_;
  std::vector<SimCluster::Attempt*> due_;
  std::uint32_t observations_ = 0;
};

}  // namespace sweepjob
