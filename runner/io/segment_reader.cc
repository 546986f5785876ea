#include "runner/io/segment_reader.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sweepjob {
namespace {

constexpr std::uint64_t kReadBytes = 1u << 20;
constexpr std::uint64_t kFirstWindow = 4096;

Result<std::size_t> read_at(int fd, std::uint64_t offset, char* out, std::size_t bytes,
                            const std::string& path) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t count = ::pread(fd, out + done, bytes - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(errno, "cannot read", path);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace

Result<SegmentReader> SegmentReader::open(const std::string& path, std::uint64_t epoch) {
  auto file = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return file.error();
  return adopt(std::move(*file), path, epoch);
}

Result<SegmentReader> SegmentReader::adopt(FileDescriptor file, std::string path,
                                           std::uint64_t epoch) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return file_error(errno, "cannot stat", path);
  if (!S_ISREG(status.st_mode)) return Error(ErrorCode::StateFolder, "is no regular file", path);
  SegmentReader reader(std::move(file), std::move(path),
                       static_cast<std::uint64_t>(status.st_size));
  const auto read = reader.read_prologue(epoch);
  if (!read) return read.error();
  return reader;
}

Error SegmentReader::corrupt(const std::string& what) const {
  Record due;
  due.number = records_ + 1;
  due.offset = position_.bytes;
  return corrupt(due, what);
}

Error SegmentReader::corrupt(const Record& record, const std::string& what) const {
  // The folder and not the name: that is found whatever state folder the reader was given.
  const std::filesystem::path path(path_);
  std::error_code unknown;
  const std::string folder = std::filesystem::absolute(path, unknown).parent_path().string();
  return Error(ErrorCode::JournalCorrupt,
               path.filename().string() + " is damaged: record " + std::to_string(record.number) +
                   " at byte " + std::to_string(record.offset) + " " + what +
                   "; nothing is started from a damaged journal. `sweepjob doctor " + folder +
                   "` shows what can be saved",
               path_);
}

// A segment appears complete up to the end of its prologue (link of a synced file), so nothing that
// is wrong there is a torn tail.
Result<Record> SegmentReader::read_prologue_record(RecordKind kind) {
  const auto head_view = peek(kRecordHeadBytes);
  if (!head_view) return head_view.error();
  const auto head = parse_head(*head_view);
  if (!head || head->kind != kind || head->events != 0) {
    return corrupt(kind == RecordKind::Header ? "is no journal header" : "is no seal");
  }
  const auto view = peek(record_bytes(*head));
  if (!view) return view.error();
  if (view->size() < record_bytes(*head) ||
      stored_checksum(*view) != computed_checksum(*view, position_.checksum)) {
    return corrupt("does not match its checksum");
  }
  Record record{*head, view->substr(kRecordHeadBytes, head->payload_bytes), ++records_,
                position_.bytes};
  position_.bytes += view->size();
  position_.checksum = stored_checksum(*view);
  position_.sequence = head->first_sequence - 1;
  return record;
}

Result<void> SegmentReader::read_prologue(std::uint64_t epoch) {
  position_.checksum = kFirstSeed;
  const auto first = read_prologue_record(RecordKind::Header);
  if (!first) return first.error();
  const auto header = parse_header(first->payload);
  if (!header) return corrupt("is no journal header");
  if (header->version > kJournalVersion) {
    return Error(ErrorCode::JournalCorrupt,
                 "was written by a newer sweepjob (journal version " +
                     std::to_string(header->version) + "; this one reads up to " +
                     std::to_string(kJournalVersion) + "): use that one",
                 path_);
  }
  header_ = *header;
  if (header_.version == 0 || header_.epoch != epoch) {
    return corrupt("says version " + std::to_string(header_.version) + ", epoch " +
                   std::to_string(header_.epoch));
  }
  if (epoch > 1) {
    const auto second = read_prologue_record(RecordKind::Seal);
    if (!second) return second.error();
    seal_ = parse_seal(second->payload);
    if (!seal_ || seal_->epoch == 0 || seal_->epoch >= epoch ||
        seal_->end.sequence != position_.sequence) {
      return corrupt("is no seal of an earlier segment");
    }
  }
  if (epoch == 1 && position_.sequence != 0) return corrupt("does not begin with event 1");
  return {};
}

Result<void> SegmentReader::end_at(const SegmentEnd& end) {
  if (end.bytes > limit_) {
    return corrupt("cannot be all: the next segment seals " + std::to_string(end.bytes) +
                   " bytes, but " + std::to_string(limit_) + " are there");
  }
  if (end.bytes < position_.bytes) return corrupt("is behind the place where it was sealed");
  sealed_at_ = end;
  limit_ = end.bytes;
  return {};
}

Result<std::string_view> SegmentReader::peek(std::uint64_t bytes) {
  bytes = std::min(bytes, limit_ - position_.bytes);
  std::uint64_t skip = position_.bytes - buffer_at_;
  if (skip + bytes > buffer_.size()) {
    buffer_.erase(0, skip);
    buffer_at_ = position_.bytes;
    skip = 0;
    const std::size_t old_size = buffer_.size();
    const std::uint64_t wanted =
        std::min(std::max(bytes, kReadBytes), limit_ - position_.bytes) - old_size;
    buffer_.resize(old_size + wanted);
    const auto count =
        read_at(file_.get(), buffer_at_ + old_size, buffer_.data() + old_size, wanted, path_);
    if (!count) return count.error();
    buffer_.resize(old_size + *count);
  }
  return std::string_view(buffer_).substr(skip, bytes);
}

Result<std::optional<Record>> SegmentReader::next() {
  if (ended_) return std::optional<Record>();
  if (position_.bytes == limit_) {
    if (sealed_at_ && position_ != *sealed_at_) {
      return corrupt("would follow, but the segment's end is not the one that was sealed");
    }
    ended_ = true;
    return std::optional<Record>();
  }
  const auto head_view = peek(kRecordHeadBytes);
  if (!head_view) return head_view.error();
  if (head_view->size() < kRecordHeadBytes) return bad_record("is cut off", std::nullopt);
  const auto head = parse_head(*head_view);
  if (!head) return bad_record("has a damaged head", std::nullopt);
  const auto view = peek(record_bytes(*head));
  if (!view) return view.error();
  if (view->size() < record_bytes(*head)) return bad_record("is cut off", head);
  if (stored_checksum(*view) != computed_checksum(*view, position_.checksum)) {
    return bad_record("does not match its checksum", head);
  }
  if (head->first_sequence != position_.sequence + 1) {
    return corrupt("begins with event " + std::to_string(head->first_sequence) + " where event " +
                   std::to_string(position_.sequence + 1) + " was due");
  }
  if (head->kind != RecordKind::Events && head->kind != RecordKind::Snapshot) {
    return corrupt("is of unknown kind " + std::to_string(static_cast<int>(head->kind)));
  }
  if (head->kind == RecordKind::Snapshot && head->events != 0)
    return corrupt("is a snapshot with events");
  Record record{*head, view->substr(kRecordHeadBytes, head->payload_bytes), ++records_,
                position_.bytes};
  position_.bytes += view->size();
  position_.sequence += head->events;
  position_.checksum = stored_checksum(*view);
  return std::optional<Record>(record);
}

// One append at most is under way when a controller dies, so a torn record is the last of its
// segment: another one begun behind it proves that it was once complete, and is damaged now.
Result<std::optional<Record>> SegmentReader::bad_record(const std::string& what,
                                                        const std::optional<RecordHead>& head) {
  if (sealed_at_) return corrupt(what);
  if (head) {
    if (position_.bytes + record_bytes(*head) < limit_) {
      return corrupt(what + " and others follow it");
    }
  } else {
    RecordHead later;
    const auto found = find_head(position_.bytes + 1, later);
    if (!found) return found.error();
    if (*found) {
      return corrupt(what + " and another follows at byte " + std::to_string(**found));
    }
  }
  torn_tail_bytes_ = limit_ - position_.bytes;
  ended_ = true;
  return std::optional<Record>();
}

Result<std::optional<std::uint64_t>> SegmentReader::find_head(std::uint64_t from,
                                                              RecordHead& head) {
  std::string window;
  // Mostly it is right there, so the first look is a small one.
  for (std::uint64_t size = kFirstWindow; from + kRecordHeadBytes <= limit_;
       size = std::min(4 * size, kReadBytes)) {
    window.resize(std::min(size, limit_ - from));
    const auto count = read_at(file_.get(), from, window.data(), window.size(), path_);
    if (!count) return count.error();
    const std::string_view view(window.data(), *count);
    if (view.size() < kRecordHeadBytes) break;
    for (std::size_t at = view.find(kRecordMagic); at != std::string_view::npos;
         at = view.find(kRecordMagic, at + 1)) {
      const auto candidate = parse_head(view.substr(at));
      // Bytes that a user's text happens to hold do not continue the numbering.
      if (candidate && candidate->first_sequence > position_.sequence) {
        head = *candidate;
        return std::optional<std::uint64_t>(from + at);
      }
    }
    from += view.size() - (kRecordHeadBytes - 1);
  }
  return std::optional<std::uint64_t>();
}

std::uint64_t SegmentReader::last_sequence_beyond_damage() {
  std::uint64_t last = position_.sequence;
  RecordHead head;
  std::uint64_t from = position_.bytes + 1;
  for (;;) {
    const auto found = find_head(from, head);
    if (!found || !*found) return last;
    last = std::max(last, head.first_sequence + head.events - 1);
    from = **found + record_bytes(head);
  }
}

}  // namespace sweepjob
