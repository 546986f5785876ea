#include "backends/local/local_backend.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backends/attempt_folder.h"
#include "backends/catalog.h"
#include "backends/local/leftovers.h"
#include "backends/local/open_file_limit.h"
#include "model/attempt_cgroup.h"
#include "model/process_identity.h"
#include "model/record_file.h"
#include "tests/support/local_harness.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// While it lives, this process can open only so many files more.
class DescriptorShortage {
 public:
  explicit DescriptorShortage(std::size_t left) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{std::min<rlim_t>(before_.rlim_cur, 512), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
    for (int file = 0; (file = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) {
      files_.push_back(file);
    }
    for (; left > 0; --left) {
      ::close(files_.back());
      files_.pop_back();
    }
  }
  ~DescriptorShortage() {
    for (const int file : files_) ::close(file);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  DescriptorShortage(const DescriptorShortage&) = delete;
  DescriptorShortage& operator=(const DescriptorShortage&) = delete;

 private:
  rlimit before_{};
  std::vector<int> files_;
};

class LocalBackendTest : public ::testing::Test {
 protected:
  SubmitResult submit(LaunchRequest request) {
    std::vector<LaunchRequest> requests{std::move(request)};
    auto results = complete(harness_, harness_.backend().submit({1}, std::move(requests)));
    EXPECT_TRUE(results && *results);
    return (*results)->front();
  }
  LaunchRequest request(Behaviour behaviour) { return harness_.request(key_, behaviour); }
  AttemptStatus observe() {
    auto seen = complete(harness_, harness_.backend().observe({key_}, {folder()}));
    EXPECT_TRUE(seen && *seen);
    return (*seen)->front();
  }
  std::optional<AttemptStatus> ended() { return await_phase(harness_, key_, AttemptPhase::Ended); }
  // As another controller, or a program on another machine, would have left it.
  void write_claim(const std::function<void(ClaimRecord&)>& change) {
    ASSERT_TRUE(make_attempt_folder(folder()));
    const auto launch = to_launch_record(request(Behaviour::RunsOn));
    ASSERT_TRUE(write_launch(folder(), *launch));
    ASSERT_TRUE(claim_unstarted(folder(), key_));
    auto claim = read_claim(folder());
    ASSERT_TRUE(claim.has_value() && *claim);
    change(**claim);
    write_file(folder() + "/claim", to_text(**claim));
  }
  bool runs(LaunchRequest launch) {
    submit(std::move(launch));
    return await_phase(harness_, key_, AttemptPhase::Running).has_value();
  }
  // What is polled is looked at again every quarter of it.
  LaunchRequest request_with_short_lease() {
    LaunchRequest launch = request(Behaviour::RunsOn);
    launch.heartbeat_lease = std::chrono::seconds(8);
    return launch;
  }
  // The claim of the attempt, whose program is killed.
  ClaimRecord kill_program() {
    const auto claim = read_claim(folder());
    EXPECT_TRUE(claim.has_value() && *claim);
    ::kill(static_cast<pid_t>((*claim)->pid), SIGKILL);
    return **claim;
  }
  [[nodiscard]] std::string folder() const { return harness_.folder(key_); }

  LocalHarness harness_;
  AttemptKey key_{SweepUid::random(), {TrialId{0}, 1}};
};

TEST_F(LocalBackendTest, LosesAnAttemptWhoseProgramIsKilledAndLeavesNothingOfIt) {
  LaunchRequest launch = request(Behaviour::RunsOn);
  launch.command =
      "setsid sleep 1000 & env -i bash -c 'exec -a $0 sleep 1001' TEST_MARK=$TEST_MARK & "
      "sleep 1002; true";
  ASSERT_TRUE(runs(std::move(launch)));
  ASSERT_TRUE(eventually([&] { return harness_.sleepers() == 3; }));
  kill_program();
  const auto status = ended();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Lost);
  EXPECT_THAT(status->end->message, HasSubstr("killed by signal 9"));
  EXPECT_TRUE(status->start);
  EXPECT_THAT(processes_with(harness_.mark()), IsEmpty());
  harness_.restart();
  EXPECT_EQ(observe().end, status->end);
}

TEST_F(LocalBackendTest, KnowsTheStartOfWhatDiedBeforeItWasRecorded) {
  LaunchRequest launch = request(Behaviour::RunsOn);
  launch.command = "echo acc=1; kill -9 $PPID; sleep 1000";
  submit(std::move(launch));
  const auto status = ended();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Lost);
  EXPECT_EQ(status->end->sizes.stdout_bytes, 6U);
  ASSERT_TRUE(status->start);
  EXPECT_FALSE(status->start->had_checkpoint);
  EXPECT_FALSE(status->start->host.empty());
  EXPECT_GT(status->start->started, Timestamp{});
  harness_.restart();
  EXPECT_EQ(observe().start, status->start);
}

