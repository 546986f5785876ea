// Search spaces and samplers for tests, in as few words as a YAML file needs.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "samplers/catalog.h"

namespace sweepjob::test {

inline Parameter parameter(std::string name, DistributionKind kind, double a, double b,
                           double q = 0) {
  Parameter result;
  result.path = name;
  result.name = std::move(name);
  result.kind = kind;
  result.min = result.mu = a;
  result.max = result.sigma = b;
  result.q = q;
  return result;
}

inline Parameter uniform(std::string name, double min, double max) {
  return parameter(std::move(name), DistributionKind::Uniform, min, max);
}

inline Parameter randint(std::string name, std::int64_t upper) {
  Parameter result = parameter(std::move(name), DistributionKind::RandInt, 0, 0);
  result.upper = upper;
  result.integral = true;
  return result;
}

inline Parameter choice(std::string name, std::vector<ChoiceEntry> entries) {
  Parameter result = parameter(std::move(name), DistributionKind::Choice, 0, 0);
  result.choices = std::move(entries);
  return result;
}

inline Parameter choice(std::string name, const std::vector<Value>& literals) {
  std::vector<ChoiceEntry> entries;
  for (const Value& literal : literals) entries.push_back({literal, {}});
  return choice(std::move(name), std::move(entries));
}

// x and y from 0 to 1.
inline SearchSpace square() { return {{uniform("x", 0, 1), uniform("y", 0, 1)}}; }

// NaN for what is no number.
inline double number(const Value& value) {
  double storage = 0;
  const double* found = value.as_number(storage);
  return found == nullptr ? NAN : *found;
}

// The example of azure-sweep section 6: svm with C, forest with trees.
inline Parameter model_choice(bool continuous) {
  Parameter c = continuous ? parameter("C", DistributionKind::LogUniform, -3, 2)
                           : choice("C", std::vector<Value>{0.1, 1.0, 10.0});
  c.path = "model.C";
  Parameter trees = choice("trees", std::vector<Value>{100, 200});
  trees.path = "model.trees";
  ChoiceEntry svm{Value(), {{"name", Value("svm")}, {"C", std::move(c)}}};
  ChoiceEntry forest{Value(), {{"name", Value("forest")}, {"trees", std::move(trees)}}};
  return choice("model", std::vector<ChoiceEntry>{std::move(svm), std::move(forest)});
}

// Options, space and sampler together, since the first two must outlive the third.
class SamplerUnderTest {
 public:
  SamplerUnderTest(SearchSpace space, std::string type, std::vector<Option> options = {},
                   bool allow_duplicates = true, bool strict = false, Goal goal = Goal::Minimize,
                   std::uint32_t max_total_trials = 100)
      : space_(std::move(space)) {
    options_.type = std::move(type);
    options_.path = "sampling_algorithm";
    options_.where = {"job.yaml", 4, 3};
    options_.options = std::move(options);
    sampler_ = make_sampler({.space = space_,
                             .options = options_,
                             .objectives = {{"loss", goal}},
                             .max_total_trials = max_total_trials,
                             .allow_duplicates = allow_duplicates,
                             .strict = strict},
                            findings_);
  }
  SamplerUnderTest(const SamplerUnderTest&) = delete;
  SamplerUnderTest& operator=(const SamplerUnderTest&) = delete;

  [[nodiscard]] bool exists() const { return sampler_ != nullptr; }
  [[nodiscard]] const Findings& findings() const { return findings_; }
  Sampler* operator->() { return sampler_.get(); }
  const Sampler* operator->() const { return sampler_.get(); }

  // The proposals for trials first, first + 1, ...; none when Exhausted or Wait.
  [[nodiscard]] std::vector<Params> ask(std::uint32_t first, std::uint32_t count,
                                        std::uint64_t seed = 1) const {
    std::vector<TrialId> trials;
    for (std::uint32_t i = 0; i < count; ++i) trials.push_back(TrialId{first + i});
    const Proposals answer = sampler_->propose(trials, Rng(seed));
    std::vector<Params> result;
    if (const auto* proposals = std::get_if<std::vector<Proposal>>(&answer)) {
      for (const Proposal& proposal : *proposals) result.push_back(proposal.params);
    }
    return result;
  }
  void add(std::uint32_t trial, Params params) {
    TrialAdded added{TrialId{trial}, {}};
    added.proposal.params = std::move(params);
    sampler_->observe(added);
  }

 private:
  SearchSpace space_;
  Options options_;
  Findings findings_;
  std::unique_ptr<Sampler> sampler_;
};

inline Option option(std::string name, Value value) {
  return {std::move(name), std::move(value), {"job.yaml", 5, 7}};
}

inline std::vector<Option> with(std::vector<Option> options, const std::vector<Option>& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

}  // namespace sweepjob::test
