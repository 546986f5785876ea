// What a reader makes of a journal that is torn, damaged or forged.
#include <filesystem>

#include <gtest/gtest.h>

#include "runner/io/journal_repair.h"
#include "tests/runner/io/journal_fixture.h"

namespace sweepjob {
namespace {

// One segment of `batches` batches; returns the offset behind each record.
std::vector<std::size_t> write_segment(const std::string& folder, std::size_t batches) {
  std::vector<std::size_t> ends;
  auto writer = take_over(folder);
  std::uint64_t next = writer->durable_sequence() + 1;
  const std::string path = folder + "/" + segment_name(writer->epoch());
  ends.push_back(std::filesystem::file_size(path));
  for (std::size_t i = 0; i < batches; ++i) {
    EXPECT_TRUE(append_and_wait(*writer, numbered_batch(next, i + 1)));
    next += i + 1;
    ends.push_back(std::filesystem::file_size(path));
  }
  return ends;
}

TEST(JournalDamage, CutAnywhereBehindItsPrologueItGivesThePrefixOfWholeBatches) {
  TempFolder folder;
  const auto ends = write_segment(folder.path(), 5);
  const std::string path = folder / "journal.1";
  const std::string whole = read_file(path);
  std::size_t batches = 5;
  for (std::size_t size = whole.size(); size >= ends[0]; --size) {
    while (ends[batches] > size) --batches;
    write_file(path, std::string_view(whole).substr(0, size));
    const auto report = replay_numbered(folder.path());
    ASSERT_TRUE(report) << "cut to " << size << ": " << report.error().text();
    ASSERT_EQ(report->events, batches * (batches + 1) / 2) << "cut to " << size;
    ASSERT_EQ(report->torn_tail_bytes, size - ends[batches]);
  }
}

TEST(JournalDamage, CutInItsPrologueItIsRefused) {
  TempFolder folder;
  const auto ends = write_segment(folder.path(), 1);
  const std::string path = folder / "journal.1";
  const std::string whole = read_file(path);
  for (std::size_t size = 0; size < ends[0]; ++size) {
    write_file(path, std::string_view(whole).substr(0, size));
    const auto report = replay_numbered(folder.path());
    ASSERT_FALSE(report);
    ASSERT_EQ(report.error().code(), ErrorCode::JournalCorrupt) << report.error().text();
  }
}

// Every bit pattern of every byte would take long: three flips of each byte do.
TEST(JournalDamage, AFlippedByteIsRefusedOrCostsTheLastBatchAndNeverGivesAWrongEvent) {
  TempFolder folder;
  static_cast<void>(write_segment(folder.path(), 3));
  const auto ends = write_segment(folder.path(), 4);
  for (const char* name : {"journal.1", "journal.2"}) {
    const std::string path = folder / name;
    const bool last_segment = std::string(name) == "journal.2";
    const std::string whole = read_file(path);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const unsigned char flip : {0x01, 0x80, 0xff}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        write_file(path, damaged);
        const auto report = replay_numbered(folder.path());
        if (last_segment && at >= ends[3]) {
          ASSERT_TRUE(report) << name << " byte " << at << ": " << report.error().text();
          ASSERT_EQ(report->last_sequence, 6u + 6u);
        } else {
          ASSERT_FALSE(report) << name << " byte " << at;
          ASSERT_EQ(report.error().code(), ErrorCode::JournalCorrupt);
        }
      }
    }
    write_file(path, whole);
  }
  EXPECT_EQ(replay_numbered(folder.path())->last_sequence, 6u + 10u);
}

TEST(JournalDamage, ARecordThatIsMissingMovedOrRepeatedIsRefused) {
  TempFolder folder;
  const auto ends = write_segment(folder.path(), 4);
  const std::string path = folder / "journal.1";
  const std::string whole = read_file(path);
  const auto record = [&](std::size_t i) {
    return whole.substr(ends[i - 1], ends[i] - ends[i - 1]);
  };
  const std::string start = whole.substr(0, ends[0]);
  const std::string missing = start + record(1) + record(3) + record(4);
  const std::string moved = start + record(2) + record(1) + record(3) + record(4);
  const std::string repeated = start + record(1) + record(1) + record(2);
  for (const std::string& forged : {missing, moved, repeated}) {
    write_file(path, forged);
    const auto report = replay_numbered(folder.path());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), ErrorCode::JournalCorrupt);
  }
}

