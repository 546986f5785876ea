#include "runner/app/views/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"

namespace sweepjob {
namespace {

struct Range {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();

  void add(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  // From 0 to 1, also where all values are one. Halved: the difference must not overflow.
  [[nodiscard]] double share(double value) const {
    if (!(most > least)) return 0.5;
    return (value / 2 - least / 2) / (most / 2 - least / 2);
  }
};

std::vector<PlotPoint> finite_points(const Plot& plot) {
  std::vector<PlotPoint> points;
  for (const PlotPoint& point : plot.points) {
    if (std::isfinite(point.x) && std::isfinite(point.y)) points.push_back(point);
  }
  return points;
}

std::pair<Range, Range> ranges_of(const std::vector<PlotPoint>& points) {
  std::pair<Range, Range> ranges;
  for (const PlotPoint& point : points) {
    ranges.first.add(point.x);
    ranges.second.add(point.y);
  }
  return ranges;
}

std::string number_text(double value) { return fmt::format("{:.4g}", value); }

// The length of a UTF-8 sequence that begins here and may stand in XML, or 0.
std::size_t sequence_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  std::uint32_t code = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  const bool noncharacter = code == 0xfffe || code == 0xffff;
  return code < kLeast[length] || code > 0x10ffff || surrogate || noncharacter ? 0 : length;
}

// The field of one plot inside an SVG.
constexpr double kWidth = 640, kPanelHeight = 300, kTitleHeight = 40;
constexpr double kLeft = 80, kRight = 610, kTop = 40, kBottom = 230;

class Panel {
 public:
  Panel(const Plot& plot, double offset)
      : plot_(plot), points_(finite_points(plot)), offset_(offset) {
    std::tie(x_, y_) = ranges_of(points_);
    x_ticks_ = ticks_between(x_.least, x_.most, 6);
    y_ticks_ = ticks_between(y_.least, y_.most, 5);
    for (const double tick : x_ticks_) x_.add(tick);
    for (const double tick : y_ticks_) y_.add(tick);
  }

  [[nodiscard]] std::string text() const {
    std::string svg = fmt::format("<g transform=\"translate(0 {:g})\">\n", offset_);
    svg += label(kLeft, kTop - 14, "start", plot_.title, "font-weight=\"bold\"");
    if (points_.empty()) {
      return svg + label((kLeft + kRight) / 2, kBottom - 80, "middle", "nothing to show") +
             "</g>\n";
    }
    return svg + axes() + curve() + circles() + legend() + "</g>\n";
  }

 private:
  [[nodiscard]] double x_of(double value) const {
    return kLeft + x_.share(value) * (kRight - kLeft);
  }
  [[nodiscard]] double y_of(double value) const {
    return kBottom - y_.share(value) * (kBottom - kTop);
  }
  static std::string label(double x, double y, const char* anchor, const std::string& text,
                           const std::string& more = {}) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}{}>{}</text>\n", x, y,
                       anchor, more.empty() ? "" : " ", more, xml_text(text));
  }
  static std::string line(double x1, double y1, double x2, double y2, const char* colour) {
    return fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n", x1, y1,
        x2, y2, colour);
  }

  [[nodiscard]] std::string axes() const {
    std::string svg;
    for (const double tick : x_ticks_) {
      svg += line(x_of(tick), kBottom, x_of(tick), kBottom + 5, "#333333");
      svg += label(x_of(tick), kBottom + 18, "middle", number_text(tick));
    }
    for (const double tick : y_ticks_) {
      svg += line(kLeft, y_of(tick), kRight, y_of(tick), "#dddddd");
      svg += label(kLeft - 8, y_of(tick) + 4, "end", number_text(tick));
    }
    svg += line(kLeft, kBottom, kRight, kBottom, "#333333");
    svg += line(kLeft, kTop, kLeft, kBottom, "#333333");
    svg += label((kLeft + kRight) / 2, kBottom + 36, "middle", plot_.x_label);
    const double middle = (kTop + kBottom) / 2;
    svg += label(18, middle, "middle", plot_.y_label,
                 fmt::format("transform=\"rotate(-90 18 {:.1f})\"", middle));
    return svg;
  }
  [[nodiscard]] std::string curve() const {
    if (!plot_.connected) return {};
    std::string places;
    for (const PlotPoint& point : points_) {
      places +=
          fmt::format("{}{:.1f},{:.1f}", places.empty() ? "" : " ", x_of(point.x), y_of(point.y));
    }
    return "<polyline fill=\"none\" stroke=\"#7aa6d6\" points=\"" + places + "\"/>\n";
  }
  static std::string circle(double x, double y, bool filled, const std::string& label) {
    return fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\" stroke=\"#1f5fa8\">{}</circle>\n",
        x, y, filled ? "#1f5fa8" : "#ffffff",
        label.empty() ? "" : "<title>" + xml_text(label) + "</title>");
  }
  [[nodiscard]] std::string circles() const {
    std::string svg;
    for (const PlotPoint& point : points_) {
      svg += circle(x_of(point.x), y_of(point.y), point.filled, point.label);
    }
    return svg;
  }
  [[nodiscard]] std::string legend() const {
    const double y = kBottom + 56;
    return circle(kLeft, y - 4, true, "") + label(kLeft + 10, y, "start", plot_.filled_label) +
           circle(kLeft + 200, y - 4, false, "") +
           label(kLeft + 210, y, "start", plot_.hollow_label);
  }

  const Plot& plot_;
  std::vector<PlotPoint> points_;
  double offset_;
  Range x_, y_;
  std::vector<double> x_ticks_, y_ticks_;
};

