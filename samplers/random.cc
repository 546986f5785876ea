// Random: independent draws (rule: random) or scrambled Sobol points (rule: sobol); spec
// azure-sweep section 5. The sampler itself is numerics/indexed_sampler.h.
#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/indexed_sampler.h"
#include "samplers/numerics/sobol.h"

namespace sweepjob {
namespace {

std::unique_ptr<Sampler> make_random(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const bool sobol = reader.word("rule", {"random", "sobol"}).value_or("random") == "sobol";
  // The core resolves the seed and hands it over in the Rng; here it is only checked.
  static_cast<void>(reader.integer("seed"));
  const double logbase = read_logbase(reader);
  const std::size_t dimensions = all_parameters(context.space).size();
  if (sobol && dimensions > SobolSequence::kMaxDimensions) {
    reader.fail("rule",
                fmt::format("sobol has {} dimensions, the search space has {} parameters",
                            SobolSequence::kMaxDimensions, dimensions),
                "use rule: random");
  }
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  IndexedSampler::Sequence sequence;
  if (sobol) sequence = sobol_sequence(dimensions, true);
  return std::make_unique<IndexedSampler>(context, logbase, std::move(sequence));
}

const SamplerEntry entry{"random", make_random};

}  // namespace
}  // namespace sweepjob
