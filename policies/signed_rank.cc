#include "policies/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include <boost/math/distributions/normal.hpp>

#include "model/check.h"

namespace sweepjob {

namespace {

constexpr std::size_t kMostExact = 50;

// The subsets of 1..n with a sum of at least `sum`, over all 2^n: exact, as 2^50 < 2^53.
double exact_tail(std::size_t n, std::size_t sum) {
  std::vector<double> subsets(n * (n + 1) / 2 + 1, 0.0);
  subsets[0] = 1;
  std::size_t largest = 0;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    largest += rank;
    for (std::size_t at = largest; at >= rank; --at) subsets[at] += subsets[at - rank];
  }
  const auto first = subsets.begin() + static_cast<std::ptrdiff_t>(sum);
  return std::ldexp(std::accumulate(first, subsets.end(), 0.0), -static_cast<int>(n));
}

}  // namespace

SignedRankTest signed_rank_test(std::vector<double> differences) {
  SWEEPJOB_CHECK(!differences.empty(), "there is something to rank");
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::fabs(a) < std::fabs(b); });
  const std::size_t n = differences.size();
  SignedRankTest test;
  double tie_terms = 0;
  for (std::size_t first = 0; first < n;) {
    const double size = std::fabs(differences[first]);
    std::size_t end = first;
    double positive = 0;
    for (; end < n && std::fabs(differences[end]) == size; ++end) {
      positive += size == 0 ? 0.5 : (differences[end] > 0 ? 1.0 : 0.0);
    }
    // Equal ones share the mean of their ranks first + 1 .. end.
    test.rank_sum += positive * static_cast<double>(first + 1 + end) / 2;
    const auto tied = static_cast<double>(end - first);
    tie_terms += tied * tied * tied - tied;
    first = end;
  }
  test.exact = n <= kMostExact && tie_terms == 0 && differences[0] != 0;
  if (test.exact) {
    test.p_value = exact_tail(n, static_cast<std::size_t>(test.rank_sum));
    return test;
  }
  const auto count = static_cast<double>(n);
  const double mean = count * (count + 1) / 4;
  const double variance = (count * (count + 1) * (2 * count + 1) - tie_terms / 2) / 24;
  const double z = (test.rank_sum - mean) / std::sqrt(variance);
  test.p_value = boost::math::cdf(boost::math::complement(boost::math::normal(), z));
  return test;
}

}  // namespace sweepjob
