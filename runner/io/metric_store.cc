#include "runner/io/metric_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "model/check.h"
#include "runner/io/metric_records.h"

namespace sweepjob {
namespace {

using Positions = std::map<std::pair<std::uint32_t, Channel>, std::uint64_t>;

Error failed(const std::string& path, const char* what) {
  return Error(ErrorCode::StateFolder, std::string(what) + ": " + std::strerror(errno), path);
}

std::string folder_in(const std::string& sweep_folder) { return sweep_folder + "/metrics"; }

std::string path_in(const std::string& folder, TrialId trial) {
  return folder + "/" + std::to_string(index_of(trial));
}

}  // namespace

struct MetricStore::File {
  TrialId trial{};
  std::string path;
  int descriptor = -1;
  std::list<File*>::iterator place;  // in open_, while the descriptor is open
  std::uint64_t size = 0;
  bool dirty = false;
  bool listed = false;  // the folder's entry is durable, as far as this process knows
  bool warned_names = false;
  Positions positions;
  std::unordered_set<std::string> names;
};

MetricStore::MetricStore(std::string folder, MetricStoreLimits limits)
    : folder_(std::move(folder)), limits_(limits) {}

MetricStore::~MetricStore() {
  for (const File* file : open_) ::close(file->descriptor);
}

Result<std::unique_ptr<MetricStore>> MetricStore::open(const std::string& sweep_folder,
                                                       MetricStoreLimits limits) {
  SWEEPJOB_CHECK(limits.open_files > 0, "a file is open while it is written");
  const std::string folder = folder_in(sweep_folder);
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) {
    return Error(ErrorCode::StateFolder, "cannot be made: " + error.message(), folder);
  }
  return std::unique_ptr<MetricStore>(new MetricStore(folder, limits));
}

Result<void> MetricStore::ensure_open(File& file) {
  if (file.descriptor >= 0) {
    open_.splice(open_.end(), open_, file.place);
    return {};
  }
  if (open_.size() >= limits_.open_files) {
    File* const oldest = open_.front();
    open_.pop_front();
    // Not synced here: sync() opens it again, and fdatasync is about the file, not the descriptor.
    ::close(oldest->descriptor);
    oldest->descriptor = -1;
  }
  file.descriptor =
      ::open(file.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file.descriptor < 0) return failed(file.path, "cannot be opened");
  file.place = open_.insert(open_.end(), &file);
  return {};
}

Result<void> MetricStore::load(File& file) {
  if (const Result<void> opened = ensure_open(file); !opened) return opened;
  const Result<MetricFileScan> scan =
      scan_metric_file(file.descriptor, file.path, [&](const MetricRecord& record) {
        std::uint64_t& last = file.positions[{record.attempt.number, record.channel}];
        last = std::max(last, record.position);
        for (const MetricPoint& point : record.points) {
          if (file.names.size() < limits_.names_per_trial) file.names.insert(point.name);
        }
      });
  if (!scan) return scan.error();
  if (::ftruncate(file.descriptor, static_cast<off_t>(scan->valid_end)) != 0) {
    return failed(file.path, "a torn tail cannot be cut off");
  }
  file.size = scan->valid_end;
  if (scan->damaged > 0) {
    warnings_.push_back(file.path + ": " + std::to_string(scan->damaged) +
                        " damaged records are passed over");
  }
  return {};
}

Result<MetricStore::File*> MetricStore::file_of(TrialId trial) {
  const auto found = files_.find(index_of(trial));
  if (found != files_.end()) return found->second.get();
  auto file = std::make_unique<File>();
  file->trial = trial;
  file->path = path_in(folder_, trial);
  File* const raw = file.get();
  const Result<void> loaded = load(*raw);
  if (!loaded) {
    if (raw->descriptor >= 0) {
      open_.erase(raw->place);
      ::close(raw->descriptor);
    }
    return loaded.error();
  }
  files_.emplace(index_of(trial), std::move(file));
  return raw;
}

bool MetricStore::admit_name(File& file, const std::string& name) {
  if (file.names.contains(name)) return true;
  if (file.names.size() < limits_.names_per_trial) {
    file.names.insert(name);
    return true;
  }
  if (!std::exchange(file.warned_names, true)) {
    warnings_.push_back("trial " + std::to_string(index_of(file.trial)) + " logs more than " +
                        std::to_string(limits_.names_per_trial) +
                        " different metric names; further ones are not stored, the first is '" +
                        name + "'");
  }
  return false;
}

