#include "runner/app/simulation.h"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/app/kept_simulation.h"
#include "runner/app/load_sweep.h"
#include "runner/app/views/front.h"
#include "runner/app/views/simulation_view.h"
#include "tests/runner/app/sweep_builder.h"

namespace sweepjob {
namespace {

using testing::HasSubstr;

std::string job(const std::string& limits, const std::string& more = "") {
  return "type: sweep\n"
         "trial: {command: \"echo ${{search_space.x}}\", environment: azureml:e:1}\n"
         "sampling_algorithm: grid\n"
         "search_space: {x: {type: choice, values: [1, 2, 3, 4]}}\n"
         "objective: {goal: maximize, primary_metric: acc}\n"
         "limits: {" +
         limits + "}\n" + more;
}

// A trial's answer as a function of its x.
class Scripted final : public SimulatedObjective {
 public:
  using Answer = std::function<SimAnswer(std::int64_t x)>;
  explicit Scripted(Answer answer) : answer_(std::move(answer)) {}
  Result<SimAnswer> evaluate(const SimQuestion& question) override {
    return answer_(*question.proposal.params.at(0).second.get<std::int64_t>());
  }

 private:
  Answer answer_;
};

// Everything that a simulation needs, and the simulation.
struct Simulated {
  Simulated(const std::string& text, SimulationOptions options, Scripted::Answer answer,
            SimJournal::Write write = {})
      : objective(std::move(answer)),
        journal(std::move(write)),
        created(simulated_sweep(spec_of(text), "sim", SweepUid{}, options.seed)),
        fold(make(created)),
        simulation(*fold.rules, std::move(*fold.sweep), created, options, objective, journal),
        done(simulation.run()) {}

  static LoadedSweep make(const SweepCreated& created) {
    LoadOptions deciding;
    deciding.with_sampler = deciding.with_policy = true;
    return *make_fold(created, deciding);
  }
  [[nodiscard]] const Trial& trial(std::uint32_t index) const {
    return simulation.sweep().trials.at(index);
  }

  Scripted objective;
  SimJournal journal;
  SweepCreated created;
  LoadedSweep fold;
  Simulation simulation;
  Result<void> done;
};

TEST(Simulation, ReportsFurtherObjectivesWithTheLastValue) {
  std::string text = job("max_total_trials: 4, max_concurrent_trials: 2");
  const std::string one = "objective: {goal: maximize, primary_metric: acc}";
  text.replace(text.find(one), one.size(),
               "objective: [{goal: maximize, primary_metric: acc}, "
               "{goal: minimize, primary_metric: ms}]");
  const Simulated sim(text, {}, [](std::int64_t x) {
    SimAnswer answer;
    answer.curve = {0, static_cast<double>(x)};
    answer.others = {{"ms", 10.0 * static_cast<double>(x)}};
    if (x == 4) answer.curve.clear();
    return answer;
  });
  ASSERT_TRUE(sim.done.has_value()) << sim.done.error().text();
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sim.trial(i).values, (std::vector<double>{0, i + 1.0}));
    EXPECT_EQ(sim.trial(i).others, std::vector<double>{10 * (i + 1.0)});
  }
  EXPECT_EQ(front_of(*sim.fold.rules, sim.simulation.sweep()).size(), 3u);
}

// x, x, ... ten times, a second each.
SimAnswer flat(std::int64_t x) { return {std::vector<double>(10, static_cast<double>(x)), 1, {}}; }

SimulationOptions workers(std::uint32_t count) {
  SimulationOptions options;
  options.workers = count;
  return options;
}

TEST(Simulation, TakesTheTimeThatItsTrialsTakeOnSoManyWorkers) {
  const Simulated one(job("max_total_trials: 4"), workers(1), flat);
  ASSERT_TRUE(one.done.has_value());
  EXPECT_EQ(one.simulation.sweep().counts.completed, 4u);
  EXPECT_EQ(one.simulation.figures().steps, 40u);
  EXPECT_DOUBLE_EQ(one.simulation.figures().makespan_seconds, 40);
  EXPECT_DOUBLE_EQ(one.simulation.figures().utilisation(), 1);

  SimulationOptions options = workers(3);
  options.startup_delay_seconds = 2;
  const Simulated three(job("max_total_trials: 4"), options, flat);
  EXPECT_DOUBLE_EQ(three.simulation.figures().makespan_seconds, 24) << "the fourth waits";
  EXPECT_DOUBLE_EQ(three.simulation.figures().busy_seconds, 40);
  EXPECT_DOUBLE_EQ(three.simulation.figures().utilisation(), 40.0 / (3 * 24));
}