TEST(JournalDamage, TheErrorNamesSegmentRecordByteAndTheWayOut) {
  TempFolder folder;
  const std::string sweep = folder / test_uid().hex();
  ASSERT_TRUE(make_folder(sweep));
  const auto ends = write_segment(sweep, 3);
  std::string bytes = read_file(sweep + "/journal.1");
  bytes[ends[1] + 40] ^= 1;
  write_file(sweep + "/journal.1", bytes);
  const auto report = replay_numbered(sweep);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().where(), sweep + "/journal.1");
  EXPECT_EQ(report.error().message(),
            "journal.1 is damaged: record 3 at byte " + std::to_string(ends[1]) +
                " does not match its checksum and others follow it; nothing is started from a "
                "damaged journal. `sweepjob doctor " +
                sweep + "` shows what can be saved");
}

TEST(JournalDamage, NothingIsTakenOverFromADamagedJournal) {
  TempFolder folder;
  const auto ends = write_segment(folder.path(), 3);
  std::string bytes = read_file(folder / "journal.1");
  bytes[ends[0] + 40] ^= 1;
  write_file(folder / "journal.1", bytes);
  const auto writer = JournalWriter::take_over(folder.path(), test_uid(), {});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code(), ErrorCode::JournalCorrupt);
  EXPECT_FALSE(path_exists(folder / "journal.2"));
}

TEST(JournalDamage, ASealedSegmentThatIsShorterThanItsSealIsRefused) {
  TempFolder folder;
  const auto ends = write_segment(folder.path(), 3);
  static_cast<void>(write_segment(folder.path(), 1));
  std::filesystem::resize_file(folder / "journal.1", ends[2]);
  const auto report = replay_numbered(folder.path());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::JournalCorrupt);
}

TEST(JournalDamage, BytesBehindASealAreIgnored) {
  TempFolder folder;
  static_cast<void>(write_segment(folder.path(), 3));
  static_cast<void>(write_segment(folder.path(), 1));
  write_file(folder / "journal.1", read_file(folder / "journal.1") + "anything at all");
  EXPECT_EQ(replay_numbered(folder.path())->events, 7u);
}

TEST(JournalDamage, AMissingSegmentIsRefused) {
  TempFolder folder;
  for (int i = 0; i < 3; ++i) static_cast<void>(write_segment(folder.path(), 1));
  std::filesystem::remove(folder / "journal.2");
  const auto report = replay_numbered(folder.path());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::JournalCorrupt);
  EXPECT_NE(report.error().text().find("journal.2"), std::string::npos);
}

TEST(JournalDamage, ANewerVersionIsRefusedWithItsNumber) {
  TempFolder folder;
  SegmentHeader header;
  header.version = kJournalVersion + 1;
  header.epoch = 1;
  write_file(folder / "journal.1", make_prologue(header, std::nullopt).bytes);
  const auto report = replay_numbered(folder.path());
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message().find("newer sweepjob (journal version " +
                                          std::to_string(kJournalVersion + 1)),
            std::string::npos);
}

TEST(JournalDamage, ASnapshotRecordIsSkipped) {
  TempFolder folder;
  SegmentHeader header;
  header.uid = test_uid();
  header.epoch = 1;
  SegmentPrologue segment = make_prologue(header, std::nullopt);
  const auto add = [&](RecordKind kind, std::uint64_t first, const std::vector<Event>& batch) {
    const std::size_t start = begin_record(segment.bytes);
    encode_events(batch, segment.bytes);
    RecordHead head{kind, 0, static_cast<std::uint32_t>(batch.size()), first};
    segment.end.checksum = finish_record(segment.bytes, start, head, segment.end.checksum);
  };
  add(RecordKind::Events, 1, numbered_batch(1, 2));
  add(RecordKind::Snapshot, 3, {});
  add(RecordKind::Events, 3, numbered_batch(3, 1));
  write_file(folder / "journal.1", segment.bytes);
  const auto report = replay_numbered(folder.path());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->events, 3u);
  EXPECT_EQ(report->records, 4u);
}

