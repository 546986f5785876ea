// A name that Azure's files use. The model-based sampler itself comes with the samplers issue;
// until then the answer is one error that says what to write instead.
#include "samplers/catalog.h"

namespace sweepjob {
namespace {

std::unique_ptr<Sampler> make_bayesian(const SamplerContext& context, Findings& findings) {
  findings.error(context.options.where, context.options.path,
                 "bayesian sampling is not available yet in this version",
                 "use random with rule: sobol");
  return nullptr;
}

const SamplerEntry entry{"bayesian", make_bayesian};

}  // namespace
}  // namespace sweepjob