std::string budget_job(const std::string& sampling, const std::string& limits) {
  return "type: sweep\n"
         "trial: {command: \"echo ${{search_space.x}} ${{sweepjob.budget}}\", "
         "environment: azureml:e:1}\n"
         "sampling_algorithm: {" +
         sampling +
         "}\n"
         "search_space: {x: {type: randint, upper: 1000000}}\n"
         "objective: {goal: maximize, primary_metric: acc}\n"
         "limits: {" +
         limits + ", max_concurrent_trials: 1}\n";
}

// Each question is asked when all that came before it is known: 8, 4, 2, 1 and no trial between.
TEST(Simulation, OneWorkerTrainsARoundOfSuccessiveHalvingRungByRung) {
  const Simulated run(budget_job("type: successive_halving, min_budget: 2, max_budget: 10, eta: 2",
                                 "max_total_trials: 15"),
                      workers(1), flat);
  ASSERT_TRUE(run.done.has_value());
  const auto& trials = run.simulation.sweep().trials;
  std::vector<double> budgets;
  for (const Trial& trial : trials) budgets.push_back(trial.proposal.budget->amount);
  EXPECT_EQ(budgets, (std::vector<double>{2, 2, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 8, 8, 10}));
}

TEST(Simulation, OneWorkerPromotesAsSoonAsEtaResultsExist) {
  const Simulated run(budget_job("type: asha_promotion, min_budget: 1, max_budget: 16, eta: 2",
                                 "max_total_trials: 4"),
                      workers(1), flat);
  ASSERT_TRUE(run.done.has_value());
  const Trial& promoted = run.trial(2);
  ASSERT_TRUE(promoted.proposal.parent);
  const bool first_is_better = run.trial(0).best > run.trial(1).best;
  EXPECT_EQ(*promoted.proposal.parent, TrialId{first_is_better ? 0u : 1u});
}

TEST(Simulation, CutsAtTheStepThatIsJudgedAndSavesTheRest) {
  const std::string bandit =
      "early_termination: {type: bandit, slack_amount: 1.5, delay_evaluation: 3}\n";
  const Simulated run(job("max_total_trials: 4", bandit), workers(4), flat);
  ASSERT_TRUE(run.done.has_value());
  // Against 4, with 1.5 allowed: 1 and 2 go at their third value, 3 and 4 stay.
  EXPECT_EQ(run.trial(0).values.size(), 3u);
  EXPECT_EQ(run.trial(1).values.size(), 3u);
  EXPECT_EQ(run.trial(2).status, Status::Completed);
  EXPECT_EQ(run.trial(3).status, Status::Completed);
  EXPECT_EQ(run.simulation.figures().steps, 26u);
  EXPECT_EQ(run.simulation.figures().full_steps, 40u);
}

TEST(Simulation, ObeysTheLimitsOfTheJobInVirtualTime) {
  const Simulated trial(job("max_total_trials: 4, trial_timeout: 60"), workers(4),
                        [](std::int64_t x) {
                          return SimAnswer{std::vector<double>(10, static_cast<double>(x)), 25, {}};
                        });
  EXPECT_EQ(trial.trial(0).values.size(), 2u);
  EXPECT_EQ(trial.trial(0).reason, "trial_timeout");
  EXPECT_DOUBLE_EQ(trial.simulation.figures().makespan_seconds, 60);

  const Simulated sweep(job("max_total_trials: 4, timeout: 60"), workers(1), [](std::int64_t x) {
    return SimAnswer{std::vector<double>(10, static_cast<double>(x)), 25, {}};
  });
  EXPECT_EQ(sweep.simulation.sweep().finished->status, Status::Canceled);
  EXPECT_DOUBLE_EQ(sweep.simulation.figures().makespan_seconds, 60);
}

TEST(Simulation, AnErrorOfTheObjectiveFailsThatTrialAlone) {
  const Simulated run(job("max_total_trials: 4"), workers(2), [](std::int64_t x) {
    return x == 2 ? SimAnswer{{0.5}, 1, "out of memory"} : flat(x);
  });
  ASSERT_TRUE(run.done.has_value());
  EXPECT_EQ(run.trial(1).status, Status::Failed);
  EXPECT_EQ(run.trial(1).values.size(), 1u);
  EXPECT_EQ(run.simulation.sweep().counts.completed, 3u);
  const auto& errors = run.simulation.figures().errors;
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].second, "out of memory");
}

