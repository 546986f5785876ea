#include "runner/app/live_attempts.h"

#include <charconv>
#include <optional>

#include "model/attempt_record.h"
#include "model/process_identity.h"
#include "runner/app/trial_files.h"
#include "runner/io/lease.h"
#include "runner/io/posix_file.h"

namespace sweepjob {
namespace {

std::optional<std::uint32_t> number_in(const std::string& name) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace

bool may_live(const std::string& sweep_folder, const AttemptId& attempt) {
  static const MachineIdentity machine = read_machine_identity();
  if (has_exit_record(sweep_folder, attempt)) return false;
  const std::string folder = attempt_folder_of(sweep_folder, attempt);
  const auto text = read_small_file(folder + "/" + attempt_file::kClaim, kMaxRecordBytes);
  if (text.has_error()) return false;
  const auto claim = parse_claim(*text);
  if (!claim) return true;
  if (is_here(*claim, machine)) return life_of(*claim) != Life::Gone;
  return !is_of_earlier_boot(*claim, machine);
}

std::vector<AttemptId> find_live_attempts(const std::string& sweep_folder) {
  std::vector<AttemptId> live;
  const std::string trials = sweep_folder + "/trials";
  const auto names = list_folder(trials);
  if (names.has_error()) return live;
  for (const std::string& name : *names) {
    const auto trial = number_in(name);
    const auto attempts = list_folder(trials + "/" + name);
    if (!trial || attempts.has_error()) continue;
    for (const std::string& attempt : *attempts) {
      const auto number = number_in(attempt);
      const AttemptId id{TrialId{*trial}, number.value_or(0)};
      if (number && may_live(sweep_folder, id)) live.push_back(id);
    }
  }
  return live;
}

}  // namespace sweepjob
