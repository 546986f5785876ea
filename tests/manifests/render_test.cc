#include "manifests/spec/render.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/rng.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Parameter leaf(const std::string& name, const std::string& path = {}) {
  Parameter parameter;
  parameter.name = name;
  parameter.path = path.empty() ? name : path;
  return parameter;
}

Parameter choice(const std::string& name, std::vector<ChoiceEntry> entries) {
  Parameter parameter = leaf(name);
  parameter.kind = DistributionKind::Choice;
  parameter.choices = std::move(entries);
  return parameter;
}

InputSpec literal_input(const std::string& name, Value value) {
  InputSpec input;
  input.name = name;
  input.literal = std::move(value);
  return input;
}

SweepSpec spec_of(const std::string& command, SearchSpace space = {{leaf("lr")}}) {
  SweepSpec spec;
  spec.trial.command = command;
  spec.space = std::move(space);
  spec.experiment_name = "iris";
  return spec;
}

TrialPaths paths() {
  return {"/s/trials/3/2/work",          "/s/trials/3/2/work/outputs",
          "/s/trials/3/checkpoint",      "",
          "/s/trials/3/2/metrics.jsonl", ""};
}

Result<RenderedTrial> render(const SweepSpec& spec, const Params& params,
                             std::optional<Budget> budget = {}, TrialPaths at = paths()) {
  return render_trial(spec, "digits", TrialId{3}, 2, params, budget, at);
}

std::string command_of(const SweepSpec& spec, const Params& params) {
  const auto rendered = render(spec, params);
  return rendered ? rendered->command : "error: " + rendered.error().text();
}

std::map<std::string, std::string> environment_of(const Result<RenderedTrial>& rendered) {
  EXPECT_TRUE(rendered.has_value()) << rendered.error().text();
  std::map<std::string, std::string> all;
  for (const auto& [name, value] : rendered->environment) {
    EXPECT_TRUE(all.emplace(name, value).second) << name << " is set twice";
  }
  return all;
}

TEST(Render, SubstitutesSampledValuesAsPythonsStrWould) {
  const SweepSpec spec = spec_of("t.py --lr ${{search_space.lr}} --again=${{ search_space.lr }};");
  EXPECT_EQ(command_of(spec, {{"lr", 1e-5}}), "t.py --lr 1e-05 --again=1e-05;");
  EXPECT_EQ(command_of(spec, {{"lr", 1}}), "t.py --lr 1 --again=1;");
  EXPECT_EQ(command_of(spec, {{"lr", true}}), "t.py --lr True --again=True;");
  EXPECT_EQ(command_of(spec, {{"lr", "1e-3"}}), "t.py --lr 1e-3 --again=1e-3;");
}

SearchSpace nested_space() {
  ChoiceEntry svm{Value(), {{"name", Value("svm")}, {"C", leaf("C", "model.C")}}};
  ChoiceEntry forest{Value(), {{"name", Value("forest")}, {"trees", leaf("trees", "model.trees")}}};
  return {{choice("model", {svm, forest})}};
}

TEST(Render, GivesObjectsAsCompactJsonAndLeavesByDottedName) {
  const SweepSpec spec = spec_of(
      "run '${{search_space.model}}' ${{search_space.model.name}} c=${{search_space.model.C}}",
      nested_space());
  EXPECT_EQ(command_of(spec, {{"model", Value::Map{{"name", "svm"}, {"C", 0.5}}}}),
            R"(run '{"name":"svm","C":0.5}' svm c=0.5)");
  EXPECT_EQ(command_of(spec, {{"model", Value::Map{{"name", "forest"}, {"trees", 100}}}}),
            R"(run '{"name":"forest","trees":100}' forest c=)");
}

TEST(Render, DropsOptionalBlocksWhoseValueIsAbsent) {
  SweepSpec spec = spec_of(
      "t $[[--init ${{inputs.init}}]] $[[--C ${{search_space.model.C}}]] [[ -f x ]] $[[plain]]",
      nested_space());
  spec.inputs = {literal_input("init", Value())};
  spec.inputs[0].optional = true;
  const Params svm{{"model", Value::Map{{"name", "svm"}, {"C", 2}}}};
  const Params forest{{"model", Value::Map{{"name", "forest"}}}};
  EXPECT_EQ(command_of(spec, svm), "t  --C 2 [[ -f x ]] $[[plain]]");
  EXPECT_EQ(command_of(spec, forest), "t   [[ -f x ]] $[[plain]]");
  spec.inputs[0].literal = 7;
  EXPECT_EQ(command_of(spec, svm), "t --init 7 --C 2 [[ -f x ]] $[[plain]]");
}

