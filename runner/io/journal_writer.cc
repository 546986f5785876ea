#include "runner/io/journal_writer.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "model/check.h"
#include "runner/io/event_codec.h"
#include "runner/io/journal_replay.h"

namespace sweepjob {
namespace {

// The last record may have been written but not synced when its controller died. It is about to be
// acted on, so it has to last.
Result<void> sync_segment(const std::string& path) {
  const auto file = open_file(path, O_RDONLY);
  if (!file) return file.error();
  if (::fsync(file->get()) != 0) return file_error(errno, "cannot sync", path);
  return {};
}

}  // namespace

Result<std::unique_ptr<JournalWriter>> JournalWriter::take_over(const std::string& folder,
                                                                const SweepUid& uid,
                                                                JournalOptions options) {
  const auto report = check_journal(folder);
  if (!report && report.error().code() != ErrorCode::NotFound) return report.error();
  SegmentHeader header;
  header.uid = uid;
  header.epoch = 1;
  std::optional<Seal> seal;
  if (report) {
    if (report->uid != uid) {
      return Error(ErrorCode::Conflict, "holds the journal of sweep " + report->uid.hex(), folder);
    }
    header.epoch = report->epoch + 1;
    seal = Seal{report->epoch, report->end};
    const auto synced = sync_segment(folder + "/" + segment_name(report->epoch));
    if (!synced) return synced.error();
  }
  const SegmentPrologue prologue = make_prologue(header, seal);
  const std::string name = segment_name(header.epoch);
  auto file = publish_exclusively(folder, name, prologue.bytes, 0644);
  if (!file && file.error().code() == ErrorCode::Conflict) {
    return Error(ErrorCode::LeaseHeld, "another controller has just taken this sweep over",
                 folder + "/" + name);
  }
  if (!file) return file.error();
  const auto synced = sync_folder(folder);
  if (!synced) return synced.error();
  return std::unique_ptr<JournalWriter>(
      new JournalWriter(folder, header.epoch, std::move(*file), prologue.end, std::move(options)));
}

JournalWriter::JournalWriter(std::string folder, std::uint64_t epoch, FileDescriptor file,
                             SegmentEnd end, JournalOptions options)
    : folder_(std::move(folder)),
      epoch_(epoch),
      path_(folder_ + "/" + segment_name(epoch)),
      options_(std::move(options)),
      file_(std::move(file)),
      end_(end),
      durable_(end),
      thread_([this] { run(); }) {}

JournalWriter::~JournalWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void JournalWriter::append(std::vector<Event> batch, Completion done) {
  SWEEPJOB_CHECK(!batch.empty(), "an append makes something durable");
  {
    const std::lock_guard lock(mutex_);
    SWEEPJOB_CHECK(!in_flight_since_, "one append at a time");
    in_flight_since_ = std::chrono::steady_clock::now();
    job_ = Job{std::move(batch), std::move(done)};
  }
  wake_.notify_one();
}

std::uint64_t JournalWriter::durable_sequence() const {
  const std::lock_guard lock(mutex_);
  return durable_.sequence;
}

JournalHealth JournalWriter::health() const {
  const std::lock_guard lock(mutex_);
  JournalHealth health;
  health.failure = failure_;
  if (in_flight_since_) health.in_flight = std::chrono::steady_clock::now() - *in_flight_since_;
  health.durable_sequence = durable_.sequence;
  health.segment_bytes = durable_.bytes;
  return health;
}

void JournalWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return job_ || stopping_; });
    if (!job_) return;
    const Job job = std::exchange(job_, std::nullopt).value();
    if (!failure_) {
      lock.unlock();
      const auto written = write_batch(job.batch);
      lock.lock();
      if (written) {
        durable_ = end_;
      } else {
        failure_ = written.error();
      }
    }
    in_flight_since_.reset();
    const Result<std::uint64_t> result =
        failure_ ? Result<std::uint64_t>(*failure_) : Result<std::uint64_t>(durable_.sequence);
    lock.unlock();
    job.done(result);
    lock.lock();
  }
}

Result<void> JournalWriter::write_batch(const std::vector<Event>& batch) {
  if (options_.min_free_bytes > 0) {
    const auto free = free_bytes(folder_);
    if (!free) return write_error(free.error().message());
    if (*free < options_.min_free_bytes) {
      return write_error("only " + std::to_string(*free) + " bytes are free on this disk, " +
                         std::to_string(options_.min_free_bytes) + " are needed");
    }
  }
  buffer_.clear();
  const std::size_t start = begin_record(buffer_);
  encode_events(batch, buffer_);
  if (buffer_.size() - kRecordHeadBytes > kMaxPayloadBytes) {
    return write_error("a batch of " + std::to_string(buffer_.size()) + " bytes is too large");
  }
  RecordHead head;
  head.events = static_cast<std::uint32_t>(batch.size());
  head.first_sequence = end_.sequence + 1;
  SegmentEnd end;
  end.checksum = finish_record(buffer_, start, head, end_.checksum);
  end.bytes = end_.bytes + buffer_.size();
  end.sequence = end_.sequence + batch.size();

  const auto written = write_all(file_.get(), buffer_, path_);
  if (!written) return write_error(written.error().message());
  if (::fdatasync(file_.get()) != 0) return write_error("cannot sync: " + errno_text(errno));
  const auto current = check_not_replaced();
  if (!current) return current.error();
  end_ = end;
  return {};
}

Result<void> JournalWriter::check_not_replaced() const {
  const std::string successor = folder_ + "/" + segment_name(epoch_ + 1);
  const bool replaced = path_exists(successor) || (options_.still_held && !options_.still_held());
  if (!replaced) return {};
  return Error(ErrorCode::LeaseHeld,
               "another controller has taken this sweep over; this one stops (epoch " +
                   std::to_string(epoch_) + ", last event " + std::to_string(end_.sequence) + ")",
               path_);
}

Error JournalWriter::write_error(const std::string& what) const {
  return Error(ErrorCode::JournalWrite,
               what + "; event " + std::to_string(end_.sequence) +
                   " is the last durable one, and nothing after it has been acted on. Make room "
                   "or repair the disk, then `sweepjob resume`",
               path_);
}

}  // namespace sweepjob