// Heads are looked for through a window that grows; none may fall between two of them.
TEST(JournalDamage, ARecordFarBehindADamagedHeadIsFound) {
  for (const std::size_t size : {4'000u, 4'090u, 4'100u, 20'470u, 20'500u, 90'000u, 3'000'000u}) {
    TempFolder folder;
    auto writer = take_over(folder.path());
    const auto start = std::filesystem::file_size(folder / "journal.1");
    Warned filler;
    filler.text.assign(size, 'x');
    ASSERT_TRUE(append_and_wait(*writer, {Event{Timestamp{}, filler}}));
    ASSERT_TRUE(append_and_wait(*writer, numbered_batch(2, 1)));
    std::string bytes = read_file(folder / "journal.1");
    bytes[start] ^= 1;
    write_file(folder / "journal.1", bytes);
    const auto damage = find_damage(folder.path());
    ASSERT_TRUE(damage && *damage) << size;
    EXPECT_EQ((*damage)->last_sequence, 2u) << size;
  }
}

TEST(JournalRepair, ASoundJournalHasNoDamage) {
  TempFolder folder;
  static_cast<void>(write_segment(folder.path(), 3));
  EXPECT_FALSE(find_damage(folder.path()).value().has_value());
}

TEST(JournalRepair, GoesOnBehindTheLastGoodRecordAndTouchesNothing) {
  TempFolder folder;
  const auto ends = write_segment(folder.path(), 4);   // events 1 to 10
  static_cast<void>(write_segment(folder.path(), 2));  // events 11 to 13
  std::string bytes = read_file(folder / "journal.1");
  bytes[ends[1] + 30] ^= 1;
  write_file(folder / "journal.1", bytes);
  const std::string second = read_file(folder / "journal.2");

  const auto damage = find_damage(folder.path()).value();
  ASSERT_TRUE(damage && damage->keep);
  EXPECT_EQ(damage->keep->end.sequence, 1u);
  EXPECT_EQ(damage->last_sequence, 13u);
  ASSERT_TRUE(leave_out_damage(folder.path(), *damage));

  const auto report = replay_numbered(folder.path());
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->events, 1u);
  EXPECT_EQ(report->epoch, 3u);
  EXPECT_EQ(report->void_segments, (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(read_file(folder / "journal.1"), bytes);
  EXPECT_EQ(read_file(folder / "journal.2"), second);

  static_cast<void>(write_segment(folder.path(), 2));
  EXPECT_EQ(replay_numbered(folder.path())->events, 1u + 3u);
}

// Wherever one byte is wrong, what repair keeps is a prefix, and sound.
TEST(JournalRepair, KeepsAPrefixWhereverTheDamageIs) {
  TempFolder folder;
  static_cast<void>(write_segment(folder.path(), 2));
  static_cast<void>(write_segment(folder.path(), 2));
  for (const char* name : {"journal.1", "journal.2"}) {
    const std::string whole = read_file(folder / name);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string damaged = whole;
      damaged[at] ^= 0x10;
      write_file(folder / name, damaged);
      const auto damage = find_damage(folder.path());
      ASSERT_TRUE(damage) << damage.error().text();
      if (!*damage || !(*damage)->keep) continue;
      ASSERT_TRUE(leave_out_damage(folder.path(), **damage));
      const auto report = replay_numbered(folder.path());
      ASSERT_TRUE(report) << name << " byte " << at << ": " << report.error().text();
      std::filesystem::remove(folder / segment_name((*damage)->new_epoch));
    }
    write_file(folder / name, whole);
  }
}

}  // namespace
}  // namespace sweepjob
