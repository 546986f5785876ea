#include "manifests/spec/sweep_spec.h"

#include <limits>

#include <gtest/gtest.h>

#include "model/rng.h"

namespace sweepjob {
namespace {

// Random specs that visit every field, with the values that are hard to keep: infinities, 64-bit
// seeds, literals that look like expressions, integers against whole floats.
class SpecMaker {
 public:
  explicit SpecMaker(std::uint64_t seed) : random_(seed) {}

  SweepSpec spec() {
    SweepSpec spec;
    spec.name = text();
    spec.display_name = text();
    spec.experiment_name = text();
    spec.description = text();
    for (std::uint64_t i = below(3); i > 0; --i) spec.tags.emplace_back(unique("tag"), text());
    spec.trial.command = "python t.py ${{search_space.lr}} " + text();
    spec.trial.code = text();
    spec.trial.code_path = "/somewhere/" + text();
    spec.trial.environment = {text(), text(), {"job.yaml", 3, 4}};
    for (std::uint64_t i = below(3); i > 0; --i) {
      spec.trial.environment_variables.emplace_back(unique("V"), text());
    }
    spec.trial.distribution = flag() ? "pytorch" : "";
    spec.trial.process_count_per_instance = static_cast<std::uint32_t>(below(9));
    spec.trial.instance_count = static_cast<std::uint32_t>(random_.next());
    spec.trial.instance_type = text();
    for (std::uint64_t i = below(4); i > 0; --i) spec.inputs.push_back(input());
    for (std::uint64_t i = below(3); i > 0; --i) {
      spec.outputs.push_back({unique("out"), "uri_file", text(), text(), {}});
    }
    spec.compute = text();
    spec.sampling = options("sampling_algorithm");
    for (std::uint64_t i = below(5); i > 0; --i) {
      spec.space.parameters.push_back(parameter("", 0));
    }
    spec.objectives.push_back({text(), flag() ? Goal::Maximize : Goal::Minimize});
    if (flag()) {
      spec.early_termination =
          EarlyTermination{options("early_termination"), static_cast<std::uint32_t>(below(100)),
                           static_cast<std::uint32_t>(below(100))};
    }
    if (flag()) spec.limits.max_concurrent_trials = static_cast<std::uint32_t>(below(1000));
    spec.limits.timeout = std::chrono::seconds(below(1000000));
    spec.limits.trial_timeout = std::chrono::seconds(below(1000));
    extensions(spec.extensions);
    spec.step = text();
    return spec;
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  bool flag() { return below(2) == 1; }
  std::string unique(const std::string& stem) { return stem + std::to_string(++names_); }
  std::string text() {
    static const std::vector<std::string> kTexts{
        "", "a", "1e-3", "$float", "caf\xc3\xa9 \"q\" 'x'\n\t", "$(rm -rf ~)", "type", "null"};
    return kTexts[below(kTexts.size())];
  }
  double number() {
    switch (below(6)) {
      case 0: return std::numeric_limits<double>::infinity();
      case 1: return -0.0;
      case 2: return static_cast<double>(below(1000));
      case 3: return 1e300 * random_.uniform();
      case 4: return 5e-324;
      default: return random_.uniform() - 0.5;
    }
  }
  Value literal(int depth) {
    switch (below(depth > 2 ? 5 : 9)) {
      case 0: return {};
      case 1: return flag();
      case 2: return static_cast<std::int64_t>(random_.next());
      case 3: return number();
      case 4: return text();
      case 5: return Value::List{literal(depth + 1), literal(depth + 1)};
      case 6: return Value::Map{{"type", flag() ? "uniform" : "other"}, {"x", literal(depth + 1)}};
      case 7: return Value::Map{{"$float", literal(depth + 1)}};
      default: return Value::Map{{"$literal", literal(depth + 1)}};
    }
  }
  Options options(const std::string& path) {
    Options made{text(), path, {"job.yaml", 9, 9}, {}};
    for (std::uint64_t i = below(4); i > 0; --i) {
      made.options.push_back({unique("key"), literal(0), {"job.yaml", 1, 2}});
    }
    return made;
  }
  InputSpec input() {
    InputSpec made;
    made.name = unique("in");
    made.is_data = flag();
    if (made.is_data) {
      made.type = "uri_file";
      made.path = text();
      made.resolved_path = text();
      made.mode = "direct";
    } else {
      made.literal = literal(3);
    }
    made.optional = flag();
    return made;
  }
  Parameter parameter(const std::string& prefix, int depth) {
    Parameter made;
    made.name = unique("p");
    made.path = prefix + made.name;
    made.kind = static_cast<DistributionKind>(below(10));
    if (depth > 2 && made.kind == DistributionKind::Choice) made.kind = DistributionKind::RandInt;
    made.integral = flag();
    made.min = made.integral ? static_cast<double>(below(10)) : number();
    made.max = made.integral && flag() ? static_cast<double>(below(100)) : number();
    made.q = number();
    made.mu = number();
    made.sigma = number();
    made.upper = static_cast<std::int64_t>(random_.next() >> 1);
    if (made.kind != DistributionKind::Choice) return made;
    for (std::uint64_t i = 1 + below(3); i > 0; --i) {
      ChoiceEntry entry;
      if (flag()) {
        entry.literal = literal(0);
      } else {
        entry.members.push_back({unique("m"), literal(1)});
        Parameter nested = parameter(made.path + ".", depth + 1);
        entry.members.push_back({nested.name, nested});
      }
      made.choices.push_back(std::move(entry));
    }
    return made;
  }
  void extensions(Extensions& made) {
    made.retries = static_cast<std::uint32_t>(below(10));
    made.retry_backoff = std::chrono::seconds(below(100));
    if (flag()) made.max_failed_trials = 7;
    made.stall_timeout = std::chrono::seconds(below(100));
    made.grace = std::chrono::seconds(below(100));
    if (flag()) made.gpus_per_trial = 0.5;
    made.cpus_per_trial = random_.uniform();
    if (flag()) made.keep_best = 3;
    if (flag()) made.seed = random_.next();
    made.metric_channel = text();
    if (flag()) made.metric_patterns.push_back({text(), text(), {}});
    made.on_retry = text();
    made.quote_parameters = flag();
    made.allow_duplicates = flag();
    made.require_metric = flag();
    made.min_trials = static_cast<std::uint32_t>(below(5));
    made.control_fraction = random_.uniform();
  }

  RandomStream random_;
  int names_ = 0;
};

TEST(SweepSpecValue, ComesBackExactlyFromAnySpecAlsoThroughJson) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const Value written = to_value(SpecMaker(seed).spec());
    const auto read = spec_from_value(written);
    ASSERT_TRUE(read.has_value()) << "seed " << seed << ": " << read.error().text();
    ASSERT_EQ(to_json(to_value(*read)), to_json(written)) << "seed " << seed;
    ASSERT_EQ(to_value(*read), written) << "seed " << seed;
    const auto json = from_json(to_json(written));
    ASSERT_TRUE(json.has_value());
    ASSERT_EQ(*json, written) << "seed " << seed;
  }
}

TEST(SweepSpecValue, RestoresTheFieldsThemselves) {
  SweepSpec spec = SpecMaker(4711).spec();
  spec.extensions.seed = std::numeric_limits<std::uint64_t>::max();
  spec.limits.max_total_trials = 42;
  spec.objectives = {{"val/acc", Goal::Maximize}};
  Parameter leaf;
  leaf.name = "C";
  leaf.path = "model.C";
  leaf.kind = DistributionKind::QUniform;
  leaf.min = 10, leaf.max = 50, leaf.q = 5;
  leaf.integral = true;
  Parameter model;
  model.name = model.path = "model";
  model.kind = DistributionKind::Choice;
  model.choices.push_back({Value(), {{"name", Value("svm")}, {"C", leaf}}});
  spec.space.parameters = {model};
  const auto read = spec_from_value(to_value(spec));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->extensions.seed, spec.extensions.seed);
  EXPECT_EQ(read->limits.max_total_trials, 42U);
  EXPECT_EQ(read->objectives, spec.objectives);
  EXPECT_EQ(read->trial.command, spec.trial.command);
  EXPECT_EQ(read->inputs.size(), spec.inputs.size());
  ASSERT_EQ(read->space.parameters.size(), 1U);
  const auto& members = read->space.parameters[0].choices.at(0).members;
  ASSERT_EQ(members.size(), 2U);
  const auto& nested = std::get<Parameter>(members[1].content);
  EXPECT_EQ(nested.path, "model.C");
  EXPECT_TRUE(nested.integral);
  EXPECT_EQ(nested.q, 5);
}

