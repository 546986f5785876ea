#include "tests/bench/samplers/speed.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/catalog.h"
#include "tests/bench/samplers/families.h"

namespace sweepjob::bench {
namespace {

constexpr int kMostRounds = 20;
constexpr double kLongest = 1000;

// So few that there are a tenth more trials at most after them, where there are fifty.
int asks_after(std::uint32_t finished) {
  return std::clamp(static_cast<int>(finished / 10), 5, 200);
}

double processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

Params params_of(const std::vector<double>& point) {
  Params params;
  for (std::size_t i = 0; i < point.size(); ++i)
    params.emplace_back(fmt::format("x{}", i), point[i]);
  return params;
}

void tell(Sampler& sampler, TrialId trial, double value) {
  sampler.observe(TrialEnded{trial, Status::Completed, value, value});
}

// The proposal, which the sampler is told of; its value comes later.
Params ask(Sampler& sampler, TrialId trial, const Rng& rng) {
  Proposals answer = sampler.propose({&trial, 1}, rng);
  auto* proposals = std::get_if<std::vector<Proposal>>(&answer);
  SWEEPJOB_CHECK(proposals != nullptr, "reals do not run out, and no trial is awaited");
  Params params = proposals->front().params;
  sampler.observe(TrialAdded{trial, std::move(proposals->front())});
  return params;
}

double value_of(const Params& params) {
  std::vector<double> point;
  for (const auto& [name, value] : params) point.push_back(number(params, name));
  return value_at(point);
}

}  // namespace

double value_at(const std::vector<double>& point) {
  double sum = 0;
  for (std::size_t i = 0; i < point.size(); ++i) {
    sum += square(point[i] - 0.3 - 0.02 * static_cast<double>(i));
  }
  return sum;
}

SearchSpace cube(std::uint32_t dimensions) {
  SearchSpace space;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    space.parameters.push_back(real(fmt::format("x{}", i), 0, 1));
  }
  return space;
}

History make_history(std::uint32_t dimensions, std::uint32_t count) {
  RandomStream stream = numbers_of("history");
  History history;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::vector<double>& point = history.points.emplace_back();
    for (std::uint32_t axis = 0; axis < dimensions; ++axis) point.push_back(stream.uniform());
    history.values.push_back(value_at(point));
  }
  return history;
}

namespace {

// One round: what the first ask took, and all those after it.
Cost measure_round(const Contender& contender, const Problem& problem, const History& history) {
  const auto finished = static_cast<std::uint32_t>(history.values.size());
  const int asks = asks_after(finished);
  Findings findings;
  const auto sampler =
      make_sampler({.space = problem.space,
                    .options = contender.options,
                    .objectives = {{"loss", Goal::Minimize}},
                    .max_total_trials = finished + 1 + static_cast<std::uint32_t>(asks)},
                   findings);
  SWEEPJOB_CHECK(sampler != nullptr, "every sampler that is measured takes reals");
  for (std::uint32_t i = 0; i < finished; ++i) {
    Proposal proposal;
    proposal.params = params_of(history.points[i]);
    sampler->observe(TrialAdded{TrialId{i}, std::move(proposal)});
    tell(*sampler, TrialId{i}, history.values[i]);
  }
  const Rng rng(1);
  std::uint32_t trial = finished;
  Cost cost;
  const double start = processor_ms();
  const double first = value_of(ask(*sampler, TrialId{trial}, rng));
  cost.first_ms = processor_ms() - start;
  tell(*sampler, TrialId{trial++}, first);
  const double before = processor_ms();
  for (int i = 0; i < asks; ++i) {
    const double value = value_of(ask(*sampler, TrialId{trial}, rng));
    tell(*sampler, TrialId{trial++}, value);
  }
  cost.ms = processor_ms() - before;
  return cost;
}

}  // namespace

Cost measure_cost(const Contender& contender, std::uint32_t dimensions, std::uint32_t finished) {
  Problem problem;
  problem.space = cube(dimensions);
  const History history = make_history(dimensions, finished);
  Cost cost;
  int rounds = 0;
  for (double spent = 0; rounds == 0 || (rounds < kMostRounds && spent < kLongest); ++rounds) {
    const Cost round = measure_round(contender, problem, history);
    spent += round.first_ms + round.ms;
    cost.first_ms += round.first_ms;
    cost.ms += round.ms;
  }
  return {cost.first_ms / rounds, cost.ms / rounds / asks_after(finished)};
}

}  // namespace sweepjob::bench
