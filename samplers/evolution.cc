// Evolution: children of good trials, each with one parameter drawn anew.
//
//   naive         two trials of the population meet; the child is of the better one, and the other
//                 one leaves (E. Real et al., "Large-scale evolution of image classifiers", ICML
//                 2017; spec nni section 4.4)
//   regularised   the child is of the best of sample_size members drawn with replacement; only the
//                 latest population_size results are members (E. Real et al., "Regularized
//                 evolution for image classifier architecture search", AAAI 2019; spec nni
//                 section 4.15)
//
// Both begin with population_size draws; one that fails is replaced by another. Who has left under
// the naive rule stands in the children's notes, so that the population is a fold of the events.
// docs/samplers/evolution.md.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {
namespace {

constexpr std::int64_t kNaivePopulation = 32;
constexpr std::int64_t kAgingPopulation = 100;
constexpr std::int64_t kSample = 25;
constexpr std::string_view kIndividual = "a random individual";
constexpr std::string_view kInPlaceOf = " in place of trial ";
// Children of one parent before the search for a new point gives up on it.
constexpr int kMostRepeats = 50;

double draw_one(const Axis& axis, RandomStream& stream) {
  return axis.kind == Axis::Kind::Categories ? static_cast<double>(stream.below(axis.count))
                                             : stream.uniform();
}

struct Rules {
  bool aging = false;
  std::size_t population = 0;
  std::size_t sample = 0;
};

class EvolutionSampler : public Sampler {
 public:
  EvolutionSampler(const SamplerContext& context, const StudyOptions& options, Rules rules)
      : study_(context, options, {.order_numeric_choices = false}), rules_(rules) {}

  void observe(const TrialEvent& event) override {
    const std::size_t failed = study_.history().failed_count();
    study_.observe(event);
    const History& history = study_.history();
    if (individuals_.contains(trial_of(event))) {
      failed_individuals_ += history.failed_count() - failed;  // or, opened again, one less
    }
    if (const auto* added = std::get_if<TrialAdded>(&event)) {
      const std::string_view note = own_note(added->proposal.note);
      if (note.starts_with(kIndividual)) individuals_.insert(added->trial);
      if (const auto left = left_by(note)) {
        std::erase_if(population_,
                      [&](std::uint32_t index) { return history.all()[index].trial == *left; });
      }
    } else if (std::holds_alternative<TrialEnded>(event)) {
      if (history.ended().size() == results_ + 1) population_.push_back(history.ended().back());
      if (rules_.aging && population_.size() > rules_.population) {
        population_.erase(population_.begin());
      }
    } else if (std::holds_alternative<TrialReopened>(event)) {
      std::erase_if(population_, [&](std::uint32_t index) {
        return history.all()[index].state == Observation::State::Pending;
      });
    }
    results_ = history.ended().size();
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    // What the batch's earlier proposals change, as their events will.
    std::vector<std::uint32_t> population = population_;
    std::size_t individuals = individuals_.size();
    // A failed child is replaced by a draw under the naive rule and forgotten under the other.
    const std::size_t replaced =
        rules_.aging ? failed_individuals_ : study_.history().failed_count();
    return study_.propose(trials, rng, [&](const Study::Ask& ask) {
      const bool starts = individuals < rules_.population + replaced;
      if (starts || population.empty()) {
        ++individuals;
        RandomStream stream = ask.stream("individual");
        return Study::Suggestion{study_.encoding().draw(stream), std::string(kIndividual)};
      }
      RandomStream stream = ask.stream("evolution");
      return rules_.aging ? aged(ask, stream) : naive(ask, stream, population);
    });
  }

  [[nodiscard]] bool needs_results() const override { return true; }

 private:
  // "child of trial 3 in place of trial 7: lr".
  static std::optional<TrialId> left_by(std::string_view note) {
    const std::size_t at = note.find(kInPlaceOf);
    if (at == std::string_view::npos) return std::nullopt;
    note.remove_prefix(at + kInPlaceOf.size());
    std::uint32_t trial = 0;
    const auto [end, error] = std::from_chars(note.data(), note.data() + note.size(), trial);
    if (error != std::errc()) return std::nullopt;
    return TrialId{trial};
  }