TEST(SweepSpecValue, IsEqualForSpecsThatDifferOnlyInPlacesAndFolders) {
  SweepSpec a = SpecMaker(1).spec();
  SweepSpec b = a;
  b.source_file = "/elsewhere/job.yaml";
  b.trial.code_path = "/elsewhere/src";
  b.trial.command_where = {"job.yaml", 77, 7};
  b.compute_where = {"job.yaml", 78, 7};
  a.trial.environment_variables = {{"A", "1"}, {"B", "2"}};
  b.trial.environment_variables = {{"B", "2"}, {"A", "1"}};
  EXPECT_EQ(to_value(a), to_value(b));
}

TEST(SweepSpecValue, DiffersWhenAnythingThatChangesBehaviourDiffers) {
  const SweepSpec base = SpecMaker(2).spec();
  const std::vector<void (*)(SweepSpec&)> changes{
      [](SweepSpec& s) { s.trial.command += " --more"; },
      [](SweepSpec& s) { s.limits.timeout += std::chrono::seconds(1); },
      [](SweepSpec& s) { s.extensions.quote_parameters = !s.extensions.quote_parameters; },
      [](SweepSpec& s) { s.extensions.grace += std::chrono::seconds(1); },
      [](SweepSpec& s) { s.objectives[0].primary_metric += "x"; },
      [](SweepSpec& s) {
        s.sampling.options.push_back({"seed", 3, {}});
      },
      [](SweepSpec& s) { s.inputs.push_back({}); },
      [](SweepSpec& s) { s.compute += "x"; },
      [](SweepSpec& s) { s.trial.environment.image += "x"; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SweepSpec changed = base;
    changes[i](changed);
    EXPECT_NE(to_value(changed), to_value(base)) << "change " << i;
  }
}

TEST(SweepSpecValue, RefusesWhatItCannotReadAndNamesTheKey) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"[]", "top level"},
      {R"({"objectives":[{"goal":"minimize","primary_metric":"x"}],"future":1})", "future"},
      {R"({"objectives":[{"goal":"minimise","primary_metric":"x"}]})", "goal"},
      {R"({"objectives":{}})", "objectives"},
      {R"({"limits":{"max_total_trials":-1}})", "limits.max_total_trials"},
      {R"({"limits":{"timeout":"soon"}})", "limits.timeout"},
      {R"({"search_space":{"lr":{"type":"unifrom"}}})", "search_space.lr"},
      {R"({"search_space":{"lr":{"type":"uniform","min_value":"x"}}})", "min_value"},
      {R"({"search_space":{"lr":{"type":"choice"}}})", "search_space.lr.values"},
      {R"({"extensions":{"seed":-1}})", "extensions.seed"},
      {R"({"trial":{"command":3}})", "trial.command"},
  };
  for (const auto& [json, named] : cases) {
    const auto value = from_json(json);
    ASSERT_TRUE(value.has_value()) << json;
    const auto read = spec_from_value(*value);
    ASSERT_FALSE(read.has_value()) << json;
    EXPECT_NE(read.error().message().find(named), std::string::npos) << read.error().message();
  }
}

TEST(SweepSpecValue, KeepsDefaultsForKeysThatAnOlderSpecLacks) {
  const auto value = from_json(R"({"objectives":[{"goal":"minimize","primary_metric":"x"}]})");
  ASSERT_TRUE(value.has_value());
  const auto read = spec_from_value(*value);
  ASSERT_TRUE(read.has_value()) << read.error().text();
  EXPECT_EQ(read->limits.max_total_trials, 1000U);
  EXPECT_EQ(read->extensions.retries, 3U);
  EXPECT_FALSE(read->early_termination);
}

}  // namespace
}  // namespace sweepjob
