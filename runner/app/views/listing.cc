#include "runner/app/views/listing.h"

#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "runner/app/cli/verb.h"
#include "runner/app/views/summary.h"
#include "runner/app/views/sweep_document.h"

namespace sweepjob {
namespace {

std::uint32_t ended_count(const SweepCounts& counts) {
  return counts.completed + counts.failed + counts.canceled;
}

std::string best_text(const Sweep& sweep) {
  const auto best = best_trial(sweep);
  if (!best) return "-";
  return fmt::format("{} (trial {})", metric_text(trial_of(sweep, *best).best), index_of(*best));
}

std::string status_text(const ListedSweep& listed) {
  const Sweep& sweep = *listed.loaded->sweep;
  std::string text = to_string(status_of(sweep));
  if (!sweep.finished && !listed.controller.alive) text += ", no controller";
  return text;
}

std::string counts_text(const Sweep& sweep) {
  const SweepCounts& counts = sweep.counts;
  const std::uint32_t queued = counts.live > counts.running ? counts.live - counts.running : 0;
  return fmt::format(
      "{} of {} trials have ended: {} completed, {} cut or canceled, {} failed; "
      "{} running, {} queued",
      ended_count(counts), sweep.limits.max_total_trials, counts.completed, counts.canceled,
      counts.failed, counts.running, queued);
}

}  // namespace

ListedSweep look_at_sweep(const SweepEntry& entry) {
  ListedSweep listed;
  listed.entry = entry;
  listed.controller = controller_state(entry.folder);
  auto loaded = load_sweep(entry.folder);
  if (loaded.has_error()) {
    listed.problem = loaded.error();
  } else {
    listed.loaded = *std::move(loaded);
  }
  return listed;
}

Result<std::vector<ListedSweep>> look_at_all(const StateFolder& state) {
  auto entries = state.list();
  if (entries.has_error()) return entries.error();
  std::vector<ListedSweep> all;
  for (const SweepEntry& entry : *entries) all.push_back(look_at_sweep(entry));
  return all;
}

Value::Map listed_members(const ListedSweep& listed) {
  Value::Map members;
  if (listed.loaded) {
    const Value status = status_document(*listed.loaded->rules, *listed.loaded->sweep);
    for (const auto& member : *status.get<Value::Map>()) {
      if (member.first != "schema_version") members.push_back(member);
    }
    members.emplace_back("controller", controller_document(listed.controller));
  } else {
    members.emplace_back("name", listed.entry.name);
    members.emplace_back("uid", listed.entry.uid.hex());
    members.emplace_back("error", listed.problem->text());
  }
  members.emplace_back("folder", listed.entry.folder);
  return members;
}

Value listing_document(const std::string& state, const std::vector<ListedSweep>& sweeps) {
  Value::List all;
  for (const ListedSweep& listed : sweeps) all.emplace_back(listed_members(listed));
  return document({{"state", state}, {"sweeps", Value(std::move(all))}});
}

void print_listing(std::ostream& out, const std::vector<ListedSweep>& sweeps) {
  std::vector<std::vector<std::string>> rows{{"name", "status", "trials", "best", "created"}};
  for (const ListedSweep& listed : sweeps) {
    if (!listed.loaded) {
      rows.push_back(
          {listed.entry.name, "cannot be read", "-", "-", printable(listed.problem->text(), 300)});
      continue;
    }
    const Sweep& sweep = *listed.loaded->sweep;
    rows.push_back({sweep.created.name, status_text(listed),
                    fmt::format("{}/{}", ended_count(sweep.counts), sweep.limits.max_total_trials),
                    best_text(sweep), to_iso8601(sweep.created_at).substr(0, 19) + "Z"});
  }
  out << table_text(rows);
}

void print_status(std::ostream& out, const ListedSweep& listed) {
  if (!listed.loaded) {
    out << listed.entry.name << ": cannot be read: " << printable(listed.problem->text(), 4000)
        << "\n  `sweepjob doctor " << listed.entry.folder << "` says more\n";
    return;
  }
  const Rules& rules = *listed.loaded->rules;
  const Sweep& sweep = *listed.loaded->sweep;
  out << sweep.created.name << ": " << status_text(listed);
  if (sweep.finished && !sweep.finished->reason.empty()) {
    out << " (" << printable(sweep.finished->reason, 1000) << ")";
  } else if (sweep.stopping && !sweep.finished) {
    out << " (" << printable(sweep.stopping->reason, 1000) << ")";
  }
  out << "\n  " << counts_text(sweep) << '\n';
  if (!rules.spec.objectives.empty()) {
    out << "  best " << printable(primary_metric_of(rules.spec), 256) << ": " << best_text(sweep)
        << '\n';
  }
  if (!sweep.finished) {
    out << "  controller: " << controller_text(listed.controller);
    if (!listed.controller.alive) out << "; `sweepjob resume " << sweep.created.name << "` goes on";
    out << '\n';
  }
  for (const Warned& warned : sweep.warnings) {
    out << "  warning: " << printable(warned.text, 4000) << '\n';
  }
}

}  // namespace sweepjob
