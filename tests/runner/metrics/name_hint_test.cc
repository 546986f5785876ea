#include "runner/metrics/name_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(NameHint, OffersTheNameThatWasProbablyMeant) {
  EXPECT_EQ(explain_missing_metric("Accuracy", {"loss", "accuracy"}).nearest, "accuracy");
  EXPECT_EQ(explain_missing_metric("val-loss", {"loss", "val_loss"}).nearest, "val_loss");
  EXPECT_EQ(explain_missing_metric("acc", {"loss", "train/final/acc", "eval/acc"}).nearest,
            "eval/acc");
  EXPECT_EQ(explain_missing_metric("validation_accuracy", {"loss", "accuracy"}).nearest,
            "accuracy");
  EXPECT_EQ(explain_missing_metric("acc", {"loss", "account_total"}).nearest, "");
}

TEST(NameHint, ListsTheNamesThatWereSeen) {
  const MissingMetric missing = explain_missing_metric("acc", {"loss", "eval/acc", "loss"});
  EXPECT_EQ(missing.text,
            "no trial has logged the primary metric 'acc'; logged were: 'eval/acc', 'loss'. Was "
            "'eval/acc' meant? Write it as objective.primary_metric, or log the metric as 'acc'");
}

TEST(NameHint, SaysHowToLogWhenNothingWasSeen) {
  EXPECT_THAT(explain_missing_metric("acc", {}).text, HasSubstr("acc=0.5"));
}

TEST(NameHint, ListsNoMoreThanAScreenful) {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back("weight_" + std::to_string(i));
  const MissingMetric missing = explain_missing_metric("objective", names);
  EXPECT_THAT(missing.text, HasSubstr("and 980 more"));
  EXPECT_THAT(missing.text, Not(HasSubstr("meant?")));
}

}  // namespace
}  // namespace sweepjob