TEST(Render, DropsAnOptionalBlockWhoseInputIsNotThereAtAll) {
  EXPECT_EQ(command_of(spec_of("t $[[--init ${{inputs.init}}]] ${{search_space.lr}}"),
                       {{"lr", Value(1)}}),
            "t  1");
  SweepSpec spec = spec_of("t");
  spec.trial.environment_variables = {{"INIT", "a$[[ ${{inputs.init}}]]"}};
  const auto rendered = render(spec, {{"lr", Value(1)}});
  ASSERT_TRUE(rendered) << rendered.error().text();
  EXPECT_THAT(rendered->environment, Contains(std::pair<std::string, std::string>("INIT", "a")));
  EXPECT_FALSE(render(spec_of("t ${{inputs.init}}"), {})) << "not in a block";
  EXPECT_FALSE(render(spec_of("t $[[${{search_space.rl}}]]"), {})) << "not an input";
}

TEST(Render, SubstitutesInputsByLiteralOrLocalPath) {
  SweepSpec spec = spec_of("t ${{inputs.rate}} ${{inputs.data}} ${{inputs.url}} ${{inputs.flag}}");
  InputSpec data;
  data.name = "data";
  data.is_data = true;
  data.path = "azureml:iris:1";
  data.resolved_path = "/data/iris.csv";
  InputSpec url = data;
  url.name = "url";
  url.path = "https://example.com/x";
  url.resolved_path = "";
  url.mode = "direct";
  spec.inputs = {literal_input("rate", 0.001), data, url, literal_input("flag", false)};
  EXPECT_EQ(command_of(spec, {}), "t 0.001 /data/iris.csv https://example.com/x False");
  spec.inputs[1].resolved_path.clear();
  EXPECT_THAT(command_of(spec, {}), HasSubstr("'data' has no path on this machine"));
}

TEST(Render, TakesTheSampledValueForAnInputThatIsOnlySwept) {
  const SweepSpec spec = spec_of("t ${{inputs.lr}}");
  EXPECT_EQ(command_of(spec, {{"lr", 0.25}}), "t 0.25");
  const auto compiled = CommandTemplate::compile(spec, "digits");
  ASSERT_TRUE(compiled.has_value());
  EXPECT_THAT(compiled->warnings(), ElementsAre(HasSubstr("write ${{search_space.lr}}")));
}

TEST(Render, RefusesUnknownPlaceholdersAllAtOnceWithTheNearestName) {
  SweepSpec spec = spec_of(
      "t ${{search_space.lrr}} ${{inputs.dta}} ${{outputs.x}} ${{sweepjob.chekpoint_dir}} "
      "${{foo.x}}");
  spec.inputs = {literal_input("data", 1)};
  spec.trial.command_where = {"job.yaml", 4, 12};
  const auto rendered = render(spec, {});
  ASSERT_FALSE(rendered.has_value());
  const std::string text = rendered.error().text();
  EXPECT_THAT(text, HasSubstr("job.yaml:4:12"));
  EXPECT_THAT(text, HasSubstr("search_space has no 'lrr'; did you mean 'lr'?"));
  EXPECT_THAT(text, HasSubstr("Inputs to job does not contain 'dta' referenced in command"));
  EXPECT_THAT(text, HasSubstr("did you mean 'data'?"));
  EXPECT_THAT(text, HasSubstr("outputs has no 'x'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'checkpoint_dir'?"));
  EXPECT_THAT(text, HasSubstr("${{foo.x}} is not known"));
}

TEST(Render, LeavesWhatIsNoPlaceholderAsItStands) {
  EXPECT_EQ(command_of(spec_of("awk '{print ${{ not a name }} $1}' ${HOME} {x} }}"), {}),
            "awk '{print ${{ not a name }} $1}' ${HOME} {x} }}");
}

