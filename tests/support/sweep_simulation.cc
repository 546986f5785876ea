#include "tests/support/sweep_simulation.h"

#include <deque>
#include <functional>
#include <set>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "backends/simulated/sim_link.h"
#include "model/check.h"
#include "runner/app/controller.h"
#include "runner/app/proposal_worker.h"
#include "runner/io/event_json.h"
#include "tests/support/memory_journal.h"
#include "tests/support/sim_planner.h"
#include "tests/support/simulation_checks.h"
#include "tests/support/slow_sampler.h"
#include "tests/support/sweep_dump.h"

namespace sweepjob::testing {
namespace {

namespace asio = boost::asio;

constexpr Duration kLongestRun = std::chrono::hours(6);
constexpr std::chrono::seconds kSlowestAnswer{3};

// Everything that outlives a controller.
struct World {
  World(const SimulationCase& simulated_case, Mutation mutation_of_world)
      : simulated(simulated_case),
        mutation(mutation_of_world),
        rules{simulated_case.spec, simulated_case.capacity, 0},
        cluster(clock, simulated_case.cluster, simulated_case.script),
        random(simulated_case.seed ^ 0x5eed),
        checks(rules, make_fold(), cluster) {}

  [[nodiscard]] Sweep make_fold() const {
    Findings findings;
    Sweep sweep = make_sweep(rules, findings);
    SWEEPJOB_CHECK(!findings.has_errors(), "the drawn specs are sound");
    if (simulated.slow_sampler) {
      sweep.sampler = std::make_unique<SlowSampler>(std::move(sweep.sampler));
    }
    return sweep;
  }
  [[nodiscard]] Sweep replay() const {
    Sweep sweep = make_fold();
    const bool drops = mutation == Mutation::DropsAnEventAtReplay;
    const std::uint64_t last = journal.durable_sequence() - (drops ? 1 : 0);
    const auto done = journal.replay([&](std::uint64_t sequence, Event&& event) {
      if (sequence <= last) apply(sweep, event);
    });
    SWEEPJOB_CHECK(done.has_value(), "a memory journal is never damaged");
    return sweep;
  }

  const SimulationCase& simulated;
  Mutation mutation;
  Rules rules;
  SimClock clock;
  SimCluster cluster;
  MemoryJournal journal;
  RandomStream random;
  SimulationChecks checks;
  std::set<std::string> answered;
};

// One life of a controller; `dead` once it has crashed: nothing leaves it from then on.
struct Life {
  Life(World& world_of_life, std::optional<CrashPoint> crash_of_life, std::uint64_t epoch_of_life)
      : world(world_of_life), crash(crash_of_life), epoch(epoch_of_life) {}

  // True: the controller dies in place of this effect.
  bool dies_at_effect() {
    if (dead) return true;
    ++effects;
    if (crash && crash->place == CrashPlace::BetweenEffects && effects == crash->number) {
      dead = true;
    }
    return dead;
  }
  bool dies_at_append(CrashPlace place) {
    if (crash && crash->place == place && appends == crash->number) dead = true;
    return dead;
  }
  // What this life inherited and, by mistake, does not do.
  [[nodiscard]] bool leaves_out() const {
    return world.mutation == Mutation::LeavesOutstandingOut && epoch > 1 &&
           (!settled_at || world.clock.now() == *settled_at);
  }

  World& world;
  std::optional<CrashPoint> crash;
  std::uint64_t epoch;
  bool dead = false;
  std::uint64_t appends = 0;
  std::uint64_t effects = 0;
  std::optional<Timestamp> settled_at;  // the first append was acknowledged
};

class WatchedJournal final : public Journal {
 public:
  explicit WatchedJournal(Life& life) : life_(life) {}

