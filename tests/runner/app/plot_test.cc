#include "runner/app/views/plot.h"

#include <cmath>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Plot two_points() {
  return {"T", "slack", "saved", "survives", "cut", {{0, 10, true, ""}, {1, 30, false, "b"}}, true};
}

std::string printed(const Plot& plot, const PlotSize& size) {
  std::ostringstream out;
  print_plot(out, plot, size);
  return out.str();
}

TEST(TerminalPlot, PutsTheExtremesIntoTheCorners) {
  EXPECT_EQ(printed(two_points(), {.columns = 40, .rows = 3}),
            "saved\n"
            "30 |                                  o\n"
            "   |\n"
            "10 |*\n"
            "   +-----------------------------------\n"
            "    0                                 1\n"
            "    slack   * survives   o cut\n");
}

TEST(TerminalPlot, StaysWithinItsWidthAndUsesNoColour) {
  for (const std::size_t columns : {0, 40, 80, 120}) {
    std::istringstream lines(printed(two_points(), {.columns = columns}));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), std::max<std::size_t>(40, columns));
      EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    }
  }
}

TEST(TerminalPlot, LeavesOutWhatIsNotFinite) {
  Plot plot = two_points();
  plot.points[1].y = std::nan("");
  EXPECT_THAT(printed(plot, {}), HasSubstr("10 |"));
  plot.points[0].x = INFINITY;
  EXPECT_THAT(printed(plot, {}), IsEmpty());
}

TEST(SvgPlot, HoldsTitleAxesAndEveryPoint) {
  const std::string svg = svg_of({two_points()}, "digits");
  EXPECT_THAT(svg, HasSubstr("<title>digits</title>"));
  EXPECT_THAT(svg, HasSubstr(">slack</text>"));
  EXPECT_THAT(svg, HasSubstr(">saved</text>"));
  EXPECT_THAT(svg, HasSubstr("<title>b</title></circle>"));
  EXPECT_THAT(svg, HasSubstr("<polyline"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(SvgPlot, AnEmptyPlotSaysSo) {
  Plot plot = two_points();
  plot.points.clear();
  EXPECT_THAT(svg_of({plot}, ""), HasSubstr("nothing to show"));
}

TEST(XmlText, EscapesWhatXmlWouldReadOrRefuse) {
  EXPECT_EQ(xml_text("<a & \"b\" 'c'>"), "&lt;a &amp; &quot;b&quot; &#39;c&#39;&gt;");
  EXPECT_EQ(xml_text("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(xml_text("\xff \xc3 \xed\xa0\x80 \xef\xbf\xbf"), "? ? ??? ???");
  EXPECT_EQ(xml_text(std::string("a\x01z", 3)), "a\\x01z");
  const std::string many(5000, '\'');
  EXPECT_EQ(xml_text(many).size(), 5 * many.size());
}

TEST(Ticks, AreRoundAndCoverTheRange) {
  EXPECT_THAT(ticks_between(0, 100, 5), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(ticks_between(3, 3, 5), ElementsAre(1.5, 3, 4.5));
  EXPECT_THAT(ticks_between(0, 0, 5), ElementsAre(-1, 0, 1));
  const auto wide = ticks_between(-1e308, 1e308, 5);
  EXPECT_LE(wide.size(), 50U);
  EXPECT_THAT(ticks_between(0, INFINITY, 5), IsEmpty());
}

}  // namespace
}  // namespace sweepjob
