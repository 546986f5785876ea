#include "runner/app/replay.h"

#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "runner/app/cli/common.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

Value count(std::uint64_t number) { return Value(static_cast<std::int64_t>(number)); }

Value replay_document(const ReplayResult& result) {
  Value difference;
  if (const auto& first = result.first) {
    difference = Value(Value::Map{
        {"sequence", count(first->sequence)},
        {"what", first->what},
        {"trial", first->trial ? count(index_of(*first->trial)) : Value()},
        {"journaled", first->journaled},
        {"derived", first->derived},
    });
  }
  return document({{"name", result.name},
                   {"uid", result.uid},
                   {"agrees", !result.first.has_value()},
                   {"events", count(result.events)},
                   {"proposals", count(result.proposals)},
                   {"verdicts", count(result.verdicts)},
                   {"cuts", count(result.cuts)},
                   {"reworded", count(result.reworded)},
                   {"difference", std::move(difference)}});
}

void print_replay(const ReplayResult& result) {
  std::cout << fmt::format("{}: {} events, {} proposals and {} verdicts ({} cuts) derived again\n",
                           printable(result.name, 200), result.events, result.proposals,
                           result.verdicts, result.cuts);
  if (result.reworded > 0) {
    std::cout << fmt::format("{} reasons are worded differently by this version\n",
                             result.reworded);
  }
  if (const auto& first = result.first) {
    std::cout << fmt::format("first difference: event {}, a {}\n  journaled: {}\n  derived:   {}\n",
                             first->sequence, first->what, first->journaled, first->derived);
  } else {
    std::cout << "all agree\n";
  }
}

int replay(const std::string& name, const GlobalOptions& globals) {
  auto entry = find_sweep(globals, name);
  if (entry.has_error()) return fail(globals, entry.error());
  auto result = replay_sweep(entry->folder);
  if (result.has_error()) return fail(globals, result.error());
  if (globals.json()) {
    print_json(replay_document(*result));
  } else {
    print_replay(*result);
  }
  return result->first ? kExitFailed : kExitCompleted;
}

VerbAction declare_replay(VerbOptions& command, const GlobalOptions& globals) {
  auto name = std::make_shared<std::string>();
  command.add_option("NAME", *name, "The sweep, or the folder of a copied one").required();
  return [name, &globals] { return replay(*name, globals); };
}

const VerbEntry entry{"replay", "Derive every proposal and verdict of a journal again",
                      declare_replay};

}  // namespace
}  // namespace sweepjob
