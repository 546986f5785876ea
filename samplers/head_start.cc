#include "samplers/head_start.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "model/check.h"
#include "samplers/numerics/draw.h"
#include "samplers/surrogate/encoding.h"
#include "samplers/surrogate/given_point.h"

namespace sweepjob {
namespace {

constexpr const char* kPoints = "points";
constexpr std::size_t kMaxPoints = 100000;

bool is_own(const Option& option) {
  return option.name == kPoints || option.name == kWarmStart || option.name == kWarmStartResults;
}

// What the point does not say is drawn; the parameters keep the order of the space.
Params filled(const SearchSpace& space, const Params& point, double logbase,
              const UniformSource& uniform) {
  Params params = draw_params(space, uniform, logbase);
  for (auto& [name, value] : params) {
    const auto given = std::find_if(point.begin(), point.end(),
                                    [&](const auto& one) { return one.first == name; });
    if (given != point.end()) value = given->second;
  }
  return params;
}

class PointsFirst final : public Sampler {
 public:
  PointsFirst(std::unique_ptr<Sampler> inner, std::vector<Params> points, const SearchSpace& space,
              double logbase)
      : inner_(std::move(inner)), points_(std::move(points)), space_(space), logbase_(logbase) {
    for (const LeafParameter& leaf : all_parameters(space_)) {
      paths_.emplace_back(leaf.parameter, leaf.branch_path);
    }
    std::sort(paths_.begin(), paths_.end());
  }

  void observe(const TrialEvent& event) override { inner_->observe(event); }

  // The sampler is asked for none that come after a point of the same call: it has not heard of
  // that point yet.
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    SWEEPJOB_CHECK(!trials.empty(), "the caller says which trials it wants");
    std::vector<Proposal> proposals;
    for (const TrialId trial : trials) {
      const std::uint32_t index = index_of(trial);
      if (index >= points_.size()) break;
      Proposal& proposal = proposals.emplace_back();
      proposal.params = point_of(trial, rng);
      proposal.note = fmt::format("given point {}", index);
    }
    if (proposals.empty()) return inner_->propose(trials, rng);
    return proposals;
  }

  [[nodiscard]] bool needs_results() const override { return inner_->needs_results(); }
  [[nodiscard]] bool slow() const override { return inner_->slow(); }
  [[nodiscard]] bool weighs_objectives() const override { return inner_->weighs_objectives(); }

 private:
  [[nodiscard]] Params point_of(TrialId trial, const Rng& rng) const {
    const auto uniform = [&](const Parameter& parameter) {
      const auto path = std::lower_bound(
          paths_.begin(), paths_.end(), &parameter,
          [](const auto& one, const Parameter* sought) { return one.first < sought; });
      return rng.stream(trial, "point:" + path->second).uniform();
    };
    return filled(space_, points_[index_of(trial)], logbase_, uniform);
  }

  std::unique_ptr<Sampler> inner_;
  std::vector<Params> points_;
  const SearchSpace& space_;
  double logbase_;
  std::vector<std::pair<const Parameter*, std::string>> paths_;  // sorted
};

std::optional<PriorResult> result_in(const Value& value) {
  const Value* params = value.find("params");
  const Value* status = value.find("status");
  const Value* best = value.find("best");
  if (params == nullptr || params->get<Value::Map>() == nullptr || status == nullptr) return {};
  const auto* word = status->get<std::string>();
  const auto known = word == nullptr ? std::nullopt : status_from(*word);
  if (!known || !is_terminal(*known)) return {};
  PriorResult result{*params->get<Value::Map>(), *known, {}};
  double storage = 0;
  if (const double* number = best == nullptr ? nullptr : best->as_number(storage)) {
    result.best = *number;
  }
  const Value* lasts = value.find("lasts");
  const auto* list = lasts == nullptr ? nullptr : lasts->get<Value::List>();
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const double* number = (*list)[i].as_number(storage);
    result.lasts.push_back(number == nullptr ? kWorst : *number);
  }
  return result;
}

TrialEnded end_of(TrialId trial, const PriorResult& one) {
  TrialEnded ended{trial, one.status, one.best, one.best};
  if (!one.lasts.empty()) {
    ended.last = one.lasts.front();
    ended.others.assign(one.lasts.begin() + 1, one.lasts.end());
  }
  return ended;
}

}  // namespace

std::vector<std::string> warm_start_sweeps(const Options& options) {
  const Option* option = options.find(kWarmStart);
  if (option == nullptr) return {};
  if (const auto* name = option->value.get<std::string>()) return {*name};
  std::vector<std::string> names;
  if (const auto* list = option->value.get<Value::List>()) {
    for (const Value& item : *list) {
      if (const auto* name = item.get<std::string>()) names.push_back(*name);
    }
  }
  return names;
}