TEST(Simulation, FailuresAndPreemptionsAreDrawnFromTheSeed) {
  const std::string text =
      job("max_total_trials: 4", "properties:\n  sweepjob: |\n    retries: 100\n");
  SimulationOptions options = workers(2);
  options.fail_rate = 1;
  const Simulated failing(text, options, flat);
  EXPECT_EQ(failing.simulation.sweep().counts.failed, 4u);
  EXPECT_LT(failing.simulation.figures().steps, 40u);

  options.fail_rate = 0;
  options.preempt_rate = 0.5;
  options.seed = 3;
  const Simulated first(text, options, flat);
  const Simulated second(text, options, flat);
  EXPECT_GT(first.simulation.figures().preempted, 0u);
  EXPECT_GT(first.simulation.figures().steps, 40u) << "what was lost is done again";
  EXPECT_EQ(first.simulation.sweep().counts.completed, 4u);
  const auto document = [&](const Simulated& run) {
    return to_json(simulation_document(*run.fold.rules, run.simulation, options, ""));
  };
  EXPECT_EQ(document(first), document(second));

  options.checkpoints = true;
  const Simulated saving(text, options, flat);
  EXPECT_EQ(saving.simulation.figures().preempted, first.simulation.figures().preempted);
  EXPECT_EQ(saving.simulation.figures().steps, 40u) << "nothing is done twice";
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(saving.trial(i).values.size(), 10u);
}

TEST(Simulation, DaysBetweenTwoStepsCostNoTimeAndATooLongSweepIsRefused) {
  const auto slow = [](std::int64_t x) {
    return SimAnswer{std::vector<double>(1000, static_cast<double>(x)), kMaxSimStepSeconds, {}};
  };
  const Simulated years(job("max_total_trials: 4, timeout: 0"), workers(4), slow);
  ASSERT_TRUE(years.done.has_value()) << years.done.error().text();
  EXPECT_DOUBLE_EQ(years.simulation.figures().makespan_seconds, 1e9);
  const Simulated longer(job("max_total_trials: 4, timeout: 0"), workers(1), [&](std::int64_t x) {
    SimAnswer answer = slow(x);
    answer.curve.resize(100'000);
    return answer;
  });
  ASSERT_TRUE(longer.done.has_error());
  EXPECT_THAT(longer.done.error().text(), HasSubstr("1000 years"));
}

TEST(Simulation, AJournalThatCannotBeWrittenEndsIt) {
  const Simulated run(job("max_total_trials: 4"), workers(1), flat, [](std::vector<Event>) {
    return Result<void>(Error(ErrorCode::JournalWrite, "the disk is full"));
  });
  ASSERT_TRUE(run.done.has_error());
  EXPECT_EQ(run.done.error().code(), ErrorCode::JournalWrite);
}

TEST(Simulation, AKeptOneReadsBackAsTheSweepThatWasSimulated) {
  const TempFolder temp;
  auto kept = KeptSimulation::create(temp / "state", "mine", "the job");
  ASSERT_TRUE(kept.has_value()) << kept.error().text();
  SimulationOptions options = workers(2);
  const Simulated run(job("max_total_trials: 4"), options, flat, (*kept)->writer());
  ASSERT_TRUE(run.done.has_value()) << run.done.error().text();
  auto loaded = load_sweep((*kept)->entry().folder);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  EXPECT_EQ(loaded->sweep->sequence, run.simulation.sweep().sequence);
  EXPECT_EQ(loaded->sweep->counts.completed, 4u);
  EXPECT_EQ(loaded->sweep->created.backend, "simulated");
  EXPECT_TRUE(KeptSimulation::create(temp / "state", "mine", "").has_error())
      << "the name is taken";
  (*kept)->discard();
  EXPECT_TRUE(StateFolder(temp / "state").find("mine").has_error());
}

TEST(SimulationView, TellsTimeInWords) {
  EXPECT_EQ(time_text(0), "0 s");
  EXPECT_EQ(time_text(45.5), "45.5 s");
  EXPECT_EQ(time_text(125), "2 min 5 s");
  EXPECT_EQ(time_text(4200), "1 h 10 min");
  EXPECT_EQ(time_text(50 * 3600), "2 d 2 h");
}

}  // namespace
}  // namespace sweepjob
