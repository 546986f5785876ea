// Inbox: commands to a sweep's controller, as files. Layer 4; blocking, small.
//
// A client writes inbox/<id> (complete, by link) and waits for outbox/<id>. That works over NFS and
// while no controller runs: the next one finds it. The core journals each id it has handled, so
// that a command found again after a crash is answered and not carried out twice.
//
//   controller: for (auto& request : inbox.poll()) ... journal RequestHandled ... inbox.answer()
//   client:     auto id = submit_request(folder, "cancel", args);  wait_answer(folder, id, 30 s);
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/result.h"
#include "model/time.h"
#include "model/value.h"

namespace sweepjob {

inline constexpr std::size_t kMaxRequestBytes = 64 * 1024;
inline constexpr std::size_t kMaxAnswerBytes = 1024 * 1024;

struct InboxRequest {
  std::string id;    // sorts by the time of submission
  std::string verb;  // "cancel", "pause", "update", ...
  Value args;        // a map
};

// 16 hexadecimal digits of microseconds, a hyphen, 16 random ones.
[[nodiscard]] std::string make_request_id(Timestamp now);
[[nodiscard]] bool is_request_id(std::string_view text);

class Inbox {
 public:
  using MonotonicNow = std::function<std::chrono::steady_clock::time_point()>;

  // `monotonic_now` only decides when a folder that looks unchanged is listed all the same.
  explicit Inbox(std::string sweep_folder, MonotonicNow monotonic_now = nullptr);

  // Creates inbox/ and outbox/.
  [[nodiscard]] Result<void> prepare();
  // Requests that this object has not returned before, oldest first. One system call or two when
  // nothing has changed. What is no request is answered with an error and removed.
  [[nodiscard]] Result<std::vector<InboxRequest>> poll();
  // Writes the answer, then removes the request. Repeating it does no harm.
  [[nodiscard]] Result<void> answer(const std::string& id, const Value& answer);

 private:
  [[nodiscard]] bool looks_unchanged();
  [[nodiscard]] Result<InboxRequest> read_request(const std::string& id) const;

  const std::string inbox_;
  const std::string outbox_;
  const MonotonicNow monotonic_now_;
  std::set<std::string> delivered_;  // and not yet answered
  std::int64_t changed_ns_ = -1;     // the folder's modification time when last listed
  std::chrono::steady_clock::time_point changed_seen_{};
  std::chrono::steady_clock::time_point listed_{};
};

// The id under which the answer will come.
[[nodiscard]] Result<std::string> submit_request(const std::string& sweep_folder,
                                                 const std::string& verb, const Value::Map& args,
                                                 Timestamp now);
// The answer, which is taken away; nothing when it has not come.
[[nodiscard]] Result<std::optional<Value>> take_answer(const std::string& sweep_folder,
                                                       const std::string& id);
// Looks again every 50 ms until `timeout`.
[[nodiscard]] Result<std::optional<Value>> wait_answer(const std::string& sweep_folder,
                                                       const std::string& id,
                                                       std::chrono::milliseconds timeout);
// Takes a request back that nobody has answered. False when it was gone already.
[[nodiscard]] bool withdraw_request(const std::string& sweep_folder, const std::string& id);

}  // namespace sweepjob