TEST_F(LocalBackendTest, KnowsOfTheCheckpointOfWhatDiedAtOnce) {
  const TempFolder trial;
  write_file(trial.path() + "/saved", "x");
  LaunchRequest launch = request(Behaviour::RunsOn);
  launch.checkpoint_folder = trial.path();
  launch.command = "echo acc=1; kill -9 $PPID; sleep 1000";
  submit(std::move(launch));
  const auto status = ended();
  ASSERT_TRUE(status && status->start);
  EXPECT_EQ(status->end->outcome, Outcome::Lost);
  EXPECT_TRUE(status->start->had_checkpoint);
}

TEST_F(LocalBackendTest, AfterAKillFindsAlsoWhatLeftItsSessionAndItsEnvironment) {
  LaunchRequest launch = request(Behaviour::RunsOn);
  launch.command =
      "setsid env -i bash -c 'exec -a $0 sleep 1001' TEST_MARK=$TEST_MARK & sleep 1002; true";
  ASSERT_TRUE(runs(std::move(launch)));
  ASSERT_TRUE(eventually([&] { return harness_.sleepers() == 2; }));
  const auto start = read_start(folder());
  ASSERT_TRUE(start.has_value() && *start);
  kill_program();
  ASSERT_TRUE(ended());
  if ((*start)->cgroup.empty()) {
    GTEST_SKIP() << "no control group can be made here, and nothing else holds such a process";
  }
  EXPECT_THAT(processes_with(harness_.mark()), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists((*start)->cgroup));
}

TEST_F(LocalBackendTest, TakesNothingForTheCgroupOfAnAttemptThatIsNotOne) {
  ASSERT_TRUE(make_attempt_folder(folder()));
  const TempFolder elsewhere;
  const std::string plain = elsewhere.path() + '/' + cgroup_name(key_.token());
  std::filesystem::create_directory(plain);
  std::filesystem::create_directory(plain + "/mine");
  StartRecord start;
  start.cgroup = plain;
  write_file(folder() + "/start", to_text(start));
  EXPECT_TRUE(kill_own_cgroup(folder(), key_.token()));
  EXPECT_TRUE(std::filesystem::exists(plain + "/mine"));
  for (const char* hierarchy : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    EXPECT_FALSE(is_cgroup_of(hierarchy, key_.token()));
    EXPECT_FALSE(is_cgroup_of(std::string(hierarchy) + "/other", key_.token()));
  }
}

TEST_F(LocalBackendTest, LosesAnAdoptedAttemptWhoseProgramIsKilled) {
  ASSERT_TRUE(runs(request(Behaviour::RunsOn)));
  harness_.restart();
  EXPECT_EQ(observe().phase, AttemptPhase::Running);
  kill_program();
  const auto status = ended();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Lost);
  EXPECT_THAT(processes_with(harness_.mark()), IsEmpty());
}

TEST_F(LocalBackendTest, SeesWhatDiedWhileNoControllerRan) {
  ASSERT_TRUE(runs(request(Behaviour::RunsOn)));
  harness_.restart();
  const ClaimRecord claim = kill_program();
  ASSERT_TRUE(eventually([&] { return life_of(claim) == Life::Gone; }));
  EXPECT_EQ(observe().end->outcome, Outcome::Lost);
}

TEST_F(LocalBackendTest, KeepsItsAttemptsWhenTheAttemptServerIsKilled) {
  ASSERT_TRUE(runs(request(Behaviour::RunsOn)));
  const auto claim = read_claim(folder());
  const auto program = read_process_stat(static_cast<pid_t>((*claim)->pid));
  ASSERT_TRUE(program);
  ::kill(program->parent, SIGKILL);
  // The next one goes through a new server.
  AttemptKey other = key_;
  other.attempt.trial = TrialId{1};
  SubmitResult result;
  for (int i = 0; i < 1000 && !result.accepted; ++i) {
    result = submit(harness_.request(other, Behaviour::Succeeds));
  }
  EXPECT_TRUE(await_phase(harness_, other, AttemptPhase::Ended));
  EXPECT_EQ(observe().phase, AttemptPhase::Running);
  auto done = complete(harness_, harness_.backend().cancel({key_}));
  EXPECT_TRUE(done && *done);
  const auto status = ended();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Canceled);
}

