#include "runner/io/doctor.h"

#include <cerrno>
#include <charconv>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "runner/io/environment_file.h"
#include "runner/io/inbox.h"
#include "runner/io/journal_repair.h"
#include "runner/io/lease.h"
#include "runner/io/posix_file.h"

namespace sweepjob {
namespace {

constexpr const char* kRepair = "--repair";
constexpr const char* kTruncate = "--repair --truncate";
// Younger leftovers may still be in somebody's hands.
constexpr std::chrono::hours kLeftoverAge{1};

std::optional<std::uint32_t> as_number(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && (text.size() == 1 || text[0] != '0') ? std::optional(number) : std::nullopt;
}

// One examination of one sweep folder: finds first, repairs after.
class Examination {
 public:
  Examination(std::string folder, const DoctorOptions& options)
      : folder_(std::move(folder)), options_(options) {}

  Result<DoctorReport> run();

 private:
  void add(Severity severity, std::string what, std::string where) {
    report_.findings.push_back({severity, std::move(what), std::move(where), ""});
  }
  // A finding that `fix` does away with.
  void add_repairable(Severity severity, std::string what, std::string where, const char* repair,
                      std::string done, std::function<Result<void>()> fix) {
    report_.findings.push_back({severity, std::move(what), std::move(where), repair});
    if (repair == kRepair || options_.truncate) {
      fixes_.emplace_back(std::move(done), std::move(fix));
    }
  }

  Result<void> examine_journal();
  void examine_damage(JournalDamage damage);
  Result<void> examine_lease();
  void examine_attempts();
  void examine_leftovers();
  void examine_leftovers_in(const std::string& folder, bool temporary_only);
  void examine_environment();
  Result<void> repair();

