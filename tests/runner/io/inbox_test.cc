#include "runner/io/inbox.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/io/posix_file.h"
#include "tests/support/temp_folder.h"

namespace sweepjob {
namespace {

constexpr std::chrono::milliseconds kNoWait{0};

class InboxTest : public testing::Test {
 protected:
  InboxTest() { EXPECT_TRUE(inbox_.prepare()); }

  std::string submitted(const std::string& verb, Value::Map args = {}) {
    now_ += Duration(1);
    const auto id = submit_request(folder_.path(), verb, args, now_);
    EXPECT_TRUE(id) << (id ? "" : id.error().text());
    return id ? *id : "";
  }
  // A file that a client did not make properly.
  std::string planted(const std::string& content) {
    now_ += Duration(1);
    const std::string id = make_request_id(now_);
    write_file(folder_ / ("inbox/" + id), content);
    return id;
  }

  TempFolder folder_;
  std::chrono::steady_clock::time_point monotonic_{};
  Inbox inbox_{folder_.path(), [this] { return monotonic_; }};
  Timestamp now_ = from_micros(1'790'000'000'000'000);
};

TEST_F(InboxTest, RequestsComeOnceAndInTheOrderOfSubmission) {
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(submitted("cancel", {{"trial", i}}));
  const auto requests = inbox_.poll();
  ASSERT_TRUE(requests);
  ASSERT_EQ(requests->size(), 20u);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ((*requests)[i].id, ids[i]);
    EXPECT_EQ((*requests)[i].verb, "cancel");
    EXPECT_EQ(*(*requests)[i].args.find("trial"), Value(static_cast<int>(i)));
  }
  EXPECT_TRUE(inbox_.poll()->empty());
}

TEST_F(InboxTest, AnAnswerReachesItsClientAndRemovesTheRequest) {
  const std::string id = submitted("pause");
  EXPECT_FALSE(take_answer(folder_.path(), id).value());
  ASSERT_EQ(inbox_.poll()->size(), 1u);
  ASSERT_TRUE(inbox_.answer(id, Value(Value::Map{{"accepted", true}})));
  const auto answer = wait_answer(folder_.path(), id, kNoWait);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(*(*answer)->find("accepted"), Value(true));
  EXPECT_FALSE(take_answer(folder_.path(), id).value()) << "it is taken away";
  EXPECT_TRUE(list_folder(folder_ / "inbox")->empty());
  EXPECT_TRUE(list_folder(folder_ / "outbox")->empty());
}

TEST_F(InboxTest, WithoutAControllerARequestWaitsForTheNextOne) {
  const std::string id = submitted("cancel");
  EXPECT_FALSE(wait_answer(folder_.path(), id, kNoWait).value());
  Inbox next(folder_.path());
  const auto requests = next.poll();
  ASSERT_EQ(requests->size(), 1u);
  EXPECT_EQ((*requests)[0].id, id);
}

TEST_F(InboxTest, AnUnansweredRequestIsDeliveredAgainAfterARestart) {
  const std::string id = submitted("cancel");
  EXPECT_EQ(inbox_.poll()->size(), 1u);
  Inbox next(folder_.path());
  EXPECT_EQ(next.poll()->size(), 1u);
  ASSERT_TRUE(next.answer(id, Value(Value::Map{})));
  ASSERT_TRUE(next.answer(id, Value(Value::Map{}))) << "answered twice does no harm";
}

TEST_F(InboxTest, AQuietFolderIsNotListedButNothingIsMissed) {
  // Made long ago: else all of this may come within one tick of the file system's clock.
  const auto made = std::filesystem::last_write_time(folder_ / "inbox");
  std::filesystem::last_write_time(folder_ / "inbox", made - std::chrono::hours(1));
  EXPECT_TRUE(inbox_.poll()->empty());
  monotonic_ += std::chrono::seconds(20);  // long quiet
  EXPECT_TRUE(inbox_.poll()->empty());
  submitted("pause");
  EXPECT_EQ(inbox_.poll()->size(), 1u) << "the folder's time has changed";
  monotonic_ += std::chrono::seconds(1);
  // As if it had come within the same tick of the file system's clock.
  const auto tick = std::filesystem::last_write_time(folder_ / "inbox");
  submitted("unpause");
  std::filesystem::last_write_time(folder_ / "inbox", tick);
  EXPECT_EQ(inbox_.poll()->size(), 1u) << "it changed a moment ago, so it is listed";
  monotonic_ += std::chrono::seconds(6);
  submitted("cancel");
  std::filesystem::last_write_time(folder_ / "inbox", tick);
  EXPECT_TRUE(inbox_.poll()->empty());
  monotonic_ += std::chrono::seconds(30);
  EXPECT_EQ(inbox_.poll()->size(), 1u) << "listed now and then all the same";
}

TEST_F(InboxTest, WhatIsNoRequestIsAnsweredWithAnErrorAndRemoved) {
  const std::string other = make_request_id(now_);
  const std::vector<std::string> contents{
      "",
      "not json",
      "[1,2]",
      R"({"verb":"cancel"})",
      R"({"id":")" + other + R"(","verb":"cancel","args":{}})",
      R"({"id":1,"verb":2,"args":3})",
      std::string(kMaxRequestBytes + 1, ' '),
      std::string(50'000, '['),
      std::string(32'000, '[') + std::string(32'000, ']'),
  };
  std::vector<std::string> ids;
  for (const std::string& content : contents) ids.push_back(planted(content));
  EXPECT_TRUE(inbox_.poll()->empty());
  EXPECT_TRUE(list_folder(folder_ / "inbox")->empty());
  for (const std::string& id : ids) {
    const auto answer = take_answer(folder_.path(), id);
    ASSERT_TRUE(answer && *answer);
    EXPECT_NE((*answer)->find("error"), nullptr);
  }
}

TEST_F(InboxTest, LinksFoldersAndForeignNamesDoNoHarm) {
  const std::string secret = folder_ / "secret";
  write_file(secret, R"({"verb":"x","args":{}})");
  const std::string link = folder_ / ("inbox/" + make_request_id(now_));
  ASSERT_EQ(::symlink(secret.c_str(), link.c_str()), 0);
  ASSERT_TRUE(make_folder(folder_ / ("inbox/" + make_request_id(now_))));
  ASSERT_EQ(::mkfifo((folder_ / ("inbox/" + make_request_id(now_))).c_str(), 0600), 0);
  write_file(folder_ / "inbox/.tmp-1", "half");
  write_file(folder_ / "inbox/README", "hello");
  const std::string id = submitted("pause");
  const auto requests = inbox_.poll();
  ASSERT_TRUE(requests);
  ASSERT_EQ(requests->size(), 1u);
  EXPECT_EQ((*requests)[0].id, id);
  EXPECT_TRUE(path_exists(secret));
  EXPECT_TRUE(path_exists(folder_ / "inbox/README"));
  EXPECT_TRUE(path_exists(folder_ / "inbox/.tmp-1"));
}

TEST_F(InboxTest, ACommandThatIsTooLargeIsRefusedAtTheClient) {
  const auto refused =
      submit_request(folder_.path(), "update", {{"x", std::string(kMaxRequestBytes, 'x')}}, now_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Usage);
}

TEST_F(InboxTest, ARequestCanBeWithdrawn) {
  const std::string id = submitted("cancel");
  EXPECT_TRUE(withdraw_request(folder_.path(), id));
  EXPECT_FALSE(withdraw_request(folder_.path(), id));
  EXPECT_TRUE(inbox_.poll()->empty());
}

TEST(RequestId, OnlyItsOwnFormIsAccepted) {
  EXPECT_TRUE(is_request_id(make_request_id(from_micros(1))));
  EXPECT_LT(make_request_id(from_micros(99)), make_request_id(from_micros(100)));
  for (const char* text :
       {"", "..", "../../etc/passwd-0123456789abcd", "0123456789abcdef",
        "0123456789abcdef-0123456789abcdeF", "0123456789abcdef-0123456789abcdef0"}) {
    EXPECT_FALSE(is_request_id(text)) << text;
  }
}

}  // namespace
}  // namespace sweepjob
