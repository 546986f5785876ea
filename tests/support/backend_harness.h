// One backend and the world that it starts attempts in, for the contract suite. A new backend adds
// a harness and a line in backend_harnesses(); the suite itself knows no clock and no process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "backends/backend.h"
#include "model/check.h"

namespace sweepjob::testing {

enum class Behaviour {
  Succeeds,  // ends by itself at once, with code 0
  Fails,     // ends by itself at once, with code 3
  RunsOn,    // until it is ended
};

class BackendHarness {
 public:
  virtual ~BackendHarness() = default;
  virtual boost::asio::io_context& context() = 0;
  virtual Backend& backend() = 0;
  // The controller dies and another one starts: a new backend over the same world.
  virtual void restart() = 0;
  virtual LaunchRequest request(AttemptKey key, Behaviour behaviour) = 0;
  // How often the command of this attempt was started, whatever the backend says.
  virtual int times_started(const AttemptKey& key) = 0;
  // Lets the world go on a little: runs the context, moves a simulated clock.
  virtual void let_time_pass() = 0;
};

struct BackendHarnessEntry {
  const char* name;
  std::function<std::unique_ptr<BackendHarness>()> make;
};
// Without it the bytes of the struct become part of the test's name in ctest.
inline void PrintTo(const BackendHarnessEntry& one, std::ostream* out) { *out << one.name; }

[[nodiscard]] std::vector<BackendHarnessEntry> backend_harnesses();

// Runs the task to its end while time passes; nothing if it does not end.
template <class T>
std::optional<Result<T>> complete(BackendHarness& harness, Task<T> task, int patience = 20'000) {
  auto result = std::make_shared<std::optional<Result<T>>>();
  boost::asio::co_spawn(harness.context(), std::move(task),
                        [result](std::exception_ptr failed, Result<T> value) {
                          SWEEPJOB_CHECK(!failed, "no exception leaves a backend");
                          result->emplace(std::move(value));
                        });
  for (int i = 0; i < patience && !*result; ++i) harness.let_time_pass();
  return *result;
}

// The last status of one attempt that satisfies the condition, from next_change().
inline std::optional<AttemptStatus> await_status(
    BackendHarness& harness, const AttemptKey& key,
    const std::function<bool(const AttemptStatus&)>& condition) {
  for (int round = 0; round < 1000; ++round) {
    auto changes = complete(harness, harness.backend().next_change());
    if (!changes || !*changes) return std::nullopt;
    for (const AttemptStatus& status : **changes) {
      if (status.key == key && condition(status)) return status;
    }
  }
  return std::nullopt;
}

inline std::optional<AttemptStatus> await_phase(BackendHarness& harness, const AttemptKey& key,
                                                AttemptPhase phase) {
  return await_status(harness, key,
                      [phase](const AttemptStatus& status) { return status.phase == phase; });
}

}  // namespace sweepjob::testing
