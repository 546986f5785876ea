// builtin:curves: learning curves that are a function of the parameters, for a simulation without a
// command. With x_i in [0, 1] where a parameter's value lies in its range, and ideals a_i, b_i that
// the seed draws once a sweep:
//
//   far  = mean |x_i - a_i|,  slow = mean |x_i - b_i|,  final = 0.05 + 0.9 far
//   loss(k) = final + (1 - final) 2^(-k / h) + noise u_k,  h = 1 + slow steps / 4,  u_k in [-1, 1)
//
// so that good trials are not always quick ones, and curves cross. Goal maximize: 1 - loss. With a
// budget, `steps` is the budget; with a parent that had one, the curve goes on where it stood.
// A further objective has an ideal place c_i of its own, 0.05 + 0.9 mean |x_i - c_i| in the end.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "model/rng.h"
#include "runner/app/cli/verb.h"
#include "runner/app/effective_range.h"
#include "runner/app/simulated_objective.h"

namespace sweepjob {
namespace {

struct CurveOptions {
  double steps = 100;
  double noise = 0.02;
  double seconds = 1;
};

// Where the values of one parameter lie.
struct Range {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
  std::vector<Value> choices;  // in place of low and high

  [[nodiscard]] double place(const Value& value) const {
    if (!choices.empty()) {
      const auto at = std::find(choices.begin(), choices.end(), value) - choices.begin();
      const double last = static_cast<double>(choices.size()) - 1;
      return last > 0 ? std::min(static_cast<double>(at), last) / last : 0.5;
    }
    double storage = 0;
    const double* number = value.as_number(storage);
    if (number == nullptr) return 0.5;
    const double part = logarithmic ? std::log(*number / low) / std::log(high / low)
                                    : (*number - low) / (high - low);
    return std::isfinite(part) ? std::clamp(part, 0.0, 1.0) : 0.5;
  }
};

Range range_of(const Parameter& parameter) {
  Range range{parameter.min, parameter.max, false, {}};
  switch (parameter.kind) {
    case DistributionKind::Choice:
      for (const ChoiceEntry& entry : parameter.choices) {
        if (entry.members.empty()) range.choices.push_back(entry.literal);
      }
      break;
    case DistributionKind::RandInt:
      range.low = 0;
      range.high = static_cast<double>(parameter.upper) - 1;
      break;
    case DistributionKind::Normal:
    case DistributionKind::QNormal:
      range.low = parameter.mu - 2 * parameter.sigma;
      range.high = parameter.mu + 2 * parameter.sigma;
      break;
    default: break;
  }
  return range;
}

class SyntheticCurves final : public SimulatedObjective {
 public:
  SyntheticCurves(const SweepSpec& spec, CurveOptions options)
      : objectives_(spec.objectives), options_(options) {
    for (const LeafParameter& leaf : all_parameters(spec.space)) {
      ranges_.emplace(leaf.parameter->path, range_of(*leaf.parameter));
    }
    for (const EffectiveRange& effective : effective_ranges(spec)) {
      ranges_[effective.parameter->path] = {effective.low, effective.high, true, {}};
    }
  }

  Result<SimAnswer> evaluate(const SimQuestion& question) override {
    double far = 0;
    double slow = 0;
    locate(question, far, slow);
    const double final_loss = 0.05 + 0.9 * far;
    const double shrink = std::exp2(-1 / (1 + slow * options_.steps / 4));
    const auto [first, last] = steps_of(question);
    RandomStream random = Rng(question.seed).stream(question.trial, "noise");
    SimAnswer answer;
    answer.seconds_per_step = options_.seconds;
    answer.curve.reserve(last - first);
    double gap = (1 - final_loss) * std::pow(shrink, first);
    for (std::uint32_t k = first; k < last; ++k) {
      gap *= shrink;
      const double loss = final_loss + gap + options_.noise * (2 * random.uniform() - 1);
      answer.curve.push_back(objectives_.front().goal == Goal::Minimize ? loss : 1 - loss);
    }
    for (std::size_t k = 1; k < objectives_.size(); ++k) {
      const double loss = 0.05 + 0.9 * far_from_ideal(question, k);
      answer.others.emplace_back(objectives_[k].primary_metric,
                                 objectives_[k].goal == Goal::Minimize ? loss : 1 - loss);
    }
    return answer;
  }