  const std::string folder_;
  const DoctorOptions options_;
  DoctorReport report_;
  std::vector<std::pair<std::string, std::function<Result<void>()>>> fixes_;
  bool journal_is_sound_ = false;
  bool sweep_finished_ = false;
  std::set<AttemptId> requested_;
};

Result<void> Examination::examine_journal() {
  auto damage = find_damage(folder_);
  if (!damage) {
    if (damage.error().code() != ErrorCode::NotFound) return damage.error();
    add(Severity::Error, "there is no journal: this is no sweep, or its creation was interrupted",
        folder_);
    return {};
  }
  if (*damage) {
    examine_damage(std::move(**damage));
    return {};
  }
  const auto replayed = replay_journal(folder_, [this](std::uint64_t, Event&& event) {
    if (const auto* request = std::get_if<AttemptRequested>(&event.body)) {
      requested_.insert(request->attempt);
    }
    if (std::holds_alternative<SweepFinished>(event.body)) sweep_finished_ = true;
    if (std::holds_alternative<SweepReopened>(event.body)) sweep_finished_ = false;
  });
  if (!replayed) return replayed.error();
  journal_is_sound_ = true;
  add(Severity::Note,
      "the journal is sound: " + std::to_string(replayed->events) + " events in " +
          std::to_string(replayed->records) + " records and " + std::to_string(replayed->segments) +
          " segments",
      folder_);
  if (replayed->torn_tail_bytes > 0) {
    add(Severity::Note,
        "its last " + std::to_string(replayed->torn_tail_bytes) +
            " bytes are an append that was not completed; nothing acted on it, and the next "
            "controller leaves it out",
        folder_ + "/" + segment_name(replayed->epoch));
  }
  for (const std::uint64_t epoch : replayed->void_segments) {
    add(Severity::Note, "was left out by a repair", folder_ + "/" + segment_name(epoch));
  }
  return {};
}

void Examination::examine_damage(JournalDamage damage) {
  if (!damage.keep) {
    add(Severity::Error, damage.error.message() + ". Nothing can be saved of it",
        damage.error.where());
    return;
  }
  const std::uint64_t kept = damage.keep->end.sequence;
  std::string what =
      damage.error.message() + ". Events 1 to " + std::to_string(kept) + " can be saved";
  what += damage.last_sequence > kept
              ? "; those up to " + std::to_string(damage.last_sequence) + " would be given up"
              : "; those behind them would be given up";
  const std::string done = "the journal goes on behind event " + std::to_string(kept) + " in " +
                           segment_name(damage.new_epoch) + "; its old files are untouched";
  const std::string where = damage.error.where();
  add_repairable(
      Severity::Error, std::move(what), where, kTruncate, done,
      [folder = folder_, damage = std::move(damage)] { return leave_out_damage(folder, damage); });
}

Result<void> Examination::examine_lease() {
  const auto view = look_at_lease(folder_, LeaseIdentity::of_this_process());
  if (!view) return view.error();
  if (!view->record) return {};
  const LeaseRecord& record = *view->record;
  const std::string holder =
      "host " + record.holder.host + ", pid " + std::to_string(record.holder.pid);
  if (view->locked) {
    add(Severity::Note, "a controller is running: " + holder, folder_);
  } else if (view->elsewhere) {
    add(Severity::Note, "a controller may be running on another machine: " + holder, folder_);
  } else if (!record.released && !sweep_finished_) {
    add(Severity::Warning,
        "its controller (" + holder + ") died; `sweepjob resume` goes on where it was", folder_);
  }
  return {};
}

// Folders of attempts that the journal never asked for hold somebody's data: told, not touched.
void Examination::examine_attempts() {
  if (!journal_is_sound_) return;
  const std::string trials = folder_ + "/trials";
  const auto names = list_folder(trials);
  if (!names) return;
  for (const std::string& name : *names) {
    const auto trial = as_number(name);
    const auto attempts = list_folder(trials + "/" + name);
    if (!trial || !attempts) {
      add(Severity::Note, "is no trial's folder", trials + "/" + name);
      continue;
    }
    for (const std::string& attempt : *attempts) {
      if (attempt == "checkpoint") continue;
      const std::string path = trials + "/" + name + "/" + attempt;
      const auto number = as_number(attempt);
      if (!number) {
        add(Severity::Note, "is no attempt's folder", path);
      } else if (!requested_.contains(AttemptId{TrialId{*trial}, *number})) {
        add(Severity::Warning, "the journal never asked for this attempt", path);
      }
    }
  }
}

void Examination::examine_leftovers() {
  examine_leftovers_in(folder_, true);
  examine_leftovers_in(folder_ + "/inbox", true);
  examine_leftovers_in(folder_ + "/outbox", false);
}

void Examination::examine_leftovers_in(const std::string& folder, bool temporary_only) {
  const auto names = list_folder(folder);
  if (!names) return;
  for (const std::string& name : *names) {
    const bool temporary = name.starts_with(kTemporaryPrefix);
    if (!temporary && (temporary_only || !is_request_id(name))) continue;
    const std::string path = folder + "/" + name;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const Timestamp changed = from_micros(std::int64_t{status.st_mtim.tv_sec} * 1'000'000);
    if (options_.now - changed < kLeftoverAge) continue;
    add_repairable(
        Severity::Note,
        temporary ? "is left over from a process that died" : "is an answer that nobody fetched",
        path, kRepair, "removed " + path, [path]() -> Result<void> {
          if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
          return file_error(errno, "cannot remove", path);
        });
  }
}

void Examination::examine_environment() {
  const std::string path = folder_ + "/environment";
  if (!sweep_finished_ || !path_exists(path)) return;
  add_repairable(Severity::Warning,
                 "the sweep has ended, but the environment of its submitter is still here", path,
                 kRepair, "removed " + path, [path] { return remove_environment_file(path); });
}

Result<void> Examination::repair() {
  LeaseSeeker seeker(
      folder_, LeaseIdentity::of_this_process(), [] { return std::chrono::steady_clock::now(); },
      [now = options_.now] { return now; });
  const auto lease = seeker.poll();
  if (!lease) return lease.error();
  if (*lease == nullptr) {
    return Error(ErrorCode::LeaseHeld,
                 "nothing was repaired: " + seeker.waiting_for() +
                     "; repair on that machine, or `sweepjob resume` here first",
                 folder_);
  }
  for (const auto& [done, fix] : fixes_) {
    const auto fixed = fix();
    if (!fixed) return fixed.error();
    report_.repaired.push_back(done);
  }
  return {};
}

Result<DoctorReport> Examination::run() {
  const auto journal = examine_journal();
  if (!journal) return journal.error();
  const auto lease = examine_lease();
  if (!lease) return lease.error();
  examine_attempts();
  examine_leftovers();
  examine_environment();
  if (options_.repair && !fixes_.empty()) {
    const auto repaired = repair();
    if (!repaired) return repaired.error();
  }
  return std::move(report_);
}

}  // namespace

bool DoctorReport::healthy() const {
  for (const DoctorFinding& finding : findings) {
    if (finding.severity == Severity::Error) return false;
  }
  return true;
}

Result<DoctorReport> examine_sweep(const std::string& sweep_folder, const DoctorOptions& options) {
  return Examination(sweep_folder, options).run();
}

Result<DoctorReport> examine_state_folder(const StateFolder& state, const DoctorOptions& options) {
  DoctorReport report;
  const auto nameless = state.list_nameless();
  if (!nameless) return nameless.error();
  for (const SweepEntry& entry : *nameless) {
    const auto epochs = list_epochs(entry.folder);
    if (epochs && !epochs->empty()) {
      report.findings.push_back(
          {Severity::Warning, "a sweep without a name: reach it by its uid", entry.folder, ""});
      continue;
    }
    struct stat status {};
    const bool young =
        ::lstat(entry.folder.c_str(), &status) != 0 ||
        options.now - from_micros(std::int64_t{status.st_mtim.tv_sec} * 1'000'000) < kLeftoverAge;
    if (young) continue;  // perhaps being submitted
    report.findings.push_back({Severity::Note,
                               "has neither name nor journal: left over from a submit or delete "
                               "that was interrupted",
                               entry.folder, kRepair});
    if (!options.repair) continue;
    const auto removed = state.remove(entry);
    if (!removed) return removed.error();
    report.repaired.push_back("removed " + entry.folder);
  }
  const auto dangling = state.list_dangling();
  if (!dangling) return dangling.error();
  for (const std::string& name : *dangling) {
    report.findings.push_back({Severity::Note, "the name '" + name + "' belongs to no folder",
                               state.path() + "/names/" + name, kRepair});
    if (!options.repair) continue;
    const auto removed = state.remove_dangling(name);
    if (!removed) return removed.error();
    report.repaired.push_back("freed the name '" + name + "'");
  }
  return report;
}

}  // namespace sweepjob
