// GP: Bayesian optimisation with a Gaussian process (samplers/surrogate/process_search.h has the
// rule). The arguments are Optuna's GPSampler's and, with their own names, those of NNI's GP tuner.
// Under `rule: nni` and `rule: wandb` the processes are those of these two services
// (samplers/surrogate/classic_search.h).
#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/surrogate/classic_search.h"
#include "samplers/surrogate/process_search.h"
#include "samplers/surrogate/study_sampler.h"

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
    reader.fail("nu", "the kernel is Matern 5/2", "leave it out, or choose rule: nni");
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

ClassicOptions read_classic_options(OptionReader& reader, ClassicOptions::Rule rule) {
  ClassicOptions options;
  options.rule = rule;
  if (rule == ClassicOptions::Rule::Wandb) return options;
  const auto utility = reader.word("utility", {"ei", "poi", "ucb"});
  if (utility == "poi") options.utility = Utility::Kind::Probability;
  if (utility == "ucb") options.utility = Utility::Kind::Confidence;
  const auto at_least = [&](const char* name, double& value, double least, double most) {
    const auto number = reader.number(name);
    if (!number) return;
    if (*number >= least && *number <= most) {
      value = *number;
    } else {
      reader.fail(name, fmt::format("expected a number from {} to {}", least, most));
    }
  };
  const auto count = [&](const char* name, auto& value, std::int64_t most) {
    const auto number = reader.integer(name);
    if (!number) return;
    if (*number >= 1 && *number <= most) {
      value = static_cast<std::remove_reference_t<decltype(value)>>(*number);
    } else {
      reader.fail(name, fmt::format("expected 1 to {}", most));
    }
  };
  at_least("kappa", options.kappa, 0, 1e6);
  at_least("xi", options.xi, 0, 1e6);
  at_least("alpha", options.alpha, 0, 1);
  count("cold_start_num", options.startup, 1000000000);
  count("selection_num_warm_up", options.warm_up, 1000000);
  count("selection_num_starting_points", options.starts, 10000);
  const double nu = reader.number("nu").value_or(2.5);
  if (nu == 1.5) {
    options.smoothness = ClassicProcess::Smoothness::ThreeHalves;
  } else if (nu != 2.5) {
    reader.fail("nu", "expected 1.5 or 2.5");
  }
  return options;
}

// NNI's space is flat: there is no rule for what is not active.
void refuse_nested(const SamplerContext& context, Findings& findings) {
  for (const LeafParameter& leaf : all_parameters(context.space)) {
    if (leaf.depth == 0) continue;
    findings.error(leaf.parameter->where, "search_space." + leaf.parameter->path,
                   "gp with rule: nni takes no nested parameters",
                   "leave rule out, or use tpe, smac or cmaes");
  }
}

std::unique_ptr<Sampler> make_gp(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  OptionReader reader(context.options, findings, context.strict);
  const StudyOptions study = read_study_options(context, reader, findings);
  const std::string rule = reader.word("rule", {"default", "nni", "wandb"}).value_or("default");
  if (rule != "default") {
    const bool nni = rule == "nni";
    const ClassicOptions classic =
        read_classic_options(reader, nni ? ClassicOptions::Rule::Nni : ClassicOptions::Rule::Wandb);
    if (nni) refuse_nested(context, findings);
    reader.finish();
    if (findings.error_count() > errors) return nullptr;
    return std::make_unique<StudySampler<ClassicSearch>>(context, study, classic);
  }
  ProcessOptions options;
  if (const auto startup = number_of(reader, "n_startup_trials", "cold_start_num")) {
    if (*startup < 1) reader.fail("n_startup_trials", "must be at least 1");
    options.startup = static_cast<std::int64_t>(std::clamp(*startup, 1.0, 1e9));
  }
  read_noise(reader, options);
  read_nni_arguments(reader, options);
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<StudySampler<ProcessSearch>>(context, study, options);
}

const SamplerEntry entry{"gp", make_gp};

}  // namespace
}  // namespace sweepjob
