// Choices and integers only, with a planted best point: each wrong entry costs, and so does each
// pair of entries that do not belong together, by weights drawn once.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include "tests/bench/samplers/families.h"
#include "tests/support/spaces.h"

namespace sweepjob::bench {
namespace {

Problem planted(std::string name, std::size_t count, std::uint64_t entries, double pair_share) {
  struct Pair {
    std::size_t a, b;
    double weight;
  };
  RandomStream stream = numbers_of(name);
  std::vector<std::uint64_t> best(count);
  std::vector<double> weights(count);
  std::vector<Pair> pairs;
  Problem problem;
  for (std::size_t i = 0; i < count; ++i) {
    best[i] = stream.below(entries);
    weights[i] = 0.2 + stream.uniform();
    std::vector<Value> words;
    for (std::uint64_t entry = 0; entry < entries; ++entry) {
      words.emplace_back(std::string(1, static_cast<char>('a' + entry)));
    }
    const std::string key = fmt::format("c{}", i);
    problem.best_at.emplace_back(key, words[best[i]]);
    problem.space.parameters.push_back(test::choice(key, words));
  }
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t b = a + 1; b < count; ++b) {
      const double chance = stream.uniform(), weight = 0.5 + stream.uniform();
      if (chance < pair_share) pairs.push_back({a, b, weight});
    }
  }
  problem.name = std::move(name);
  problem.value = [=](const Params& params) {
    std::vector<std::uint64_t> away(count);
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto entry =
          static_cast<std::uint64_t>(word(params, fmt::format("c{}", i)).front() - 'a');
      away[i] = (entry + entries - best[i]) % entries;
      sum += away[i] == 0 ? 0 : weights[i] * (1 + 0.3 * static_cast<double>(away[i]));
    }
    for (const Pair& pair : pairs) sum += away[pair.a] == away[pair.b] ? 0 : pair.weight;
    return sum;
  };
  return problem;
}

// Integers on a wavy slope: neighbours are alike, and there are many local minima.
Problem waves() {
  static constexpr std::array<std::int64_t, 6> kBest{3, 17, 12, 5, 14, 2};
  constexpr std::int64_t kCount = 20;
  Problem problem;
  problem.name = "waves_6";
  for (std::size_t i = 0; i < kBest.size(); ++i) {
    const std::string key = fmt::format("k{}", i);
    problem.space.parameters.push_back(test::randint(key, kCount));
    problem.best_at.emplace_back(key, kBest.at(i));
  }
  problem.value = [](const Params& params) {
    double sum = 0, previous = 0;
    for (std::size_t i = 0; i < kBest.size(); ++i) {
      const double away = number(params, fmt::format("k{}", i)) - static_cast<double>(kBest.at(i));
      sum += square(away) / 40 + 0.6 * (1 - std::cos(away * 1.7)) + square(away - previous) / 100;
      previous = away;
    }
    return sum;
  };
  return problem;
}

}  // namespace

void add_discrete(std::vector<Problem>& problems) {
  for (Problem problem :
       {planted("words_8", 8, 5, 0.3), planted("switches_20", 20, 2, 0.15), waves()}) {
    problem.family = Family::Discrete;
    problems.push_back(std::move(problem));
  }
}

}  // namespace sweepjob::bench
