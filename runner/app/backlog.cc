#include "runner/app/backlog.h"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

namespace sweepjob {
namespace {

std::optional<std::uint64_t> size_on_disk(const std::string& file) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  if (error) return std::nullopt;
  return size;
}

std::uint64_t unread(std::optional<std::uint64_t> known_size, Channel channel,
                     const FollowRequest& request) {
  if (!known_size) return 0;
  const std::uint64_t size = *known_size;
  for (const Cursor& cursor : request.cursors) {
    if (cursor.channel == channel) return size > cursor.position ? size - cursor.position : 0;
  }
  return size;
}

}  // namespace

Backlog::Backlog(const Rules& rules, FileSize file_size)
    : rules_(rules), file_size_(file_size ? std::move(file_size) : size_on_disk) {}

void Backlog::expect(const FollowRequest& request) {
  const std::uint64_t bytes = unread(file_size_(request.stdout_file), Channel::Stdout, request) +
                              unread(file_size_(request.metrics_file), Channel::File, request);
  if (bytes > 0) missing_[request.attempt] = bytes;
}

void Backlog::add(MetricBatch batch) {
  const auto at = missing_.find(batch.attempt);
  if (at != missing_.end()) {
    if (batch.drained || batch.bytes_read >= at->second) {
      missing_.erase(at);
    } else {
      at->second -= batch.bytes_read;
    }
  }
  held_.push_back(std::move(batch));
}

std::vector<MetricBatch> Backlog::take(const Sweep& sweep) {
  missing_.clear();
  const std::string& primary = primary_metric_of(rules_.spec);
  // One batch per point that counts as an interval, ordered by that interval; what has no interval
  // stays with the point behind it.
  struct Piece {
    std::size_t interval = 0;
    AttemptKey attempt;
    std::size_t order = 0;
    MetricBatch batch;
  };
  std::vector<Piece> pieces;
  std::unordered_map<AttemptKey, std::size_t> counted;
  for (MetricBatch& batch : held_) {
    const AttemptId id = batch.attempt.attempt;
    auto [at, first] = counted.try_emplace(batch.attempt, 0);
    if (first && index_of(id.trial) < sweep.trials.size()) {
      at->second = trial_of(sweep, id.trial).values.size();
    }
    MetricBatch piece;
    piece.attempt = batch.attempt;
    piece.warnings = std::move(batch.warnings);
    piece.elsewhere = std::move(batch.elsewhere);
    for (MetricPoint& point : batch.points) {
      const bool counts = point.name == primary;
      piece.points.push_back(std::move(point));
      if (!counts) continue;
      pieces.push_back({++at->second, batch.attempt, pieces.size(), std::move(piece)});
      piece = MetricBatch{};
      piece.attempt = batch.attempt;
    }
    piece.drained = batch.drained;
    if (!piece.points.empty() || piece.drained || !piece.warnings.empty() || piece.elsewhere) {
      pieces.push_back({at->second, batch.attempt, pieces.size(), std::move(piece)});
    }
  }
  held_.clear();
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    return std::tie(a.interval, a.attempt, a.order) < std::tie(b.interval, b.attempt, b.order);
  });
  std::vector<MetricBatch> merged;
  merged.reserve(pieces.size());
  for (Piece& piece : pieces) merged.push_back(std::move(piece.batch));
  return merged;
}

}  // namespace sweepjob
