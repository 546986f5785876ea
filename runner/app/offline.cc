#include "runner/app/offline.h"

#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "backends/catalog.h"
#include "runner/app/backend_settings.h"
#include "runner/app/background.h"
#include "runner/app/takeover.h"
#include "runner/core/decide.h"
#include "runner/io/clock.h"

namespace sweepjob {

namespace asio = boost::asio;

namespace {

// What became of the attempts of a sweep that nobody watches: journaled before anything is decided
// about them. A launch that a dead controller had not journaled is found here.
Result<void> learn_truth(const std::string& folder, LoadedSweep& loaded,
                         std::vector<Event>& events) {
  Sweep& sweep = *loaded.sweep;
  std::vector<AttemptKey> keys;
  std::vector<std::string> folders;
  for (std::uint32_t i = 0; i < sweep.trials.size(); ++i) {
    const Attempt* attempt = latest_attempt(sweep.trials[i]);
    if (attempt == nullptr || attempt->state == AttemptState::Ended) continue;
    keys.push_back({sweep.created.uid, {TrialId{i}, attempt->number}});
    folders.push_back(fmt::format("{}/trials/{}/{}", folder, i, attempt->number));
  }
  if (keys.empty()) return {};
  asio::io_context context{1};
  auto program = attempt_program();
  if (program.has_error()) return program.error();
  auto settings = BackendSettings::from_json_text(sweep.created.backend_json);
  if (settings.has_error()) return settings.error();
  auto backend =
      make_backend(sweep.created.backend, {context.get_executor(), settings->options, *program});
  if (backend.has_error()) return backend.error();
  Result<std::vector<AttemptStatus>> truth = Error(ErrorCode::Internal, "no answer");
  asio::co_spawn(context, (*backend)->observe(std::move(keys), std::move(folders)),
                 [&](const std::exception_ptr& problem, Result<std::vector<AttemptStatus>> answer) {
                   if (problem) std::rethrow_exception(problem);
                   truth = std::move(answer);
                   context.stop();
                 });
  context.run();
  if (truth.has_error()) return truth.error();
  std::vector<Effect> effects;
  for (AttemptStatus& status : *truth) {
    const AttemptId id = status.key.attempt;
    if (status.phase == AttemptPhase::Absent) continue;
    absorb(*loaded.rules, sweep, Input{SystemClock().now(), AttemptChanged{id, std::move(status)}},
           events, effects);
  }
  return {};
}

}  // namespace

Result<RequestHandled> handle_offline(const std::string& folder, UserRequest request) {
  auto lease = acquire_lease(folder, nullptr);
  if (lease.has_error()) return lease.error();
  auto loaded = load_with_deciders(folder);
  if (loaded.has_error()) return loaded.error();
  auto taken = take_over(folder, *std::move(loaded), **lease);
  if (taken.has_error()) return taken.error();
  Sweep& sweep = *taken->loaded.sweep;
  const std::string id = request.id;
  // A controller that died since may have journaled it without answering.
  if (const auto known = sweep.handled.find(id); known != sweep.handled.end()) {
    return known->second;
  }
  std::vector<Event> events;
  if (auto learnt = learn_truth(folder, taken->loaded, events); learnt.has_error()) {
    return learnt.error();
  }
  std::vector<Effect> effects;
  absorb(*taken->loaded.rules, sweep, Input{SystemClock().now(), std::move(request)}, events,
         effects);
  if (auto written = append_and_wait(*taken->journal, std::move(events)); written.has_error()) {
    return written.error();
  }
  return sweep.handled.at(id);
}

}  // namespace sweepjob
