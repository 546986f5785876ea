#include "runner/io/state_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <random>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/io/posix_file.h"

namespace sweepjob {
namespace {

constexpr std::string_view kTargetPrefix = "../sweeps/";
constexpr std::size_t kMinPrefix = 4;
constexpr int kMaxTreeDepth = 256;

constexpr std::array kAdjectives{
    "amber",  "ample",  "bold",  "brave", "bright", "brisk", "calm",    "clever",
    "cool",   "coral",  "crisp", "eager", "early",  "fair",  "fleet",   "gentle",
    "gifted", "golden", "happy", "ivory", "jolly",  "keen",  "kind",    "lively",
    "lucid",  "mellow", "merry", "mild",  "neat",   "noble", "patient", "plucky",
    "polite", "quick",  "quiet", "ready", "rustic", "sharp", "silver",  "sleek",
    "smooth", "steady", "sunny", "swift", "tidy",   "vivid", "warm",    "witty"};
constexpr std::array kNouns{"acorn",   "anchor",  "apple",  "badger", "basket", "beacon", "birch",
                            "bridge",  "button",  "candle", "canoe",  "cedar",  "clover", "comet",
                            "cricket", "dolphin", "ember",  "falcon", "fern",   "forest", "garden",
                            "hammer",  "harbor",  "heron",  "island", "jigsaw", "kettle", "kite",
                            "lantern", "lemon",   "maple",  "meadow", "mirror", "nectar", "orchid",
                            "otter",   "pebble",  "pepper", "pillow", "planet", "quartz", "river",
                            "rocket",  "saddle",  "spruce", "tulip",  "walnut", "willow"};

Error removal_error(const std::string& path) { return file_error(errno, "cannot remove", path); }

Result<void> remove_entries(FileDescriptor folder, const std::string& path, int depth);

Result<void> remove_entry(int folder, const std::string& name, const std::string& path, int depth) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return removal_error(path);
  // Snapshots of code have no write bits; opened by descriptor, so that no link is followed.
  FileDescriptor child(
      ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!child.is_open() && errno == EACCES && ::fchmodat(folder, name.c_str(), 0700, 0) == 0) {
    child = FileDescriptor(
        ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!child.is_open()) return removal_error(path);
  const auto emptied = remove_entries(std::move(child), path, depth + 1);
  if (!emptied) return emptied.error();
  if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0) return removal_error(path);
  return {};
}

Result<void> remove_entries(FileDescriptor folder, const std::string& path, int depth) {
  if (depth > kMaxTreeDepth) {
    return Error(ErrorCode::StateFolder, "folders nest too deep to be removed", path);
  }
  static_cast<void>(::fchmod(folder.get(), 0700));  // whether it helped shows below
  const int listed = ::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0);
  if (listed < 0) return removal_error(path);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(listed), ::closedir);
  if (entries == nullptr) {
    ::close(listed);
    return removal_error(path);
  }
  // All names first: some file systems skip entries when others go while they are listed.
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(entries.get())) names.emplace_back(entry->d_name);
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    const auto removed = remove_entry(folder.get(), name, path + "/" + name, depth);
    if (!removed) return removed.error();
  }
  return {};
}

}  // namespace

Result<std::string> resolve_state_folder(
    const std::optional<std::string>& option,
    const std::function<std::optional<std::string>(const char*)>& variable) {
  const auto given = [&](const char* name) -> std::optional<std::string> {
    auto value = variable(name);
    return value && !value->empty() ? value : std::nullopt;
  };
  std::string path;
  if (option && !option->empty()) {
    path = *option;
  } else if (const auto state = given("SWEEPJOB_STATE")) {
    path = *state;
  } else if (const auto xdg = given("XDG_STATE_HOME"); xdg && xdg->front() == '/') {
    path = *xdg + "/sweepjob";  // the XDG specification says to ignore relative ones
  } else if (const auto home = given("HOME")) {
    path = *home + "/.local/state/sweepjob";
  } else {
    return Error(
        ErrorCode::StateFolder,
        "no state folder: neither --state, SWEEPJOB_STATE, XDG_STATE_HOME nor HOME is set");
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error) return Error(ErrorCode::StateFolder, error.message(), path);
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::string StateFolder::folder_of(const SweepUid& uid) const {
  return path_ + "/sweeps/" + uid.hex();
}

std::optional<SweepUid> StateFolder::uid_of_name(const std::string& name) const {
  char target[64];
  const ssize_t size = ::readlink((path_ + "/names/" + name).c_str(), target, sizeof target);
  if (size < 0) return std::nullopt;
  const std::string_view text(target, static_cast<std::size_t>(size));
  if (!text.starts_with(kTargetPrefix)) return std::nullopt;
  return SweepUid::from_hex(text.substr(kTargetPrefix.size()));
}

Result<SweepEntry> StateFolder::prepare(const SweepUid& uid, const std::string& name) const {
  if (!is_valid_sweep_name(name)) {
    return Error(ErrorCode::Usage,
                 "a sweep's name is 1 to 128 of A-Z a-z 0-9 _ . - and begins with neither . nor -",
                 name);
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
  for (const auto& [folder, mode] : {std::pair{path_, 0700}, std::pair{path_ + "/sweeps", 0755},
                                     std::pair{path_ + "/names", 0755}}) {
    const auto made = make_folder(folder, static_cast<mode_t>(mode));
    if (!made) return Error(ErrorCode::StateFolder, made.error().message(), folder);
  }
  SweepEntry entry{name, uid, folder_of(uid)};
  if (::mkdir(entry.folder.c_str(), 0755) != 0) {
    return file_error(errno, "cannot create", entry.folder);
  }
  const auto synced = sync_folder(path_ + "/sweeps");
  if (!synced) return synced.error();
  return entry;
}

Result<void> StateFolder::publish(const SweepEntry& entry) const {
  const std::string link = path_ + "/names/" + entry.name;
  if (::symlink((std::string(kTargetPrefix) + entry.uid.hex()).c_str(), link.c_str()) != 0) {
    const int cause = errno;
    if (cause != EEXIST) return file_error(cause, "cannot reserve the name", link);
    const auto owner = uid_of_name(entry.name);
    return Error(ErrorCode::Conflict,
                 "the name '" + entry.name + "' is taken by sweep " + (owner ? owner->hex() : "?"),
                 link);
  }
  return sync_folder(path_ + "/names");
}

Result<void> StateFolder::discard(const SweepEntry& entry) const {
  return remove_tree(entry.folder);
}

Result<SweepEntry> StateFolder::create(const SweepUid& uid, const std::string& name) const {
  auto entry = prepare(uid, name);
  if (!entry) return entry.error();
  if (auto published = publish(*entry); !published) {
    static_cast<void>(discard(*entry));
    return published.error();
  }
  return entry;
}

Result<std::vector<SweepUid>> StateFolder::list_uids() const {
  const auto names = list_folder(path_ + "/sweeps");
  std::vector<SweepUid> uids;
  if (!names && names.error().code() == ErrorCode::NotFound) return uids;
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (const auto uid = SweepUid::from_hex(name)) uids.push_back(*uid);
  }
  return uids;
}

Result<std::vector<SweepEntry>> StateFolder::list() const {
  const auto names = list_folder(path_ + "/names");
  std::vector<SweepEntry> entries;
  if (!names && names.error().code() == ErrorCode::NotFound) return entries;
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const auto uid = is_valid_sweep_name(name) ? uid_of_name(name) : std::nullopt;
    if (uid && path_exists(folder_of(*uid))) entries.push_back({name, *uid, folder_of(*uid)});
  }
  return entries;
}