// The rows of a terminal's field; each cell is a point's mark or nothing.
enum class Cell : std::uint8_t { Empty, Filled, Hollow };

std::vector<std::vector<Cell>> field_of(const std::vector<PlotPoint>& points, std::size_t columns,
                                        std::size_t rows) {
  const auto [x, y] = ranges_of(points);
  std::vector<std::vector<Cell>> field(rows, std::vector<Cell>(columns, Cell::Empty));
  const auto place = [](double share, std::size_t count) {
    return static_cast<std::size_t>(std::lround(share * static_cast<double>(count - 1)));
  };
  for (const PlotPoint& point : points) {
    Cell& cell = field[rows - 1 - place(y.share(point.y), rows)][place(x.share(point.x), columns)];
    // Where several points meet, the bad news is shown.
    if (cell != Cell::Hollow) cell = point.filled ? Cell::Filled : Cell::Hollow;
  }
  return field;
}

}  // namespace

void print_plot(std::ostream& out, const Plot& plot, const PlotSize& size) {
  const std::vector<PlotPoint> points = finite_points(plot);
  if (points.empty() || size.rows < 2) return;
  const auto [x, y] = ranges_of(points);
  const std::string top = number_text(y.most), bottom = number_text(y.least);
  const std::size_t margin = std::max(top.size(), bottom.size());
  const std::size_t width = std::max<std::size_t>(size.columns, 40) - margin - 3;
  const bool flat = !(y.most > y.least);
  const std::size_t rows = flat ? 1 : size.rows;
  const auto field = field_of(points, width, rows);
  const char* filled = size.unicode ? "●" : "*";
  const char* hollow = size.unicode ? "○" : "o";
  out << printable(plot.y_label, 200) << '\n';
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string& number = row == 0 ? top : row + 1 == rows ? bottom : std::string();
    std::string text;
    for (const Cell cell : field[row]) {
      text += cell == Cell::Empty ? " " : cell == Cell::Filled ? filled : hollow;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << fmt::format("{:>{}} {}{}\n", number, margin, size.unicode ? "│" : "|", text);
  }
  std::string axis = size.unicode ? "└" : "+";
  for (std::size_t i = 0; i < width; ++i) axis += size.unicode ? "─" : "-";
  const std::string left = number_text(x.least), right = number_text(x.most);
  const std::string indent(margin + 2, ' ');
  out << std::string(margin + 1, ' ') << axis << '\n' << indent << left;
  if (x.most > x.least) {
    out << std::string(width - std::min(width, left.size() + right.size()), ' ') << right;
  }
  out << '\n'
      << indent << printable(plot.x_label, 200) << "   " << filled << ' ' << plot.filled_label
      << "   " << hollow << ' ' << plot.hollow_label << '\n';
}

std::string svg_of(const std::vector<Plot>& plots, const std::string& title) {
  const double height = kTitleHeight + kPanelHeight * static_cast<double>(plots.size());
  std::string svg = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:g}\" height=\"{1:g}\" "
      "viewBox=\"0 0 {0:g} {1:g}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n"
      "<title>{2}</title>\n<rect width=\"{0:g}\" height=\"{1:g}\" fill=\"#ffffff\"/>\n"
      "<text x=\"{3:g}\" y=\"26\" font-size=\"15\">{2}</text>\n",
      kWidth, height, xml_text(title), kWidth / 2 - 300);
  double offset = kTitleHeight;
  for (const Plot& plot : plots) {
    svg += Panel(plot, offset).text();
    offset += kPanelHeight;
  }
  return svg + "</svg>\n";
}

std::string xml_text(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const std::size_t length = sequence_at(text);
    bytes += length == 0 ? std::string_view("?") : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  std::string escaped;
  for (const char c : printable(bytes, bytes.size())) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::vector<double> ticks_between(double least, double most, std::size_t count) {
  if (!std::isfinite(least) || !std::isfinite(most)) return {};
  if (!(most > least)) {
    const double around = least == 0 ? 1 : std::fabs(least) / 2;
    return {least - around, least, least + around};
  }
  const double rough =
      (most / 2 - least / 2) / static_cast<double>(std::max<std::size_t>(2, count)) * 2;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {2.0, 5.0, 10.0}) {
    if (step < rough) step = power * factor;
  }
  std::vector<double> ticks;
  const double first = std::floor(least / step), last = std::ceil(most / step);
  for (double tick = first; tick <= last && ticks.size() < 50; ++tick) ticks.push_back(tick * step);
  return ticks;
}

}  // namespace sweepjob