TEST(Render, GivesOutputsFoldersOfTheirOwnBelowTheTrials) {
  SweepSpec spec = spec_of("t ${{outputs.model}} ${{outputs.report}} ${{outputs.shared}}");
  spec.outputs = {{"model", "uri_folder", "rw_mount", "", {}},
                  {"report", "uri_file", "rw_mount", "", {}},
                  {"shared",
                   "uri_folder",
                   "rw_mount",
                   "azureml://datastores/${{default_datastore}}/paths/runs/${{name}}",
                   {}}};
  const auto rendered = render(spec, {});
  ASSERT_TRUE(rendered.has_value()) << rendered.error().text();
  const std::string base = "/s/trials/3/2/work/outputs";
  EXPECT_EQ(rendered->command, "t " + base + "/model " + base + "/report " + base +
                                   "/datastores/default_datastore/runs/digits_3");
  EXPECT_THAT(rendered->folders, ElementsAre(base + "/model", base,
                                             base + "/datastores/default_datastore/runs/digits_3"));
}

TEST(Render, KeepsOutputPathsInsideUnlessTheyAreAbsolute) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"${{default_datastore}}/a/${{name}}/", "O/datastores/default_datastore/a/digits_3"},
      {"azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/d/paths/p/q",
       "O/datastores/d/p/q"},
      {"wasbs://c@a.blob.core.windows.net/x", "O/out"},
      {"azureml:thing:1", "O/out"},
      {"./results/${{ name }}", "O/results/digits_3"},
      {"/data/models/${{name}}", "/data/models/digits_3"},
      {"file:///data/x", "/data/x"},
      {"../../../../etc", "error"},
      {"azureml://datastores/../../../x/paths/y", "error"},
  };
  for (const auto& [path, expected] : cases) {
    SweepSpec spec = spec_of("${{outputs.out}}");
    spec.outputs = {{"out", "uri_folder", "rw_mount", path, {}}};
    std::string got = command_of(spec, {});
    if (got.rfind("error", 0) == 0) got = "error";
    const std::string base = "/s/trials/3/2/work/outputs/";
    if (got.rfind(base, 0) == 0) got = "O/" + got.substr(base.size());
    EXPECT_EQ(got, expected) << path;
  }
}

TEST(Render, SetsTheEnvironmentOfAnAzureTrialAndOurOwn) {
  SweepSpec spec = spec_of("t", nested_space());
  spec.space.parameters.push_back(leaf("lr"));
  const Params params{{"model", Value::Map{{"name", "svm"}, {"C", 0.5}}}, {"lr", 1e-5}};
  TrialPaths at = paths();
  at.resume_folder = "/s/trials/1/checkpoint";
  const auto all = environment_of(render(spec, params, Budget{27}, at));
  const std::map<std::string, std::string> expected{
      {"AZUREML_SWEEP_lr", "1e-05"},
      {"AZUREML_SWEEP_model", R"({"name":"svm","C":0.5})"},
      {"AZUREML_SWEEP_model_name", "svm"},
      {"AZUREML_SWEEP_model_C", "0.5"},
      {"AZUREML_SWEEP_model_trees", ""},
      {"AZUREML_RUN_ID", "digits_3"},
      {"AZUREML_ROOT_RUN_ID", "digits"},
      {"AZUREML_EXPERIMENT_NAME", "iris"},
      {"MLFLOW_EXPERIMENT_NAME", "iris"},
      {"SWEEPJOB_SWEEP", "digits"},
      {"SWEEPJOB_TRIAL", "3"},
      {"SWEEPJOB_ATTEMPT", "2"},
      {"SWEEPJOB_PARAMS", R"({"model":{"name":"svm","C":0.5},"lr":1e-05})"},
      {"SWEEPJOB_METRICS_FILE", "/s/trials/3/2/metrics.jsonl"},
      {"SWEEPJOB_OUTPUT_DIR", "/s/trials/3/2/work/outputs"},
      {"SWEEPJOB_CHECKPOINT_DIR", "/s/trials/3/checkpoint"},
      {"SWEEPJOB_RESUME_DIR", "/s/trials/1/checkpoint"},
      {"SWEEPJOB_BUDGET", "27"},
      {"TRIAL_BUDGET", "27"}};
  EXPECT_EQ(all, expected);
}

TEST(Render, NamesARunToMlflowOnlyWithAServerThatKnowsIt) {
  TrialPaths at = paths();
  at.tracking_uri = "http://127.0.0.1:5000";
  const auto all = environment_of(render(spec_of("t"), {}, {}, at));
  EXPECT_EQ(all.at("MLFLOW_TRACKING_URI"), "http://127.0.0.1:5000");
  EXPECT_EQ(all.at("MLFLOW_RUN_ID"), "digits_3");
}

