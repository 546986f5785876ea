#include "runner/app/submission.h"

#include <filesystem>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>

#include "manifests/spec/spec_diff.h"
#include "model/value.h"
#include "runner/app/backend_settings.h"
#include "runner/app/interrupt_watch.h"
#include "runner/app/load_sweep.h"
#include "runner/app/session.h"
#include "runner/app/warm_start.h"
#include "runner/io/clock.h"
#include "runner/io/environment_file.h"
#include "runner/io/journal_replay.h"
#include "runner/io/journal_writer.h"
#include "runner/io/lease.h"
#include "runner/io/posix_file.h"

namespace sweepjob {
namespace {

std::uint64_t draw_seed() {
  std::random_device source;
  // Small enough for every JSON reader to keep it exactly.
  return ((static_cast<std::uint64_t>(source()) << 32) | source()) >> 11;
}

Result<void> write_file(const std::string& path, const std::string& content) {
  auto file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.has_error()) return file.error();
  return write_all(file->get(), content, path);
}

BackendSettings settings_of(const Submission& submission, const SnapshotPlan& code) {
  BackendSettings settings;
  settings.options = submission.resolved.backend_options;
  settings.activate = submission.resolved.activate;
  settings.container_image = submission.resolved.image;
  settings.link_code = !small_enough_to_copy(code);
  return settings;
}

// What decides how the sweep runs and does not stand in its specification.
std::vector<std::string> differing_choices(const SweepCreated& created, const Submission& now,
                                           const BackendSettings& settings) {
  std::vector<std::string> keys;
  if (now.seed && *now.seed != created.seed) {
    keys.push_back(fmt::format("seed: {} -> {}", created.seed, *now.seed));
  }
  if (now.resolved.backend != created.backend) {
    keys.push_back(fmt::format("backend: {} -> {}", created.backend, now.resolved.backend));
  } else if (settings.to_json_text() != created.backend_json) {
    keys.push_back("the settings of its compute or environment in config.yaml");
  }
  return keys;
}

Error differs(const std::string& name, const std::vector<std::string>& keys, bool code) {
  std::string message = "there is a sweep '" + name + "' already, and this job is not the same:";
  for (const std::string& key : keys) message += "\n  " + key;
  if (code) message += "\n  trial.code: files have changed";
  message +=
      "\nTake another --name, change limits with `sweepjob update`, or go on as it was with "
      "`sweepjob "
      "resume`";
  return Error(ErrorCode::Conflict, message);
}

bool is_unborn(const std::string& folder) {
  const auto replayed = check_journal(folder);
  return (replayed.has_error() && replayed.error().code() == ErrorCode::NotFound) ||
         (replayed.has_value() && replayed->events == 0);
}

// The existing sweep when it is the same job; nothing when its submission was never completed.
Result<std::optional<Submitted>> find_same(const StateFolder& folder, const SweepEntry& entry,
                                           const Submission& submission, const SnapshotPlan& code) {
  auto loaded = load_sweep(entry.folder);
  if (loaded.has_error() && is_unborn(entry.folder)) {
    // A sweep has its first event before its name; versions before this one had it the other way
    // round. Whoever still works on it holds the lease, and what was true before it may not be now.
    auto lease = acquire_lease(entry.folder, nullptr);
    if (lease.has_error()) return lease.error();
    if (is_unborn(entry.folder)) {
      if (auto removed = folder.remove(entry); removed.has_error()) return removed.error();
      return std::optional<Submitted>();
    }
    loaded = load_sweep(entry.folder);
  }
  if (loaded.has_error()) return loaded.error();
  const SweepCreated& created = loaded->sweep->created;
  // The limits as submitted are compared, not as updated since.
  auto keys = differing_keys(to_value(without_warm_start_results(loaded->rules->spec)),
                             to_value(without_warm_start_results(submission.spec)));
  const bool code_differs = created.code_digest != code.digest;
  // Code that has grown may be linked where it was copied: that is said already.
  if (!code_differs) {
    for (std::string& key : differing_choices(created, submission, settings_of(submission, code))) {
      keys.push_back(std::move(key));
    }
  }
  if (!keys.empty() || code_differs) return differs(entry.name, keys, code_differs);
  return std::optional<Submitted>(Submitted{entry, true});
}

SweepCreated first_event(const Submission& submission, const SweepEntry& entry,
                         const SnapshotPlan& code) {
  SweepCreated created;
  created.uid = entry.uid;
  created.name = entry.name;
  created.spec_json = to_json(to_value(submission.spec));
  created.code_digest = code.digest;
  created.source_folder =
      std::filesystem::absolute(submission.spec.source_file).parent_path().string();
  created.seed = submission.seed.value_or(draw_seed());
  created.backend = submission.resolved.backend;
  created.backend_json = settings_of(submission, code).to_json_text();
  return created;
}

Error interrupted() {
  return {ErrorCode::Usage, "interrupted before the sweep was there; nothing is left of it"};
}

Result<void> fill_folder(const Submission& submission, const SweepEntry& entry,
                         const SnapshotPlan& code) {
  auto lease = acquire_lease(entry.folder, nullptr);
  if (lease.has_error()) return lease.error();
  if (auto written = write_file(entry.folder + "/job.yaml", submission.job_text);
      written.has_error()) {
    return written.error();
  }
  if (!code.digest.empty()) {
    const auto go_on = [] { return interrupting_signal() == 0; };
    if (auto copied = copy_snapshot(code, entry.folder + "/code", go_on); copied.has_error()) {
      return copied.error();
    }
  }
  // As late as can be: it may hold secrets, and this may be killed.
  if (auto kept =
          write_environment_file(entry.folder + "/environment", environment_of_this_process());
      kept.has_error()) {
    return kept.error();
  }
  auto journal = JournalWriter::take_over(entry.folder, entry.uid, {});
  if (journal.has_error()) return journal.error();
  const SystemClock clock;
  std::vector<Event> events{{clock.now(), first_event(submission, entry, code)}};
  auto appended = append_and_wait(**journal, std::move(events));
  if (appended.has_error()) return appended.error();
  return {};
}

// A whole sweep with its first event, and then its name: nobody ever finds half of one, and of two
// submissions of one name the later one finds a sweep that it can compare itself with.
Result<SweepEntry> make_sweep(const StateFolder& folder, const std::string& name,
                              const Submission& submission, const SnapshotPlan& code) {
  const InterruptWatch watch;
  auto entry = folder.prepare(SweepUid::random(), name);
  if (entry.has_error()) return entry.error();
  auto made = fill_folder(submission, *entry, code);
  if (interrupting_signal() != 0) made = interrupted();
  if (made.has_value()) made = folder.publish(*entry);
  if (made.has_value()) return entry;
  (void)folder.discard(*entry).has_error();
  return made.error();
}

}  // namespace

