// GP: Bayesian optimisation with a Gaussian process (samplers/surrogate/process_search.h has the
// rule). The arguments are Optuna's GPSampler's and, with their own names, those of NNI's GP tuner.
#include <algorithm>

#include "samplers/catalog.h"
#include "samplers/surrogate/process_sampler.h"

namespace sweepjob {
namespace {

// The first of two spellings that is there.
std::optional<double> number_of(OptionReader& reader, const char* name, const char* other) {
  const auto a = reader.number(name), b = reader.number(other);
  return a ? a : b;
}

void read_nni_arguments(OptionReader& reader, ProcessOptions& options) {
  const auto utility = reader.word("utility", {"log_ei", "ei", "poi", "ucb"});
  if (utility == "ei") options.utility = Utility::Kind::Improvement;
  if (utility == "poi") options.utility = Utility::Kind::Probability;
  if (utility == "ucb") options.utility = Utility::Kind::Confidence;
  options.kappa = reader.number("kappa").value_or(options.kappa);
  options.xi = reader.number("xi").value_or(options.xi);
  if (options.kappa < 0) reader.fail("kappa", "must be at least 0");
  if (options.xi < 0) reader.fail("xi", "must be at least 0");
  if (reader.number("nu").value_or(2.5) != 2.5) {
    reader.fail("nu", "only 2.5 is offered: the kernel is Matern 5/2", "leave it out");
  }
  const auto bounded = [&](const char* name, int& limit, std::int64_t most) {
    const auto value = reader.integer(name);
    if (!value) return;
    if (*value < 1) reader.fail(name, "must be at least 1");
    limit = static_cast<int>(std::clamp<std::int64_t>(*value, 1, most));
  };
  bounded("selection_num_warm_up", options.candidates, 4096);
  bounded("selection_num_starting_points", options.starts, 16);
}

std::unique_ptr<Sampler> make_gp(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions study = read_study_options(context, reader, findings);
  ProcessOptions options;
  if (const auto startup = number_of(reader, "n_startup_trials", "cold_start_num")) {
    if (*startup < 1) reader.fail("n_startup_trials", "must be at least 1");
    options.startup = static_cast<std::int64_t>(std::clamp(*startup, 1.0, 1e9));
  }
  read_noise(reader, options);
  read_nni_arguments(reader, options);
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<ProcessSampler>(context, study, options);
}

const SamplerEntry entry{"gp", make_gp};

}  // namespace
}  // namespace sweepjob