Value to_value(const std::vector<PriorResult>& results) {
  Value::List list;
  for (const PriorResult& one : results) {
    Value::Map entry{{"params", one.params},
                     {"status", to_string(one.status)},
                     {"best", one.best ? Value(*one.best) : Value()}};
    Value::List lasts;
    for (const double last : one.lasts) lasts.push_back(is_worst(last) ? Value() : Value(last));
    if (!lasts.empty()) entry.emplace_back("lasts", std::move(lasts));
    list.push_back(std::move(entry));
  }
  return list;
}

HeadStart::HeadStart(const SamplerContext& context, Findings& findings) : rest_(context.options) {
  std::erase_if(rest_.options, is_own);
  Findings said_by_the_sampler;
  OptionReader reader(rest_, said_by_the_sampler);
  logbase_ = read_logbase(reader);
  read_points(context, findings);
  if (const Option* option = context.options.find(kWarmStart);
      option != nullptr && !option->value.is_null()) {
    sweeps_ = warm_start_sweeps(context.options);
    const auto* list = option->value.get<Value::List>();
    if (sweeps_.empty() || (list != nullptr && list->size() != sweeps_.size())) {
      findings.error(option->where, context.options.path + "." + kWarmStart,
                     "expected the name of a sweep, or a list of names",
                     "`sweepjob list` shows them");
    }
  }
  const Option* results = context.options.find(kWarmStartResults);
  if (results == nullptr) return;
  const auto* list = results->value.get<Value::List>();
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if (auto result = result_in((*list)[i])) results_.push_back(*std::move(result));
  }
  if (list == nullptr || results_.size() != list->size() ||
      results_.size() > kMaxWarmStartResults) {
    findings.error(results->where, context.options.path + "." + kWarmStartResults,
                   "expected what submitting a job with warm_start writes here",
                   "write warm_start: with the name of a sweep");
  }
}

void HeadStart::read_points(const SamplerContext& context, Findings& findings) {
  const Option* option = context.options.find(kPoints);
  if (option == nullptr || option->value.is_null()) return;
  const std::string path = context.options.path + "." + kPoints;
  const auto* list = option->value.get<Value::List>();
  point_count_ = list == nullptr ? 1 : list->size();
  if (list == nullptr || list->size() > kMaxPoints) {
    findings.error(option->where, path,
                   fmt::format("expected a list of at most {} points", kMaxPoints),
                   "for instance points: [{lr: 0.1, layers: 2}]");
    return;
  }
  const Encoding encoding(context.space, logbase_, false);
  const Params middle = filled(context.space, {}, logbase_, [](const Parameter&) { return 0.5; });
  for (std::size_t i = 0; i < list->size(); ++i) {
    const ValuePlace place =
        i < option->inside.size() ? option->inside[i] : ValuePlace{option->where, {}};
    const auto point = with_given(context.space, encoding, middle, (*list)[i],
                                  fmt::format("{}[{}]", path, i), place, findings);
    if (point) points_.push_back(*(*list)[i].get<Value::Map>());
  }
}

std::unique_ptr<Sampler> HeadStart::give_to(std::unique_ptr<Sampler> sampler,
                                            const SamplerContext& context, Findings& findings) && {
  if (points_.empty() && sweeps_.empty()) return sampler;
  const char* key = points_.empty() ? kWarmStart : kPoints;
  const auto refuse = [&](const std::string& why, const std::string& hint) {
    const Option* option = context.options.find(key);
    findings.error(option == nullptr ? context.options.where : option->where,
                   context.options.path + "." + key, why, hint);
    return nullptr;
  };
  if (sampler->budget_plan()) {
    return refuse(fmt::format("{} trains what another sampler draws", context.options.type),
                  fmt::format("write it below: sampler: {{type: ..., {}: ...}}", key));
  }
  if (!points_.empty() && sampler->is_enumeration()) {
    return refuse(fmt::format("{} has a list of points of its own", context.options.type),
                  "leave it out");
  }
  if (!sweeps_.empty() && !sampler->needs_results()) {
    findings.warning(
        context.options.find(kWarmStart)->where, context.options.path + "." + kWarmStart,
        fmt::format("{} does not learn from results: it has no effect", context.options.type));
  } else {
    std::uint32_t id = UINT32_MAX;
    for (PriorResult& one : results_) {
      TrialAdded added{TrialId{id}, {}};
      added.proposal.params = std::move(one.params);
      sampler->observe(added);
      sampler->observe(end_of(TrialId{id}, one));
      --id;
    }
  }
  if (points_.empty()) return sampler;
  return std::make_unique<PointsFirst>(std::move(sampler), std::move(points_), context.space,
                                       logbase_);
}

}  // namespace sweepjob
