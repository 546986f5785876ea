#include "tests/bench/samplers/run.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>

#include "model/check.h"

namespace sweepjob::bench {
namespace {

double noise_of(const Rng& rng, TrialId trial) {
  RandomStream stream = rng.stream(trial, "noise");
  const double u = (static_cast<double>(stream.next() >> 12) + 0.5) * 0x1p-52;
  return boost::math::quantile(boost::math::normal(), u);
}

}  // namespace

double duration_of(const Rng& rng, TrialId trial) {
  return std::pow(4.0, rng.stream(trial, "duration").uniform());
}

Run::Run(const Problem& problem, std::uint64_t seed, std::uint32_t pending, std::uint32_t trials)
    : problem_(problem), rng_(seed), pending_(pending), trials_(trials) {
  SWEEPJOB_CHECK(pending >= 1 && trials >= 1, "there is something to run");
}

std::optional<TrialId> Run::to_ask() const {
  if (asked_ >= trials_ || live_.size() >= pending_ || (waits_ && !live_.empty())) return {};
  return TrialId{asked_};
}

void Run::start(const Params& params) {
  const auto trial = to_ask();
  SWEEPJOB_CHECK(trial.has_value(), "a trial is started when one was asked for");
  const double truth = problem_.value(params);
  const double value = problem_.noise > 0 ? truth + problem_.noise * noise_of(rng_, *trial) : truth;
  live_.push_back({*trial, now_ + duration_of(rng_, *trial), value, truth});
  ++asked_;
}

Run::Ended Run::finish() {
  SWEEPJOB_CHECK(!live_.empty(), "a trial ends that was started");
  const auto next = std::min_element(live_.begin(), live_.end(), [](const Live& a, const Live& b) {
    return a.end != b.end ? a.end < b.end : a.trial < b.trial;
  });
  const Live ended = *next;
  live_.erase(next);
  now_ = ended.end;
  waits_ = false;
  if (regrets_.empty() || ended.value < best_value_) {
    best_value_ = ended.value;
    best_truth_ = ended.truth;
  }
  regrets_.push_back(best_truth_ - problem_.best);
  return {ended.trial, ended.value};
}

double Run::regret_at(std::uint32_t trials) const {
  SWEEPJOB_CHECK(!regrets_.empty(), "some trial has ended");
  return regrets_[std::min<std::size_t>(trials, regrets_.size()) - 1];
}

}  // namespace sweepjob::bench