TEST_F(LocalBackendTest, LosesAnAttemptOfAnEarlierBoot) {
  bool known = false;
  write_claim([&](ClaimRecord& claim) {
    claim.boot_id = "earlier";
    known = is_of_earlier_boot(claim, read_machine_identity());
  });
  if (!known) GTEST_SKIP() << "in a container, or without /etc/machine-id";
  const AttemptStatus status = observe();
  ASSERT_TRUE(status.end);
  EXPECT_EQ(status.end->outcome, Outcome::Lost);
  EXPECT_THAT(status.end->message, HasSubstr("restarted"));
}

TEST_F(LocalBackendTest, WatchesAnAttemptOfAnotherMachineWithOurHostName) {
  write_claim([](ClaimRecord& claim) {
    claim.boot_id = "other";
    claim.machine_id = "other";
  });
  EXPECT_EQ(observe().phase, AttemptPhase::Submitted);
}

TEST_F(LocalBackendTest, WatchesAnUnclaimedAttemptThatItCannotClaimItself) {
  // A server that takes the request and dies, and a name in the way of the controller's claim.
  const std::string server = harness_.path() + "/server";
  write_file(server, "#!/bin/sh\ndd bs=65536 count=1 of=/dev/null\necho $$ >" + server + ".dead\n");
  std::filesystem::permissions(server, std::filesystem::perms::owner_all);
  std::filesystem::create_directories(fmt::format("{}/claim.controller.{}", folder(), ::getpid()));
  auto backend = make_local_backend(harness_.context().get_executor(), {server});
  LaunchRequest launch = request_with_short_lease();
  launch.command = request(Behaviour::Succeeds).command;
  std::vector<LaunchRequest> requests{std::move(launch)};
  auto results = complete(harness_, backend->submit({1}, std::move(requests)));
  ASSERT_TRUE(results && *results && (*results)->front().accepted);
  // The backend has seen its end once it has reaped it.
  ASSERT_TRUE(eventually([&] {
    harness_.let_time_pass();
    const int pid = std::atoi(read_file(server + ".dead").c_str());
    return pid > 0 && ::kill(pid, 0) != 0;
  }));
  auto seen = complete(harness_, backend->observe({key_}, {folder()}));
  ASSERT_TRUE(seen && *seen);
  EXPECT_EQ((*seen)->front().phase, AttemptPhase::Submitted);
  // The program was on its way.
  EXPECT_EQ(wait_for_program(start_program(folder())), 0);
  std::optional<AttemptStatus> status;
  while (!status || status->phase != AttemptPhase::Ended) {
    auto changes = complete(harness_, backend->next_change());
    ASSERT_TRUE(changes && *changes);
    status = (*changes)->back();
  }
  EXPECT_EQ(status->end->outcome, Outcome::Exited);
}

TEST_F(LocalBackendTest, KeepsWatchingWhatItCannotLookAtForWantOfDescriptors) {
  ASSERT_TRUE(runs(request_with_short_lease()));
  for (const std::size_t left : {0, 1, 2}) {
    harness_.restart();
    const DescriptorShortage shortage(left);
    EXPECT_NE(observe().phase, AttemptPhase::Ended) << left;
  }
  harness_.restart();
  EXPECT_EQ(observe().phase, AttemptPhase::Running);
  EXPECT_THAT(processes_with(harness_.mark()), Not(IsEmpty()));
  auto done = complete(harness_, harness_.backend().cancel({key_}));
  EXPECT_EQ(ended()->end->outcome, Outcome::Canceled);
  EXPECT_EQ(harness_.times_started(key_), 1);
}

TEST_F(LocalBackendTest, SaysAbsentOfWhatHasNoRecordsLeftOnlyOnceNothingOfItRuns) {
  ASSERT_TRUE(runs(request(Behaviour::RunsOn)));
  harness_.restart();
  const std::string removed = folder() + ".removed";
  std::filesystem::rename(folder(), removed);
  {
    const DescriptorShortage shortage(1);
    auto seen = complete(harness_, harness_.backend().observe({key_}, {folder()}));
    ASSERT_TRUE(seen);
    EXPECT_FALSE(seen->has_value());
  }
  EXPECT_EQ(observe().phase, AttemptPhase::Absent);
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(removed + "/exit"); }));
  EXPECT_TRUE(eventually([&] { return processes_with(harness_.mark()).empty(); }));
}

