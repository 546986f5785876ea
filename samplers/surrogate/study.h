// Study: a search space, what came of its trials, and the manners that samplers which learn from
// results share. Layer 2; as thread-safe as the sampler that holds it.
//
//   - proposals of one call are made one after the other, each knowing those before it as pending,
//     so that the first ones do not depend on how many were asked for
//   - a point that was tried, or is being tried, is not proposed again while there is another one,
//     unless the sampler's own rule repeats points
//   - a finite space of which every point was tried is Exhausted
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "samplers/numerics/enumeration.h"
#include "samplers/sampler.h"
#include "samplers/surrogate/encoding.h"
#include "samplers/surrogate/history.h"

namespace sweepjob {

// The options that all of these samplers have.
//   seed        checked here only: the core hands it over in the Rng
//   logbase     of the logarithmic kinds: a number or e
//   cut_trials  what a trial counts with that the policy stopped: `best`, the best value it had
//               (the default), or `failed`
struct StudyOptions {
  double logbase = 0;
  History::CutTrials cut_trials = History::CutTrials::CountTheirBest;
};

// Also an error where the job has no objective to learn from.
[[nodiscard]] StudyOptions read_study_options(const SamplerContext& context, OptionReader& reader,
                                              Findings& findings);

class Study {
 public:
  enum class Repeats : std::uint8_t { Avoided, Allowed };
  struct Settings {
    bool order_numeric_choices = true;  // see Encoding
    Repeats repeats = Repeats::Avoided;
  };

  using Keys = std::unordered_set<std::string>;  // of snapped points

  // For the proposal of one trial.
  struct Ask {
    const Study& study;
    const Keys& batch;  // the earlier proposals of the same call
    TrialId trial{};
    const Rng& rng;
    // Snapped points without a result yet: trials in the order of their proposal, then the batch.
    const std::vector<Point>& pending;

    [[nodiscard]] RandomStream stream(std::string_view purpose) const {
      return rng.stream(trial, purpose);
    }
    // Whether the snapped point was never tried nor proposed.
    [[nodiscard]] bool is_new(const Point& point) const;
  };
  struct Suggestion {
    Point at;          // need not be snapped
    std::string note;  // journaled and shown with the trial: why this point
  };
  using Suggest = std::function<Suggestion(const Ask&)>;

  // `space` of the context outlives this.
  Study(const SamplerContext& context, const StudyOptions& options, Settings settings);
  Study(const SamplerContext& context, const StudyOptions& options)
      : Study(context, options, Settings{}) {}

  void observe(const TrialEvent& event);

  [[nodiscard]] const Encoding& encoding() const { return encoding_; }
  [[nodiscard]] const History& history() const { return history_; }

  // `suggest` is called once for each trial, on this thread.
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng,
                                  const Suggest& suggest) const;

 private:
  [[nodiscard]] std::optional<Suggestion> new_point(const Ask& ask) const;

  Settings settings_;
  Encoding encoding_;
  History history_;
  Enumeration points_;
  Keys tried_;
};

}  // namespace sweepjob