Result<SweepEntry> StateFolder::find(const std::string& name_or_uid) const {
  if (is_valid_sweep_name(name_or_uid)) {
    const auto uid = uid_of_name(name_or_uid);
    if (uid && path_exists(folder_of(*uid))) return SweepEntry{name_or_uid, *uid, folder_of(*uid)};
  }
  const auto uids = list_uids();
  if (!uids) return uids.error();
  std::vector<SweepUid> matches;
  for (const SweepUid& uid : *uids) {
    if (name_or_uid.size() >= kMinPrefix && uid.hex().starts_with(name_or_uid)) {
      matches.push_back(uid);
    }
  }
  if (matches.empty()) return Error(ErrorCode::NotFound, "no sweep has this name", name_or_uid);
  if (matches.size() > 1) {
    return Error(ErrorCode::NotFound,
                 std::to_string(matches.size()) + " sweeps have a uid that begins so", name_or_uid);
  }
  SweepEntry entry{"", matches[0], folder_of(matches[0])};
  const auto named = list();
  if (!named) return named.error();
  for (const SweepEntry& candidate : *named) {
    if (candidate.uid == entry.uid) entry.name = candidate.name;
  }
  return entry;
}

Result<std::vector<SweepEntry>> StateFolder::list_nameless() const {
  const auto uids = list_uids();
  if (!uids) return uids.error();
  const auto named = list();
  if (!named) return named.error();
  std::vector<SweepEntry> nameless;
  for (const SweepUid& uid : *uids) {
    const bool has_name = std::any_of(named->begin(), named->end(),
                                      [&](const SweepEntry& entry) { return entry.uid == uid; });
    if (!has_name) nameless.push_back({"", uid, folder_of(uid)});
  }
  return nameless;
}

Result<std::vector<std::string>> StateFolder::list_dangling() const {
  const auto names = list_folder(path_ + "/names");
  std::vector<std::string> dangling;
  if (!names && names.error().code() == ErrorCode::NotFound) return dangling;
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const auto uid = uid_of_name(name);
    if (uid && !path_exists(folder_of(*uid))) dangling.push_back(name);
  }
  return dangling;
}

Result<void> StateFolder::remove(const SweepEntry& entry) const {
  if (is_valid_sweep_name(entry.name) && uid_of_name(entry.name) == entry.uid) {
    const std::string link = path_ + "/names/" + entry.name;
    if (::unlink(link.c_str()) != 0 && errno != ENOENT) return removal_error(link);
  }
  return remove_tree(folder_of(entry.uid));
}

Result<void> StateFolder::remove_dangling(const std::string& name) const {
  const auto uid = name.find('/') == std::string::npos ? uid_of_name(name) : std::nullopt;
  if (!uid || path_exists(folder_of(*uid))) {
    return Error(ErrorCode::NotFound, "is no name without a folder", name);
  }
  const std::string link = path_ + "/names/" + name;
  if (::unlink(link.c_str()) != 0) return removal_error(link);
  return {};
}

Result<void> remove_tree(const std::string& path) {
  auto folder = open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!folder) return folder.error();
  const auto emptied = remove_entries(std::move(*folder), path, 0);
  if (!emptied) return emptied.error();
  if (::rmdir(path.c_str()) != 0) return removal_error(path);
  return {};
}

std::string generate_name() {
  constexpr std::string_view kLetters = "23456789abcdefghjkmnpqrstvwxyz";
  std::random_device source;
  const auto pick = [&](std::size_t size) {
    return std::uniform_int_distribution<std::size_t>(0, size - 1)(source);
  };
  std::string name = kAdjectives[pick(kAdjectives.size())];
  name += "_";
  name += kNouns[pick(kNouns.size())];
  name += "_";
  for (int i = 0; i < 10; ++i) name += kLetters[pick(kLetters.size())];
  return name;
}

}  // namespace sweepjob