  void append(std::vector<Event> batch, Completion done) override {
    if (life_.dead) return;
    ++life_.appends;
    if (life_.dies_at_append(CrashPlace::BeforeDurable)) return;
    pending_ = std::move(done);
    if (life_.world.mutation == Mutation::EffectsBeforeDurable) {
      std::exchange(pending_, nullptr)(life_.world.journal.durable_sequence() + batch.size());
    }
    const double part = life_.world.random.uniform();
    const auto longest = static_cast<double>(life_.world.simulated.append_time_max.count());
    const Duration time{static_cast<std::int64_t>(part * longest)};
    life_.world.clock.after(time, [alive = std::weak_ptr<WatchedJournal*>(self_), batch] {
      if (const auto journal = alive.lock()) (*journal)->finish(batch);
    });
  }
  [[nodiscard]] std::uint64_t durable_sequence() const override {
    return life_.world.journal.durable_sequence();
  }

 private:
  void finish(const std::vector<Event>& batch) {
    if (life_.dead) return;
    World& world = life_.world;
    std::uint64_t sequence = 0;
    world.journal.append(batch, [&](Result<std::uint64_t> done) { sequence = *done; });
    world.checks.on_durable(batch);
    if (life_.dies_at_append(CrashPlace::AfterDurable)) return;
    if (!life_.settled_at) life_.settled_at = world.clock.now();
    if (pending_) std::exchange(pending_, nullptr)(sequence);
  }

  Life& life_;
  Completion pending_;
  std::shared_ptr<WatchedJournal*> self_ = std::make_shared<WatchedJournal*>(this);
};

// The cluster as one controller sees it, with the checks and the crash in between.
class WatchedLink final : public Backend, public MetricSource {
 public:
  explicit WatchedLink(Life& life) : life_(life), link_(life.world.cluster) {}

  Task<std::vector<SubmitResult>> submit(BatchToken token,
                                         std::vector<LaunchRequest> requests) override {
    std::vector<LaunchRequest> sent;
    for (LaunchRequest& request : requests) {
      if (life_.dies_at_effect()) break;
      life_.world.checks.on_submit(request);
      sent.push_back(std::move(request));
    }
    if (life_.leaves_out()) co_return pretend(sent);
    auto answer = co_await link_.submit(token, std::move(sent));
    if (life_.dead) co_return gone();
    for (const SubmitResult& result : *answer) {
      if (result.accepted) life_.world.checks.on_done("submit", result.key);
    }
    co_return answer;
  }
  Task<void> cancel(std::vector<AttemptKey> attempts) override {
    std::vector<AttemptKey> sent;
    for (const AttemptKey& key : attempts) {
      if (life_.dies_at_effect()) break;
      life_.world.checks.on_cancel(key);
      sent.push_back(key);
    }
    if (life_.leaves_out()) co_return Result<void>();
    const std::vector<AttemptKey> keys = sent;
    auto answer = co_await link_.cancel(std::move(sent));
    if (answer.has_value()) {
      for (const AttemptKey& key : keys) life_.world.checks.on_done("cancel", key);
    }
    co_return answer;
  }
  Task<std::vector<AttemptStatus>> observe(std::vector<AttemptKey> live,
                                           std::vector<std::string> folders) override {
    return link_.observe(std::move(live), std::move(folders));
  }
  Task<std::vector<AttemptStatus>> next_change() override { return link_.next_change(); }
  Task<void> collect(AttemptKey attempt) override {
    if (life_.dies_at_effect()) co_return gone();
    life_.world.checks.on_collect(attempt);
    if (life_.leaves_out()) co_return Result<void>();
    auto answer = co_await link_.collect(attempt);
    if (answer.has_value()) life_.world.checks.on_done("collect", attempt);
    co_return answer;
  }

  void follow(FollowRequest request) override {
    if (life_.dies_at_effect()) return;
    life_.world.checks.on_follow(request.attempt);
    if (!life_.leaves_out()) link_.follow(std::move(request));
  }
  void finish(const AttemptKey& attempt, FinalSizes sizes) override {
    if (life_.dies_at_effect()) return;
    life_.world.checks.on_finish(attempt, sizes);
    if (!life_.leaves_out()) link_.finish(attempt, sizes);
  }
  void forget(const AttemptKey& attempt) override { link_.forget(attempt); }
  asio::awaitable<Result<std::vector<MetricBatch>>> next_batch() override {
    return link_.next_batch();
  }

