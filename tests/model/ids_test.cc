#include "model/ids.h"

#include <set>
#include <unordered_set>

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

const char kHex[] = "0123456789abcdef0011223344556677";

SweepUid some_uid() { return SweepUid::from_hex(kHex).value(); }

TEST(SweepUid, RoundTripsItsHexText) {
  EXPECT_EQ(some_uid().hex(), kHex);
  EXPECT_EQ(some_uid().bytes[1], 0x23);
}

TEST(SweepUid, RefusesTextThatIsNotItsOwn) {
  EXPECT_FALSE(SweepUid::from_hex(""));
  EXPECT_FALSE(SweepUid::from_hex(std::string(31, 'a')));
  EXPECT_FALSE(SweepUid::from_hex(std::string(33, 'a')));
  EXPECT_FALSE(SweepUid::from_hex(std::string(31, 'a') + "g"));
  EXPECT_FALSE(SweepUid::from_hex(std::string(31, 'a') + "A"));  // one text per uid
}

TEST(SweepUid, IsDifferentEachTime) {
  std::set<SweepUid> uids;
  for (int i = 0; i < 1000; ++i) uids.insert(SweepUid::random());
  EXPECT_EQ(uids.size(), 1000u);
}

TEST(AttemptKey, RoundTripsItsToken) {
  for (const AttemptId attempt : {AttemptId{TrialId{0}, 1}, AttemptId{TrialId{17}, 3},
                                  AttemptId{TrialId{UINT32_MAX}, UINT32_MAX}}) {
    const AttemptKey key{some_uid(), attempt};
    EXPECT_EQ(AttemptKey::from_token(key.token()), key);
  }
  EXPECT_EQ((AttemptKey{some_uid(), {TrialId{17}, 3}}).token(), std::string(kHex) + "-17-3");
}

TEST(AttemptKey, RefusesTokensThatItNeverWrites) {
  const std::string uid = kHex;
  for (const std::string& token :
       {uid, uid + "-", uid + "-1", uid + "-1-", uid + "--1", uid + "-1-2-3", uid + "-1-2 ",
        uid + "-a-1", uid + "-+1-1", uid + "--1-1", uid + "-4294967296-1", uid + "_1-1",
        uid + "-01-1", uid + "-1-01", uid + "-1-0", std::string("x") + uid + "-1-1"}) {
    EXPECT_FALSE(AttemptKey::from_token(token)) << token;
  }
}

TEST(DnsLabel, IsAValidLabelForAnyName) {
  const std::string long_digits(200, '7');
  for (const std::string& name :
       {std::string(), std::string("Hello World"), std::string("-a-"), std::string("ÄÖ/../$(x)"),
        std::string("9lives"), std::string(200, 'x'), std::string(52, 'a') + "--b", long_digits}) {
    for (const std::size_t max_length : {63, 40, 20, 10}) {
      const std::string label = dns_label(name, some_uid(), max_length);
      EXPECT_LE(label.size(), max_length) << label;
      EXPECT_TRUE(label[0] >= 'a' && label[0] <= 'z') << label;
      EXPECT_EQ(label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), label.npos);
      EXPECT_TRUE(label.ends_with("-01234567")) << label;
    }
  }
}

TEST(DnsLabel, StaysReadableAndKeepsEqualNamesApart) {
  EXPECT_EQ(dns_label("Hello, World!", some_uid()), "hello-world-01234567");
  SweepUid other = some_uid();
  other.bytes[0] = 0xff;
  EXPECT_NE(dns_label("same", some_uid()), dns_label("same", other));
}

TEST(SweepName, TakesWhatIsSafeInAPathAndOnACommandLine) {
  for (const char* name : {"a", "A-b_c.9", "0", "_x", "a..b"}) {
    EXPECT_TRUE(is_valid_sweep_name(name)) << name;
  }
  EXPECT_TRUE(is_valid_sweep_name(std::string(128, 'a')));
  for (const char* name : {"", ".", "..", ".hidden", "-f", "a/b", "a b", "a\nb", "ä", "a;b", "~",
                           "$(x)", "a\\b", "a*"}) {
    EXPECT_FALSE(is_valid_sweep_name(name)) << name;
  }
  EXPECT_FALSE(is_valid_sweep_name(std::string(129, 'a')));
  EXPECT_FALSE(is_valid_sweep_name(std::string_view("a\0b", 3)));
}

TEST(Hashes, SpreadNeighbouringIds) {
  std::unordered_set<std::size_t> hashes;
  for (std::uint32_t trial = 0; trial < 1000; ++trial) {
    for (std::uint32_t number = 1; number <= 3; ++number) {
      hashes.insert(std::hash<AttemptId>()(AttemptId{TrialId{trial}, number}));
    }
  }
  EXPECT_EQ(hashes.size(), 3000u);
}

}  // namespace
}  // namespace sweepjob
