#include "runner/app/cli/verb_options.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

namespace sweepjob {
namespace {

using testing::HasSubstr;

class VerbOptionsTest : public testing::Test {
 protected:
  VerbOptionsTest() {
    VerbOptions options(app_);
    options.add_option("--rate", rate_, "").between(0, 1);
    options.add_option("--workers", workers_, "").between(1, 1e6);
    options.add_option("--seed", seed_, "");
  }

  // What is said about `--name value`; nothing when it is taken.
  std::string refusal(const std::string& name, const std::string& value) {
    try {
      app_.parse(std::vector<std::string>{name + "=" + value});
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  }

  CLI::App app_;
  double rate_ = 0.5;
  std::optional<std::uint32_t> workers_;
  std::optional<std::uint64_t> seed_;
};

TEST_F(VerbOptionsTest, ARangeHoldsNumbersOnly) {
  for (const char* value : {"nan", "NaN", "-nan", "1.1", "-0.1", "inf", "many"}) {
    EXPECT_THAT(refusal("--rate", value), HasSubstr("--rate")) << value;
  }
  EXPECT_THAT(refusal("--rate", "nan"), HasSubstr("expected a number from 0 to 1"));
  EXPECT_EQ(refusal("--rate", "1"), "");
  EXPECT_EQ(rate_, 1);
}

TEST_F(VerbOptionsTest, WholeNumbersAreNotNegativeAndHaveNoMoreThanTheirBits) {
  for (const char* value : {"-1", "9223372036854775808", "99999999999999999999", "1.5", "nan"}) {
    EXPECT_THAT(refusal("--seed", value),
                HasSubstr("--seed: expected a whole number from 0 to 9223372036854775807"))
        << value;
    EXPECT_NE(refusal("--workers", value), "") << value;
  }
  EXPECT_EQ(refusal("--seed", "9223372036854775807"), "");
  EXPECT_EQ(seed_, 9223372036854775807U);
}

}  // namespace
}  // namespace sweepjob
