#include <cstdio>
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/runner/attempt/attempt_fixture.h"

namespace sweepjob::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AttemptSetUp : public AttemptTest {};

TEST_F(AttemptSetUp, GivesTheEnvironmentAndPutsNoneOfItOnACommandLine) {
  const std::string secret = "s3cret-value-of-the-user";
  launch_.inherited_environment_file = world_.path() + "/environment";
  write_file(launch_.inherited_environment_file, "PATH=/usr/bin:/bin" + std::string(1, '\0') +
                                                     "PASSWORD=" + secret + std::string(1, '\0') +
                                                     "OVER=old" + std::string(1, '\0'));
  launch_.environment.emplace_back("OVER", "new\nline % two");
  launch_.environment.emplace_back("AZUREML_SWEEP_lr", "1e-05");
  launch_.gpu_ids = {"2", "GPU-abc"};
  launch_.checkpoint_folder = world_.path() + "/trials/0/checkpoint";
  launch_.resume_folder = world_.path() + "/trials/9/checkpoint";
  const pid_t program = start("env; echo ready; read x; sleep 1000");
  ASSERT_TRUE(log_has("ready"));
  for (const char* line :
       {"OVER=new\nline % two\n", "AZUREML_SWEEP_lr=1e-05\n", "CUDA_VISIBLE_DEVICES=2,GPU-abc\n"}) {
    EXPECT_THAT(log(), HasSubstr(line));
  }
  EXPECT_THAT(log(), HasSubstr("PASSWORD=" + secret));
  EXPECT_THAT(log(), HasSubstr("SWEEPJOB_ATTEMPT_TOKEN=" + launch_.token));
  EXPECT_THAT(log(), HasSubstr("SWEEPJOB_METRICS_FILE=" + path("metrics.jsonl")));
  EXPECT_THAT(log(), HasSubstr("SWEEPJOB_CHECKPOINT_DIR=" + launch_.checkpoint_folder));
  EXPECT_THAT(log(), HasSubstr("SWEEPJOB_RESUME_DIR=" + launch_.resume_folder));
  EXPECT_THAT(log(), Not(HasSubstr("OVER=old")));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path("start")); }));
  const auto started = parse_start(read_file(path("start")));
  ASSERT_TRUE(started);
  for (const auto pid : {static_cast<pid_t>(started->pid), program}) {
    const std::string line = read_file("/proc/" + std::to_string(pid) + "/cmdline");
    EXPECT_THAT(line, Not(HasSubstr(secret)));
    EXPECT_FALSE(line.empty());
  }
  cancel(program);
  wait_for_program(program);
}

TEST_F(AttemptSetUp, ActivatesAVirtualEnvironmentAndACondaPrefix) {
  launch_.activate = world_.path() + "/venv";
  std::filesystem::create_directories(launch_.activate + "/bin");
  run("echo \"$VIRTUAL_ENV|${PATH%%:*}|${PYTHONHOME-unset}\"");
  EXPECT_EQ(log(), launch_.activate + "|" + launch_.activate + "/bin|unset\n");
  std::filesystem::remove_all(folder());
  std::filesystem::create_directories(launch_.activate + "/conda-meta");
  run("echo \"$CONDA_PREFIX|$CONDA_DEFAULT_ENV|${PATH%%:*}\"");
  EXPECT_EQ(log(), launch_.activate + "|venv|" + launch_.activate + "/bin\n");
  std::filesystem::remove_all(folder());
  launch_.activate = world_.path() + "/missing";
  const ExitRecord record = run("true");
  EXPECT_EQ(record.outcome, "rejected");
  EXPECT_THAT(record.message, HasSubstr("/missing"));
}

TEST_F(AttemptSetUp, GivesAPrivateCopyOfTheCodeOrLinksIntoTheSnapshot) {
  launch_.code_folder = world_.path() + "/code";
  write_file(launch_.code_folder + "/train.sh", "echo trained");
  write_file(launch_.code_folder + "/pkg/data.txt", "data");
  std::filesystem::create_symlink("train.sh", launch_.code_folder + "/alias.sh");
  for (const bool link : {false, true}) {
    std::filesystem::remove_all(folder());
    launch_.link_code = link;
    const ExitRecord record =
        run("bash alias.sh; cat pkg/data.txt; echo new > pkg/new.txt; "
            "rm train.sh; echo result > outputs/model; ls -d logs user_logs");
    EXPECT_EQ(record.code, 0);
    EXPECT_EQ(log(), "trained\ndatalogs\nuser_logs\n");
    EXPECT_EQ(std::filesystem::is_symlink(path("work/pkg/data.txt")), link);
    EXPECT_EQ(read_file(path("work/outputs/model")), "result\n");
    EXPECT_FALSE(std::filesystem::exists(launch_.code_folder + "/pkg/new.txt"));
    EXPECT_TRUE(std::filesystem::exists(launch_.code_folder + "/train.sh"));
  }
}