TEST(Render, LetsTheFileSetVariablesWithPlaceholdersButNotOurContract) {
  SweepSpec spec = spec_of("t");
  spec.trial.environment_variables = {{"RATE", "lr=${{search_space.lr}} `x`"},
                                      {"AZUREML_RUN_ID", "mine"},
                                      {"SWEEPJOB_TRIAL", "99"}};
  spec.extensions.quote_parameters = true;
  const auto all = environment_of(render(spec, {{"lr", "a'b $(x)"}}));
  EXPECT_EQ(all.at("RATE"), "lr=a'b $(x) `x`");  // no shell reads it: never quoted
  EXPECT_EQ(all.at("AZUREML_RUN_ID"), "mine");
  EXPECT_EQ(all.at("SWEEPJOB_TRIAL"), "3");
  const auto compiled = CommandTemplate::compile(spec, "digits");
  ASSERT_TRUE(compiled.has_value());
  EXPECT_THAT(compiled->warnings(), ElementsAre(HasSubstr("SWEEPJOB_TRIAL")));
}

TEST(Render, RefusesNulBytesAndTextThatLinuxWouldNotTake) {
  const SweepSpec spec = spec_of("t '${{search_space.lr}}'");
  EXPECT_THAT(command_of(spec, {{"lr", std::string("a\0b", 3)}}), HasSubstr("NUL"));
  EXPECT_THAT(command_of(spec, {{"lr", std::string(131068, 'x')}}), HasSubstr("trial.command is"));
  const SweepSpec unused = spec_of("t");
  EXPECT_THAT(command_of(unused, {{"lr", std::string("a\0b", 3)}}), HasSubstr("AZUREML_SWEEP_lr"));
  EXPECT_THAT(command_of(unused, {{"lr", std::string(131072, 'x')}}),
              HasSubstr("AZUREML_SWEEP_lr is"));
  EXPECT_EQ(command_of(unused, {{"lr", std::string(131000, 'x')}}), "t");
  SweepSpec bad = spec_of("t");
  bad.trial.environment_variables = {{"A=B", "1"}};
  EXPECT_THAT(command_of(bad, {}), HasSubstr("not a name"));
  EXPECT_FALSE(render_trial(unused, "../up", TrialId{0}, 1, {}, {}, paths()).has_value());
}

TEST(Render, WarnsOnceOfListedValuesThatTheShellWouldTakeApart) {
  const SearchSpace space{{choice("opt", {{Value("adam"), {}}, {Value("sgd; rm -rf ~"), {}}})}};
  const auto warnings_of = [&](const std::string& command, bool quote) {
    SweepSpec spec = spec_of(command, space);
    spec.extensions.quote_parameters = quote;
    const auto compiled = CommandTemplate::compile(spec, "digits");
    EXPECT_TRUE(compiled.has_value());
    return compiled->warnings();
  };
  EXPECT_THAT(warnings_of("t ${{search_space.opt}} ${{search_space.opt}}", false),
              ElementsAre(HasSubstr("sgd; rm -rf ~")));
  EXPECT_THAT(warnings_of("t \"${{search_space.opt}}\"", false), IsEmpty());
  EXPECT_THAT(warnings_of("t '${{search_space.opt}}'", false), IsEmpty());
  EXPECT_THAT(warnings_of("t ${{search_space.opt}}", true), IsEmpty());
  EXPECT_THAT(warnings_of("bash -c 't ${{search_space.opt}}'", true),
              ElementsAre(HasSubstr("another shell")));
}

TEST(Render, RefusesToQuoteWhereQuotingCannotWork) {
  const std::vector<std::string> refused{"echo `echo ${{search_space.lr}}`",
                                         "cat <<EOF\n${{search_space.lr}}\nEOF",
                                         "echo \\${{search_space.lr}}",
                                         "echo $${{search_space.lr}}",
                                         "echo \"\\${{search_space.lr}}\"",
                                         "echo ${X:-${{search_space.lr}}}",
                                         "echo $((1+${{search_space.lr}}))",
                                         "echo $'${{search_space.lr}}'",
                                         "echo $'x' ${{search_space.lr}}",
                                         "x=$(case a in a) echo ${{search_space.lr}};; esac)",
                                         "t $[['a ${{search_space.lr}}]] ${{search_space.lr}}'"};
  for (const std::string& command : refused) {
    SweepSpec spec = spec_of(command);
    spec.extensions.quote_parameters = true;
    // `$${{` is a process id in front of a word, which can be quoted.
    const bool is_pid = command == "echo $${{search_space.lr}}";
    EXPECT_THAT(command_of(spec, {{"lr", "x"}}),
                HasSubstr(is_pid ? "dollar sign" : "cannot be quoted"))
        << command;
    spec.extensions.quote_parameters = false;
    EXPECT_EQ(command_of(spec, {{"lr", "x"}}).find("error"), std::string::npos) << command;
  }
}