// Points at positions that are new, one record per line. `file.positions` is left as it was.
void MetricStore::format_new(File& file, AttemptId attempt, std::span<const MetricPoint> points,
                             std::string& bytes) {
  std::vector<MetricPoint> admitted;
  while (!points.empty()) {
    const MetricPoint& first = points.front();
    const auto other_line = [&](const MetricPoint& point) {
      return point.channel != first.channel || point.position != first.position;
    };
    const auto count = static_cast<std::size_t>(
        std::find_if(points.begin(), points.end(), other_line) - points.begin());
    const auto stored = file.positions.find({attempt.number, first.channel});
    if (stored == file.positions.end() || stored->second < first.position) {
      admitted.clear();
      for (const MetricPoint& point : points.first(count)) {
        if (admit_name(file, point.name)) admitted.push_back(point);
      }
      if (!admitted.empty()) append_metric_record(attempt, admitted, bytes);
    }
    points = points.subspan(count);
  }
}

Result<void> MetricStore::write(File& file, const std::string& bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t put = ::write(file.descriptor, bytes.data() + written, bytes.size() - written);
    if (put >= 0) {
      written += static_cast<std::size_t>(put);
    } else if (errno != EINTR) {
      const Error error = failed(file.path, "cannot be written");
      // A part of a record must not stay, or the next one would continue it.
      if (::ftruncate(file.descriptor, static_cast<off_t>(file.size)) != 0) {
        return failed(file.path, "a half-written record cannot be cut off");
      }
      return error;
    }
  }
  file.size += bytes.size();
  if (!std::exchange(file.dirty, true)) dirty_.push_back(&file);
  return {};
}

Result<void> MetricStore::append(AttemptId attempt, std::span<const MetricPoint> points) {
  if (points.empty()) return {};
  const Result<File*> found = file_of(attempt.trial);
  if (!found) return found.error();
  File& file = **found;
  std::string bytes;
  if (file.size == 0) bytes = kMetricFileHeader;
  const std::size_t header = bytes.size();
  format_new(file, attempt, points, bytes);
  if (bytes.size() == header) return {};
  if (const Result<void> opened = ensure_open(file); !opened) return opened;
  if (const Result<void> done = write(file, bytes); !done) return done;
  for (const MetricPoint& point : points) {
    std::uint64_t& last = file.positions[{attempt.number, point.channel}];
    last = std::max(last, point.position);
  }
  return {};
}

Result<void> MetricStore::sync() {
  if (dirty_.empty()) return {};
  // All writing starts before the first wait: then many files cost about as much as one.
  for (const File* file : dirty_) {
    if (file->descriptor >= 0) {
      (void)::sync_file_range(file->descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
    }
  }
  bool created = false;
  while (!dirty_.empty()) {
    File& file = *dirty_.back();
    if (const Result<void> opened = ensure_open(file); !opened) return opened;
    if (::fdatasync(file.descriptor) != 0) return failed(file.path, "cannot be made durable");
    created |= !std::exchange(file.listed, true);
    file.dirty = false;
    dirty_.pop_back();
  }
  if (!created) return {};
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return failed(folder_, "cannot be opened");
  const bool synced = ::fsync(folder) == 0;
  const Error error = synced ? Error() : failed(folder_, "cannot be made durable");
  ::close(folder);
  if (!synced) return error;
  return {};
}

Result<std::uint64_t> MetricStore::stored_position(AttemptId attempt, Channel channel) {
  // Most trials report nothing but the objective: they get no file by being asked about.
  if (!files_.contains(index_of(attempt.trial)) &&
      ::access(path_in(folder_, attempt.trial).c_str(), F_OK) != 0 && errno == ENOENT) {
    return 0;
  }
  const Result<File*> found = file_of(attempt.trial);
  if (!found) return found.error();
  const Positions& positions = (*found)->positions;
  const auto stored = positions.find({attempt.number, channel});
  return stored == positions.end() ? 0 : stored->second;
}

Result<void> MetricStore::close(TrialId trial) {
  const auto found = files_.find(index_of(trial));
  if (found == files_.end()) return {};
  File& file = *found->second;
  if (file.dirty) {
    if (const Result<void> synced = sync(); !synced) return synced;
  }
  if (file.descriptor >= 0) {
    open_.erase(file.place);
    ::close(file.descriptor);
  }
  files_.erase(found);
  return {};
}

std::vector<std::string> MetricStore::take_warnings() { return std::exchange(warnings_, {}); }

Result<MetricReadout> read_metrics(const std::string& sweep_folder, TrialId trial,
                                   const std::function<void(const StoredMetric&)>& visit) {
  const std::string path = path_in(folder_in(sweep_folder), trial);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) {
    if (errno == ENOENT) {
      return Error(ErrorCode::NotFound, "the trial has no further metrics", path);
    }
    return failed(path, "cannot be opened");
  }
  MetricReadout readout;
  const Result<MetricFileScan> scan =
      scan_metric_file(descriptor, path, [&](const MetricRecord& record) {
        for (const MetricPoint& point : record.points) {
          ++readout.points;
          visit(StoredMetric{{trial, record.attempt.number}, point});
        }
      });
  ::close(descriptor);
  if (!scan) return scan.error();
  readout.damaged_records = scan->damaged;
  return readout;
}

}  // namespace sweepjob
