// Tpe: the tree-structured Parzen estimator (Bergstra, Bardenet, Bengio, Kegl 2011, NeurIPS 24).
//
//   l(x): density of the parameters of the good results, g(x): of the others
//   the next trial: of some candidates drawn from l the one with the largest l(x) / g(x)
//
// `rule` says whose: default (ours), optuna or nni. docs/samplers/tpe.md has the formulas.
#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "samplers/catalog.h"
#include "samplers/surrogate/study.h"
#include "samplers/surrogate/tpe_rules.h"

namespace sweepjob {
namespace {

constexpr std::int64_t kMostCandidates = 10'000;

class Tpe : public Sampler {
 public:
  Tpe(const SamplerContext& context, const StudyOptions& options, Study::Settings settings,
      Study::Suggest suggest, bool uses_all_results)
      : study_(context, options, settings),
        suggest_(std::move(suggest)),
        uses_all_results_(uses_all_results) {}

  void observe(const TrialEvent& event) override { study_.observe(event); }
  [[nodiscard]] Proposals propose(std::span<const TrialId> trials, const Rng& rng) const override {
    return study_.propose(trials, rng, suggest_);
  }
  [[nodiscard]] bool needs_results() const override { return true; }
  // The default rule takes a bounded number of results for its densities, the others all.
  [[nodiscard]] bool slow() const override { return uses_all_results_; }

 private:
  Study study_;
  Study::Suggest suggest_;
  bool uses_all_results_;
};

// What all rules call differently or have different defaults for, checked.
class TpeOptions {
 public:
  explicit TpeOptions(OptionReader& reader) : reader_(reader) {}

  // Under either name; both at once contradict each other.
  [[nodiscard]] std::size_t startup(std::size_t fallback) {
    const char* name = "n_startup_trials";
    const char* other = "n_startup_jobs";
    auto count = reader_.integer(name);
    const auto other_count = reader_.integer(other);
    if (count && other_count) {
      reader_.fail(other, fmt::format("'{}' and '{}' are two names of one setting", name, other),
                   fmt::format("keep {}", name));
    } else if (!count && other_count) {
      std::swap(name, other);
      count = other_count;
    }
    return bounded(name, count, fallback, 1, std::numeric_limits<std::int32_t>::max());
  }
  [[nodiscard]] std::size_t count(const char* name, std::size_t fallback) {
    return bounded(name, reader_.integer(name), fallback, 1, kMostCandidates);
  }
  [[nodiscard]] double positive(const char* name, double fallback) {
    const auto number = reader_.number(name);
    if (number && !(*number > 0 && *number < std::numeric_limits<double>::infinity())) {
      reader_.fail(name, "expected a number greater than 0, found " + python_float(*number));
      return fallback;
    }
    return number.value_or(fallback);
  }
  [[nodiscard]] bool flag(const char* name, bool fallback) {
    return reader_.boolean(name).value_or(fallback);
  }
  [[nodiscard]] bool is(const char* name, const std::vector<std::string>& words) {
    return reader_.word(name, words).value_or(words.front()) == words.back();
  }

 private:
  std::size_t bounded(const char* name, std::optional<std::int64_t> value, std::size_t fallback,
                      std::int64_t least, std::int64_t most) {
    if (!value) return fallback;
    if (*value < least || *value > most) {
      reader_.fail(name, fmt::format("expected {} to {}, found {}", least, most, *value));
      return fallback;
    }
    return static_cast<std::size_t>(*value);
  }

