#include "runner/io/event_codec.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "runner/io/event_json.h"
#include "tests/support/random_event.h"

namespace sweepjob {
namespace {

std::vector<Event> decoded(std::string_view bytes, std::size_t count) {
  std::vector<Event> events;
  const auto result = decode_events(bytes, static_cast<std::uint32_t>(count), 1,
                                    [&](std::uint64_t, Event&& e) { events.push_back(e); });
  EXPECT_TRUE(result) << (result ? "" : result.error().text());
  return events;
}

TEST(EventCodec, EveryTypeOfEventComesBackAsItWas) {
  RandomStream random(1);
  for (std::size_t type = 0; type < std::variant_size_v<EventBody>; ++type) {
    for (int round = 0; round < 200; ++round) {
      const Event event = random_event(type, random);
      std::string bytes;
      encode_events({&event, 1}, bytes);
      const auto events = decoded(bytes, 1);
      ASSERT_EQ(events.size(), 1u);
      ASSERT_TRUE(same_event(event, events[0])) << event_to_json_line(1, event) << "\n"
                                                << event_to_json_line(1, events[0]);
    }
  }
}

TEST(EventCodec, ABatchComesBackInOrderWithItsNumbers) {
  RandomStream random(2);
  for (int round = 0; round < 200; ++round) {
    const auto batch = random_batch(round, random);
    std::string bytes;
    encode_events(batch, bytes);
    std::size_t next = 0;
    const auto result = decode_events(bytes, static_cast<std::uint32_t>(batch.size()), 1000,
                                      [&](std::uint64_t sequence, Event&& event) {
                                        ASSERT_EQ(sequence, 1000 + next);
                                        ASSERT_TRUE(same_event(batch[next], event));
                                        next += 1;
                                      });
    ASSERT_TRUE(result);
    ASSERT_EQ(next, batch.size());
  }
}

TEST(EventCodec, AReportIsCompact) {
  RandomStream random(3);
  const auto batch = report_batch(10'000, random);
  std::string bytes;
  encode_events(batch, bytes);
  EXPECT_LE(bytes.size() / batch.size(), 28u);
}

TEST(EventCodec, EveryCutBatchIsRefused) {
  RandomStream random(4);
  for (std::size_t type = 0; type < std::variant_size_v<EventBody>; ++type) {
    const Event event = random_event(type, random);
    std::string bytes;
    encode_events({&event, 1}, bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto result = decode_events(std::string_view(bytes).substr(0, size), 1, 1,
                                        [](std::uint64_t, Event&&) {});
      EXPECT_FALSE(result) << "type " << type << " cut to " << size;
    }
  }
}

TEST(EventCodec, AnUnknownTagIsRefusedByNumberAndPlace) {
  RandomStream random(5);
  const Event event = random_event(0, random);
  std::string bytes;
  encode_events({&event, 1}, bytes);
  bytes += '\x63';
  bytes += '\x00';
  const auto result = decode_events(bytes, 2, 1, [](std::uint64_t, Event&&) {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::JournalCorrupt);
  EXPECT_EQ(result.error().message(), "event 2 of 2 (tag 99): unknown tag");
}

TEST(EventCodec, BytesLeftOverAreRefused) {
  RandomStream random(6);
  const auto batch = random_batch(3, random);
  std::string bytes;
  encode_events(batch, bytes);
  EXPECT_FALSE(decode_events(bytes, 2, 1, [](std::uint64_t, Event&&) {}));
}

TEST(EventCodec, EnumeratorsThatDoNotExistAreRefused) {
  const Event event{Timestamp{}, ChannelChosen{{TrialId{1}, 1}, Channel::Stdout}};
  std::string bytes;
  encode_events({&event, 1}, bytes);
  for (const char number : {'\x00', '\x06'}) {
    bytes.back() = number;
    EXPECT_FALSE(decode_events(bytes, 1, 1, [](std::uint64_t, Event&&) {}));
  }
}

TEST(EventCodec, AForgedLengthReservesNothing) {
  // MetricNameSeen with a text of 2^63 bytes.
  const std::string bytes("\x0d\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11);
  EXPECT_FALSE(decode_events(bytes, 1, 1, [](std::uint64_t, Event&&) {}));
}

TEST(EventCodec, RandomBytesGiveEventsOrAnError) {
  RandomStream random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (std::uint64_t left = random.below(60); left > 0; --left) {
      // Mostly small numbers: they are tags and lengths.
      bytes.push_back(static_cast<char>(random.below(random.below(2) == 0 ? 80 : 256)));
    }
    static_cast<void>(decode_events(bytes, 1 + random.below(3), 1, [](std::uint64_t, Event&& e) {
      std::string again;
      encode_events({&e, 1}, again);
    }));
  }
}

TEST(EventJson, ALineHasItsNumberTimeNameAndFields) {
  const Event event{
      from_micros(1'790'000'000'000'000),
      MetricReported{{TrialId{3}, 2}, std::numeric_limits<double>::quiet_NaN(), std::nullopt, 42}};
  EXPECT_EQ(event_to_json_line(7, event),
            R"({"schema_version":1,"sequence":7,"time":"2026-09-21T14:13:20.000000Z",)"
            R"("event":"MetricReported","trial":3,"attempt":2,"value":"NaN","position":42})");
}

TEST(EventJson, TextIsEscapedAndTheSpecIsShownAsJson) {
  SweepCreated created;
  created.name = "a\"b\n\x1b[31m\xff";
  created.spec_json = R"({"type":"sweep"})";
  const std::string line = event_to_json_line(1, {Timestamp{}, created});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_NE(line.find(R"("name":"a\"b\n\u001b[31m)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("spec":{"type":"sweep"})"), std::string::npos) << line;
}

TEST(EventJson, EveryTypeOfEventIsOneLine) {
  RandomStream random(8);
  for (std::size_t type = 0; type < std::variant_size_v<EventBody>; ++type) {
    for (int round = 0; round < 20; ++round) {
      const Event event = random_event(type, random);
      const std::string line = event_to_json_line(1, event);
      EXPECT_TRUE(from_json(line)) << line;
      EXPECT_EQ(line.find('\n'), std::string::npos) << line;
      EXPECT_NE(line.find(event_name(event.body)), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace sweepjob
