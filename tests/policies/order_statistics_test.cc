#include "policies/order_statistics.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "model/rng.h"

namespace sweepjob {
namespace {

// What OrderStatistics promises, as a sorted vector.
class Sorted {
 public:
  void insert(double key) { keys_.insert(std::upper_bound(keys_.begin(), keys_.end(), key), key); }
  void erase(double key) { keys_.erase(std::lower_bound(keys_.begin(), keys_.end(), key)); }
  [[nodiscard]] std::size_t count_at_most(double key) const {
    return static_cast<std::size_t>(std::upper_bound(keys_.begin(), keys_.end(), key) -
                                    keys_.begin());
  }
  [[nodiscard]] const std::vector<double>& keys() const { return keys_; }

 private:
  std::vector<double> keys_;
};

TEST(OrderStatistics, StartsEmpty) {
  OrderStatistics statistics;
  EXPECT_EQ(statistics.size(), 0U);
  EXPECT_EQ(statistics.count_at_most(1.0), 0U);
}

TEST(OrderStatistics, SelectsAndRanksAmongDuplicatesAndInfinities) {
  OrderStatistics statistics;
  const double worst = -std::numeric_limits<double>::infinity();
  for (const double key : {2.0, worst, 1.0, 2.0, worst}) statistics.insert(key);
  EXPECT_EQ(statistics.select(0), worst);
  EXPECT_EQ(statistics.select(2), 1.0);
  EXPECT_EQ(statistics.select(4), 2.0);
  EXPECT_EQ(statistics.count_at_most(worst), 2U);
  EXPECT_EQ(statistics.count_at_most(1.5), 3U);
  statistics.erase(2.0);
  EXPECT_EQ(statistics.size(), 4U);
  EXPECT_EQ(statistics.count_at_most(2.0), 4U);
}

// Long stretches without a question make large blocks; erasing more than is added empties them.
TEST(OrderStatistics, AgreesWithASortedVectorWhateverTheOrderOfCalls) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed);
    OrderStatistics statistics;
    Sorted sorted;
    const std::uint64_t distinct = seed % 3 == 0 ? 10 : 100000;
    for (int phase = 0; phase < 20; ++phase) {
      const std::uint64_t operations = random.below(2) == 0 ? 20 : 1500;
      const std::uint64_t erase_share = random.below(90);
      for (std::uint64_t i = 0; i < operations; ++i) {
        if (random.below(100) < erase_share && !sorted.keys().empty()) {
          const double key = sorted.keys()[random.below(sorted.keys().size())];
          statistics.erase(key);
          sorted.erase(key);
        } else {
          const auto key = static_cast<double>(random.below(distinct));
          statistics.insert(key);
          sorted.insert(key);
        }
        ASSERT_EQ(statistics.size(), sorted.keys().size());
      }
      for (int question = 0; question < 30 && !sorted.keys().empty(); ++question) {
        const std::size_t index = random.below(sorted.keys().size());
        ASSERT_EQ(statistics.select(index), sorted.keys()[index]);
        const auto key = static_cast<double>(random.below(distinct));
        ASSERT_EQ(statistics.count_at_most(key), sorted.count_at_most(key));
      }
    }
  }
}

// One change, one question: blocks split, shrink and vanish one key at a time.
TEST(OrderStatistics, AgreesWithASortedVectorAfterEachSingleChange) {
  RandomStream random(5);
  OrderStatistics statistics;
  Sorted sorted;
  for (int i = 0; i < 24000; ++i) {
    const std::size_t size = sorted.keys().size();
    const bool shrinking = i / 6000 % 2 == 1;
    if (size > 0 && random.below(100) < (shrinking ? 90 : 20)) {
      const double key = sorted.keys()[random.below(size)];
      statistics.erase(key);
      sorted.erase(key);
    } else {
      const auto key = static_cast<double>(random.below(3000));
      statistics.insert(key);
      sorted.insert(key);
    }
    if (sorted.keys().empty()) continue;
    const std::size_t index = random.below(sorted.keys().size());
    ASSERT_EQ(statistics.select(index), sorted.keys()[index]);
    const auto key = static_cast<double>(random.below(3000));
    ASSERT_EQ(statistics.count_at_most(key), sorted.count_at_most(key));
  }
}

// As policies ask: about one rank, which leaves all other keys in large blocks without order.
TEST(OrderStatistics, AgreesWithASortedVectorWhereOnlyOneRankIsAsked) {
  for (const std::size_t percent : {0U, 1U, 50U, 99U}) {
    SCOPED_TRACE(percent);
    RandomStream random(percent);
    OrderStatistics statistics;
    Sorted sorted;
    for (int i = 0; i < 6000; ++i) {
      // The keys drift upwards, and the rank with them.
      const auto key = static_cast<double>(random.below(1000) + static_cast<std::uint64_t>(i) / 4);
      statistics.insert(key);
      sorted.insert(key);
      const std::size_t index = sorted.keys().size() * percent / 100;
      ASSERT_EQ(statistics.select(index), sorted.keys()[index]);
    }
    for (const double key : {-1.0, 0.0, 700.0, 1500.0, 1e9}) {
      ASSERT_EQ(statistics.count_at_most(key), sorted.count_at_most(key));
    }
  }
}

TEST(OrderStatistics, TakesSortedInsertionsOneByOne) {
  OrderStatistics up;
  OrderStatistics down;
  for (int i = 0; i < 5000; ++i) {
    up.insert(i);
    down.insert(-i);
    ASSERT_EQ(up.select(static_cast<std::size_t>(i) / 2), i / 2);
    ASSERT_EQ(down.select(0), -i);
  }
}

TEST(OrderStatistics, IsSmallWhenEmpty) { EXPECT_LE(sizeof(OrderStatistics), 40U); }

TEST(OrderStatisticsDeathTest, EraseOfAMissingKeyIsABug) {
  OrderStatistics statistics;
  statistics.insert(1.0);
  EXPECT_DEATH(statistics.erase(2.0), "in the set");
}

}  // namespace
}  // namespace sweepjob