 private:
  void locate(const SimQuestion& question, double& far, double& slow) {
    const auto leaves = leaves_of(question.proposal.params);
    for (const auto& [path, value] : leaves) {
      const auto known = ranges_.find(path);
      const double place = known == ranges_.end() ? 0.5 : known->second.place(value);
      const auto [a, b] = ideals(path, question.seed);
      far += std::fabs(place - a) / static_cast<double>(leaves.size());
      slow += std::fabs(place - b) / static_cast<double>(leaves.size());
    }
  }

  [[nodiscard]] double far_from_ideal(const SimQuestion& question, std::size_t objective) const {
    double far = 0;
    const auto leaves = leaves_of(question.proposal.params);
    for (const auto& [path, value] : leaves) {
      const auto known = ranges_.find(path);
      const double place = known == ranges_.end() ? 0.5 : known->second.place(value);
      RandomStream random =
          Rng(question.seed).stream(TrialId{}, fmt::format("ideal {}:{}", objective, path));
      far += std::fabs(place - random.uniform()) / static_cast<double>(leaves.size());
    }
    return far;
  }

  std::pair<double, double> ideals(const std::string& path, std::uint64_t seed) {
    const auto known = ideals_.find(path);
    if (known != ideals_.end()) return known->second;
    RandomStream random = Rng(seed).stream(TrialId{}, "ideal:" + path);
    const double a = random.uniform();
    return ideals_[path] = {a, random.uniform()};
  }

  // Steps done before, and in the end.
  std::pair<std::uint32_t, std::uint32_t> steps_of(const SimQuestion& question) {
    const Proposal& proposal = question.proposal;
    if (!proposal.budget) return {0, static_cast<std::uint32_t>(options_.steps)};
    const double most = static_cast<double>(kMaxSimSteps);
    const auto last =
        static_cast<std::uint32_t>(std::clamp(std::ceil(proposal.budget->amount), 1.0, most));
    const auto parent =
        proposal.parent ? trained_.find(index_of(*proposal.parent)) : trained_.end();
    const std::uint32_t first = parent == trained_.end() ? 0 : std::min(parent->second, last - 1);
    trained_[index_of(question.trial)] = last;
    return {first, last};
  }

  const std::vector<Objective>& objectives_;
  CurveOptions options_;
  std::unordered_map<std::string, Range> ranges_;
  std::unordered_map<std::string, std::pair<double, double>> ideals_;
  std::unordered_map<std::uint32_t, std::uint32_t> trained_;  // to which budget
};

Error bad(std::string message) { return {ErrorCode::Usage, std::move(message)}; }

}  // namespace

Result<std::unique_ptr<SimulatedObjective>> make_synthetic_curves(std::string_view options,
                                                                  const SweepSpec& spec) {
  CurveOptions curves;
  while (!options.empty()) {
    const std::string_view part = options.substr(0, options.find(','));
    options.remove_prefix(std::min(options.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    double* target = nullptr;
    double most = kMaxSimStepSeconds;
    if (name == "steps") target = &curves.steps;
    if (name == "noise") target = &curves.noise;
    if (name == "seconds") target = &curves.seconds;
    const bool whole = target == &curves.steps;
    if (whole) most = static_cast<double>(kMaxSimSteps);
    double number = -1;
    if (target != nullptr && equals != std::string_view::npos) {
      const char* const end = part.data() + part.size();
      const auto read = std::from_chars(part.data() + equals + 1, end, number);
      if (read.ec != std::errc() || read.ptr != end) number = -1;
    }
    if (!(number >= (whole ? 1 : 0)) || number > most || (whole && number != std::floor(number))) {
      return bad(
          fmt::format("builtin:curves does not take '{}': steps=1..{}, noise=0.., "
                      "seconds=0..{:g}",
                      printable(part, 100), kMaxSimSteps, kMaxSimStepSeconds));
    }
    *target = number;
  }
  return std::unique_ptr<SimulatedObjective>(std::make_unique<SyntheticCurves>(spec, curves));
}

}  // namespace sweepjob
