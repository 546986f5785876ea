#include "runner/io/lease.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace sweepjob {
namespace {

constexpr std::string_view kTermPrefix = "lease.";
// A fixed size, so that a renewal overwrites all of the last one in a single write.
constexpr std::size_t kLeaseBytes = 1024;
// What of a host's name is kept: more would not fit.
constexpr std::size_t kMaxWord = 256;

std::string term_path(const std::string& folder, std::uint64_t term) {
  return folder + "/" + std::string(kTermPrefix) + std::to_string(term);
}

template <class T>
bool parse_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<std::uint64_t> term_of(std::string_view name) {
  if (!name.starts_with(kTermPrefix)) return std::nullopt;
  std::uint64_t term = 0;
  if (!parse_number(name.substr(kTermPrefix.size()), term) || term == 0) return std::nullopt;
  return term;
}

struct NewestLease {
  std::uint64_t term = 0;  // 0: there is none
  std::string text;
  std::optional<LeaseRecord> record;
};

Result<NewestLease> find_newest(const std::string& folder) {
  const auto names = list_folder(folder);
  if (!names) return names.error();
  NewestLease newest;
  for (const std::string& name : *names) {
    const auto term = term_of(name);
    if (term && *term > newest.term) newest.term = *term;
  }
  if (newest.term == 0) return newest;
  auto text = read_small_file(term_path(folder, newest.term), kLeaseBytes);
  // It may have been removed by a successor since: then its text is empty, and changes.
  if (!text && text.error().code() != ErrorCode::NotFound) return text.error();
  if (text) newest.text = std::move(*text);
  newest.record = parse_lease_text(newest.text);
  return newest;
}

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool is_unsupported(int error) {
  return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL;
}

std::string in_words(Duration age) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

std::string describe(const LeaseRecord& record) {
  return "host " + record.holder.host + ", pid " + std::to_string(record.holder.pid);
}

std::string one_word(std::string text) {
  for (char& c : text) {
    if (c <= ' ' || c == 0x7f) c = '_';
  }
  text.resize(std::min(text.size(), kMaxWord));
  return text.empty() ? "?" : text;
}

}  // namespace

LeaseIdentity LeaseIdentity::of_this_process() {
  LeaseIdentity self;
  struct utsname names {};
  if (::uname(&names) == 0) self.host = names.nodename;
  auto boot = open_file("/proc/sys/kernel/random/boot_id", O_RDONLY);
  char text[36];
  if (boot && ::read(boot->get(), text, sizeof text) == sizeof text) {
    self.boot_id.assign(text, sizeof text);
  }
  self.pid = ::getpid();
  return self;
}

std::string to_lease_text(const LeaseRecord& record) {
  std::string text = "sweepjob lease 1\n";
  text += "host " + one_word(record.holder.host) + "\n";
  text += "boot " + one_word(record.holder.boot_id) + "\n";
  text += "pid " + std::to_string(record.holder.pid) + "\n";
  text += "token " + one_word(record.token) + "\n";
  text += "taken " + std::to_string(to_micros(record.taken)) + "\n";
  text += "epoch " + std::to_string(record.epoch) + "\n";
  text += std::string("released ") + (record.released ? "1" : "0") + "\n";
  text += "renewals " + std::to_string(record.renewals) + "\n";
  text.resize(kLeaseBytes, '\n');
  return text;
}

std::optional<LeaseRecord> parse_lease_text(std::string_view text) {
  if (text.size() != kLeaseBytes || !text.starts_with("sweepjob lease 1\n")) return std::nullopt;
  std::map<std::string_view, std::string_view> words;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos) words[line.substr(0, space)] = line.substr(space + 1);
  }
  LeaseRecord record;
  record.holder.host = words["host"];
  record.holder.boot_id = words["boot"];
  record.token = words["token"];
  std::int64_t taken = 0;
  const bool complete = !record.holder.host.empty() && !record.token.empty() &&
                        parse_number(words["pid"], record.holder.pid) &&
                        parse_number(words["taken"], taken) &&
                        parse_number(words["epoch"], record.epoch) &&
                        parse_number(words["renewals"], record.renewals);
  if (!complete) return std::nullopt;
  record.taken = from_micros(taken);
  record.released = words["released"] == "1";
  return record;
}