 private:
  static Error gone() { return Error(ErrorCode::Internal, "the controller is dead"); }
  static std::vector<SubmitResult> pretend(const std::vector<LaunchRequest>& requests) {
    std::vector<SubmitResult> results;
    for (const LaunchRequest& request : requests) {
      SubmitResult result;
      result.key = request.key;
      result.accepted = true;
      results.push_back(std::move(result));
    }
    return results;
  }

  Life& life_;
  SimLink link_;
};

class Requests final : public RequestSource {
 public:
  explicit Requests(Life& life) : life_(life) {}

  std::vector<UserRequest> poll() override {
    std::vector<UserRequest> due;
    World& world = life_.world;
    for (const auto& [when, request] : world.simulated.requests) {
      if (SimClock::kDefaultStart + when > world.clock.now()) continue;
      if (!world.answered.contains(request.id)) due.push_back(request);  // again, until answered
    }
    return due;
  }
  void answer(const RequestHandled& handled) override {
    if (life_.dead) return;
    life_.world.checks.on_answer(handled);
    life_.world.answered.insert(handled.id);
  }

 private:
  Life& life_;
};

class WatchedReports final : public Reporter {
 public:
  explicit WatchedReports(Life& life)
      : life_(life), sequence_(life.world.journal.durable_sequence()) {}
  void on_event(const Event&, const Sweep&) noexcept override {
    ++sequence_;
    if (!life_.dead) life_.world.checks.on_report(sequence_);
  }

 private:
  Life& life_;
  std::uint64_t sequence_;
};

enum class Ending : std::uint8_t { Crashed, Finished, Stuck, Broken };

ControllerOptions quick_options() {
  ControllerOptions options;
  options.catch_up = std::chrono::seconds(2);
  return options;
}

class LifeRunner {
 public:
  LifeRunner(World& world, std::optional<CrashPoint> crash, std::uint64_t epoch)
      : life_(world, crash, epoch),
        journal_(life_),
        link_(life_),
        requests_(life_),
        reports_(life_) {
    planner_.forgets_cursors = world.mutation == Mutation::ForgetsCursors;
  }

  // `reopening`: a command that is there before the controller looks at anything else.
  Ending run(std::optional<UserRequest> reopening) {
    World& world = life_.world;
    world.checks.on_new_life();
    Sweep sweep = world.replay();
    const auto worker = make_worker(sweep);
    ControllerParts parts{world.clock, journal_, link_, link_, planner_};
    parts.proposals = worker.get();
    parts.requests = &requests_;
    parts.reporters.push_back(&reports_);
    parts.file_size = [&world](const std::string& file) {
      return sim_file_size(world.cluster, file);
    };
    Controller controller(context_, std::move(parts), world.rules, std::move(sweep),
                          quick_options());
    controller_ = &controller;
    if (reopening) controller.push(*std::move(reopening));
    std::optional<Result<void>> outcome;
    asio::co_spawn(context_, controller.run({life_.epoch, "host", "boot", 1}),
                   [&](const std::exception_ptr& problem, Result<void> result) {
                     if (problem) std::rethrow_exception(problem);
                     outcome = std::move(result);
                   });
    const Timestamp limit = world.clock.now() + kLongestRun;
    // A broken promise may go on for ever without any time passing.
    const auto& violations = world.checks.violations();
    world.clock.run(context_, [&] {
      return life_.dead || outcome || !violations.empty() || world.clock.now() > limit;
    });
    if (life_.dead) return Ending::Crashed;
    if (!violations.empty()) return Ending::Broken;
    if (!outcome) return Ending::Stuck;
    world.checks.require(outcome->has_value(), "the controller gave up");
    world.checks.on_end(controller.sweep(), world.replay());
    return Ending::Finished;
  }
  [[nodiscard]] const Life& life() const { return life_; }