// Runs the command with that shell in `folder` and gives back its standard output.
std::string output_of(const char* shell, const std::string& command, const fs::path& folder) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    if (chdir(folder.c_str()) == 0) execl(shell, shell, "-c", command.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string output;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
    output.append(buffer, static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << shell << " -c " << command;
  return output;
}

std::vector<std::string> nasty_values() {
  std::vector<std::string> values{"",
                                  "plain",
                                  "two words",
                                  "$(touch canary); rm -rf ~",
                                  "`touch canary`",
                                  "a'b\"c",
                                  "'",
                                  "''",
                                  "'; touch canary; '",
                                  "\"; touch canary; \"",
                                  "line\nbreak\n; touch canary\n",
                                  "\n",
                                  "back\\slash\\",
                                  "\\'",
                                  "* ? [a-z] {1,2} ~ !!",
                                  "#x",
                                  "-n",
                                  "$HOME ${HOME} $$ $'x'",
                                  "caf\xc3\xa9 \xff\xfe",
                                  "a\rb\tc",
                                  ") } ] )) ;; esac fi"};
  constexpr std::string_view kAlphabet = "'\"\\$`(){};&|<>#\n a*~!=";
  RandomStream random(20260101);
  for (int i = 0; i < 40; ++i) {
    std::string value;
    for (std::uint64_t n = 1 + random.below(12); n > 0; --n) {
      value.push_back(kAlphabet[random.below(kAlphabet.size())]);
    }
    values.push_back(std::move(value));
  }
  return values;
}

// The promise of quote_parameters, held against real shells.
TEST(Render, QuotedValuesReachTheCommandByteForByteInEveryPlace) {
  const std::string x = "${{search_space.lr}}";
  // Each prints its value once, ended by "|".
  const std::vector<std::string> commands{
      "printf '%s|' " + x,
      "printf '%s|' \"" + x + "\"",
      "printf '%s|' '" + x + "'",
      "printf '%s|' \"\"" + x + "''",
      "y=" + x + "; printf '%s|' \"$y\"",
      "echo it\\'s >/dev/null # don't " + x + "\nprintf '%s|' " + x,
      "printf '%s|' \"${HOME:+}\"" + x + " #' " + x,
      "printf '%s' \"$(printf '%s|' " + x + ")\"",
      "printf '%s' \"$(printf '%s|' \"" + x + "\" # ) '\n)\"",
      "(true; (printf '%s|' '" + x + "'))",
      "printf '%s|' \\\n  " + x,
      "test \"$((1 + 2))\" = 3 && case a in a) printf '%s|' " + x + ";; esac",
      "true \"`echo a`\" && printf '%s|' " + x,
      "if true; then printf '%s|' $[[\"" + x + "\"]]; fi",
      "a=\"\\\"\" b='\\'; printf '%s|' " + x,
  };
  const fs::path folder = fs::path(testing::TempDir()) / ("render_" + std::to_string(getpid()));
  fs::create_directories(folder);
  for (const std::string& command : commands) {
    SweepSpec spec = spec_of(command);
    spec.extensions.quote_parameters = true;
    const auto compiled = CommandTemplate::compile(spec, "digits");
    ASSERT_TRUE(compiled.has_value()) << command << ": " << compiled.error().text();
    for (const std::string& value : nasty_values()) {
      const auto rendered = compiled->render(TrialId{0}, 1, {{"lr", value}}, {}, paths());
      ASSERT_TRUE(rendered.has_value());
      for (const char* shell : {"/bin/sh", "/bin/bash"}) {
        if (!fs::exists(shell)) continue;
        ASSERT_EQ(output_of(shell, rendered->command, folder), value + "|")
            << shell << " -c " << rendered->command;
      }
    }
  }
  EXPECT_TRUE(fs::is_empty(folder)) << "a value was run as a command";
  fs::remove_all(folder);
}

}  // namespace
}  // namespace sweepjob
