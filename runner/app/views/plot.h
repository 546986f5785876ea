// Small plots: on a terminal, and as SVG. Layer 6; pure.
//
// No library: what Debian has for C++ (libplot, PLplot, gnuplot-iostream) brings X11 or a process
// of its own for what is two scales and some circles.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace sweepjob {

struct PlotPoint {
  double x = 0;
  double y = 0;
  bool filled = true;
  std::string label;  // a tooltip in SVG
};

struct Plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::string filled_label;  // what a filled point means, and a hollow one
  std::string hollow_label;
  std::vector<PlotPoint> points;  // those that are not finite are left out
  bool connected = false;         // by lines, in order
};

struct PlotSize {
  std::size_t columns = 80;  // at most so many, at least 40
  std::size_t rows = 8;      // of the field alone
  bool unicode = false;
};

// No colours. Nothing when no point is finite.
void print_plot(std::ostream& out, const Plot& plot, const PlotSize& size);

// One file by itself: no script, no style sheet, no font of its own. The plots stand one below the
// other.
[[nodiscard]] std::string svg_of(const std::vector<Plot>& plots, const std::string& title);

// Text as it may stand in XML: escaped, control characters made visible, what is no UTF-8 as '?'.
[[nodiscard]] std::string xml_text(std::string_view text);

// Round numbers from `least` to `most`, about `count` of them, at least two.
[[nodiscard]] std::vector<double> ticks_between(double least, double most, std::size_t count);

}  // namespace sweepjob
