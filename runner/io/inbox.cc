#include "runner/io/inbox.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/io/posix_file.h"

namespace sweepjob {
namespace {

constexpr std::size_t kTimeDigits = 16;
constexpr std::size_t kIdLength = kTimeDigits + 1 + 16;
// A file that comes within the same tick of the file system's clock leaves the folder's time as it
// was; NFS caches it on top. So a folder that changed lately, or long ago, is listed again.
constexpr std::chrono::seconds kSettling{5};
constexpr std::chrono::seconds kListAnyway{30};

std::string inbox_of(const std::string& folder) { return folder + "/inbox"; }
std::string outbox_of(const std::string& folder) { return folder + "/outbox"; }

}  // namespace

std::string make_request_id(Timestamp now) {
  char digits[kTimeDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(std::max<std::int64_t>(0, to_micros(now))));
  return std::string(digits) + "-" + random_hex(16);
}

bool is_request_id(std::string_view text) {
  if (text.size() != kIdLength || text[kTimeDigits] != '-') return false;
  return std::count_if(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         }) == static_cast<std::ptrdiff_t>(kIdLength - 1);
}

Inbox::Inbox(std::string sweep_folder, MonotonicNow monotonic_now)
    : inbox_(inbox_of(sweep_folder)),
      outbox_(outbox_of(sweep_folder)),
      monotonic_now_(monotonic_now ? std::move(monotonic_now)
                                   : [] { return std::chrono::steady_clock::now(); }) {}

Result<void> Inbox::prepare() {
  const auto inbox = make_folder(inbox_);
  if (!inbox) return inbox.error();
  return make_folder(outbox_);
}

bool Inbox::looks_unchanged() {
  // Opened, not stat'ed by name: that makes an NFS client ask the server.
  const auto folder = open_file(inbox_, O_RDONLY | O_DIRECTORY);
  struct stat status {};
  if (!folder || ::fstat(folder->get(), &status) != 0) return false;
  const std::int64_t changed =
      static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  const auto now = monotonic_now_();
  if (changed != changed_ns_) {
    changed_ns_ = changed;
    changed_seen_ = now;
  }
  if (now - changed_seen_ > kSettling && now - listed_ < kListAnyway) return true;
  listed_ = now;
  return false;
}

Result<std::vector<InboxRequest>> Inbox::poll() {
  std::vector<InboxRequest> requests;
  if (looks_unchanged()) return requests;
  const auto names = list_folder(inbox_);  // sorted, so oldest first
  if (!names && names.error().code() == ErrorCode::NotFound) return requests;
  if (!names) return names.error();
  for (const std::string& id : *names) {
    if (!is_request_id(id) || delivered_.contains(id)) continue;
    auto request = read_request(id);
    if (request) {
      delivered_.insert(id);
      requests.push_back(std::move(*request));
      continue;
    }
    if (request.error().code() == ErrorCode::NotFound) continue;  // withdrawn meanwhile
    const Value refusal(Value::Map{{"error", request.error().message()}});
    delivered_.insert(id);
    // Should this fail (a folder under that name, say) it must not hold up the others.
    static_cast<void>(answer(id, refusal));
  }
  return requests;
}

Result<InboxRequest> Inbox::read_request(const std::string& id) const {
  const auto text = read_small_file(inbox_ + "/" + id, kMaxRequestBytes);
  if (!text) return text.error();
  const auto value = from_json(*text);
  if (!value) return Error(ErrorCode::Usage, "the request is not JSON: " + value.error().message());
  const Value* verb = value->find("verb");
  const Value* args = value->find("args");
  const Value* own_id = value->find("id");
  const bool complete = verb != nullptr && verb->get<std::string>() != nullptr && args != nullptr &&
                        args->get<Value::Map>() != nullptr && own_id != nullptr &&
                        own_id->get<std::string>() != nullptr && *own_id->get<std::string>() == id;
  if (!complete) {
    return Error(ErrorCode::Usage, "a request is {\"id\": its file's name, \"verb\", \"args\"}");
  }
  return InboxRequest{id, *verb->get<std::string>(), *args};
}

Result<void> Inbox::answer(const std::string& id, const Value& answer) {
  if (!is_request_id(id)) return Error(ErrorCode::Usage, "is no request id", id);
  const auto written = publish_replacing(outbox_, id, to_json(answer, true) + "\n", 0644);
  if (!written) return written.error();
  const std::string request = inbox_ + "/" + id;
  if (::unlink(request.c_str()) != 0 && errno != ENOENT) {
    return file_error(errno, "cannot remove the answered request", request);
  }
  delivered_.erase(id);
  return {};
}

Result<std::string> submit_request(const std::string& sweep_folder, const std::string& verb,
                                   const Value::Map& args, Timestamp now) {
  const std::string inbox = inbox_of(sweep_folder);
  for (const std::string& folder : {inbox, outbox_of(sweep_folder)}) {
    const auto made = make_folder(folder);
    if (!made) return made.error();
  }
  const std::string id = make_request_id(now);
  const Value request(Value::Map{{"id", id}, {"verb", verb}, {"args", Value(args)}});
  const std::string text = to_json(request, true) + "\n";
  if (text.size() > kMaxRequestBytes) {
    return Error(ErrorCode::Usage, "a command may have " + std::to_string(kMaxRequestBytes) +
                                       " bytes at most, this one has " +
                                       std::to_string(text.size()));
  }
  const auto published = publish_exclusively(inbox, id, text, 0644);
  if (!published) return published.error();
  const auto synced = sync_folder(inbox);
  if (!synced) return synced.error();
  return id;
}

Result<std::optional<Value>> take_answer(const std::string& sweep_folder, const std::string& id) {
  if (!is_request_id(id)) return Error(ErrorCode::Usage, "is no request id", id);
  const std::string path = outbox_of(sweep_folder) + "/" + id;
  const auto text = read_small_file(path, kMaxAnswerBytes);
  if (!text && text.error().code() == ErrorCode::NotFound) return std::optional<Value>();
  if (!text) return text.error();
  auto value = from_json(*text);
  if (!value) return Error(ErrorCode::Internal, "the answer is not JSON", path);
  ::unlink(path.c_str());  // what stays behind is doctor's to sweep
  return std::optional<Value>(std::move(*value));
}

Result<std::optional<Value>> wait_answer(const std::string& sweep_folder, const std::string& id,
                                         std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    auto answer = take_answer(sweep_folder, id);
    if (!answer || *answer || std::chrono::steady_clock::now() >= end) return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

bool withdraw_request(const std::string& sweep_folder, const std::string& id) {
  return is_request_id(id) && ::unlink((inbox_of(sweep_folder) + "/" + id).c_str()) == 0;
}

}  // namespace sweepjob
