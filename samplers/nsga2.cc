// NSGA-II: the non-dominated sorting genetic algorithm, for several objectives (`objective` as a
// list); with one it is an elitist genetic algorithm.
//
//   parents := the best population_size of (parents + trials that ended since), by rank of
//              non-domination, then by crowding distance: whenever so many have ended
//   child    = crossover of two parents, each the winner of a binary tournament, then mutation
//
// K. Deb et al., IEEE Transactions on Evolutionary Computation 6 (2002): simulated binary crossover
// and polynomial mutation, both with a distribution index; crossover: uniform with mutation:
// resample is what Optuna does. A trial counts with the last value of each objective, and only with
// all of them finite; with one objective, with its best value. Any trial that ends counts for the
// population under way, whichever it was proposed in: nothing is waited for.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/numerics/pareto.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {
namespace {

enum class Crossover : std::uint8_t { SimulatedBinary, Uniform };
enum class Mutation : std::uint8_t { Polynomial, Resample };

struct Settings {
  std::size_t population = 50;
  Crossover crossover = Crossover::SimulatedBinary;
  double crossover_probability = 0.9;
  double swapping_probability = 0.5;
  double crossover_index = 5;
  Mutation mutation = Mutation::Polynomial;
  std::optional<double> mutation_probability;  // absent: 1 / number of parameters
  double mutation_index = 20;
};

struct Individual {
  TrialId trial{};
  Point at;
  std::vector<double> losses;
};

class Nsga2 final : public Sampler {
 public:
  Nsga2(const SamplerContext& context, const StudyOptions& options, Settings settings)
      : study_(context, options),
        cut_trials_(options.cut_trials),
        goals_(context.objectives),
        settings_(settings) {}

  void observe(const TrialEvent& event) override {
    study_.observe(event);
    if (const auto* added = std::get_if<TrialAdded>(&event)) {
      if (auto point = study_.encoding().encode(added->proposal.params)) {
        points_[added->trial] = *std::move(point);
      }
    } else if (const auto* ended = std::get_if<TrialEnded>(&event)) {
      end(*ended);
    } else if (const auto* reopened = std::get_if<TrialReopened>(&event)) {
      forget(reopened->trial);
    }
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    return study_.propose(trials, rng, [&](const Study::Ask& ask) { return suggest(ask); });
  }
  [[nodiscard]] bool needs_results() const override { return true; }
  [[nodiscard]] bool weighs_objectives() const override { return true; }

 private:
  void end(const TrialEnded& ended) {
    const auto found = points_.find(ended.trial);
    if (found == points_.end() || ended.status == Status::Failed) return;
    if (ended.status == Status::Canceled && cut_trials_ == History::CutTrials::CountAsFailed) {
      return;
    }
    std::vector<double> values = ended.others;
    const auto first = goals_.size() == 1 ? ended.best : ended.last;
    values.insert(values.begin(), first.value_or(kWorst));
    if (values.size() < goals_.size() || std::any_of(values.begin(), values.end(), is_worst)) {
      return;
    }
    values.resize(goals_.size());
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = as_loss(goals_[k].goal, values[k]);
    newcomers_.push_back({ended.trial, found->second, std::move(values)});
    if (newcomers_.size() >= settings_.population) select();
  }

  // Of a trial that goes on the next result counts, and no other.
  void forget(TrialId trial) {
    std::erase_if(newcomers_, [&](const Individual& one) { return one.trial == trial; });
    const auto found = std::find_if(parents_.begin(), parents_.end(),
                                    [&](const Individual& one) { return one.trial == trial; });
    if (found == parents_.end()) return;
    ranks_.erase(ranks_.begin() + (found - parents_.begin()));
    crowding_.erase(crowding_.begin() + (found - parents_.begin()));
    parents_.erase(found);
  }

