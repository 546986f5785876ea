#include "samplers/budget/rungs.h"

#include <algorithm>
#include <cmath>

namespace sweepjob {
namespace {

constexpr double kBudgetTolerance = 1e-9;
constexpr double kCountTolerance = 1e-6;  // NNI's

std::uint64_t to_count(double whole) {
  return static_cast<std::uint64_t>(std::clamp(whole, 0.0, 0x1p53));
}

}  // namespace

double result_of(const TrialEnded& ended) {
  return ended.status == Status::Completed ? ended.last.value_or(kWorst) : kWorst;
}

std::uint64_t floor_count(double x) { return to_count(std::floor(x + kCountTolerance)); }
std::uint64_t ceil_count(double x) { return to_count(std::ceil(x - kCountTolerance)); }

std::vector<double> halving_budgets(double min, double max, double eta) {
  std::vector<double> budgets;
  for (double next = min; next < max * (1 - kBudgetTolerance) && budgets.size() < kMaxRungs;
       next *= eta) {
    budgets.push_back(next);
  }
  budgets.push_back(max);
  return budgets;
}

std::vector<Rung> halving_rungs(double min, double max, double eta, double prefact) {
  std::vector<Rung> rungs;
  for (const double budget : halving_budgets(min, max, eta)) rungs.push_back({budget, 0});
  double trials = prefact;
  for (auto rung = rungs.rbegin(); rung != rungs.rend(); ++rung, trials *= eta) {
    rung->trials = floor_count(trials);
  }
  return rungs;
}

std::vector<std::vector<Rung>> hyperband_brackets(double min, double max, double eta,
                                                  HyperbandFormula formula) {
  std::vector<double> powers{1};  // eta^0 .. eta^s_max
  while (powers.back() * eta <= max / min * (1 + kBudgetTolerance) && powers.size() <= kMaxRungs) {
    powers.push_back(powers.back() * eta);
  }
  const auto count = static_cast<double>(powers.size());
  std::vector<std::vector<Rung>> brackets;
  for (std::size_t s = powers.size(); s-- > 0;) {
    const std::uint64_t n = ceil_count(count / static_cast<double>(s + 1) * powers[s]);
    std::vector<Rung>& rungs = brackets.emplace_back();
    for (std::size_t i = 0; i <= s; ++i) {
      const double budget = max / powers[s - i];
      rungs.push_back(
          {formula == HyperbandFormula::Paper ? budget : static_cast<double>(floor_count(budget)),
           floor_count(static_cast<double>(n) / powers[i])});
    }
  }
  return brackets;
}

}  // namespace sweepjob
