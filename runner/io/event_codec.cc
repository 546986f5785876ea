#include "runner/io/event_codec.h"

#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

#include "model/check.h"
#include "runner/io/event_fields.h"

namespace sweepjob {
namespace {

static_assert(std::endian::native == std::endian::little,
              "fixed-size numbers are copied as they lie in memory");

using journal_fields::kMetricTag;

// What follows in a MetricReported, by the low bits of its tag.
constexpr std::uint8_t kIntegerStep = 1;
constexpr std::uint8_t kRealStep = 2;
constexpr std::uint8_t kHasNumber = 4;
constexpr std::uint8_t kMetricFlags = kIntegerStep | kRealStep | kHasNumber;

// Values nest as deep as a manifest does, and yaml-cpp reads no more than 500 levels.
constexpr int kMaxDepth = 1000;

enum class ValueTag : std::uint8_t { Null, False, True, Integer, Real, Text, List, Map };

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

// Enumerators are stored as their numbers; the last of each, so that no other is accepted.
template <class T>
struct EnumRange;
template <>
struct EnumRange<Channel> {
  static constexpr Channel first = Channel::Http, last = Channel::Stdout;
};
template <>
struct EnumRange<Outcome> {
  static constexpr Outcome first = Outcome::Exited, last = Outcome::Rejected;
};
template <>
struct EnumRange<Status> {
  static constexpr Status first = Status::NotStarted, last = Status::Paused;
};
template <>
struct EnumRange<StopCause> {
  static constexpr StopCause first = StopCause::EarlyTermination, last = StopCause::Stalled;
};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void varint(std::uint64_t value) {
    char bytes[10];
    std::size_t count = 0;
    while (value >= 0x80) {
      bytes[count++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    bytes[count++] = static_cast<char>(value);
    out_.append(bytes, count);
  }
  void real(double value) {
    char bytes[8];
    std::memcpy(bytes, &value, 8);
    out_.append(bytes, 8);
  }

  template <class T>
  void operator()(const char*, const T& value) {
    put(value);
  }

 private:
  void put(bool value) { byte(value ? 1 : 0); }
  void put(double value) { real(value); }
  template <std::unsigned_integral T>
  void put(T value) {
    varint(value);
  }
  template <std::signed_integral T>
  void put(T value) {
    varint(zigzag(value));
  }
  template <class T>
  requires std::is_enum_v<T>
  void put(T value) { varint(static_cast<std::uint64_t>(value)); }
  void put(const std::string& text) {
    varint(text.size());
    out_ += text;
  }
  void put(Timestamp time) { varint(zigzag(to_micros(time))); }
  void put(const SweepUid& uid) {
    out_.append(reinterpret_cast<const char*>(uid.bytes.data()), uid.bytes.size());
  }
  void put(const AttemptId& attempt) {
    put(attempt.trial);
    put(attempt.number);
  }
  void put(const Budget& budget) { real(budget.amount); }
  void put(const Params& params) { put(params, 0); }
  template <class T>
  void put(const std::optional<T>& value) {
    byte(value ? 1 : 0);
    if (value) put(*value);
  }

  void put(const Value::Map& map, int depth) {
    varint(map.size());
    for (const auto& [name, value] : map) {
      put(name);
      put(value, depth + 1);
    }
  }
  void put(const Value& value, int depth) {
    SWEEPJOB_CHECK(depth < kMaxDepth, "the manifest reader bounds how deep values nest");
    if (value.is_null()) {
      byte(static_cast<std::uint8_t>(ValueTag::Null));
    } else if (const auto* flag = value.get<bool>()) {
      byte(static_cast<std::uint8_t>(*flag ? ValueTag::True : ValueTag::False));
    } else if (const auto* integer = value.get<std::int64_t>()) {
      byte(static_cast<std::uint8_t>(ValueTag::Integer));
      put(*integer);
    } else if (const auto* number = value.get<double>()) {
      byte(static_cast<std::uint8_t>(ValueTag::Real));
      real(*number);
    } else if (const auto* text = value.get<std::string>()) {
      byte(static_cast<std::uint8_t>(ValueTag::Text));
      put(*text);
    } else if (const auto* list = value.get<Value::List>()) {
      byte(static_cast<std::uint8_t>(ValueTag::List));
      varint(list->size());
      for (const Value& item : *list) put(item, depth + 1);
    } else if (const auto* map = value.get<Value::Map>()) {
      byte(static_cast<std::uint8_t>(ValueTag::Map));
      put(*map, depth);
    }
  }

  std::string& out_;
};

// After the first failure everything reads as zero, so that only the end needs to look.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  [[nodiscard]] const char* failure() const { return failure_; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  void fail(const char* why) {
    if (failure_ == nullptr) failure_ = why;
    at_ = end_;
  }