  // The parents, front by front; of the last front that fits in part, those with the most room.
  void select() {
    std::vector<Individual> all = std::exchange(parents_, {});
    std::move(newcomers_.begin(), newcomers_.end(), std::back_inserter(all));
    newcomers_.clear();
    ranks_.clear();
    crowding_.clear();
    std::vector<Losses> losses;
    for (const Individual& one : all) losses.push_back(one.losses);
    std::uint32_t rank = 0;
    for (const std::vector<std::size_t>& front : non_dominated_fronts(losses)) {
      std::vector<Losses> rows;
      for (const std::size_t member : front) rows.push_back(losses[member]);
      const std::vector<double> distances = crowding_distances(rows);
      std::vector<std::size_t> order(front.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return distances[a] > distances[b]; });
      for (const std::size_t i : order) {
        if (parents_.size() == settings_.population) break;
        parents_.push_back(std::move(all[front[i]]));
        ranks_.push_back(rank);
        crowding_.push_back(distances[i]);
      }
      ++rank;
    }
    ++generation_;
  }

  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const {
    RandomStream stream = ask.stream("nsga2");
    if (parents_.empty()) {
      return {study_.encoding().draw(stream), fmt::format("generation 0, {} of {} have ended",
                                                          newcomers_.size(), settings_.population)};
    }
    const std::size_t a = tournament(stream);
    std::size_t b = tournament(stream);
    for (int again = 0; b == a && again < 8; ++again) b = tournament(stream);
    const bool crosses = stream.uniform() < settings_.crossover_probability;
    Point child = cross(parents_[a].at, crosses ? parents_[b].at : parents_[a].at, stream);
    return {std::move(child),
            fmt::format("generation {} from trial{} {}{}", generation_, crosses ? "s" : "",
                        index_of(parents_[a].trial),
                        crosses ? fmt::format(" and {}", index_of(parents_[b].trial)) : "")};
  }

  [[nodiscard]] std::size_t tournament(RandomStream& stream) const {
    const std::size_t a = stream.below(parents_.size());
    const std::size_t b = stream.below(parents_.size());
    if (ranks_[a] != ranks_[b]) return ranks_[a] < ranks_[b] ? a : b;
    return crowding_[a] >= crowding_[b] ? a : b;
  }

  // Axis by axis, a choice before what it holds: a parameter that only one parent has is taken from
  // that one, one that neither has is drawn.
  [[nodiscard]] Point cross(const Point& a, const Point& b, RandomStream& stream) const {
    const Encoding& encoding = study_.encoding();
    const Point drawn = encoding.draw(stream);
    const double mutates = settings_.mutation_probability.value_or(
        1.0 / static_cast<double>(std::max<std::size_t>(1, encoding.size())));
    Point child(encoding.size(), 0.0);
    for (std::size_t axis = 0; axis < child.size(); ++axis) {
      // The same numbers of the stream for each axis, whatever becomes of it.
      const double chance = stream.uniform(), spread = stream.uniform();
      // Of the two children that a crossover makes one is kept: either may give the parameter.
      const bool second = stream.uniform() < 0.5;
      const double mutation = stream.uniform(), step = stream.uniform();
      const double fresh = stream.uniform();
      if (!encoding.is_active(child, axis)) continue;
      child[axis] = std::isnan(a[axis])   ? b[axis]
                    : std::isnan(b[axis]) ? a[axis]
                                          : mix(axis, a[axis], b[axis], {chance, spread, second});
      const double inherited = child[axis];
      const bool is_new = std::isnan(inherited);
      if (is_new) child[axis] = std::isnan(drawn[axis]) ? draw_at(axis, fresh) : drawn[axis];
      if (!is_new && mutation < mutates) child[axis] = mutate(axis, inherited, step, fresh);
      snap_axis(child, axis);
    }
    return child;
  }

  // Later axes are conditional on this one being a value.
  void snap_axis(Point& point, std::size_t axis) const {
    const Axis& own = study_.encoding().axes()[axis];
    if (own.kind == Axis::Kind::Steps && own.count > 0) {
      point[axis] = study_.encoding().step_at(axis, study_.encoding().step_of(axis, point[axis]));
    }
  }

  [[nodiscard]] double draw_at(std::size_t axis, double u) const {
    const Axis& own = study_.encoding().axes()[axis];
    if (own.kind != Axis::Kind::Categories) return u;
    return std::floor(u * static_cast<double>(own.count));
  }