TEST_F(AttemptSetUp, KeepsTheLogInsideWhenTheCodeHasALinkOfItsName) {
  launch_.code_folder = world_.path() + "/code";
  std::filesystem::create_directories(launch_.code_folder);
  std::filesystem::create_symlink("/tmp", launch_.code_folder + "/user_logs");
  run("echo inside");
  EXPECT_EQ(log(), "inside\n");
  EXPECT_FALSE(std::filesystem::is_symlink(path("work/user_logs")));
}

TEST_F(AttemptSetUp, SaysWhatItCannotSetUp) {
  launch_.code_folder = world_.path() + "/no-code";
  const ExitRecord record = run("true");
  EXPECT_EQ(record.outcome, "rejected");
  EXPECT_THAT(record.message, HasSubstr("no-code"));
  EXPECT_FALSE(record.start);
}

TEST_F(AttemptSetUp, RecordsWhetherThereWasACheckpoint) {
  launch_.checkpoint_folder = world_.path() + "/trials/0/checkpoint";
  EXPECT_FALSE(run("echo 1 > $SWEEPJOB_CHECKPOINT_DIR/model").start->had_checkpoint);
  std::filesystem::remove_all(folder());
  EXPECT_TRUE(run("true").start->had_checkpoint);
}

TEST_F(AttemptSetUp, LetsNobodyWriteIntoTheCheckpointOfTheParent) {
  launch_.checkpoint_folder = world_.path() + "/trials/0/checkpoint";
  launch_.resume_folder = world_.path() + "/trials/9/checkpoint";
  std::filesystem::create_directories(launch_.resume_folder);
  write_file(launch_.resume_folder + "/model", "of the parent");
  run("unshare --mount true 2>&1 && echo may; "
      "echo mine > $SWEEPJOB_RESUME_DIR/model; echo more > $SWEEPJOB_RESUME_DIR/other; "
      "cp -r $SWEEPJOB_RESUME_DIR/. $SWEEPJOB_CHECKPOINT_DIR && "
      "echo ' and mine' >> $SWEEPJOB_CHECKPOINT_DIR/model");
  if (log().find("may\n") == std::string::npos) {
    GTEST_SKIP() << "this user may not make a mount namespace: " << log();
  }
  EXPECT_THAT(log(), HasSubstr("Read-only file system"));
  EXPECT_EQ(read_file(launch_.resume_folder + "/model"), "of the parent");
  EXPECT_FALSE(std::filesystem::exists(launch_.resume_folder + "/other"));
  EXPECT_EQ(read_file(launch_.checkpoint_folder + "/model"), "of the parent and mine\n");
  write_file(launch_.resume_folder + "/model", "still ours to write");
}

TEST_F(AttemptSetUp, LetsNobodyWriteIntoTheSnapshotThatTheCodeLinksInto) {
  launch_.code_folder = world_.path() + "/code";
  launch_.link_code = true;
  launch_.checkpoint_folder = world_.path() + "/trials/0/checkpoint";
  launch_.resume_folder = world_.path() + "/trials/9/checkpoint";
  std::filesystem::create_directories(launch_.code_folder + "/package");
  std::filesystem::create_directories(launch_.resume_folder);
  write_file(launch_.code_folder + "/package/keep", "of all");
  run("unshare --mount true 2>&1 && echo may; "
      "echo mine >> package/keep; echo more > $(dirname $(readlink -f package/keep))/other; "
      "echo x > $SWEEPJOB_RESUME_DIR/x; echo new > package/new; "
      "rm package/keep && echo mine > package/keep; cat package/keep package/new");
  if (log().find("may\n") == std::string::npos) {
    GTEST_SKIP() << "this user may not make a mount namespace: " << log();
  }
  EXPECT_THAT(log(), HasSubstr("Read-only file system"));
  EXPECT_THAT(log(), HasSubstr("mine\nnew\n"));  // its own folder is its own
  EXPECT_EQ(read_file(launch_.code_folder + "/package/keep"), "of all");
  EXPECT_FALSE(std::filesystem::exists(launch_.code_folder + "/package/other"));
  EXPECT_FALSE(std::filesystem::exists(launch_.resume_folder + "/x"));
  write_file(launch_.code_folder + "/package/keep", "still ours to write");
}

