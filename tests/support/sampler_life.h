// The life of a sweep as a sampler sees it: asked, told what became of its trials, made anew from
// the same events. For the contract of every sampler in the catalog.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/sampler_spaces.h"

namespace sweepjob::test {

struct SamplerCase {
  std::string label;
  std::string type;
  std::vector<Option> options;
  bool allow_duplicates = true;
  bool repeats = false;  // its rule may propose a point again
};
// Without it the bytes of the struct become part of the test's name in ctest.
inline void PrintTo(const SamplerCase& one, std::ostream* out) { *out << one.label; }

// Every name of the catalog, with and without duplicates, and further rules of some. A sampler that
// wants a budget has one.
[[nodiscard]] std::vector<SamplerCase> sampler_cases();
// The same without those that forbid duplicates.
[[nodiscard]] std::vector<SamplerCase> plain_sampler_cases();

// The first space that the sampler takes. Null, with a failure of the test, where it takes none.
[[nodiscard]] const NamedSpace* space_for(const SamplerCase& one,
                                          const std::vector<NamedSpace>& spaces);

[[nodiscard]] std::string text(const Proposals& proposals);

// Of a trial: what it ended with.
struct Outcome {
  Status status = Status::Completed;
  std::optional<double> best;
  std::optional<double> last;
};
using OutcomeOf = std::function<Outcome(TrialId trial, const Params& params)>;

// A smooth function of all parameters, between 0 and 1.
[[nodiscard]] double loss_of(const Params& params);
[[nodiscard]] Outcome completed(double loss);
// Most trials complete with loss_of; some fail, some are cut with a value or without, some end in
// NaN.
[[nodiscard]] Outcome mixed_outcome(TrialId trial, const Params& params);

class SamplerLife {
 public:
  SamplerLife(const SamplerCase& one, const SearchSpace& space, std::uint32_t max_total_trials);

  [[nodiscard]] const Sampler& sampler() const { return *live_->operator->(); }
  [[nodiscard]] const SearchSpace& space() const { return space_; }

  // What it would propose for the next trials; nothing is changed.
  [[nodiscard]] Proposals ask(std::uint32_t count) const { return ask(*live_, count); }
  // Likewise of a sampler made anew that has seen the same events.
  [[nodiscard]] Proposals ask_restarted(std::uint32_t count) const;

  // Starts what is proposed; every proposal is held against the space. How many.
  std::size_t start(const Proposals& answer);
  std::size_t start(std::uint32_t count) { return start(ask(count)); }
  void end(TrialId trial, const Outcome& outcome);
  // As the core: trials are started, up to three at a time, while fewer than `at_once` run; else
  // the oldest or the newest ends. Some are started again by hand after their end where `reopens`.
  // False where neither is possible: the sampler is exhausted, or waits for nothing.
  bool step(std::uint32_t at_once, const OutcomeOf& outcome_of, bool reopens = false);
  // Steps until so many trials have been started; false where it came to its end before.
  bool play(std::uint32_t trials, std::uint32_t at_once, const OutcomeOf& outcome_of);
  // Trials that another sampler has proposed, one by one.
  void observe(const TrialEvent& event);
  void after_each_event(std::function<void()> call) { after_each_event_ = std::move(call); }

  [[nodiscard]] const std::vector<Proposal>& proposals() const { return proposals_; }
  [[nodiscard]] const std::vector<TrialId>& running() const { return running_; }
  [[nodiscard]] bool is_exhausted() const { return std::holds_alternative<Exhausted>(ask(1)); }
  // Of the proposals from `first` on, continuations left out: how many there are, and how many
  // different ones, numbers compared in so many digits.
  [[nodiscard]] std::size_t fresh(std::size_t first = 0) const;
  [[nodiscard]] std::size_t distinct(std::size_t first = 0, int digits = 17) const;

 private:
  [[nodiscard]] std::unique_ptr<SamplerUnderTest> make() const;
  [[nodiscard]] Proposals ask(const SamplerUnderTest& sampler, std::uint32_t count) const;

  SamplerCase case_;
  SearchSpace space_;
  std::uint32_t max_total_trials_;
  std::unique_ptr<SamplerUnderTest> live_;
  std::vector<TrialEvent> events_;
  std::vector<Proposal> proposals_;
  std::vector<TrialId> running_;
  std::vector<TrialId> reopened_;
  std::function<void()> after_each_event_;
};

}  // namespace sweepjob::test