  struct Luck {
    double chance = 0;
    double spread = 0;
    bool second = false;
  };
  [[nodiscard]] double mix(std::size_t axis, double a, double b, const Luck& luck) const {
    const bool swaps = luck.chance < settings_.swapping_probability;
    if (study_.encoding().axes()[axis].kind == Axis::Kind::Categories ||
        settings_.crossover == Crossover::Uniform) {
      return swaps ? b : a;
    }
    if (!swaps || a == b) return a;
    if (luck.second) std::swap(a, b);
    const double power = 1 / (settings_.crossover_index + 1);
    const double beta = luck.spread < 0.5 ? std::pow(2 * luck.spread, power)
                                          : std::pow(1 / (2 * (1 - luck.spread)), power);
    return std::clamp(((1 + beta) * a + (1 - beta) * b) / 2, 0.0, 1.0);
  }

  // A step too small to reach another value is a draw: a mutation changes something.
  [[nodiscard]] double mutate(std::size_t axis, double value, double step, double fresh) const {
    const Axis& own = study_.encoding().axes()[axis];
    if (own.kind == Axis::Kind::Categories || settings_.mutation == Mutation::Resample) {
      return draw_at(axis, fresh);
    }
    const double power = 1 / (settings_.mutation_index + 1);
    const double delta =
        step < 0.5 ? std::pow(2 * step, power) - 1 : 1 - std::pow(2 * (1 - step), power);
    const double moved = std::clamp(value + delta, 0.0, 1.0);
    if (own.kind == Axis::Kind::Steps && own.count > 0 &&
        study_.encoding().step_of(axis, moved) == study_.encoding().step_of(axis, value)) {
      return fresh;
    }
    return moved;
  }

  Study study_;
  History::CutTrials cut_trials_;
  std::vector<Objective> goals_;
  Settings settings_;
  std::unordered_map<TrialId, Point> points_;
  std::vector<Individual> parents_;
  std::vector<std::uint32_t> ranks_;  // of the parents
  std::vector<double> crowding_;      // of the parents, each within its rank
  std::vector<Individual> newcomers_;
  std::uint32_t generation_ = 0;
};

double number_from(OptionReader& reader, const char* name, double fallback, double least,
                   double most) {
  const auto number = reader.number(name);
  if (!number) return fallback;
  if (*number >= least && *number <= most) return *number;
  reader.fail(name, fmt::format("expected a number from {} to {}", least, most));
  return fallback;
}

Settings read_settings(OptionReader& reader) {
  Settings settings;
  if (const auto size = reader.integer("population_size")) {
    if (*size < 2 || *size > 100000) reader.fail("population_size", "expected 2 to 100000");
    settings.population = static_cast<std::size_t>(std::clamp<std::int64_t>(*size, 2, 100000));
  }
  if (reader.word("crossover", {"sbx", "uniform"}).value_or("sbx") == "uniform") {
    settings.crossover = Crossover::Uniform;
  }
  if (reader.word("mutation", {"polynomial", "resample"}).value_or("polynomial") == "resample") {
    settings.mutation = Mutation::Resample;
  }
  settings.crossover_probability = number_from(reader, "crossover_prob", 0.9, 0, 1);
  settings.swapping_probability = number_from(reader, "swapping_prob", 0.5, 0, 1);
  settings.crossover_index = number_from(reader, "crossover_eta", 5, 0, 1000);
  settings.mutation_index = number_from(reader, "mutation_eta", 20, 0, 1000);
  if (const double given = number_from(reader, "mutation_prob", -1, 0, 1); given >= 0) {
    settings.mutation_probability = given;
  }
  return settings;
}

std::unique_ptr<Sampler> make_nsga2(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions options = read_study_options(context, reader, findings);
  const Settings settings = read_settings(reader);
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<Nsga2>(context, options, settings);
}

const SamplerEntry entry{"nsga2", make_nsga2};

}  // namespace
}  // namespace sweepjob
