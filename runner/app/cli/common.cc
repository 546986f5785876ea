#include "runner/app/cli/common.h"

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <fmt/format.h>

#include "runner/app/offline.h"
#include "runner/app/requests.h"
#include "runner/app/session.h"
#include "runner/app/views/sweep_document.h"
#include "runner/io/clock.h"
#include "runner/io/inbox.h"
#include "runner/io/journal_replay.h"
#include "runner/io/lease.h"

namespace sweepjob {

Result<std::string> state_folder(const GlobalOptions& globals) {
  std::optional<std::string> option;
  if (!globals.state.empty()) option = globals.state;
  return resolve_state_folder(option, [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  });
}

Result<SweepEntry> find_sweep(const GlobalOptions& globals, const std::string& name) {
  if (name.find('/') != std::string::npos) {
    const auto epochs = list_epochs(name);
    if (epochs.has_error() || epochs->empty()) {
      return Error(ErrorCode::NotFound, "this folder holds no sweep (no journal)", name);
    }
    return SweepEntry{name, {}, name};
  }
  auto state = state_folder(globals);
  if (state.has_error()) return state.error();
  const StateFolder folder(*state);
  auto found = folder.find(name);
  if (found.has_value() || found.error().code() != ErrorCode::NotFound) return found;
  std::vector<std::string> names;
  if (auto all = folder.list(); all.has_value()) {
    for (const SweepEntry& entry : *all) names.push_back(entry.name);
  }
  std::string message = "there is no sweep '" + printable(name, 200) + "' in " + *state;
  const std::string nearest = nearest_word(name, names);
  if (!nearest.empty()) message += "; did you mean '" + nearest + "'?";
  return Error(ErrorCode::NotFound, message);
}

Result<LoadedSweep> load_by_name(const GlobalOptions& globals, const std::string& name,
                                 LoadOptions options) {
  auto entry = find_sweep(globals, name);
  if (entry.has_error()) return entry.error();
  return load_sweep(entry->folder, std::move(options));
}

Result<TrialId> parse_trial(const Sweep& sweep, const std::string& text) {
  std::string_view digits = text;
  if (const auto at = digits.rfind('_'); at != std::string_view::npos)
    digits = digits.substr(at + 1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return Error(ErrorCode::Usage, "'" + printable(text, 100) + "' is no trial number");
  }
  if (number >= sweep.trials.size()) {
    return Error(ErrorCode::NotFound, fmt::format("there is no trial {}; {} has {}", number,
                                                  sweep.created.name, sweep.trials.size()));
  }
  return TrialId{number};
}

bool has_controller(const std::string& folder) {
  const auto view = look_at_lease(folder, LeaseIdentity::of_this_process());
  if (view.has_error()) return false;
  return view->locked || (view->elsewhere && view->record && !view->record->released);
}

namespace {

RequestAnswer read_answer(const Value& answer) {
  RequestAnswer result;
  const Value* accepted = answer.find("accepted");
  const Value* message = answer.find("message");
  result.accepted =
      accepted != nullptr && accepted->get<bool>() != nullptr && *accepted->get<bool>();
  if (message != nullptr && message->get<std::string>() != nullptr) {
    result.message = *message->get<std::string>();
  }
  return result;
}

// With no controller about, this process answers.
Result<RequestAnswer> answer_offline(const std::string& folder, const std::string& id,
                                     const std::string& verb, const Value::Map& arguments) {
  auto request = read_request({id, verb, Value(arguments)});
  if (request.has_error()) return request.error();
  auto handled = handle_offline(folder, *std::move(request));
  if (handled.has_error()) return handled.error();
  return RequestAnswer{handled->accepted, handled->message, true};
}

}  // namespace

Result<RequestAnswer> send_request(const GlobalOptions& globals, const SweepEntry& entry,
                                   const std::string& verb, const Value::Map& arguments) {
  (void)globals;
  const SystemClock clock;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::string id = make_request_id(clock.now());
  bool in_inbox = false;
  while (std::chrono::steady_clock::now() < end) {
    // Asked each time: a controller may end, or be killed, before it sees the command.
    if (!has_controller(entry.folder)) {
      auto answer = answer_offline(entry.folder, id, verb, arguments);
      if (answer.has_value() && in_inbox) (void)withdraw_request(entry.folder, id);
      // One may have started in the meantime: then it takes the command.
      if (answer.has_value() || answer.error().code() != ErrorCode::LeaseHeld) return answer;
    }
    if (!in_inbox) {
      auto submitted = submit_request(entry.folder, verb, arguments, clock.now());
      if (submitted.has_error()) return submitted.error();
      id = *std::move(submitted);
      in_inbox = true;
    }
    auto answer = wait_answer(entry.folder, id, std::chrono::seconds(1));
    if (answer.has_error()) return answer.error();
    if (*answer) return read_answer(**answer);
  }
  return Error(ErrorCode::Internal,
               "the controller has not answered within 60 s; the command waits in its inbox");
}

int request_and_print(const GlobalOptions& globals, const std::string& name,
                      const std::string& verb, const Value::Map& arguments) {
  auto entry = find_sweep(globals, name);
  if (entry.has_error()) return fail(globals, entry.error());
  auto answer = send_request(globals, *entry, verb, arguments);
  if (answer.has_error()) return fail(globals, answer.error());
  if (!answer->accepted) return fail(globals, Error(ErrorCode::Usage, answer->message));
  if (globals.json()) {
    print_json(document({{"accepted", true}, {"message", answer->message}}));
  } else {
    std::cout << printable(answer->message) << std::endl;
    if (answer->offline) {
      std::cout << "no controller runs it now: `" << command_hint(globals, "resume", name)
                << "` goes on" << std::endl;
    }
  }
  return kExitCompleted;
}

void print_json(const Value& value) { std::cout << to_json(value) << std::endl; }

}  // namespace sweepjob