TEST_F(LocalBackendTest, SaysNoStartOfWhatEndedBeforeItsCommandRan) {
  write_claim([](ClaimRecord&) {});
  ExitRecord record;
  record.outcome = "lost";
  record.message = "superseded by a later controller before its start";
  write_file(folder() + "/exit", to_text(record));
  const AttemptStatus status = observe();
  ASSERT_TRUE(status.end);
  EXPECT_EQ(status.end->outcome, Outcome::Lost);
  EXPECT_FALSE(status.start);
}

TEST_F(LocalBackendTest, GivesTrialsTheLimitOfOpenFilesThatItWasStartedWith) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{700, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  raise_open_file_limit();
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  EXPECT_EQ(now.rlim_cur, before.rlim_max);
  LaunchRequest launch = request(Behaviour::Succeeds);
  launch.command = "ulimit -Sn > ../soft; ulimit -Hn > ../hard";
  submit(std::move(launch));
  EXPECT_TRUE(ended());
  EXPECT_EQ(read_file(folder() + "/soft"), "700\n");
  EXPECT_EQ(read_file(folder() + "/hard"), fmt::format("{}\n", before.rlim_max));
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(LocalBackendTest, LearnsTheEndOfWhatItCouldNotLookAtOnceItCan) {
  ASSERT_TRUE(runs(request_with_short_lease()));
  harness_.restart();
  {
    const DescriptorShortage shortage(0);
    EXPECT_NE(observe().phase, AttemptPhase::Ended);
  }
  auto done = complete(harness_, harness_.backend().cancel({key_}));
  const auto status = ended();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Canceled);
}

TEST_F(LocalBackendTest, SaysLostOnlyOnceItHasLookedForWhatIsLeft) {
  LaunchRequest launch = request_with_short_lease();
  launch.command = "setsid sleep 1000 & sleep 1002; true";
  ASSERT_TRUE(runs(std::move(launch)));
  ASSERT_TRUE(eventually([&] { return harness_.sleepers() == 2; }));
  harness_.restart();
  const ClaimRecord claim = kill_program();
  ASSERT_TRUE(eventually([&] { return life_of(claim) == Life::Gone; }));
  {
    // One is enough for the records and for /proc, but not for what is in /proc.
    const DescriptorShortage shortage(1);
    EXPECT_NE(observe().phase, AttemptPhase::Ended);
  }
  const auto status = ended();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Lost);
  EXPECT_THAT(processes_with(harness_.mark()), IsEmpty());
}

TEST_F(LocalBackendTest, TakesADamagedExitRecordForAnEndOnlyWhenItsProgramIsDead) {
  ASSERT_TRUE(runs(request(Behaviour::RunsOn)));
  harness_.restart();
  write_file(folder() + "/exit", "sweepjob-exit 1\noutc");
  EXPECT_EQ(observe().phase, AttemptPhase::Running);
  kill_program();
  const auto status = ended();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Lost);
  EXPECT_THAT(status->end->message, HasSubstr("damaged"));
}

TEST_F(LocalBackendTest, ReadsTheExitRecordLaterWhenItCannotNow) {
  ASSERT_TRUE(runs(request_with_short_lease()));
  harness_.restart();
  // A link to itself cannot be opened (ELOOP), and nobody replaces it.
  ASSERT_EQ(::symlink("exit", (folder() + "/exit").c_str()), 0);
  EXPECT_EQ(observe().phase, AttemptPhase::Running);
  const ClaimRecord claim = kill_program();
  ASSERT_TRUE(eventually([&] { return life_of(claim) == Life::Gone; }));
  for (int i = 0; i < 20; ++i) harness_.let_time_pass();
  EXPECT_NE(observe().phase, AttemptPhase::Ended);
  std::filesystem::remove(folder() + "/exit");
  ExitRecord record;
  record.outcome = "exited";
  write_file(folder() + "/exit", to_text(record));
  EXPECT_EQ(ended()->end->outcome, Outcome::Exited);
}

TEST_F(LocalBackendTest, LosesAnAttemptWhosePidBelongsToSomebodyElseNow) {
  write_claim([](ClaimRecord& claim) { ++claim.start_ticks; });
  EXPECT_EQ(observe().end->outcome, Outcome::Lost);
}