Lease::Lease(std::string folder, std::uint64_t term, FileDescriptor lock, FileDescriptor file,
             LeaseRecord record)
    : folder_(std::move(folder)),
      term_(term),
      path_(term_path(folder_, term)),
      lock_(std::move(lock)),
      file_(std::move(file)),
      record_(std::move(record)) {
  struct stat status {};
  if (::fstat(file_.get(), &status) == 0) inode_ = status.st_ino;
}

Lease::~Lease() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    record_.released = true;
  }
  wake_.notify_one();
  if (renewer_.joinable()) renewer_.join();
  // Should this fail, the next controller on another host waits a little: no more than that.
  if (still_held()) static_cast<void>(renew());
}

bool Lease::still_held() const {
  if (lost_) return false;
  // FORCE_SYNC: over NFS the server is asked, where stat() may answer from a cache.
  struct statx on_disk {};
  const int found = ::statx(AT_FDCWD, path_.c_str(), AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC,
                            STATX_INO, &on_disk);
  // Also when it cannot be told: then nothing may be acknowledged.
  if (found != 0 && errno != ENOENT) return false;
  if (found == 0 && on_disk.stx_ino == inode_ && !path_exists(term_path(folder_, term_ + 1))) {
    return true;
  }
  lost_ = true;
  return false;
}

Result<void> Lease::renew() {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    record_.renewals += 1;
    text = to_lease_text(record_);
  }
  const ssize_t count = ::pwrite(file_.get(), text.data(), text.size(), 0);
  Result<void> result;
  if (count != static_cast<ssize_t>(text.size())) {
    result = file_error(count < 0 ? errno : EIO, "cannot renew the lease", path_);
  } else if (::fdatasync(file_.get()) != 0) {
    result = file_error(errno, "cannot renew the lease", path_);
  }
  const std::lock_guard lock(mutex_);
  last_error_ = result ? std::nullopt : std::optional<Error>(result.error());
  return result;
}

void Lease::start_renewing(std::chrono::milliseconds interval) {
  renewer_ = std::thread([this, interval] {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, interval, [this] { return stopping_; })) {
      lock.unlock();
      static_cast<void>(renew());  // kept in last_error_
      lock.lock();
    }
  });
}

std::optional<Error> Lease::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

void Lease::set_epoch(std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  record_.epoch = epoch;
}

LeaseSeeker::LeaseSeeker(std::string folder, LeaseIdentity self, MonotonicNow monotonic_now,
                         std::function<Timestamp()> now)
    : folder_(std::move(folder)),
      self_(std::move(self)),
      monotonic_now_(std::move(monotonic_now)),
      now_(std::move(now)) {}

Result<LeaseSeeker::LockResult> LeaseSeeker::try_lock() {
  if (lock_.is_open() || !lock_works_) {
    return lock_works_ ? LockResult::Taken : LockResult::Unsupported;
  }
  auto file = open_file(folder_ + "/lease", O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
  if (!file) return file.error();
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(file->get(), F_OFD_SETLK, &lock) == 0) {
    lock_ = std::move(*file);
    return LockResult::Taken;
  }
  if (errno == EAGAIN || errno == EACCES) return LockResult::Held;
  if (!is_unsupported(errno)) return file_error(errno, "cannot lock", folder_ + "/lease");
  lock_works_ = false;
  return LockResult::Unsupported;
}