Result<Submitted> create_sweep(const std::string& state, Submission submission) {
  const StateFolder folder(state);
  SnapshotPlan code;
  if (!submission.spec.trial.code_path.empty()) {
    auto planned = plan_snapshot(submission.spec.trial.code_path, {state});
    if (planned.has_error()) return planned.error();
    code = *std::move(planned);
  }
  const bool generated = submission.name.empty();
  const std::string name = generated ? generate_name() : submission.name;
  if (!generated) {
    auto existing = folder.find(name);
    if (existing.has_value() && existing->name == name) {
      auto same = find_same(folder, *existing, submission, code);
      if (same.has_error()) return same.error();
      if (*same) return **same;
    }
  }
  auto entry = make_sweep(folder, name, submission, code);
  if (entry.has_value()) return Submitted{*entry, false};
  if (generated || entry.error().code() != ErrorCode::Conflict) return entry.error();
  // Somebody else was quicker.
  auto existing = folder.find(name);
  if (existing.has_error()) return existing.error();
  auto same = find_same(folder, *existing, submission, code);
  if (same.has_error()) return same.error();
  if (!*same) return entry.error();
  return **same;
}

int fail_submission(const GlobalOptions& globals, const Error& error) {
  const int code = fail(globals, error);
  return interrupting_signal() != 0 ? 128 + interrupting_signal() : code;
}

}  // namespace sweepjob
