// Annealing (hyperopt's): each parameter is drawn near where a good trial had it, ever nearer.
//
//   T results with this parameter active; s = 1 / (1 + shrink_coef T); val: the base trial's value
//   uniform families   U over a window of s times the range, around val, inside the bounds
//   normal families    N(val, s sigma)
//   choice, randint    val with probability 1 - s, else any
//
// The base trial is the one ranked G-th by loss, G geometric with mean avg_best_idx; one that is
// picked serves all parameters that it has. Spec nni section 4.3; hyperopt, `anneal.py`
// (J. Bergstra et al., "Hyperopt", SciPy 2013). docs/samplers/anneal.md.
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/numerics/normal.h"
#include "samplers/surrogate/study.h"

namespace sweepjob {
namespace {

constexpr double kBestIndex = 2;
constexpr double kShrink = 0.1;

double clipped_quantile(double u) { return normal_quantile(std::clamp(u, 0x1p-33, 1 - 0x1p-33)); }

bool is_normal(DistributionKind kind) {
  return kind == DistributionKind::Normal || kind == DistributionKind::QNormal ||
         kind == DistributionKind::LogNormal || kind == DistributionKind::QLogNormal;
}

class AnnealSampler : public Sampler {
 public:
  AnnealSampler(const SamplerContext& context, const StudyOptions& options, double best_index,
                double shrink)
      : study_(context, options, {.order_numeric_choices = false}),
        best_index_(best_index),
        shrink_(shrink),
        active_(study_.encoding().size(), 0) {}

  void observe(const TrialEvent& event) override {
    study_.observe(event);
    const History& history = study_.history();
    if (std::holds_alternative<TrialEnded>(event) && history.ended().size() == ranked_.size() + 1) {
      const std::uint32_t last = history.ended().back();
      const auto place = std::upper_bound(ranked_.begin(), ranked_.end(), last,
                                          [&](std::uint32_t a, std::uint32_t b) {
                                            return history.all()[a].loss < history.all()[b].loss;
                                          });
      ranked_.insert(place, last);
      count(history.all()[last], 1);
    } else if (std::holds_alternative<TrialReopened>(event) &&
               history.ended().size() < ranked_.size()) {
      const auto is_pending = [&](std::uint32_t index) {
        return history.all()[index].state == Observation::State::Pending;
      };
      const auto found = std::find_if(ranked_.begin(), ranked_.end(), is_pending);
      count(history.all()[*found], -1);
      ranked_.erase(found);
    }
  }

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    return study_.propose(trials, rng, [this](const Study::Ask& ask) { return suggest(ask); });
  }

  [[nodiscard]] bool needs_results() const override { return true; }

 private:
  void count(const Observation& one, int change) {
    for (std::size_t axis = 0; axis < active_.size(); ++axis) {
      if (!std::isnan(one.at[axis])) active_[axis] += static_cast<std::size_t>(change);
    }
  }

  // The rank is geometric, over the results in which the axis is active.
  [[nodiscard]] std::uint32_t pick_base(std::size_t axis, RandomStream& stream) const {
    const double p = 1 / best_index_;
    std::size_t rank = 0;
    while (rank + 1 < active_[axis] && stream.uniform() >= p) ++rank;
    for (const std::uint32_t index : ranked_) {
      if (!std::isnan(study_.history().all()[index].at[axis]) && rank-- == 0) return index;
    }
    return ranked_.back();
  }

  [[nodiscard]] double near(std::size_t axis, double value, double s, RandomStream& stream) const {
    const Axis& own = study_.encoding().axes()[axis];
    const DistributionKind kind = own.parameter->kind;
    if (own.kind == Axis::Kind::Categories || kind == DistributionKind::RandInt) {
      if (stream.uniform() >= s) return value;
      return own.kind == Axis::Kind::Categories ? static_cast<double>(stream.below(own.count))
                                                : stream.uniform();
    }
    if (is_normal(kind)) {
      return normal_probability(clipped_quantile(value) + s * normal_draw(stream));
    }
    const double centre = std::clamp(value, s / 2, 1 - s / 2);
    return centre + s * (stream.uniform() - 0.5);
  }

  [[nodiscard]] Study::Suggestion suggest(const Study::Ask& ask) const {
    const Encoding& encoding = study_.encoding();
    RandomStream prior = ask.stream("prior");
    RandomStream stream = ask.stream("anneal");
    Study::Suggestion result{encoding.draw(prior), "a draw: no results yet"};
    if (ranked_.empty()) return result;
    std::optional<std::uint32_t> base;
    double widest = 0;
    for (std::size_t axis = 0; axis < encoding.size(); ++axis) {
      // A branch that the draw had not taken has no coordinates yet.
      if (!encoding.is_active(result.at, axis)) continue;
      if (active_[axis] == 0) {
        if (std::isnan(result.at[axis])) result.at[axis] = draw_one(axis, stream);
        continue;
      }
      const auto& all = study_.history().all();
      if (!base || std::isnan(all[*base].at[axis])) base = pick_base(axis, stream);
      const double s = 1 / (1 + shrink_ * static_cast<double>(active_[axis]));
      widest = std::max(widest, s);
      result.at[axis] = near(axis, all[*base].at[axis], s, stream);
    }
    encoding.snap(result.at);
    if (base) {
      result.note = fmt::format("near trial {}, width {:.3g}",
                                index_of(study_.history().all()[*base].trial), widest);
    }
    return result;
  }

  [[nodiscard]] double draw_one(std::size_t axis, RandomStream& stream) const {
    const Axis& own = study_.encoding().axes()[axis];
    return own.kind == Axis::Kind::Categories ? static_cast<double>(stream.below(own.count))
                                              : stream.uniform();
  }

  Study study_;
  double best_index_;
  double shrink_;
  std::vector<std::uint32_t> ranked_;  // of the history, by loss, equal ones in order of their ends
  std::vector<std::size_t> active_;    // by axis, results with it
};

std::unique_ptr<Sampler> make_anneal(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions study = read_study_options(context, reader, findings);
  const double best_index = reader.number("avg_best_idx").value_or(kBestIndex);
  if (!(best_index >= 1 && best_index <= 1e6)) {
    reader.fail("avg_best_idx", "expected a number from 1 on: 1 always starts from the best trial");
  }
  const double shrink = reader.number("shrink_coef").value_or(kShrink);
  if (!(shrink >= 0 && shrink <= 1e6)) {
    reader.fail("shrink_coef", "expected a number from 0 on");
  }
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<AnnealSampler>(context, study, best_index, shrink);
}

const SamplerEntry entry{"anneal", make_anneal};

}  // namespace
}  // namespace sweepjob
