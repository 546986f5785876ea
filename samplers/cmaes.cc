// CMA-ES: a normal distribution, and one over categories, that moves towards what was best. Of each
// generation's points x, sorted by loss,
//
//   m <- m + sum of w_i (x_i - m)     C <- (1 - ..) C + c1 p p' + cmu sum of w_i y_i y_i'
//
// N. Hansen, "The CMA evolution strategy: a tutorial", 2016; the parts and their papers are named
// in numerics/cma_es.h, numerics/category_search.h and surrogate/cma_runs.h.
// docs/samplers/cmaes.md.
//
// The state is folded from the results in propose(), where the seed is known; each proposal's note
// says which point of which generation it is. A note that a change of this program, or a hand, has
// made untrue costs its trial the place in its generation and nothing else.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/catalog.h"
#include "samplers/surrogate/cma_runs.h"
#include "samplers/surrogate/given_point.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {
namespace {

constexpr std::int64_t kStartupTrials = 1;
constexpr double kSigma = 1.0 / 6;
// Hansen's 4 + floor(3 ln d) is 8 for d = 5 and 12 for d = 20. Few points a generation make more of
// few trials in every dimension, alone or with 64 in parallel: docs/samplers/cmaes.md has numbers.
constexpr std::size_t kPopulation = 6;
// Results that a diagonal C learns from before a full one, which is slower to learn.
constexpr std::size_t kSeparablePoints = 100;
// Points of a generation passed over because they were tried before.
constexpr int kMostRepeats = 50;
// More dimensions are searched axis by axis, unless told otherwise: C would cost their square.
constexpr std::size_t kMostFullDimensions = 100;

struct Note {
  CmaRuns::Drawn drawn;
  std::uint32_t known = 0;  // news that the first run has started from
};

std::string text_of(const Note& note, std::uint32_t run, double sigma) {
  return fmt::format("generation {} point {} after {}: run {} sigma {:.3g}", note.drawn.generation,
                     note.drawn.number, note.known, run, sigma);
}

// The numbers behind "generation ", " point " and " after ".
std::optional<Note> read_note(std::string_view text) {
  Note note;
  const auto take = [&](std::string_view word, std::uint32_t& number) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
  };
  if (take("generation ", note.drawn.generation) && take(" point ", note.drawn.number) &&
      take(" after ", note.known) && text.starts_with(":")) {
    return note;
  }
  return std::nullopt;
}

class CmaesSampler : public Sampler {
 public:
  CmaesSampler(const SamplerContext& context, const StudyOptions& options,
               CmaRuns::Settings settings, std::uint32_t startup)
      : study_(context, options), settings_(std::move(settings)), startup_(startup) {}

  void observe(const TrialEvent& event) override {
    const std::size_t before = study_.history().all().size();
    study_.observe(event);
    const auto& all = study_.history().all();
    if (const auto* added = std::get_if<TrialAdded>(&event); added && all.size() > before) {
      of_trial_[added->trial] = static_cast<std::uint32_t>(before);
      const auto note = read_note(own_note(added->proposal.note));
      drawn_.push_back(note ? std::optional(note->drawn) : std::nullopt);
      if (!note) return;
      if (!known_) known_ = note->known;
      std::uint32_t& next = next_number_[note->drawn.generation];
      next = std::max(next, note->drawn.number + 1);
    } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
      const auto found = of_trial_.find(ended->trial);
      if (found == of_trial_.end()) return;
      const Observation& one = all[found->second];
      const bool has_loss = one.state == Observation::State::Ended;
      ends_.push_back(CmaRuns::Result{one.at, has_loss ? one.loss : kWorst, found->second,
                                      drawn_[found->second]});
    } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
      const auto found = of_trial_.find(reopened->trial);
      if (found != of_trial_.end()) ends_.push_back(CmaRuns::TakenBack{found->second});
    }
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    const CmaRuns& runs = runs_now(rng.seed());
    const auto next = next_number_.find(runs.generation());
    std::uint32_t number = next == next_number_.end() ? 0 : next->second;
    std::uint32_t asked = static_cast<std::uint32_t>(study_.history().all().size());
    return study_.propose(trials, rng, [&](const Study::Ask& ask) -> Study::Suggestion {
      if (asked++ < startup_) {
        RandomStream stream = ask.stream("start-up");
        return {study_.encoding().draw(stream),
                fmt::format("start-up draw {} of {}", asked, startup_)};
      }
      Study::Suggestion result;
      std::uint32_t drawn = number;
      for (int i = 0; i < kMostRepeats; ++i) {
        drawn = number++;
        result.at = runs.point(drawn);
        if (ask.is_new(result.at)) break;
      }
      result.note = text_of({{runs.generation(), drawn}, known()}, runs.run(), runs.sigma());
      return result;
    });
  }

  [[nodiscard]] bool needs_results() const override { return true; }
  // After a restart all generations are gone through at once.
  [[nodiscard]] bool slow() const override { return true; }

 private:
  struct Folded {
    std::uint64_t seed = 0;
    std::uint32_t known = 0;
    std::size_t told = 0;
    std::optional<CmaRuns> runs;
  };

  [[nodiscard]] std::uint32_t known() const {
    const auto all = static_cast<std::uint32_t>(ends_.size());
    return known_ ? std::min(*known_, all) : all;
  }

  const CmaRuns& runs_now(std::uint64_t seed) const {
    if (!folded_.runs || folded_.seed != seed || folded_.known != known()) {
      folded_ = {seed, known(), known(), std::nullopt};
      const std::vector<CmaRuns::News> first(ends_.begin(), ends_.begin() + known());
      folded_.runs.emplace(study_.encoding(), settings_, seed, first);
    }
    for (; folded_.told < ends_.size(); ++folded_.told) {
      folded_.runs->tell(ends_[folded_.told]);
    }
    return *folded_.runs;
  }

  Study study_;
  CmaRuns::Settings settings_;
  std::uint32_t startup_;
  std::map<TrialId, std::uint32_t> of_trial_;           // to the history
  std::vector<std::optional<CmaRuns::Drawn>> drawn_;    // like the history
  std::vector<CmaRuns::News> ends_;                     // in the order of the journal
  std::map<std::uint32_t, std::uint32_t> next_number_;  // by generation
  std::optional<std::uint32_t> known_;                  // of the first trial drawn by a generation
  mutable Folded folded_;                               // a function of the above and the seed
};