Result<std::unique_ptr<Lease>> LeaseSeeker::poll() {
  const auto locked = try_lock();
  if (!locked) return locked.error();
  const auto newest = find_newest(folder_);
  if (!newest) return newest.error();
  const auto& record = newest->record;
  if (*locked == LockResult::Held) return held(record);
  if (newest->term == 0 || (record && record->released)) return claim(newest->term + 1);
  const bool same_kernel = record && record->holder.host == one_word(self_.host) &&
                           record->holder.boot_id == one_word(self_.boot_id);
  // Its lock is ours now, so its process is gone.
  if (same_kernel && *locked == LockResult::Taken) return claim(newest->term + 1);

  const auto now = monotonic_now_();
  const std::string seen = std::to_string(newest->term) + "\n" + newest->text;
  if (watched_.empty()) {
    watched_ = seen;
    watched_since_ = now;
    waiting_for_ = "the controller on " + (record ? describe(*record) : std::string("host ?")) +
                   " may be alive: watching its lease for " +
                   std::to_string(kLeasePatience.count()) + " s";
  } else if (seen != watched_) {
    watched_.clear();
    lock_.reset();
    return held(record);
  }
  if (now - watched_since_ >= kLeasePatience) return claim(newest->term + 1);
  return std::unique_ptr<Lease>();
}

Result<std::unique_ptr<Lease>> LeaseSeeker::claim(std::uint64_t term) {
  LeaseRecord record;
  record.holder = self_;
  record.token = random_hex(16);
  record.taken = now_();
  const std::string name = std::string(kTermPrefix) + std::to_string(term);
  auto file = publish_exclusively(folder_, name, to_lease_text(record), 0644);
  if (!file) {
    lock_.reset();
    if (file.error().code() != ErrorCode::Conflict) return file.error();
    const auto winner = find_newest(folder_);
    return held(winner ? winner->record : std::nullopt);
  }
  // The former holder finds out by either file, before anything of its journal is read.
  const auto names = list_folder(folder_);
  if (!names) return names.error();
  for (const std::string& old : *names) {
    const auto old_term = term_of(old);
    if (old_term && *old_term < term) ::unlink((folder_ + "/" + old).c_str());
  }
  const auto synced = sync_folder(folder_);
  if (!synced) return synced.error();
  return std::unique_ptr<Lease>(
      new Lease(folder_, term, std::move(lock_), std::move(*file), std::move(record)));
}

Error LeaseSeeker::held(const std::optional<LeaseRecord>& record) const {
  if (!record) {
    return Error(ErrorCode::LeaseHeld, "another controller is just taking this sweep over",
                 folder_);
  }
  return Error(ErrorCode::LeaseHeld,
               "a controller is running this sweep: " + describe(*record) + ", since " +
                   to_iso8601(record->taken) + " (" + in_words(now_() - record->taken) + ")",
               folder_);
}

Result<std::unique_ptr<Lease>> acquire_lease(
    const std::string& folder, const std::function<void(const std::string&)>& on_wait) {
  LeaseSeeker seeker(
      folder, LeaseIdentity::of_this_process(), [] { return std::chrono::steady_clock::now(); },
      [] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); });
  bool told = false;
  const auto dying_until = std::chrono::steady_clock::now() + kDyingPatience;
  for (;;) {
    auto got = seeker.poll();
    const bool is_held = !got && got.error().code() == ErrorCode::LeaseHeld;
    if (is_held && std::chrono::steady_clock::now() < dying_until) {
      std::this_thread::sleep_for(kDyingPoll);
      continue;
    }
    if (!got || *got != nullptr) return got;
    if (!told && on_wait) on_wait(seeker.waiting_for());
    told = true;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

Result<LeaseView> look_at_lease(const std::string& folder, const LeaseIdentity& self) {
  const auto newest = find_newest(folder);
  if (!newest) return newest.error();
  LeaseView view;
  view.record = newest->record;
  view.elsewhere = view.record && !view.record->released &&
                   (view.record->holder.host != one_word(self.host) ||
                    view.record->holder.boot_id != one_word(self.boot_id));
  const auto file = open_file(folder + "/lease", O_RDONLY | O_NOFOLLOW);
  if (!file) return view;
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(file->get(), F_OFD_GETLK, &lock) == 0) view.locked = lock.l_type != F_UNLCK;
  return view;
}

}  // namespace sweepjob
