#include "manifests/spec/code_snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>

#include "manifests/spec/ignore_rules.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kCopyBytesMax = 20'000'000;
constexpr std::uint64_t kCopyFilesMax = 2'000;
constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr const char* kLeadsBack = "this link leads back to a folder that holds it";

Error unreadable(const std::string& path, const std::string& why) {
  return {ErrorCode::InvalidManifest, "code: " + why, path};
}
Error unwritable(const std::string& path, int error_number) {
  return {ErrorCode::StateFolder, std::strerror(error_number), path};
}

// XXH3-128: names the content of files, against change and not against malice.
class Digest {
 public:
  Digest() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }
  void add(const void* data, std::size_t bytes) { XXH3_128bits_update(state_.get(), data, bytes); }
  // With its length, so that neighbours cannot run together.
  void add_text(const std::string& text) {
    const std::uint64_t size = text.size();
    add(&size, sizeof size);
    add(text.data(), text.size());
  }
  [[nodiscard]] std::string hex() const {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
    std::string text;
    for (const unsigned char byte : canonical.digest) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0)
      : descriptor_(open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

// Calls `use(data, bytes)` for all of the file; false ends it early. Errno, or 0.
int read_all(int descriptor, const std::function<bool(const char*, std::size_t)>& use) {
  std::vector<char> buffer(kBufferBytes);
  for (;;) {
    const ssize_t bytes = read(descriptor, buffer.data(), buffer.size());
    if (bytes == 0) return 0;
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return errno;
    if (!use(buffer.data(), static_cast<std::size_t>(bytes))) return 0;
  }
}

bool write_all(int descriptor, const char* data, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t written = write(descriptor, data, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    data += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return true;
}

// The rules of the folders from the top down to the present one, each with its depth.
struct RuleLevel {
  std::size_t depth;
  IgnoreRules rules;
};

class Planner {
 public:
  Planner(fs::path root, const std::vector<std::string>& leave_out, const SnapshotLimits& limits)
      : root_(std::move(root)), limits_(limits) {
    std::error_code none;
    ignore_file_ = fs::exists(root_ / ".amlignore", none) ? ".amlignore" : ".gitignore";
    for (const std::string& path : leave_out) {
      std::error_code ignored;
      leave_out_.push_back(fs::weakly_canonical(path, ignored));
    }
  }

  Result<SnapshotPlan> plan_folder() {
    if (auto done = folder(root_); !done) return done.error();
    return finished();
  }

  Result<SnapshotPlan> plan_file() {
    parts_ = {root_.filename().string()};
    if (auto done = file(root_); !done) return done.error();
    return finished();
  }

 private:
  Result<void> folder(const fs::path& path);
  Result<void> entry(const fs::path& path);
  Result<void> link(const fs::path& path);
  Result<void> file(const fs::path& path);
  Result<void> real(const fs::path& path, const struct stat& status);
  void read_rules(const fs::path& folder_path);
  [[nodiscard]] bool is_ignored(bool is_folder) const;
  [[nodiscard]] bool holds_in_snapshot(const fs::path& target, const fs::path& real_target) const;
  [[nodiscard]] std::string name() const;
  Result<void> add(SnapshotEntry entry);
  Result<SnapshotPlan> finished();

  fs::path root_;
  std::string ignore_file_;
  SnapshotLimits limits_;
  std::vector<fs::path> leave_out_;
  std::vector<RuleLevel> rules_;
  std::vector<std::string> parts_;                  // the present place, from the root
  std::vector<std::pair<dev_t, ino_t>> ancestors_;  // the folders around it, as they really are
  SnapshotPlan plan_;
};

std::string Planner::name() const {
  std::string text;
  for (const std::string& part : parts_) text += (text.empty() ? "" : "/") + part;
  return text;
}

// Whether a link of that text, at the present place, leads to the same file in the snapshot too.
bool Planner::holds_in_snapshot(const fs::path& target, const fs::path& real_target) const {
  if (target.is_absolute()) return false;
  const fs::path inside = (fs::path(name()).parent_path() / target).lexically_normal();
  if (inside.empty() || *inside.begin() == "..") return false;
  std::error_code error;
  return fs::canonical(root_ / inside, error) == real_target && !error;
}

void Planner::read_rules(const fs::path& folder_path) {
  std::ifstream in(folder_path / ignore_file_, std::ios::binary);
  if (!in) return;
  std::ostringstream text;
  text << in.rdbuf();
  rules_.push_back({parts_.size(), IgnoreRules(text.str())});
}

// The innermost rules that say something decide.
bool Planner::is_ignored(bool is_folder) const {
  for (auto level = rules_.rbegin(); level != rules_.rend(); ++level) {
    const std::vector<std::string> below(parts_.begin() + static_cast<std::ptrdiff_t>(level->depth),
                                         parts_.end());
    if (const auto ignored = level->rules.decide(below, is_folder)) return *ignored;
  }
  return false;
}

Result<void> Planner::add(SnapshotEntry entry) {
  if (entry.kind != SnapshotEntry::Kind::Folder) ++plan_.files;
  plan_.bytes += entry.bytes;
  if (plan_.files > limits_.files || plan_.bytes > limits_.bytes) {
    return unreadable(root_.string(),
                      "holds more than " + std::to_string(limits_.files) + " files or " +
                          std::to_string(limits_.bytes >> 20) +
                          " MiB; name what is not code in an .amlignore file there");
  }
  plan_.entries.push_back(std::move(entry));
  return {};
}

Result<void> Planner::folder(const fs::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return unreadable(path.string(), std::strerror(errno));
  const std::pair<dev_t, ino_t> self{status.st_dev, status.st_ino};
  if (std::find(ancestors_.begin(), ancestors_.end(), self) != ancestors_.end()) {
    return unreadable(path.string(), kLeadsBack);
  }
  std::error_code error;
  std::vector<fs::path> children;
  for (auto child = fs::directory_iterator(path, error); !error && child != fs::end(child);
       child.increment(error)) {
    children.push_back(child->path());
  }
  if (error) return unreadable(path.string(), error.message());
  std::sort(children.begin(), children.end());
  const std::size_t levels = rules_.size();
  read_rules(path);
  ancestors_.push_back(self);
  for (const fs::path& child : children) {
    parts_.push_back(child.filename().string());
    auto done = entry(child);
    parts_.pop_back();
    if (!done) return done;
  }
  ancestors_.pop_back();
  rules_.erase(rules_.begin() + static_cast<std::ptrdiff_t>(levels), rules_.end());
  return {};
}

Result<void> Planner::entry(const fs::path& path) {
  if (parts_.back() == ".git") return {};
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return unreadable(path.string(), std::strerror(errno));
  if (is_ignored(S_ISDIR(status.st_mode))) return {};
  if (std::find(leave_out_.begin(), leave_out_.end(), path) != leave_out_.end()) return {};
  return S_ISLNK(status.st_mode) ? link(path) : real(path, status);
}

Result<void> Planner::link(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  if (error) return unreadable(path.string(), error.message());
  const fs::path real_target = fs::canonical(path, error);
  if (error == std::errc::too_many_symbolic_link_levels) {
    return unreadable(path.string(), "this link leads back to itself");
  }
  if (error) {
    plan_.notes.push_back(name() + ": a link that leads nowhere, left out");
    return {};
  }
  if (holds_in_snapshot(target, real_target)) {
    SnapshotEntry made;
    made.kind = SnapshotEntry::Kind::Link;
    made.name = name();
    made.target = target.string();
    return add(std::move(made));
  }
  const bool is_around =
      std::mismatch(real_target.begin(), real_target.end(), root_.begin(), root_.end()).first ==
      real_target.end();
  if (is_around) return unreadable(path.string(), kLeadsBack);
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return unreadable(path.string(), std::strerror(errno));
  return real(path, status);
}

Result<void> Planner::real(const fs::path& path, const struct stat& status) {
  if (S_ISREG(status.st_mode)) return file(path);
  if (!S_ISDIR(status.st_mode)) {
    plan_.notes.push_back(name() + ": neither a file nor a folder, left out");
    return {};
  }
  SnapshotEntry made;
  made.kind = SnapshotEntry::Kind::Folder;
  made.name = name();
  if (auto added = add(std::move(made)); !added) return added;
  return folder(path);
}

Result<void> Planner::file(const fs::path& path) {
  const File in(path.string(), O_RDONLY);
  struct stat status {};
  if (!in.is_open() || fstat(in.descriptor(), &status) != 0) {
    return unreadable(path.string(), std::strerror(errno));
  }
  SnapshotEntry made;
  made.name = name();
  made.source = path.string();
  made.executable = (status.st_mode & S_IXUSR) != 0;
  // Refused before it is read: a data set may take minutes.
  made.bytes = static_cast<std::uint64_t>(status.st_size);
  if (plan_.bytes + made.bytes > limits_.bytes) return add(std::move(made));
  Digest digest;
  made.bytes = 0;
  const int error = read_all(in.descriptor(), [&](const char* data, std::size_t bytes) {
    digest.add(data, bytes);
    made.bytes += bytes;
    return true;
  });
  if (error != 0) return unreadable(path.string(), std::strerror(error));
  made.digest = digest.hex();
  return add(std::move(made));
}

Result<SnapshotPlan> Planner::finished() {
  std::sort(plan_.entries.begin(), plan_.entries.end(),
            [](const SnapshotEntry& a, const SnapshotEntry& b) { return a.name < b.name; });
  Digest digest;
  for (const SnapshotEntry& entry : plan_.entries) {
    digest.add_text(entry.name);
    digest.add_text(std::to_string(static_cast<int>(entry.kind)) + (entry.executable ? "x" : "-"));
    digest.add_text(entry.kind == SnapshotEntry::Kind::Link ? entry.target : entry.digest);
  }
  plan_.digest = digest.hex();
  return std::move(plan_);
}

Result<void> copy_file(const SnapshotEntry& entry, const std::string& to) {
  const File in(entry.source, O_RDONLY);
  if (!in.is_open()) return unreadable(entry.source, std::strerror(errno));
  const File out(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!out.is_open()) return unwritable(to, errno);
  Digest digest;
  int write_error = 0;
  const int error = read_all(in.descriptor(), [&](const char* data, std::size_t bytes) {
    digest.add(data, bytes);
    if (!write_all(out.descriptor(), data, bytes)) write_error = errno;
    return write_error == 0;
  });
  if (write_error != 0) return unwritable(to, write_error);
  if (error != 0) return unreadable(entry.source, std::strerror(error));
  if (digest.hex() != entry.digest) {
    return unreadable(entry.source, "changed while the sweep was being submitted; submit again");
  }
  if (fchmod(out.descriptor(), entry.executable ? 0555 : 0444) != 0) return unwritable(to, errno);
  return {};
}

Result<void> copy_entry(const SnapshotEntry& entry, const std::string& to) {
  switch (entry.kind) {
    case SnapshotEntry::Kind::File: return copy_file(entry, to);
    case SnapshotEntry::Kind::Folder:
      if (mkdir(to.c_str(), 0755) != 0) return unwritable(to, errno);
      return {};
    case SnapshotEntry::Kind::Link:
      if (symlink(entry.target.c_str(), to.c_str()) != 0) return unwritable(to, errno);
      return {};
  }
  return {};
}

}  // namespace

Result<SnapshotPlan> plan_snapshot(const std::string& path,
                                   const std::vector<std::string>& leave_out,
                                   const SnapshotLimits& limits) {
  std::error_code error;
  const fs::path root = fs::canonical(path, error);
  if (error) return unreadable(path, error.message());
  Planner planner(root, leave_out, limits);
  if (fs::is_directory(root, error)) return planner.plan_folder();
  if (fs::is_regular_file(root, error)) return planner.plan_file();
  return unreadable(path, "neither a file nor a folder");
}

Result<void> copy_snapshot(const SnapshotPlan& plan, const std::string& destination,
                           const std::function<bool()>& go_on) {
  std::error_code error;
  fs::create_directories(destination, error);
  if (error) return unwritable(destination, error.value());
  if (!fs::is_empty(destination, error)) return unwritable(destination, ENOTEMPTY);
  for (const SnapshotEntry& entry : plan.entries) {
    if (go_on && !go_on()) return Error(ErrorCode::Usage, "the copy was interrupted", destination);
    if (auto copied = copy_entry(entry, destination + "/" + entry.name); !copied) return copied;
  }
  for (auto entry = plan.entries.rbegin(); entry != plan.entries.rend(); ++entry) {
    if (entry->kind != SnapshotEntry::Kind::Folder) continue;
    const std::string folder = destination + "/" + entry->name;
    if (chmod(folder.c_str(), 0555) != 0) return unwritable(folder, errno);
  }
  if (chmod(destination.c_str(), 0555) != 0) return unwritable(destination, errno);
  // One call for all files: the journal will say that the snapshot is there.
  const File folder(destination, O_RDONLY | O_DIRECTORY);
  if (!folder.is_open() || syncfs(folder.descriptor()) != 0) return unwritable(destination, errno);
  return {};
}

Result<void> remove_snapshot(const std::string& destination) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(destination, error))) return {};
  chmod(destination.c_str(), 0755);
  for (auto entry = fs::recursive_directory_iterator(destination, error);
       !error && entry != fs::end(entry); entry.increment(error)) {
    if (entry->is_directory() && !entry->is_symlink()) chmod(entry->path().c_str(), 0755);
  }
  fs::remove_all(destination, error);
  if (error) return unwritable(destination, error.value());
  return {};
}

bool small_enough_to_copy(const SnapshotPlan& plan) {
  return plan.bytes < kCopyBytesMax && plan.files < kCopyFilesMax;
}

}  // namespace sweepjob