  std::uint8_t byte() {
    if (at_ == end_) {
      fail("its bytes end too early");
      return 0;
    }
    return static_cast<std::uint8_t>(*at_++);
  }
  std::uint64_t varint() {
    if (at_ != end_ && (*at_ & 0x80) == 0) return static_cast<std::uint8_t>(*at_++);
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const std::uint8_t next = byte();
      // The tenth byte has room for one bit.
      if (shift == 63 && next > 1) break;
      value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
      if ((next & 0x80) == 0) return value;
    }
    fail("a number is too long");
    return 0;
  }
  double real() {
    double value = 0;
    if (remaining() < 8) {
      fail("its bytes end too early");
      return value;
    }
    std::memcpy(&value, at_, 8);
    at_ += 8;
    return value;
  }

  template <class T>
  void operator()(const char*, T& value) {
    take(value);
  }
  void take(TrialId& trial) {
    std::uint32_t number = 0;
    take(number);
    trial = TrialId{number};
  }
  void take(std::uint32_t& value) { value = narrow<std::uint32_t>(varint()); }

 private:
  [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }

  template <class To, class From>
  To narrow(From value) {
    if (value >= std::numeric_limits<To>::min() && value <= std::numeric_limits<To>::max()) {
      return static_cast<To>(value);
    }
    fail("a number is out of range");
    return 0;
  }

  void take(bool& value) {
    const std::uint8_t number = byte();
    if (number > 1) fail("a flag is neither 0 nor 1");
    value = number == 1;
  }
  void take(double& value) { value = real(); }
  void take(std::uint64_t& value) { value = varint(); }
  void take(std::int64_t& value) { value = unzigzag(varint()); }
  void take(std::int32_t& value) { value = narrow<std::int32_t>(unzigzag(varint())); }
  template <class T>
  requires std::is_enum_v<T>
  void take(T& value) {
    const std::uint64_t number = varint();
    if (number < static_cast<std::uint64_t>(EnumRange<T>::first) ||
        number > static_cast<std::uint64_t>(EnumRange<T>::last)) {
      fail("an enumerated value is unknown");
      return;
    }
    value = static_cast<T>(number);
  }
  void take(std::string& text) {
    const std::uint64_t size = varint();
    if (size > remaining()) return fail("a text is longer than its record");
    text.assign(at_, size);
    at_ += size;
  }
  void take(Timestamp& time) { time = from_micros(unzigzag(varint())); }
  void take(SweepUid& uid) {
    if (remaining() < uid.bytes.size()) return fail("its bytes end too early");
    std::memcpy(uid.bytes.data(), at_, uid.bytes.size());
    at_ += uid.bytes.size();
  }
  void take(AttemptId& attempt) {
    take(attempt.trial);
    take(attempt.number);
  }
  void take(Budget& budget) { budget.amount = real(); }
  void take(Params& params) { take(params, 0); }
  template <class T>
  void take(std::optional<T>& value) {
    bool present = false;
    take(present);
    if (present) take(value.emplace());
  }

  // Every item takes at least one byte, so that a forged count reserves nothing.
  std::size_t count() {
    const std::uint64_t number = varint();
    if (number <= remaining()) return static_cast<std::size_t>(number);
    fail("a list is longer than its record");
    return 0;
  }
  void take(Value::Map& map, int depth) {
    for (std::size_t left = count(); left > 0 && failure_ == nullptr; --left) {
      auto& [name, value] = map.emplace_back();
      take(name);
      value = take_value(depth + 1);
    }
  }
  Value take_value(int depth) {
    if (depth >= kMaxDepth) {
      fail("values nest too deep");
      return Value();
    }
    switch (static_cast<ValueTag>(byte())) {
      case ValueTag::Null: return Value();
      case ValueTag::False: return Value(false);
      case ValueTag::True: return Value(true);
      case ValueTag::Integer: return Value(unzigzag(varint()));
      case ValueTag::Real: return Value(real());
      case ValueTag::Text: {
        std::string text;
        take(text);
        return Value(std::move(text));
      }
      case ValueTag::List: {
        Value::List list;
        for (std::size_t left = count(); left > 0 && failure_ == nullptr; --left) {
          list.push_back(take_value(depth + 1));
        }
        return Value(std::move(list));
      }
      case ValueTag::Map: {
        Value::Map map;
        take(map, depth);
        return Value(std::move(map));
      }
    }
    fail("a value has an unknown type");
    return Value();
  }

  const char* at_;
  const char* end_;
  const char* failure_ = nullptr;
};