 private:
  // Null unless the sampler is slow. Its answers take a while, in which the sweep goes on.
  std::unique_ptr<ProposalWorker> make_worker(const Sweep& sweep) {
    World& world = life_.world;
    if (!world.simulated.slow_sampler) return nullptr;
    const std::uint64_t first =
        sweep.open_request ? sweep.open_request->request : sweep.last_request + 1;
    const auto answer = [this, &world](std::uint64_t request, const Proposals& proposals) {
      const std::weak_ptr<int> alive = alive_;
      const Duration time{static_cast<std::int64_t>(
          world.random.uniform() * static_cast<double>(Duration(kSlowestAnswer).count()))};
      world.clock.after(time, [this, alive, request, proposals] {
        if (alive.lock()) controller_->push(ProposalReady{request, proposals});
      });
    };
    auto worker = std::make_unique<ProposalWorker>(context_, world.make_fold(), first, answer,
                                                   ProposalWorker::Where::CallersThread);
    const auto done =
        world.journal.replay([&](std::uint64_t, Event&& event) { worker->observe(event); });
    SWEEPJOB_CHECK(done.has_value(), "a memory journal is never damaged");
    return worker;
  }

  asio::io_context context_{1};  // destroyed last: coroutines of the others wait in it
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  Controller* controller_ = nullptr;
  Life life_;
  WatchedJournal journal_;
  WatchedLink link_;
  WatchedPlanner planner_;
  Requests requests_;
  WatchedReports reports_;
};

// The controller speaks of every fault; here that is all the time.
class Silence {
 public:
  Silence() : before_(spdlog::get_level()) { spdlog::set_level(spdlog::level::off); }
  ~Silence() { spdlog::set_level(before_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  spdlog::level::level_enum before_;
};

// A sweep that has ended and has a command waiting that opens it again.
std::optional<UserRequest> reopening_request(const World& world) {
  for (const auto& [when, request] : world.simulated.requests) {
    const bool reopens = std::holds_alternative<RetryTrial>(request.what) ||
                         std::holds_alternative<UpdateLimits>(request.what);
    if (reopens && !world.answered.contains(request.id)) return request;
  }
  return std::nullopt;
}

void create_sweep(World& world) {
  SweepCreated created;
  created.uid.bytes.fill(static_cast<std::uint8_t>(world.simulated.seed));
  created.name = "simulated";
  created.seed = world.simulated.seed;
  created.backend = "simulated";
  const std::vector<Event> first{Event{world.clock.now(), created}};
  world.journal.append(first, [](const Result<std::uint64_t>&) {});
  world.checks.on_durable(first);
}

}  // namespace

SimulationResult simulate_sweep(const SimulationCase& simulated, Mutation mutation) {
  const Silence silence;
  World world(simulated, mutation);
  create_sweep(world);
  SimulationResult result;
  std::deque<CrashPoint> crashes(simulated.crashes.begin(), simulated.crashes.end());
  std::optional<UserRequest> reopening;
  constexpr std::uint32_t kMostLives = 1000;
  while (world.checks.violations().empty() && result.lives < kMostLives) {
    std::optional<CrashPoint> crash;
    if (!crashes.empty()) {
      crash = crashes.front();
      crashes.pop_front();
    }
    LifeRunner life(world, crash, ++result.lives);
    const Ending ending = life.run(std::exchange(reopening, std::nullopt));
    if (result.lives == 1) {
      result.appends = life.life().appends;
      result.effects = life.life().effects;
    }
    world.checks.require(ending != Ending::Stuck, "the sweep is stuck");
    if (ending == Ending::Finished) {
      reopening = reopening_request(world);
      if (!reopening) break;
    }
  }
  result.violations = world.checks.violations();
  result.events = world.journal.durable_sequence();
  result.stops = world.checks.stops();
  result.withheld = world.checks.withheld();
  result.retries = world.checks.retries();
  result.waits = world.checks.waits();
  result.final_state = dump(world.checks.durable());
  if (!result.violations.empty()) {
    (void)world.journal.replay([&](std::uint64_t sequence, Event&& event) {
      result.journal += event_to_json_line(sequence, event) + "\n";
    });
  }
  return result;
}

}  // namespace sweepjob::testing
