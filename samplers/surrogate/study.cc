#include "samplers/surrogate/study.h"

#include <cmath>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/numerics/draw.h"

namespace sweepjob {
namespace {

// Draws before the search for a new point becomes systematic.
constexpr int kDrawsPerTrial = 100;

// Equal for snapped points of equal values: a coordinate that went through its value and back is
// off by a rounding or two, which is far below this grid.
std::string key_of(const Point& point) {
  std::string key(point.size() * sizeof(double), '\0');
  for (std::size_t axis = 0; axis < point.size(); ++axis) {
    const double coordinate =
        std::isnan(point[axis]) ? -1 : std::nearbyint(point[axis] * 0x1p40) + 0.0;
    std::memcpy(key.data() + axis * sizeof(double), &coordinate, sizeof(double));
  }
  return key;
}

}  // namespace

StudyOptions read_study_options(const SamplerContext& context, OptionReader& reader,
                                Findings& findings) {
  StudyOptions options;
  static_cast<void>(reader.integer("seed"));
  options.logbase = read_logbase(reader);
  if (reader.word("cut_trials", {"best", "failed"}).value_or("best") == "failed") {
    options.cut_trials = History::CutTrials::CountAsFailed;
  }
  if (context.objectives.empty()) {
    findings.error(
        context.options.where, context.options.path,
        fmt::format("{} learns from results, and the job names no objective", context.options.type),
        "name one under objective, or use random, grid or batch");
  }
  return options;
}

Study::Study(const SamplerContext& context, const StudyOptions& options, Settings settings)
    : settings_(settings),
      encoding_(context.space, options.logbase, settings.order_numeric_choices),
      history_(encoding_,
               context.objectives.empty() ? Goal::Minimize : context.objectives.front().goal,
               options.cut_trials),
      points_(context.space, options.logbase) {}

void Study::observe(const TrialEvent& event) {
  history_.observe(event);
  if (const auto* added = std::get_if<TrialAdded>(&event)) {
    if (const auto point = encoding_.encode(added->proposal.params)) tried_.insert(key_of(*point));
  }
}

bool Study::Ask::is_new(const Point& point) const {
  const std::string key = key_of(point);
  return !study.tried_.contains(key) && !batch.contains(key);
}

Proposals Study::propose(std::span<const TrialId> trials, const Rng& rng,
                         const Suggest& suggest) const {
  SWEEPJOB_CHECK(!trials.empty(), "the caller says which trials it wants");
  std::vector<Point> pending;
  for (const std::uint32_t index : history_.pending()) {
    pending.push_back(history_.all()[index].at);
  }
  Keys batch;
  std::vector<Proposal> proposals;
  const bool avoids = settings_.repeats == Repeats::Avoided;
  for (const TrialId trial : trials) {
    const Ask ask{*this, batch, trial, rng, pending};
    // Without a new point the model need not be asked.
    if (avoids && points_.size() && tried_.size() + batch.size() >= *points_.size()) break;
    std::optional<Suggestion> suggestion = suggest(ask);
    encoding_.snap(suggestion->at);
    if (avoids && !ask.is_new(suggestion->at)) suggestion = new_point(ask);
    if (!suggestion) break;
    batch.insert(key_of(suggestion->at));
    Proposal& proposal = proposals.emplace_back();
    proposal.params = encoding_.decode(suggestion->at);
    proposal.note = std::move(suggestion->note);
    pending.push_back(std::move(suggestion->at));
  }
  if (proposals.empty()) return Exhausted{};
  return proposals;
}

std::optional<Study::Suggestion> Study::new_point(const Ask& ask) const {
  const char* note = "a draw: the model's choice was tried before";
  RandomStream stream = ask.stream("new point");
  for (int i = 0; i < kDrawsPerTrial; ++i) {
    Point point = encoding_.draw(stream);
    if (ask.is_new(point)) return Suggestion{std::move(point), note};
  }
  // Nearly used up: the next free point from a random one on. A space with real-valued parameters
  // comes here only when rounding leaves them next to no values.
  if (!points_.size()) return std::nullopt;
  const std::uint64_t start = stream.below(*points_.size());
  for (std::uint64_t step = 0; step < *points_.size(); ++step) {
    const std::uint64_t to_end = *points_.size() - start;
    auto point = encoding_.encode(points_.at(step < to_end ? start + step : step - to_end));
    SWEEPJOB_CHECK(point.has_value(), "a point of the space has coordinates");
    if (ask.is_new(*point)) return Suggestion{*std::move(point), note};
  }
  return std::nullopt;
}

}  // namespace sweepjob
