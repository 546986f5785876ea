#include "model/finding.h"

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

TEST(FindingText, StandsAsCompilersWriteIt) {
  const Finding finding{Severity::Error,
                        {"job.yaml", 3, 5},
                        "search_space.lr.type",
                        "unknown type 'unifrom'",
                        "did you mean 'uniform'?"};
  EXPECT_EQ(to_text(finding),
            "job.yaml:3:5: error: search_space.lr.type: unknown type 'unifrom'; did you mean "
            "'uniform'?");
}

TEST(FindingText, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(to_text({Severity::Warning, {"job.yaml", 0, 0}, "", "empty", ""}),
            "job.yaml: warning: empty");
  EXPECT_EQ(to_text({Severity::Note, {}, "limits", "unused", ""}), "note: limits: unused");
}

TEST(FindingText, CannotDriveTheTerminal) {
  const Finding finding{Severity::Error, {}, "", "key '\x1b[2J\r\x7f' é\tx", "add\nlines"};
  EXPECT_EQ(to_text(finding), "error: key '\\x1b[2J\\x0d\\x7f' é\tx; add\nlines");
}

TEST(Findings, OnlyErrorsAreErrors) {
  Findings findings;
  findings.note({}, "a", "n");
  findings.warning({}, "b", "w");
  EXPECT_FALSE(findings.has_errors());
  findings.error({}, "c", "e");
  findings.error({}, "d", "e");
  EXPECT_TRUE(findings.has_errors());
  EXPECT_EQ(findings.error_count(), 2u);
  ASSERT_EQ(findings.all().size(), 4u);
  EXPECT_EQ(findings.all()[0].path, "a");  // in the order of reporting
}

TEST(NearestWord, FindsTypingMistakes) {
  const std::vector<std::string> words{"uniform", "quniform", "loguniform", "choice", "randint"};
  EXPECT_EQ(nearest_word("unifrom", words), "uniform");
  EXPECT_EQ(nearest_word("Uniform", words), "uniform");
  EXPECT_EQ(nearest_word("choise", words), "choice");
  EXPECT_EQ(nearest_word("log_uniform", words), "loguniform");
  EXPECT_EQ(nearest_word("rand_int", words), "randint");
}

TEST(NearestWord, CountsATranspositionAsOneChange) {
  EXPECT_EQ(nearest_word("ab", {"ba"}), "ba");
  EXPECT_EQ(nearest_word("abc", {"cba"}), "");
}

TEST(NearestWord, PrefersTheNearerAndThenTheFirst) {
  EXPECT_EQ(nearest_word("max_totl", {"max_tools", "max_total"}), "max_total");
  EXPECT_EQ(nearest_word("aac", {"aab", "aad"}), "aab");
}

TEST(NearestWord, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest_word("gaussian", {"uniform", "choice"}), "");
  EXPECT_EQ(nearest_word("", {"q", "mu"}), "");
  EXPECT_EQ(nearest_word("x", {}), "");
}

TEST(NearestWord, IsQuickForLongWords) {
  const std::string huge(10'000'000, 'a');
  EXPECT_EQ(nearest_word(huge, {std::string(200, 'a')}), std::string(200, 'a'));
}

}  // namespace
}  // namespace sweepjob