TEST_F(LocalBackendTest, LosesAnAttemptOfAnotherMachineOnceItsHeartbeatStops) {
  write_claim([](ClaimRecord& claim) {
    claim.host = "elsewhere";
    claim.boot_id = "other";
  });
  auto launch = to_launch_record(request(Behaviour::RunsOn));
  launch->lease_ms = 1000;
  ASSERT_TRUE(write_launch(folder(), *launch));
  write_file(folder() + "/start", to_text(StartRecord{"elsewhere", 7, false, 1, ""}));
  EXPECT_EQ(observe().phase, AttemptPhase::Submitted);
  ASSERT_TRUE(await_phase(harness_, key_, AttemptPhase::Running));
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t beat = 1; beat <= 8; ++beat) {
    write_file(folder() + "/heartbeat", to_text(HeartbeatRecord{7, beat, 0}));
    const auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
    while (std::chrono::steady_clock::now() < next) harness_.let_time_pass();
  }
  const auto status = ended();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Lost);
  EXPECT_THAT(status->end->message, HasSubstr("heartbeat"));
  EXPECT_GT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2000 + 900));
}

TEST_F(LocalBackendTest, AdoptsWhoeverHoldsTheClaim) {
  ASSERT_TRUE(make_attempt_folder(folder()));
  const auto launch = to_launch_record(request(Behaviour::RunsOn));
  ASSERT_TRUE(write_launch(folder(), *launch));
  const pid_t program = start_program(folder());
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder() + "/start"); }));
  EXPECT_TRUE(submit(request(Behaviour::RunsOn)).accepted);
  ASSERT_TRUE(await_phase(harness_, key_, AttemptPhase::Running));
  auto done = complete(harness_, harness_.backend().cancel({key_}));
  EXPECT_EQ(ended()->end->outcome, Outcome::Canceled);
  EXPECT_EQ(wait_for_program(program), 0);
  EXPECT_EQ(harness_.times_started(key_), 1);
}

TEST_F(LocalBackendTest, RejectsWhenALaterControllerRunsTheSweep) {
  write_file(harness_.path() + "/journal.2", "");
  submit(request(Behaviour::Succeeds));
  const auto status = ended();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->end->outcome, Outcome::Rejected);
  EXPECT_EQ(harness_.times_started(key_), 0);
}

TEST_F(LocalBackendTest, ReplacesATornLaunchRecordOfADeadController) {
  write_file(folder() + "/launch", "sweepjob-launch 1\ntoken x\ncomm");
  EXPECT_EQ(observe().phase, AttemptPhase::Absent);
  EXPECT_TRUE(submit(request(Behaviour::Succeeds)).accepted);
  EXPECT_EQ(ended()->end->outcome, Outcome::Exited);
}

TEST_F(LocalBackendTest, RefusesWhatItCannotRun) {
  LaunchRequest container = request(Behaviour::Succeeds);
  container.container_image = "python:3";
  LaunchRequest many = request(Behaviour::Succeeds);
  many.resources.instance_count = 2;
  LaunchRequest nul = request(Behaviour::Succeeds);
  nul.command = std::string("echo \0 hidden", 13);
  for (const LaunchRequest& refused : {container, many, nul}) {
    const SubmitResult result = submit(refused);
    EXPECT_FALSE(result.accepted);
    EXPECT_FALSE(result.retry);
    EXPECT_FALSE(result.message.empty());
  }
  EXPECT_FALSE(std::filesystem::exists(folder()));
}

TEST_F(LocalBackendTest, AsksToTryAgainWhenTheAttemptProgramIsNotThere) {
  auto backend = make_local_backend(harness_.context().get_executor(), {"/nowhere/program"});
  std::vector<LaunchRequest> requests{request(Behaviour::Succeeds)};
  auto results = complete(harness_, backend->submit({1}, std::move(requests)));
  ASSERT_TRUE(results && *results);
  EXPECT_FALSE((*results)->front().accepted);
  EXPECT_TRUE((*results)->front().retry);
  EXPECT_THAT((*results)->front().message, HasSubstr("/nowhere/program"));
}

TEST(BackendCatalog, OffersTheNearestName) {
  boost::asio::io_context context;
  const BackendContext options{context.get_executor(), {}, attempt_program()};
  EXPECT_TRUE(make_backend("local", options));
  const auto missing = make_backend("locl", options);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::NotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("'local'"));
}

}  // namespace
}  // namespace sweepjob::testing
