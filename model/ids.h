// The names of things. Layer 0; plain values; any thread.
//
// SweepUid is random and is in every token, job name, label and folder; the display name never is,
// so that a reused name adopts nothing foreign. An AttemptId is unique within its sweep, an
// AttemptKey everywhere: backends and metric sources speak of AttemptKeys.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sweepjob {

struct SweepUid {
  std::array<std::uint8_t, 16> bytes{};

  // 32 lower-case hexadecimal digits: fit for a folder, a DNS-1123 label and a SLURM job name.
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] static std::optional<SweepUid> from_hex(std::string_view text);
  // From the system's random source.
  [[nodiscard]] static SweepUid random();

  auto operator<=>(const SweepUid&) const = default;
};

// Dense, from 0, in the order of proposal: Azure's child index.
enum class TrialId : std::uint32_t {};

[[nodiscard]] constexpr std::uint32_t index_of(TrialId trial) {
  return static_cast<std::uint32_t>(trial);
}

// One start of a trial's command. `number` counts from 1.
struct AttemptId {
  TrialId trial{};
  std::uint32_t number = 1;

  auto operator<=>(const AttemptId&) const = default;
};

struct AttemptKey {
  SweepUid sweep;
  AttemptId attempt;

  // "<uid>-<trial>-<number>": the unique token by which a scheduler's job is found again.
  [[nodiscard]] std::string token() const;
  // Only of what token() writes.
  [[nodiscard]] static std::optional<AttemptKey> from_token(std::string_view text);

  auto operator<=>(const AttemptKey&) const = default;
};

// A DNS-1123 label (lower case, digits, hyphens, at most `max_length`) made from any display name,
// starting with a letter and ending in the first 8 digits of the uid, so that equal names stay
// apart. `max_length` is at least 10.
[[nodiscard]] std::string dns_label(std::string_view display_name, const SweepUid& uid,
                                    std::size_t max_length = 63);

// A sweep's name as it may stand in a path and on a command line: 1 to 128 of [A-Za-z0-9_.-],
// not starting with '.' or '-'.
[[nodiscard]] bool is_valid_sweep_name(std::string_view name);

}  // namespace sweepjob

template <>
struct std::hash<sweepjob::SweepUid> {
  std::size_t operator()(const sweepjob::SweepUid& uid) const noexcept;
};
template <>
struct std::hash<sweepjob::AttemptId> {
  std::size_t operator()(const sweepjob::AttemptId& id) const noexcept;
};
template <>
struct std::hash<sweepjob::AttemptKey> {
  std::size_t operator()(const sweepjob::AttemptKey& key) const noexcept;
};