bool is_small_integer(double step) {
  return std::abs(step) < 0x1.0p53 && step == std::trunc(step) &&
         !(step == 0 && std::signbit(step));
}

// Times of neighbouring events are close: a difference takes one to three bytes. Unsigned, because
// any two timestamps must have one.
std::int64_t time_difference(Timestamp time, Timestamp before) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(to_micros(time)) -
                                   static_cast<std::uint64_t>(to_micros(before)));
}
Timestamp time_after(Timestamp before, std::int64_t difference) {
  return from_micros(static_cast<std::int64_t>(static_cast<std::uint64_t>(to_micros(before)) +
                                               static_cast<std::uint64_t>(difference)));
}

void encode_metric(const MetricReported& metric, std::int64_t time, Writer& writer) {
  std::uint8_t flags = metric.attempt.number == 1 ? 0 : kHasNumber;
  if (metric.step) flags |= is_small_integer(*metric.step) ? kIntegerStep : kRealStep;
  writer.byte(kMetricTag | flags);
  writer.varint(zigzag(time));
  writer.varint(index_of(metric.attempt.trial));
  if ((flags & kHasNumber) != 0) writer.varint(metric.attempt.number);
  writer.real(metric.value);
  writer.varint(metric.position);
  if ((flags & kIntegerStep) != 0) {
    writer.varint(zigzag(static_cast<std::int64_t>(*metric.step)));
  } else if ((flags & kRealStep) != 0) {
    writer.real(*metric.step);
  }
}

void decode_metric(std::uint8_t flags, Reader& reader, MetricReported& metric) {
  if ((flags & kIntegerStep) != 0 && (flags & kRealStep) != 0) reader.fail("it has two steps");
  reader.take(metric.attempt.trial);
  metric.attempt.number = 1;
  if ((flags & kHasNumber) != 0) reader.take(metric.attempt.number);
  metric.value = reader.real();
  metric.position = reader.varint();
  metric.step.reset();
  if ((flags & kIntegerStep) != 0) {
    metric.step = static_cast<double>(unzigzag(reader.varint()));
  } else if ((flags & kRealStep) != 0) {
    metric.step = reader.real();
  }
}

void decode_rare(std::uint8_t tag, Reader& reader, EventBody& body) {
  const auto take_if = [&](auto kind) {
    using T = typename decltype(kind)::Type;
    if constexpr (!std::same_as<T, MetricReported>) {
      if (kind.tag != tag) return false;
      journal_fields::fields(reader, body.emplace<T>());
      return true;
    }
    return false;
  };
  const bool known =
      std::apply([&](auto... kinds) { return (take_if(kinds) || ...); }, journal_fields::kKinds);
  if (!known) reader.fail("unknown tag");
}

// Reuses what `event` held: most events of a long journal are MetricReported.
void decode_event(std::uint8_t tag, Reader& reader, Timestamp before, Event& event) {
  event.time = time_after(before, unzigzag(reader.varint()));
  if ((tag & ~kMetricFlags) == kMetricTag) {
    auto* metric = std::get_if<MetricReported>(&event.body);
    if (metric == nullptr) metric = &event.body.emplace<MetricReported>();
    decode_metric(tag & kMetricFlags, reader, *metric);
    return;
  }
  decode_rare(tag, reader, event.body);
}

}  // namespace

void encode_events(std::span<const Event> batch, std::string& out) {
  Writer writer(out);
  Timestamp before{};
  for (const Event& event : batch) {
    const std::int64_t time = time_difference(event.time, before);
    before = event.time;
    std::visit(
        [&](const auto& body) {
          using T = std::remove_cvref_t<decltype(body)>;
          if constexpr (std::same_as<T, MetricReported>) {
            encode_metric(body, time, writer);
          } else {
            writer.byte(journal_fields::kind_of<T>().tag);
            writer.varint(zigzag(time));
            journal_fields::fields(writer, body);
          }
        },
        event.body);
  }
}

Result<void> decode_events(std::string_view payload, std::uint32_t count,
                           std::uint64_t first_sequence, const EventSink& sink) {
  Reader reader(payload);
  Event event;
  Timestamp before{};
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint8_t tag = reader.byte();
    decode_event(tag, reader, before, event);
    if (reader.failure() != nullptr) {
      return Error(ErrorCode::JournalCorrupt, "event " + std::to_string(i + 1) + " of " +
                                                  std::to_string(count) + " (tag " +
                                                  std::to_string(tag) + "): " + reader.failure());
    }
    before = event.time;
    sink(first_sequence + i, std::move(event));
  }
  if (!reader.at_end()) {
    return Error(ErrorCode::JournalCorrupt,
                 "bytes are left over behind its " + std::to_string(count) + " events");
  }
  return {};
}

}  // namespace sweepjob
