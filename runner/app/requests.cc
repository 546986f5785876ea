#include "runner/app/requests.h"

#include <limits>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

Error bad_argument(const std::string& verb, const std::string& key) {
  return Error(ErrorCode::Usage, verb + ": '" + key + "' must be a whole number of 0 or more");
}

// A member that is absent leaves `out` as it is; one of another type is an error.
template <class T>
Result<void> read_number(const InboxRequest& request, const char* key, std::optional<T>& out) {
  const Value* value = request.args.find(key);
  if (value == nullptr) return {};
  const auto* number = value->get<std::int64_t>();
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  if (number == nullptr || *number < 0 || static_cast<std::uint64_t>(*number) > most) {
    return bad_argument(request.verb, key);
  }
  out = static_cast<T>(*number);
  return {};
}

Result<UserRequest> read_update(const InboxRequest& request) {
  LimitsChanged limits;
  for (const Result<void>& read :
       {read_number(request, "max_total_trials", limits.max_total_trials),
        read_number(request, "max_concurrent_trials", limits.max_concurrent_trials),
        read_number(request, "timeout", limits.timeout_seconds),
        read_number(request, "trial_timeout", limits.trial_timeout_seconds)}) {
    if (read.has_error()) return read.error();
  }
  return UserRequest{request.id, UpdateLimits{limits}};
}

}  // namespace

Result<UserRequest> read_request(const InboxRequest& request) {
  std::optional<std::uint32_t> trial;
  if (auto read = read_number(request, "trial", trial); read.has_error()) return read.error();
  if (request.verb == "pause") return UserRequest{request.id, PauseSweep{}};
  if (request.verb == "unpause") return UserRequest{request.id, UnpauseSweep{}};
  if (request.verb == "cancel") {
    if (trial) return UserRequest{request.id, CancelTrial{TrialId{*trial}}};
    const Value* reason = request.args.find("reason");
    const auto* text = reason == nullptr ? nullptr : reason->get<std::string>();
    return UserRequest{request.id, CancelSweep{text == nullptr ? "" : text->substr(0, 1000)}};
  }
  if (request.verb == "retry" && trial) {
    return UserRequest{request.id, RetryTrial{TrialId{*trial}}};
  }
  if (request.verb == "update") return read_update(request);
  return Error(ErrorCode::Usage, "unknown request '" + request.verb.substr(0, 100) + "'");
}

Value answer_document(const RequestHandled& handled) {
  return document({{"accepted", handled.accepted}, {"message", handled.message}});
}

std::vector<UserRequest> InboxRequests::poll() {
  std::vector<UserRequest> requests;
  auto found = inbox_.poll();
  if (found.has_error()) {
    spdlog::warn("inbox: {}", found.error().text());
    return requests;
  }
  for (const InboxRequest& entry : *found) {
    auto request = read_request(entry);
    if (request.has_error()) {
      answer({entry.id, false, request.error().message()});
    } else {
      requests.push_back(*std::move(request));
    }
  }
  return requests;
}

void InboxRequests::answer(const RequestHandled& handled) {
  auto written = inbox_.answer(handled.id, answer_document(handled));
  if (written.has_error()) spdlog::warn("outbox: {}", written.error().text());
}

}  // namespace sweepjob
