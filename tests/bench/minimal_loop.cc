// The reference of "state on disk": what a runner of trials cannot do without. Not ours: std and
// POSIX only.
//
//   minimal_loop FOLDER TRIALS PARALLEL
//
// For each trial it makes the folders and files that sweepjob makes (same names, same sizes) and
// starts `bash -c true` in them; a record of each end goes to one log, which a second thread makes
// durable, one fdatasync a batch, while the next trials run. It keeps no claim against a second
// start, no heartbeat, no state, and could not go on after a crash.
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr std::size_t kLaunchBytes = 1200;
constexpr std::size_t kClaimBytes = 240;
constexpr std::size_t kExitBytes = 160;
constexpr std::size_t kRecordBytes = 200;

void require(bool condition, const std::string& what) {
  if (condition) return;
  std::perror(what.c_str());
  std::exit(1);
}

void make_folder(const std::string& path) { require(::mkdir(path.c_str(), 0777) == 0, path); }

void write_file(const std::string& path, std::size_t bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  require(file >= 0, path);
  const std::string text(bytes, 'x');
  require(::write(file, text.data(), bytes) == static_cast<ssize_t>(bytes), path);
  ::close(file);
}

// Appends from one thread, durable by another.
class Log {
 public:
  explicit Log(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)),
        thread_([this] { run(); }) {
    require(file_ >= 0, path);
  }
  ~Log() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
    ::close(file_);
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void append(std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      pending_.append(bytes, 'x');
    }
    wake_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return !pending_.empty() || stopping_; });
      if (pending_.empty()) return;
      std::string batch;
      batch.swap(pending_);
      lock.unlock();
      const ssize_t written = ::write(file_, batch.data(), batch.size());
      require(written == static_cast<ssize_t>(batch.size()), "write");
      require(::fdatasync(file_) == 0, "fdatasync");
      lock.lock();
    }
  }

  int file_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string pending_;
  bool stopping_ = false;
  std::thread thread_;
};

pid_t start_trial(const std::string& folder) {
  const std::string attempt = folder + "/1";
  const std::string work = attempt + "/work";
  for (const std::string& path : {folder, attempt, folder + "/checkpoint", work, work + "/outputs",
                                  work + "/logs", work + "/user_logs"}) {
    make_folder(path);
  }
  write_file(attempt + "/launch", kLaunchBytes);
  write_file(attempt + "/claim", kClaimBytes);
  const std::string log = work + "/user_logs/std_log.txt";
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  ::posix_spawn_file_actions_addchdir_np(&actions, work.c_str());
  std::string words[] = {"bash", "-c", "true"};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t pid = 0;
  errno = ::posix_spawnp(&pid, "bash", &actions, nullptr, arguments, environ);
  require(errno == 0, "bash");
  ::posix_spawn_file_actions_destroy(&actions);
  return pid;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("usage: minimal_loop FOLDER TRIALS PARALLEL\n", stderr);
    return 2;
  }
  const std::string folder = arguments[1];
  const int trials = std::atoi(arguments[2]);
  const std::size_t parallel = static_cast<std::size_t>(std::atoi(arguments[3]));
  make_folder(folder);
  make_folder(folder + "/trials");
  Log log(folder + "/log");
  std::map<pid_t, std::string> running;
  for (int next = 0; next < trials || !running.empty();) {
    while (next < trials && running.size() < parallel) {
      const std::string trial = folder + "/trials/" + std::to_string(next++);
      running.emplace(start_trial(trial), trial);
    }
    const pid_t ended = ::waitpid(-1, nullptr, 0);
    require(ended > 0, "waitpid");
    const std::string exit_file = running[ended] + "/1/exit";
    write_file(exit_file + ".new", kExitBytes);
    require(::rename((exit_file + ".new").c_str(), exit_file.c_str()) == 0, exit_file);
    log.append(kRecordBytes);
    running.erase(ended);
  }
}
