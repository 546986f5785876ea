#include "samplers/surrogate/input_columns.h"

#include <algorithm>
#include <cmath>

#include "model/rng.h"

namespace sweepjob {
namespace {

constexpr std::uint64_t kMaxColumns = 32;  // of one choice

}  // namespace

InputColumns::InputColumns(const Encoding& encoding) {
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    const Axis& axis = encoding.axes()[i];
    if (axis.is_constant()) continue;
    const std::uint64_t entries = axis.kind == Axis::Kind::Categories ? axis.count : 0;
    const bool conditional = axis.condition.has_value();
    parts_.push_back({i, entries, conditional, static_cast<Eigen::Index>(size_)});
    size_ += std::clamp<std::uint64_t>(entries, 1, kMaxColumns) + (conditional ? 1 : 0);
  }
}

void InputColumns::write(const Point& snapped, Eigen::Ref<Eigen::RowVectorXd> row) const {
  row.setZero();
  for (const Part& part : parts_) {
    const double value = snapped[part.axis];
    if (std::isnan(value)) continue;
    Eigen::Index column = part.begin;
    if (part.conditional) row[column++] = 1;
    if (part.entries == 0) {
      row[column] = std::sqrt(12.0) * (value - 0.5);
    } else if (part.entries <= kMaxColumns) {
      row[column + static_cast<Eigen::Index>(value)] = 1;
    } else {
      std::uint64_t signs = RandomStream(static_cast<std::uint64_t>(value)).next();
      for (std::uint64_t i = 0; i < kMaxColumns; ++i, signs >>= 1) {
        row[column++] = (signs & 1) != 0 ? 1 : -1;
      }
    }
  }
}

}  // namespace sweepjob