TEST_F(AttemptSetUp, ClosesStdinAndGivesItsOwnGroupAndDefaultSignals) {
  run("cat; cut -d' ' -f5 /proc/$$/stat; echo $$; grep -E 'SigBlk|SigIgn' /proc/self/status");
  unsigned long long blocked = 1;
  unsigned long long ignored = 1;
  long group = 0;
  long shell = 1;
  ASSERT_EQ(std::sscanf(log().c_str(), "%ld\n%ld\nSigBlk:\t%llx\nSigIgn:\t%llx", &group, &shell,
                        &blocked, &ignored),
            4)
      << log();
  EXPECT_EQ(group, shell);
  EXPECT_EQ(blocked, 0U);
  // 32 and 33 belong to the C library, which lets nobody set them.
  EXPECT_EQ(ignored & 0x7fffffffU, 0U);
}

TEST_F(AttemptSetUp, StartsTheRanksOfPytorchEachWithItsLog) {
  launch_.distribution = "pytorch";
  launch_.process_count = 3;
  const ExitRecord record =
      run("echo \"$RANK $LOCAL_RANK $WORLD_SIZE $NODE_RANK $MASTER_ADDR\"; "
          "echo $MASTER_PORT >> ../ports");
  EXPECT_EQ(record.outcome, "exited");
  for (int rank = 0; rank < 3; ++rank) {
    const std::string number = std::to_string(rank);
    EXPECT_EQ(read_file(path("work/user_logs/std_log_process_0" + number + ".txt")),
              number + " " + number + " 3 0 127.0.0.1\n");
  }
  EXPECT_EQ(log(), "0 0 3 0 127.0.0.1\n");
  EXPECT_EQ(record.stdout_bytes, log().size());
  EXPECT_EQ(record.process_log_bytes, (std::vector<std::uint64_t>{18, 18, 18}));
  const std::string ports = read_file(path("ports"));
  const std::string first = ports.substr(0, ports.find('\n') + 1);
  EXPECT_EQ(ports, first + first + first);
}

TEST_F(AttemptSetUp, EndsTheOtherRanksWhenOneFails) {
  launch_.distribution = "pytorch";
  launch_.process_count = 3;
  const ExitRecord record = run("if [ $RANK = 1 ]; then exit 5; fi; sleep 1000");
  EXPECT_EQ(record.outcome, "exited");
  EXPECT_EQ(record.code, 5);
  EXPECT_THAT(record.message, HasSubstr("rank 1"));
  EXPECT_TRUE(processes_with(mark()).empty());
}

TEST_F(AttemptSetUp, TellsTensorflowWorkersOfEachOther) {
  launch_.distribution = "tensorflow";
  launch_.process_count = 2;
  run("echo \"$TF_CONFIG\"");
  EXPECT_THAT(read_file(path("work/user_logs/std_log_process_01.txt")),
              ::testing::MatchesRegex(
                  "\\{\"cluster\":\\{\"worker\":\\[\"127.0.0.1:[0-9]+\",\"127.0.0.1:[0-9]+\"\\]\\},"
                  "\"task\":\\{\"type\":\"worker\",\"index\":1\\}\\}\n"));
}

TEST_F(AttemptSetUp, RunsMpiByMpirunWhereThereIsOneElseAsCopies) {
  launch_.distribution = "mpi";
  launch_.process_count = 2;
  // The machine's own mpirun is not found, if it has one.
  launch_.environment.emplace_back("PATH", world_.path() + "/bin");
  run("echo $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE");
  EXPECT_EQ(read_file(path("work/user_logs/std_log_process_01.txt")), "1 of 2\n");
  std::filesystem::remove_all(folder());
  write_file(world_.path() + "/bin/mpirun", "#!/bin/sh\necho \"mpirun $*\"\n");
  std::filesystem::permissions(world_.path() + "/bin/mpirun", std::filesystem::perms::owner_all);
  run("train it");
  EXPECT_EQ(log(), "mpirun -n 2 bash -c train it\n");
}

}  // namespace
}  // namespace sweepjob::testing
