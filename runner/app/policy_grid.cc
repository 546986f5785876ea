#include "runner/app/policy_grid.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "model/value.h"
#include "runner/app/cli/verb.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMostPoints = 10'000;

std::optional<double> finite_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = end == text.data() + text.size() && error == std::errc();
  if (!whole || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

// 0.15, not 0.15000000000000002; 3, not 3.0: an option may want a whole number.
std::string point_text(double value) { return fmt::format("{:.12g}", value); }

Result<void> add_range(std::string_view text, GridAxis& axis) {
  const std::vector<std::string_view> parts = split(text, ':');
  const auto wrong = [&](const std::string& what) {
    return Error(ErrorCode::Usage, fmt::format("--grid {}: {} (FROM:TO:COUNT, for instance "
                                               "slack_factor=0.05:0.5:10)",
                                               printable(axis.key, 100), what));
  };
  if (parts.size() != 3) return wrong("expected three numbers between colons");
  const auto from = finite_number(parts[0]), to = finite_number(parts[1]);
  if (!from || !to) return wrong("FROM and TO must be finite numbers");
  std::uint32_t count = 0;
  const auto [end, error] =
      std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), count);
  const bool whole = end == parts[2].data() + parts[2].size() && error == std::errc();
  if (!whole || count < 2 || count > kMostPoints) {
    return wrong(fmt::format("COUNT must be a whole number from 2 to {}", kMostPoints));
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / (count - 1);
    axis.points.push_back(point_text(*from * (1 - share) + *to * share));
  }
  return {};
}

}  // namespace

Result<GridAxis> parse_grid_axis(std::string_view text) {
  GridAxis axis;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error(ErrorCode::Usage, "--grid expects KEY=FROM:TO:COUNT or KEY=a,b,c, found '" +
                                       printable(text, 100) + "'");
  }
  axis.key = text.substr(0, equals);
  const std::string_view points = text.substr(equals + 1);
  if (points.find(':') != std::string_view::npos) {
    if (auto added = add_range(points, axis); added.has_error()) return added.error();
  } else {
    for (const std::string_view point : split(points, ',')) {
      if (point.empty()) {
        return Error(ErrorCode::Usage, fmt::format("--grid {}: an entry of the list is empty",
                                                   printable(axis.key, 100)));
      }
      axis.points.emplace_back(point);
    }
  }
  for (const std::string& point : axis.points) {
    const auto number = finite_number(point);
    if (!number) break;
    axis.numbers.push_back(*number);
  }
  if (axis.numbers.size() < axis.points.size()) axis.numbers.clear();
  return axis;
}

Result<std::vector<GridPoint>> grid_points(const std::vector<GridAxis>& axes) {
  if (axes.empty() || axes.size() > 2) {
    return Error(ErrorCode::Usage, "--grid may be given once or twice");
  }
  if (axes.size() == 2 && axes[0].key == axes[1].key) {
    return Error(ErrorCode::Usage, "--grid is given twice for " + printable(axes[0].key, 100));
  }
  std::vector<GridPoint> points{{}};
  for (const GridAxis& axis : axes) {
    if (points.size() * axis.points.size() > kMostPoints) {
      return Error(ErrorCode::Usage, fmt::format("--grid: more than {} points", kMostPoints));
    }
    std::vector<GridPoint> longer;
    for (const GridPoint& point : points) {
      for (const std::string& value : axis.points) {
        longer.push_back(point);
        longer.back().emplace_back(axis.key, value);
      }
    }
    points = std::move(longer);
  }
  return points;
}

}  // namespace sweepjob
