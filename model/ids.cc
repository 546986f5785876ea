#include "model/ids.h"

#include <charconv>
#include <cstring>
#include <random>

namespace sweepjob {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string SweepUid::hex() const {
  std::string text;
  text.reserve(32);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::optional<SweepUid> SweepUid::from_hex(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  SweepUid uid;
  for (std::size_t i = 0; i < 16; ++i) {
    const int high = digit_value(text[2 * i]);
    const int low = digit_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    uid.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return uid;
}

SweepUid SweepUid::random() {
  std::random_device source;
  SweepUid uid;
  for (std::size_t i = 0; i < 16; i += 4) {
    const std::uint32_t word = source();
    std::memcpy(uid.bytes.data() + i, &word, 4);
  }
  return uid;
}

std::string AttemptKey::token() const {
  return sweep.hex() + "-" + std::to_string(index_of(attempt.trial)) + "-" +
         std::to_string(attempt.number);
}

std::optional<AttemptKey> AttemptKey::from_token(std::string_view text) {
  if (text.size() < 36 || text[32] != '-') return std::nullopt;
  const auto uid = SweepUid::from_hex(text.substr(0, 32));
  const std::string_view rest = text.substr(33);
  const std::size_t dash = rest.find('-');
  if (!uid || dash == std::string_view::npos) return std::nullopt;
  const auto trial = parse_number(rest.substr(0, dash));
  const auto number = parse_number(rest.substr(dash + 1));
  if (!trial || !number || *number == 0) return std::nullopt;
  const AttemptKey key{*uid, {TrialId{*trial}, *number}};
  // One text per key: leading zeros are not ours.
  if (key.token() != text) return std::nullopt;
  return key;
}

std::string dns_label(std::string_view display_name, const SweepUid& uid, std::size_t max_length) {
  const std::string tail = uid.hex().substr(0, 8);
  std::string label;
  for (const char c : display_name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || upper;
    if (keep) {
      label.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
    } else if (!label.empty() && label.back() != '-') {
      label.push_back('-');
    }
  }
  // DNS-1035 users (services) need a letter first.
  if (label.empty() || (label[0] >= '0' && label[0] <= '9')) label.insert(0, "s");
  const std::size_t room = max_length > tail.size() + 1 ? max_length - tail.size() - 1 : 1;
  if (label.size() > room) label.resize(room);
  while (label.back() == '-') label.pop_back();
  return label + "-" + tail;
}

bool is_valid_sweep_name(std::string_view name) {
  if (name.empty() || name.size() > 128 || name[0] == '.' || name[0] == '-') return false;
  for (const char c : name) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '.' || c == '-';
    if (!ok) return false;
  }
  return true;
}

}  // namespace sweepjob

namespace {

std::size_t mix(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  return static_cast<std::size_t>(value);
}

}  // namespace

std::size_t std::hash<sweepjob::SweepUid>::operator()(
    const sweepjob::SweepUid& uid) const noexcept {
  std::uint64_t low = 0;
  std::memcpy(&low, uid.bytes.data(), 8);
  return mix(low);
}

std::size_t std::hash<sweepjob::AttemptId>::operator()(
    const sweepjob::AttemptId& id) const noexcept {
  return mix((static_cast<std::uint64_t>(index_of(id.trial)) << 32) | id.number);
}

std::size_t std::hash<sweepjob::AttemptKey>::operator()(
    const sweepjob::AttemptKey& key) const noexcept {
  return std::hash<sweepjob::SweepUid>()(key.sweep) * 31 +
         std::hash<sweepjob::AttemptId>()(key.attempt);
}
