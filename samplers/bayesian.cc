// Bayesian: the name that Azure's files use, and what W&B's `bayes` becomes. The engine is gp's,
// with its defaults (samplers/surrogate/process_search.h). Azure's service takes choice, uniform
// and quniform parameters alone; other kinds are taken here too, and refused under --strict only.
#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/surrogate/process_search.h"
#include "samplers/surrogate/study_sampler.h"

namespace sweepjob {
namespace {

void refuse_other_kinds(const SamplerContext& context, Findings& findings) {
  for (const LeafParameter& leaf : all_parameters(context.space)) {
    const Parameter& parameter = *leaf.parameter;
    const DistributionKind kind = parameter.kind;
    if (kind == DistributionKind::Choice || kind == DistributionKind::Uniform ||
        kind == DistributionKind::QUniform) {
      continue;
    }
    findings.error(parameter.where, "search_space." + parameter.path,
                   "bayesian sampling takes only choice, uniform and quniform parameters",
                   "use gp, tpe or random, which take every kind");
  }
}

// Spec azure-sweep section 5: Azure recommends 20 trials a hyperparameter.
void note_budget(const SamplerContext& context, Findings& findings) {
  const std::size_t wanted = 20 * all_parameters(context.space).size();
  if (context.max_total_trials == 0 || context.max_total_trials >= wanted) return;
  findings.note(context.options.where, context.options.path,
                fmt::format("max_total_trials {}: Azure recommends 20 for each parameter, {} here",
                            context.max_total_trials, wanted));
}

std::unique_ptr<Sampler> make_bayesian(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions study = read_study_options(context, reader, findings);
  ProcessOptions options;
  read_noise(reader, options);
  reader.finish();
  if (context.strict) refuse_other_kinds(context, findings);
  if (findings.error_count() > errors) return nullptr;
  note_budget(context, findings);
  return std::make_unique<StudySampler<ProcessSearch>>(context, study, options);
}

const SamplerEntry entry{"bayesian", make_bayesian};

}  // namespace
}  // namespace sweepjob