std::optional<Point> read_x0(const SamplerContext& context, double logbase, OptionReader& reader,
                             Findings& findings) {
  const Value* given = reader.raw("x0");
  if (given == nullptr || given->is_null()) return std::nullopt;
  const Encoding encoding(context.space, logbase, true);
  Point middle(encoding.size(), 0.5);
  encoding.snap(middle);
  const Option& option = *context.options.find("x0");
  const auto params =
      with_given(context.space, encoding, encoding.decode(middle), *given,
                 context.options.path + ".x0", {option.where, option.inside}, findings);
  if (!params) return std::nullopt;
  return encoding.encode(*params);
}

std::unique_ptr<Sampler> make_cmaes(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions study = read_study_options(context, reader, findings);
  CmaRuns::Settings settings;
  const auto check = [&](const char* name, bool is_good, const char* expected) {
    if (!is_good) reader.fail(name, expected);
  };
  settings.popsize = kPopulation;
  for (const char* name : {"popsize", "population_size"}) {
    if (const auto popsize = reader.integer(name)) {
      check(name, *popsize >= 2 && *popsize <= 1'000'000, "expected a whole number from 2 on");
      settings.popsize = static_cast<std::size_t>(std::max<std::int64_t>(*popsize, 2));
    }
  }
  settings.sigma0 = reader.number("sigma0").value_or(kSigma);
  check("sigma0", settings.sigma0 > 0 && settings.sigma0 <= 10,
        "expected a number over 0, as a share of each parameter's range");
  const std::int64_t startup = reader.integer("n_startup_trials").value_or(kStartupTrials);
  check("n_startup_trials", startup >= 0 && startup <= 1'000'000, "expected a whole number from 0");
  settings.x0 = read_x0(context, study.logbase, reader, findings);
  settings.with_margin = reader.boolean("with_margin").value_or(true);
  settings.lr_adapt = reader.boolean("lr_adapt").value_or(false);
  const auto separable = reader.boolean("use_separable_cma");
  const bool is_separable = separable.value_or(
      !settings.lr_adapt && all_parameters(context.space).size() > kMostFullDimensions);
  settings.separable_points = separable || settings.lr_adapt ? 0 : kSeparablePoints;
  if (is_separable) settings.separable_points.reset();
  check("lr_adapt", !(settings.lr_adapt && is_separable),
        "adapts the rates of a full covariance: not with use_separable_cma");
  const std::string restarts =
      reader.word("restart_strategy", {"none", "ipop", "bipop"}).value_or("bipop");
  settings.restarts = restarts == "none"   ? CmaRuns::Restarts::None
                      : restarts == "ipop" ? CmaRuns::Restarts::Ipop
                                           : CmaRuns::Restarts::Bipop;
  settings.inc_popsize = reader.number("inc_popsize").value_or(2);
  check("inc_popsize", settings.inc_popsize >= 1 && settings.inc_popsize <= 100,
        "expected a number from 1 to 100");
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<CmaesSampler>(context, study, std::move(settings),
                                        static_cast<std::uint32_t>(startup));
}

const SamplerEntry entry{"cmaes", make_cmaes};

}  // namespace
}  // namespace sweepjob
