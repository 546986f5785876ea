// The local backend's class. Only for the .cc files of this folder: local_backend.cc does what the
// controller asks for, verdict.cc finds out what became of an attempt.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "backends/local/attempt_server.h"
#include "backends/local/local_backend.h"
#include "backends/local/watched_attempt.h"
#include "model/attempt_record.h"
#include "model/process_identity.h"

namespace sweepjob {

class LocalBackend final : public Backend {
 public:
  LocalBackend(boost::asio::any_io_executor executor, LocalBackendOptions options)
      : executor_(executor),
        machine_(read_machine_identity()),
        server_(
            executor, std::move(options.attempt_program),
            [this](const AttemptServerReply& reply) { on_reply(reply); },
            [this] { on_server_died(); }),
        changed_(executor, std::chrono::steady_clock::time_point::max()),
        start_poll_(executor),
        news_(executor) {}

  Task<std::vector<SubmitResult>> submit(BatchToken token,
                                         std::vector<LaunchRequest> requests) override;
  Task<void> cancel(std::vector<AttemptKey> attempts) override;
  Task<std::vector<AttemptStatus>> observe(std::vector<AttemptKey> live,
                                           std::vector<std::string> folders) override;
  Task<std::vector<AttemptStatus>> next_change() override;
  Task<void> collect(AttemptKey attempt) override;

 private:
  [[nodiscard]] Task<SubmitResult> submit_one(LaunchRequest request);
  [[nodiscard]] static std::string refusal_of(const LaunchRequest& request);

  // verdict.cc: what is true of an attempt, from its folder and the processes.
  enum class ExitSeen : std::uint8_t { None, Ended, Damaged, Unreadable };
  // Finds out, and starts watching what runs. Watch::None afterwards: absent, or ended.
  void inspect(WatchedAttempt& attempt, std::string evidence);
  void inspect_claimed(WatchedAttempt& attempt, const ClaimRecord& claim, std::string evidence);
  void adopt(WatchedAttempt& attempt, const ClaimRecord& claim, std::string evidence);
  void poll(WatchedAttempt& attempt);
  void give_up_unclaimed(WatchedAttempt& attempt, std::string evidence);
  void lose(WatchedAttempt& attempt, const ClaimRecord* claim, std::string evidence);
  [[nodiscard]] ExitSeen read_end(WatchedAttempt& attempt);
  [[nodiscard]] static bool is_overdue(const WatchedAttempt& attempt);
  static void listen_to_heart(WatchedAttempt& attempt);
  void look_again(WatchedAttempt& attempt);
  void expect_news();

  void on_reply(const AttemptServerReply& reply);
  void on_server_died();
  void on_pidfd(const AttemptKey& key);
  void cancel_one(WatchedAttempt& attempt);

  void end(WatchedAttempt& attempt, AttemptEnd how);
  void report(const WatchedAttempt& attempt);
  void expect_start(const WatchedAttempt& attempt);
  void poll_starts();

  boost::asio::any_io_executor executor_;
  MachineIdentity machine_;
  AttemptServer server_;
  std::unordered_map<AttemptKey, WatchedAttempt> attempts_;
  std::unordered_map<std::uint64_t, AttemptKey> by_id_;  // asked of the server, not answered
  std::unordered_set<AttemptKey> unstarted_;             // `start` not seen yet
  std::unordered_set<AttemptKey> polled_;
  std::unordered_set<AttemptKey> canceled_early_;  // before anything was known of them
  std::vector<AttemptStatus> changes_;
  boost::asio::steady_timer changed_;  // never expires; cancelled when there are changes
  boost::asio::steady_timer start_poll_;
  boost::asio::steady_timer news_;
  bool start_poll_on_ = false;
  bool news_on_ = false;
  std::uint64_t last_id_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // as in AttemptServer
};

}  // namespace sweepjob