  OptionReader& reader_;
};

Study::Suggest read_default(TpeOptions& options, OptionReader& reader, std::size_t dimensions) {
  JointTpe::Settings settings;
  settings.startup = options.startup(settings.startup);
  settings.candidates = options.count("n_ei_candidates", settings.candidates);
  settings.prior_weight = options.positive("prior_weight", settings.prior_weight);
  settings.good.share = options.positive("gamma", settings.good.share);
  settings.avoid_pending = options.flag("constant_liar", true);
  settings.narrowest = options.positive("min_bandwidth", settings.narrowest);
  settings.widest = options.positive("max_min_bandwidth", settings.widest);
  if (settings.good.share > 1)
    reader.fail("gamma", "expected the share of good results, at most 1");
  if (settings.narrowest > settings.widest || settings.widest > 1) {
    reader.fail("min_bandwidth",
                fmt::format("expected min_bandwidth <= max_min_bandwidth <= 1, found {} and {}",
                            settings.narrowest, settings.widest));
  }
  return
      [rule = JointTpe(settings, dimensions)](const Study::Ask& ask) { return rule.suggest(ask); };
}

Study::Suggest read_optuna(TpeOptions& options, OptionReader& reader) {
  OptunaTpe::Settings settings;
  settings.startup = options.startup(settings.startup);
  settings.candidates = options.count("n_ei_candidates", settings.candidates);
  settings.multivariate = options.flag("multivariate", settings.multivariate);
  settings.group = options.flag("group", settings.group);
  settings.constant_liar = options.flag("constant_liar", settings.constant_liar);
  settings.good.of_root = options.is("gamma_of", {"results", "root"});
  settings.good.share = options.positive("gamma", settings.good.of_root ? 0.25 : 0.1);
  settings.forgetting = !options.is("weights", {"default", "uniform"});
  settings.parzen.prior_weight = options.positive("prior_weight", 1);
  settings.parzen.magic_clip = options.flag("consider_magic_clip", true);
  settings.parzen.consider_endpoints = options.flag("consider_endpoints", false);
  if (options.is("bandwidth", {"gaps", "sample_size"})) {
    settings.parzen.width = ParzenRule::Width::SampleSize;
  }
  if (settings.group && !settings.multivariate) {
    reader.fail("group",
                "group needs multivariate: it says which parameters are modelled together");
  }
  return [rule = OptunaTpe(settings)](const Study::Ask& ask) { return rule.suggest(ask); };
}

Study::Suggest read_nni(TpeOptions& options, OptionReader& reader, const Options& given) {
  NniTpe::Settings settings;
  settings.startup = options.startup(settings.startup);
  settings.candidates = options.count("n_ei_candidates", settings.candidates);
  settings.forgetting = options.count("linear_forgetting", settings.forgetting);
  settings.prior_weight = options.positive("prior_weight", settings.prior_weight);
  settings.gamma = options.positive("gamma", settings.gamma);
  // null is a word of its own in NNI; `none` is for those who do not write YAML's.
  const Option* null = given.find("constant_liar_type");
  const auto lie = reader.word("constant_liar_type", {"best", "worst", "mean", "none"});
  if (lie == "worst") settings.lie = NniTpe::Lie::Worst;
  if (lie == "mean") settings.lie = NniTpe::Lie::Mean;
  if (lie == "none" || (null != nullptr && null->value.is_null())) {
    settings.lie = NniTpe::Lie::None;
  }
  return [rule = NniTpe(settings)](const Study::Ask& ask) { return rule.suggest(ask); };
}

// NNI keeps its arguments together under `tpe_args`: they count as if they stood beside it.
Options with_tpe_args(const Options& given, Findings& findings) {
  constexpr const char* kArguments = "tpe_args";
  const Option* arguments = given.find(kArguments);
  Options flat = given;
  std::erase_if(flat.options, [&](const Option& option) { return option.name == kArguments; });
  if (arguments == nullptr || arguments->value.is_null()) return flat;
  const std::string path = given.path + "." + kArguments;
  const auto* map = arguments->value.get<Value::Map>();
  if (map == nullptr) {
    findings.error(arguments->where, path, "expected a mapping of NNI's arguments",
                   "for instance tpe_args: {n_startup_jobs: 20}");
    return flat;
  }
  for (std::size_t i = 0; i < map->size(); ++i) {
    const auto& [name, value] = (*map)[i];
    const SourceLocation where =
        i < arguments->inside.size() ? arguments->inside[i].where : arguments->where;
    if (flat.find(name) != nullptr) {
      findings.error(where, path + "." + name, fmt::format("'{}' is given twice", name),
                     fmt::format("keep it here or beside {}", kArguments));
    } else {
      flat.options.push_back({name, value, where});
    }
  }
  return flat;
}

// What only NNI's rule has: of another it would be an unknown key that looks right.
void leave_to_nni(OptionReader& reader, const Options& given, const std::string& rule, bool strict,
                  Findings& findings) {
  for (const char* name : {"constant_liar_type", "linear_forgetting"}) {
    static_cast<void>(reader.raw(name));
    const Option* option = given.find(name);
    if (option == nullptr) continue;
    findings.add({strict ? Severity::Error : Severity::Warning, option->where,
                  given.path + "." + name,
                  fmt::format("rule: {} has no such setting{}", rule, strict ? "" : ", ignored"),
                  "rule: nni has it"});
  }
}

std::unique_ptr<Sampler> make_tpe(const SamplerContext& context, Findings& findings) {
  const std::size_t errors = findings.error_count();
  const Options given = with_tpe_args(context.options, findings);
  OptionReader reader(given, findings, context.strict);
  const StudyOptions study = read_study_options(context, reader, findings);
  TpeOptions options(reader);
  const std::string rule = reader.word("rule", {"default", "optuna", "nni"}).value_or("default");
  // The peers take a choice for unordered whatever its entries are.
  Study::Settings settings{.order_numeric_choices = rule == "default"};
  Study::Suggest suggest;
  if (rule == "optuna") {
    suggest = read_optuna(options, reader);
    if (context.allow_duplicates) settings.repeats = Study::Repeats::Allowed;
  } else {
    suggest = rule == "nni" ? read_nni(options, reader, given)
                            : read_default(options, reader, all_parameters(context.space).size());
  }
  if (rule != "nni") leave_to_nni(reader, given, rule, context.strict, findings);
  reader.finish();
  if (findings.error_count() > errors) return nullptr;
  return std::make_unique<Tpe>(context, study, settings, std::move(suggest), rule != "default");
}

const SamplerEntry entry{"tpe", make_tpe};

}  // namespace
}  // namespace sweepjob
