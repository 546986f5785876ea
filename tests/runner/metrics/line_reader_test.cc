#include "runner/metrics/line_reader.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string clean(std::string_view raw) {
  std::string buffer;
  return std::string(clean_text(raw, buffer));
}

struct Read {
  std::vector<std::string> lines;
  std::vector<std::uint64_t> ends;
  std::size_t shortened = 0;
  std::uint64_t position = 0;
};

Read read_in_pieces(std::string_view bytes, std::size_t piece, bool finish,
                    std::size_t max_line = kMaxLineBytes) {
  LineReader reader(0, max_line);
  Read read;
  const auto sink = [&](const Line& line) {
    read.lines.emplace_back(line.text);
    read.ends.push_back(line.end);
    read.shortened += line.shortened ? 1 : 0;
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece), sink);
  }
  if (finish) reader.finish(sink);
  read.position = reader.position();
  return read;
}

TEST(LineReader, KeepsAPartialLineUntilItsNewlineComes) {
  const Read read = read_in_pieces("a=1\nb=2", 100, false);
  EXPECT_THAT(read.lines, ElementsAre("a=1"));
  EXPECT_EQ(read.position, 4U);
}

TEST(LineReader, GivesTheUnterminatedLastLineWhenTheTrialHasEnded) {
  const Read read = read_in_pieces("a=1\nb=2", 100, true);
  EXPECT_THAT(read.lines, ElementsAre("a=1", "b=2"));
  EXPECT_THAT(read.ends, ElementsAre(4, 7));
}

TEST(LineReader, PositionsAreOffsetsBehindTheNewline) {
  EXPECT_THAT(read_in_pieces("\na\r\n\n", 100, true).ends, ElementsAre(1, 4, 5));
}

TEST(LineReader, TextEndedByACarriageReturnIsNoReport) {
  EXPECT_THAT(read_in_pieces("loss=3\rloss=2\rloss=1\n", 100, true).lines, ElementsAre("loss=1"));
  EXPECT_THAT(read_in_pieces("loss=3\r", 100, true).lines, ElementsAre(""));
  EXPECT_THAT(read_in_pieces("loss=3\r\n", 100, true).lines, ElementsAre("loss=3"));
  EXPECT_THAT(read_in_pieces("loss=3\r\r\n", 100, true).lines, ElementsAre("loss=3"));
  EXPECT_THAT(read_in_pieces("loss=3\r\rx\n", 100, true).lines, ElementsAre("x"));
}

TEST(LineReader, LinesAreTheSameHoweverTheStreamIsSplit) {
  std::string bytes = "a=1\r\nprogress 1\rprogress 2\r\x1b[2Kdone \x1b[32mb=2\x1b[0m\n";
  bytes += std::string("\0\0c=3\n", 6) + "\xff\xc3\xa9=4\n" + std::string(300, 'x') + " y\n\r\n\r";
  const Read whole = read_in_pieces(bytes, bytes.size(), true, 200);
  ASSERT_EQ(whole.lines.size(), 7U);
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    const Read read = read_in_pieces(bytes, piece, true, 200);
    EXPECT_EQ(read.lines, whole.lines) << "pieces of " << piece;
    EXPECT_EQ(read.ends, whole.ends) << "pieces of " << piece;
    EXPECT_EQ(read.shortened, whole.shortened) << "pieces of " << piece;
  }
}

TEST(LineReader, KeepsTheStartOfAMegabyteLineUpToItsLastBlank) {
  const std::string line = "acc=0.5 loss=0.123456";
  const Read read =
      read_in_pieces(line + std::string(1 << 20, '7') + "\nb=2\n", 4096, true, line.size());
  EXPECT_THAT(read.lines, ElementsAre("acc=0.5", "b=2"));
  EXPECT_EQ(read.shortened, 1U);
}

TEST(LineReader, AMegabyteOfProgressBarsIsNotALongLine) {
  std::string bytes;
  for (int i = 0; i < 50'000; ++i) bytes += "\r" + std::to_string(i) + "/50000 loss=0.5";
  const Read read = read_in_pieces(bytes + "\n", 4096, true, 100);
  EXPECT_THAT(read.lines, ElementsAre("49999/50000 loss=0.5"));
  EXPECT_EQ(read.shortened, 0U);
}

TEST(LineReader, StartsInTheMiddleAtACursor) {
  LineReader reader(1000);
  std::vector<std::uint64_t> ends;
  reader.feed("a=1\nb", [&](const Line& line) { ends.push_back(line.end); });
  EXPECT_THAT(ends, ElementsAre(1004));
  EXPECT_EQ(reader.offset(), 1005U);
  reader.rewind();
  EXPECT_EQ(reader.offset(), 1004U);
  reader.finish([&](const Line& line) { ends.push_back(line.end); });
  EXPECT_THAT(ends, ElementsAre(1004));
}

TEST(LineReader, DropsAByteOrderMarkAtTheStartOnly) {
  EXPECT_THAT(read_in_pieces("\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}\n", 1, true).lines,
              ElementsAre("{}", "\xEF\xBB\xBF{}"));
  EXPECT_THAT(read_in_pieces("\xEF\xBB\xBF{}\n", 100, true).lines, ElementsAre("{}"));
}

TEST(CleanText, RemovesEscapeSequences) {
  EXPECT_EQ(clean("\x1b[1;31mloss=0.5\x1b[0m"), "loss=0.5");
  EXPECT_EQ(clean("\x1b[?25l\x1b[2Kloss=\x1b[38;5;12m0.5\x1b[m"), "loss=0.5");
  EXPECT_EQ(clean("\x1b]0;my title\aloss=0.5"), "loss=0.5");
  EXPECT_EQ(clean("\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\ loss=0.5"), "link loss=0.5");
  EXPECT_EQ(clean("\x1b(B\x1b=\x1b[A\x1bMloss=0.5"), "loss=0.5");
  EXPECT_EQ(clean("\x1bPq#0;2\x1b\\loss=0.5"), "loss=0.5");
}

TEST(CleanText, ABrokenOffEscapeSequenceSwallowsNoReport) {
  EXPECT_EQ(clean("\x1b]0;title loss=0.5"), "0;title loss=0.5");
  EXPECT_EQ(clean("loss=0.5\x1b"), "loss=0.5");
  EXPECT_EQ(clean("loss=0.5\x1b[31"), "loss=0.5");
  EXPECT_EQ(clean("loss=0.5\x1b[\xc3\xa9"), "loss=0.5\xc3\xa9");
}

TEST(CleanText, ControlCharactersPartWordsAndAreNotKept) {
  EXPECT_EQ(clean(std::string_view("a=1\0b=2\b\x7f\xc2\x9b.", 12)), "a=1 b=2   .");
  EXPECT_EQ(clean("a\tb"), "a\tb");
}

TEST(CleanText, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(clean("\xff"
                  "a\xc3"),
            "\xEF\xBF\xBD"
            "a\xEF\xBF\xBD");
  EXPECT_EQ(clean("\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(clean("\xc0\xaf"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(clean("\xf0\x9f\x9a\x80 \xe2\x94\x82"), "\xf0\x9f\x9a\x80 \xe2\x94\x82");
}

TEST(CleanText, PlainTextIsNotCopied) {
  const std::string_view text = "loss=0.5\tacc=1";
  std::string buffer;
  EXPECT_EQ(clean_text(text, buffer).data(), text.data());
}

}  // namespace
}  // namespace sweepjob
