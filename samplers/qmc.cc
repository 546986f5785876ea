// Quasi-Monte Carlo: trial i is point i of a sequence that fills the space evenly.
//
//   sobol    scrambled as A. B. Owen, 1995 (numerics/sobol.h)
//   halton   scrambled as J. Matousek, 1998 (numerics/halton.h)
//
// The sampler itself is numerics/indexed_sampler.h. docs/samplers/qmc.md.
#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/halton.h"
#include "samplers/numerics/indexed_sampler.h"
#include "samplers/numerics/sobol.h"

namespace sweepjob {
namespace {

IndexedSampler::Sequence halton_sequence(bool scramble) {
  return [scramble](std::uint32_t index, std::size_t dimension, const std::string& path,
                    const Rng& rng) {
    if (!scramble) return halton(index, dimension);
    RandomStream key = rng.stream(TrialId{}, "halton:" + path);
    return scrambled_halton(index, dimension, key.next());
  };
}

std::unique_ptr<Sampler> make_qmc(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  // Optuna's name for it, and ours as under random.
  const char* name = context.options.find("qmc_type") != nullptr ? "qmc_type" : "rule";
  const bool is_halton = reader.word(name, {"sobol", "halton"}).value_or("sobol") == "halton";
  const bool scramble = reader.boolean("scramble").value_or(true);
  static_cast<void>(reader.integer("seed"));
  const double logbase = read_logbase(reader);
  const std::size_t dimensions = all_parameters(context.space).size();
  const std::size_t most = is_halton ? kHaltonDimensions : SobolSequence::kMaxDimensions;
  if (dimensions > most) {
    reader.fail(name,
                fmt::format("{} has {} dimensions, the search space has {} parameters",
                            is_halton ? "halton" : "sobol", most, dimensions),
                is_halton ? "use random" : "use rule: halton or random");
  }
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<IndexedSampler>(
      context, logbase,
      is_halton ? halton_sequence(scramble) : sobol_sequence(dimensions, scramble));
}

const SamplerEntry entry{"qmc", make_qmc};

}  // namespace
}  // namespace sweepjob
