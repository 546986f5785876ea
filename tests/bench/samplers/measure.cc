#include "tests/bench/samplers/measure.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/catalog.h"

namespace sweepjob::bench {
namespace {

struct Length {
  std::uint32_t trials = 0, pending = 1;
};

std::unique_ptr<Sampler> make(const Contender& contender, const Problem& problem, Length length,
                              Findings& findings) {
  return make_sampler({.space = problem.space,
                       .options = contender.options,
                       .objectives = {{"loss", Goal::Minimize}},
                       .max_total_trials = length.trials,
                       .max_concurrent_trials = length.pending},
                      findings);
}

Option option_from(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw std::invalid_argument("an option is written key=value: " + text);
  }
  const std::string value = text.substr(equals + 1);
  const Result<Value> json = from_json(value);
  return {text.substr(0, equals), json.has_value() ? json.value() : Value(value), {}};
}

// Calls work(i) for each i below `count`, on so many threads.
template <class Work>
void deal(std::size_t count, unsigned jobs, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (unsigned thread = 0; thread < std::max(1U, jobs); ++thread) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    });
  }
}

std::array<double, kCheckpoints.size()> at_checkpoints(const Run& run) {
  std::array<double, kCheckpoints.size()> regrets{};
  for (std::size_t i = 0; i < kCheckpoints.size(); ++i) {
    regrets.at(i) = run.regret_at(kCheckpoints.at(i));
  }
  return regrets;
}

std::size_t checkpoints_within(std::uint32_t trials) {
  return static_cast<std::size_t>(
      std::upper_bound(kCheckpoints.begin(), kCheckpoints.end(), trials) - kCheckpoints.begin());
}

}  // namespace

Contender contender_from(const std::string& text) {
  Contender contender{text, {}};
  contender.options.path = "sampling_algorithm";
  std::size_t from = text.find(':');
  contender.options.type = text.substr(0, from);
  while (from != std::string::npos) {
    const std::size_t to = text.find(':', from + 1);
    contender.options.options.push_back(
        option_from(text.substr(from + 1, to == std::string::npos ? to : to - from - 1)));
    from = to;
  }
  return contender;
}

bool is_in_catalog(const Contender& contender) {
  const std::vector<std::string> names = sampler_names();
  return std::find(names.begin(), names.end(), contender.options.type) != names.end();
}

std::string refusal(const Contender& contender, const Problem& problem, const Plan& plan) {
  Findings findings;
  if (make(contender, problem, {plan.trials, plan.pending}, findings) != nullptr) return {};
  for (const Finding& finding : findings.all()) {
    if (finding.severity == Severity::Error) return finding.message;
  }
  return "refused without a word";
}

void play(const Contender& contender, const Problem& problem, std::uint64_t seed, const Plan& plan,
          Run& run) {
  Findings findings;
  const auto sampler = make(contender, problem, {plan.trials, plan.pending}, findings);
  SWEEPJOB_CHECK(sampler != nullptr, "refusal() was asked first");
  const Rng rng(seed);
  while (!run.is_over()) {
    const auto trial = run.to_ask();
    if (!trial) {
      const Run::Ended ended = run.finish();
      sampler->observe(TrialEnded{ended.trial, Status::Completed, ended.value, ended.value});
      continue;
    }
    Proposals answer = sampler->propose({&*trial, 1}, rng);
    if (auto* proposals = std::get_if<std::vector<Proposal>>(&answer)) {
      run.start(proposals->front().params);
      sampler->observe(TrialAdded{*trial, std::move(proposals->front())});
    } else if (std::holds_alternative<Exhausted>(answer)) {
      run.stop();
    } else {
      SWEEPJOB_CHECK(run.is_busy(), "a sampler waits for a trial that is live");
      run.wait();
    }
  }
}

std::vector<Outcome> measure(const Contender& contender,
                             const std::vector<const Problem*>& problems, const Plan& plan) {
  using Regrets = std::array<double, kCheckpoints.size()>;
  std::vector<const Problem*> taken;
  for (const Problem* problem : problems) {
    if (refusal(contender, *problem, plan).empty()) taken.push_back(problem);
  }
  std::vector<std::vector<Regrets>> regrets(taken.size(), std::vector<Regrets>(plan.seeds));
  deal(taken.size() * plan.seeds, plan.jobs, [&](std::size_t i) {
    const Problem& problem = *taken[i / plan.seeds];
    const std::size_t seed = i % plan.seeds;
    Run run(problem, plan.first_seed + seed, plan.pending, plan.trials);
    play(contender, problem, plan.first_seed + seed, plan, run);
    regrets[i / plan.seeds][seed] = at_checkpoints(run);
  });
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    Outcome& outcome = outcomes.emplace_back();
    outcome.problem = taken[i]->name;
    outcome.pending = plan.pending;
    outcome.seeds = plan.seeds;
    outcome.checkpoints = checkpoints_within(plan.trials);
    for (std::size_t checkpoint = 0; checkpoint < kCheckpoints.size(); ++checkpoint) {
      std::vector<double> values;
      for (const Regrets& one : regrets[i]) values.push_back(one.at(checkpoint));
      outcome.regret.at(checkpoint) = quartiles_of(std::move(values));
    }
  }
  return outcomes;
}

std::vector<Outcome> measure_reference(const std::vector<const Problem*>& problems, Plan plan) {
  plan.first_seed = kFirstReferenceSeed;
  plan.seeds = kReferenceSeeds;
  return measure(contender_from("random"), problems, plan);
}

}  // namespace sweepjob::bench