  [[nodiscard]] const Observation& at(std::uint32_t index) const {
    return study_.history().all()[index];
  }

  [[nodiscard]] Study::Suggestion naive(const Study::Ask& ask, RandomStream& stream,
                                        std::vector<std::uint32_t>& population) const {
    std::uint32_t parent = population[stream.below(population.size())];
    std::string left;
    if (population.size() > 1) {
      // The second one is any other.
      std::uint32_t other = parent;
      while (other == parent) other = population[stream.below(population.size())];
      if (at(other).loss < at(parent).loss) std::swap(parent, other);
      left = fmt::format("{}{}", kInPlaceOf, index_of(at(other).trial));
      std::erase(population, other);
    }
    return child_of(ask, stream, parent, left);
  }

  [[nodiscard]] Study::Suggestion aged(const Study::Ask& ask, RandomStream& stream) const {
    std::uint32_t parent = population_[stream.below(population_.size())];
    for (std::size_t i = 1; i < rules_.sample; ++i) {
      const std::uint32_t other = population_[stream.below(population_.size())];
      if (at(other).loss < at(parent).loss) parent = other;
    }
    return child_of(ask, stream, parent, "");
  }

  [[nodiscard]] Study::Suggestion child_of(const Study::Ask& ask, RandomStream& stream,
                                           std::uint32_t parent, const std::string& left) const {
    Study::Suggestion result;
    for (int i = 0; i < kMostRepeats; ++i) {
      result = mutated(parent, stream);
      if (ask.is_new(result.at)) break;
    }
    result.note =
        fmt::format("child of trial {}{}: {}", index_of(at(parent).trial), left, result.note);
    return result;
  }

  // One parameter drawn from its prior, with all that its choice then holds; the note names it.
  [[nodiscard]] Study::Suggestion mutated(std::uint32_t parent, RandomStream& stream) const {
    const Encoding& encoding = study_.encoding();
    Study::Suggestion result{at(parent).at, "nothing to change"};
    std::vector<std::size_t> candidates;
    for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
      const bool is_active = !std::isnan(result.at[axis]);
      if (is_active && !encoding.axes()[axis].is_constant()) candidates.push_back(axis);
    }
    if (candidates.empty()) return result;
    const std::size_t changed = candidates[stream.below(candidates.size())];
    const Axis& own = encoding.axes()[changed];
    result.note = own.path;
    result.at[changed] = draw_one(own, stream);
    // What stands below a changed choice is drawn as well.
    std::vector<bool> below(encoding.size(), false);
    below[changed] = true;
    for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
      const auto& condition = encoding.axes()[axis].condition;
      if (!condition || !below[condition->axis]) continue;
      below[axis] = true;
      result.at[axis] = draw_one(encoding.axes()[axis], stream);
    }
    encoding.snap(result.at);
    return result;
  }

  Study study_;
  Rules rules_;
  std::vector<std::uint32_t> population_;  // of the history, in the order of their ends
  std::set<TrialId> individuals_;          // trials that were draws
  std::size_t failed_individuals_ = 0;
  std::size_t results_ = 0;
};

std::unique_ptr<Sampler> make_evolution(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions study = read_study_options(context, reader, findings);
  Rules rules;
  rules.aging =
      reader.word("rule", {"naive", "regularised", "regularized"}).value_or("naive") != "naive";
  const auto positive = [&](const char* name, std::int64_t standard) {
    const std::int64_t value = reader.integer(name).value_or(standard);
    if (value < 1 || value > 1'000'000) reader.fail(name, "expected a whole number from 1 on");
    return static_cast<std::size_t>(std::max<std::int64_t>(value, 1));
  };
  rules.population = positive("population_size", rules.aging ? kAgingPopulation : kNaivePopulation);
  rules.sample = positive("sample_size", kSample);
  if (!rules.aging && context.options.find("sample_size") != nullptr) {
    reader.fail("sample_size", "belongs to rule: regularised");
  }
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<EvolutionSampler>(context, study, rules);
}

const SamplerEntry entry{"evolution", make_evolution};

}  // namespace
}  // namespace sweepjob
