// Auto: chooses the sampler, and says with every trial which one and why.
//
//   results so far     who proposes
//   up to 200          gp, which learns most from a trial; tpe where more than 40 parameters vary,
//                      or more than 64 trials run at once
//   beyond             cmaes where all that varies is numbers, none of them conditional, and less
//                      than 30 % of the variance of the results is noise; tpe otherwise
//
// All of them hear of every result, so that a change loses nothing. The noise is found once, from
// the first 200 results, with the other hyperparameters of a Gaussian process
// (surrogate/process_fit.h): estimates by neighbours alone take a curved valley for noise. The
// figures behind the choice: docs/samplers/quality.md.
#include <utility>

#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/surrogate/process_search.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {
namespace {

constexpr std::size_t kEarlyResults = 200;
constexpr std::size_t kMostForGp = 40;
constexpr std::uint32_t kMostAtOnceForGp = 64;
constexpr double kMostlyNoise = 0.3;

struct Choice {
  const char* name = "";
  std::string why;
};

std::size_t count_varying(const Encoding& encoding) {
  std::size_t count = 0;
  for (const Axis& axis : encoding.axes()) count += axis.is_constant() ? 0 : 1;
  return count;
}

bool has_categories(const Encoding& encoding) {
  for (const Axis& axis : encoding.axes()) {
    if (axis.kind == Axis::Kind::Categories && !axis.is_constant()) return true;
  }
  return false;
}

Choice choose_early(const Encoding& encoding, std::uint32_t at_once) {
  const std::size_t varying = count_varying(encoding);
  if (varying > kMostForGp) return {"tpe", fmt::format("{} parameters vary", varying)};
  if (at_once > kMostAtOnceForGp) return {"tpe", fmt::format("{} trials at once", at_once)};
  return {"gp", fmt::format("{} parameters, up to {} results", varying, kEarlyResults)};
}

Choice choose_late(const Encoding& encoding) {
  if (encoding.is_conditional()) return {"tpe", "some parameters are conditional"};
  if (has_categories(encoding)) return {"tpe", "some parameters are categories"};
  return {"cmaes", "all parameters are numbers"};
}

class Auto final : public Sampler {
 public:
  struct Part {
    std::unique_ptr<Sampler> sampler;
    Choice choice;
  };

  // `noisy` takes the place of `late` where the results are noise for the most part; it may be
  // none.
  Auto(const SamplerContext& context, const StudyOptions& options, Part early, Part late,
       Part noisy)
      : study_(context, options),
        early_(std::move(early)),
        late_(std::move(late)),
        noisy_(std::move(noisy)) {}

  void observe(const TrialEvent& event) override {
    study_.observe(event);
    for (const Part* part : {&early_, &late_, &noisy_}) {
      if (part->sampler != nullptr) part->sampler->observe(event);
    }
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    const Part& part = who();
    Proposals answer = part.sampler->propose(trials, rng);
    if (auto* proposals = std::get_if<std::vector<Proposal>>(&answer)) {
      for (Proposal& one : *proposals) {
        one.note = fmt::format("auto: {} ({}); {}", part.choice.name, part.choice.why, one.note);
      }
    }
    return answer;
  }

  [[nodiscard]] bool needs_results() const override { return true; }
  // One of its parts is, or the look at the noise.
  [[nodiscard]] bool slow() const override { return true; }

 private:
  [[nodiscard]] const Part& who() const {
    const std::vector<std::uint32_t>& ended = study_.history().ended();
    if (ended.size() < kEarlyResults) return early_;
    if (noisy_.sampler == nullptr) return late_;
    return noise_of_the_first(ended) < kMostlyNoise ? late_ : noisy_;
  }

  // Kept with the results that it was made from: a trial that is started again takes one away.
  [[nodiscard]] double noise_of_the_first(const std::vector<std::uint32_t>& ended) const {
    const std::vector<std::uint32_t> first(ended.begin(), ended.begin() + kEarlyResults);
    if (first == measured_) return noise_;
    noise_ = noise_of(study_, kEarlyResults);
    measured_ = first;
    return noise_;
  }

  Study study_;
  Part early_;
  Part late_;
  Part noisy_;
  mutable std::vector<std::uint32_t> measured_;
  mutable double noise_ = 0;
};

Auto::Part make_part(const SamplerContext& context, Choice choice, Findings& findings) {
  Options options = context.options;
  options.type = choice.name;
  SamplerContext inner{context.space, options};
  inner.objectives = context.objectives;
  inner.max_total_trials = context.max_total_trials;
  inner.allow_duplicates = context.allow_duplicates;
  inner.max_concurrent_trials = context.max_concurrent_trials;
  return {make_sampler(inner, findings), std::move(choice)};
}

std::unique_ptr<Sampler> make_auto(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions options = read_study_options(context, reader, findings);
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  const Encoding encoding(context.space, options.logbase, true);
  const Choice early = choose_early(encoding, context.max_concurrent_trials);
  const Choice late = choose_late(encoding);
  Auto::Part first = make_part(context, early, findings);
  Auto::Part second = make_part(context, late, findings);
  Auto::Part noisy;
  if (std::string_view(late.name) == "cmaes") {
    noisy = make_part(context, {"tpe", "the results are noise for the most part"}, findings);
  }
  if (findings.error_count() > errors) return nullptr;
  findings.note(context.options.where, context.options.path,
                fmt::format("auto: {} ({}) up to {} results, then {} ({})", early.name, early.why,
                            kEarlyResults, late.name, late.why));
  return std::make_unique<Auto>(context, options, std::move(first), std::move(second),
                                std::move(noisy));
}

const SamplerEntry entry{"auto", make_auto};

}  // namespace
}  // namespace sweepjob
