// Batch: the points that the user has written down, in order, and then no more (spec nni section
// 4.6). Those under `points` the catalog proposes for every sampler (head_start.h), and batch has
// nothing to add to them; without any, the search space is one choice and its entries are the
// points: trial i is entry i. docs/samplers/batch.md.
#include <fmt/format.h>

#include "model/check.h"
#include "samplers/catalog.h"
#include "samplers/numerics/draw.h"
#include "samplers/surrogate/encoding.h"

namespace sweepjob {
namespace {

class BatchSampler : public Sampler {
 public:
  // `unwrap`: an entry is a map that stands for the parameters themselves.
  BatchSampler(const SamplerContext& context, double logbase, bool unwrap)
      : encoding_(context.space, logbase, false),
        count_(context.given_points > 0 ? 0 : context.space.parameters[0].choices.size()),
        unwrap_(unwrap) {}

  void observe(const TrialEvent&) override {}

  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    SWEEPJOB_CHECK(!trials.empty(), "the caller says which trials it wants");
    std::vector<Proposal> proposals;
    for (const TrialId trial : trials) {
      if (index_of(trial) >= count_) break;
      Proposal& proposal = proposals.emplace_back();
      proposal.params = entry(index_of(trial), rng.stream(trial, "batch"));
      proposal.note = fmt::format("entry {} of {}", index_of(trial) + 1, count_);
    }
    if (proposals.empty()) return Exhausted{};
    return proposals;
  }

  [[nodiscard]] bool needs_results() const override { return false; }

 private:
  // Parameters inside the entry are drawn.
  [[nodiscard]] Params entry(std::size_t i, RandomStream stream) const {
    Point point(encoding_.size());
    for (std::size_t axis = 0; axis < point.size(); ++axis) {
      const double u = stream.uniform();
      const Axis& own = encoding_.axes()[axis];
      point[axis] = own.kind == Axis::Kind::Categories
                        ? static_cast<double>(pick_index(u, static_cast<std::int64_t>(own.count)))
                        : u;
    }
    point[0] = static_cast<double>(i);
    encoding_.snap(point);
    Params params = encoding_.decode(point);
    if (unwrap_) return *params[0].second.get<Value::Map>();
    return params;
  }

  Encoding encoding_;
  std::size_t count_;
  bool unwrap_;
};

void check_entries(const SamplerContext& context, bool unwrap, Findings& findings) {
  const auto& parameters = context.space.parameters;
  for (const Parameter& parameter : parameters) {
    if (parameter.kind == DistributionKind::Choice) continue;
    findings.error(parameter.where, "search_space." + parameter.path,
                   fmt::format("batch without points takes one choice, whose entries are the "
                               "points; this parameter is {}",
                               to_string(parameter.kind)),
                   "give points, or use random, which takes every kind");
    return;
  }
  if (parameters.size() != 1) {
    findings.error(context.options.where, context.options.path,
                   "batch needs points, or a search space of one choice whose entries they are",
                   "for instance points: [{lr: 0.1, layers: 2}, {lr: 0.01}]");
    return;
  }
  for (const ChoiceEntry& entry : parameters[0].choices) {
    if (!unwrap || !entry.members.empty() || entry.literal.get<Value::Map>() != nullptr) continue;
    findings.error(parameters[0].where, "search_space." + parameters[0].path,
                   "with unwrap every entry must be a mapping of parameters");
    return;
  }
}

std::unique_ptr<Sampler> make_batch(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  static_cast<void>(reader.integer("seed"));
  const double logbase = read_logbase(reader);
  const bool unwrap = reader.boolean("unwrap").value_or(false);
  if (context.given_points == 0) {
    check_entries(context, unwrap, findings);
  } else if (unwrap) {
    reader.fail("unwrap", "belongs to a search space of one choice, not to points");
  }
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<BatchSampler>(context, logbase, unwrap);
}

const SamplerEntry entry{"batch", make_batch};

}  // namespace
}  // namespace sweepjob
