#include "tests/tidy/coroutines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob::tidy {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Problems calls_of(const std::string& text) { return check_awaited_calls(SourceFile("a.cc", text)); }

TEST(AwaitedCalls, HoldNoBracedListAndNoLambda) {
  for (const char* text :
       {"co_await backend.submit(LaunchRequest{1});", "co_await f({1, 2});",
        "co_await f([x] { return x; });", "auto r = co_await a->b(x, [&](int) {});",
        "co_await f(g(h({})));", "co_await f(x).g(Y{});", "co_await (a() || b({}));",
        "co_await\n    f(\n      A{});", "co_await f<int>(A{});", "co_await std::move(f)(A{});",
        "for (;;) co_await f({});", "return_if(co_await f(items[0]));"}) {
    EXPECT_THAT(calls_of(text), SizeIs(1)) << text;
  }
}

TEST(AwaitedCalls, MayStandBesideBraces) {
  for (const char* text :
       {"auto request = LaunchRequest{1};\nco_await f(std::move(request));",
        "if (co_await f(x)) { y(); }", "while (co_await f(x)) {\n}", "co_await f(\"{[\");",
        "co_await f(x /* {} */);", "g(co_await f(x), [] {});", "co_await f(x), y[0] = 1;",
        "struct S { int co_awaited(int a = {}); };", "// co_await f({})", "co_await f(x); {}"}) {
    EXPECT_THAT(calls_of(text), IsEmpty()) << text;
  }
}

TEST(AwaitedCalls, AreReportedAtTheBrace) {
  const Problems problems = calls_of("int x;\nco_await f(\n  a,\n  B{});\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].line, 4);
}

TEST(TaskFunctions, AreFoundByTheirDeclarations) {
  const SourceFile header("a.h",
                          "virtual Task<void> cancel(std::vector<AttemptKey> keys) = 0;\n"
                          "Task<std::vector<SubmitResult>> submit(BatchToken token);\n"
                          "// Task<void> commented(int);\n"
                          "asio::awaitable<void> sleep_until(Timestamp);\n");
  const SourceFile source("a.cc", "Task<int> Local::observe_all(int x) {\n}\n");
  EXPECT_EQ(task_functions({header, source}),
            (std::set<std::string>{"cancel", "submit", "observe_all"}));
}

TEST(DroppedResults, AreBareAwaitsOfTasks) {
  const std::set<std::string> tasks{"append", "cancel"};
  const auto check = [&](const char* text) {
    return check_dropped_results(SourceFile("a.cc", text), tasks);
  };
  for (const char* text : {"co_await journal.append(events);", "{ co_await cancel(x); }",
                           "if (x) co_await a->b().cancel(y);", "f();\n  co_await\n  cancel();"}) {
    EXPECT_THAT(check(text), SizeIs(1)) << text;
  }
  for (const char* text :
       {"const auto r = co_await journal.append(events);", "co_return co_await cancel(x);",
        "if (auto r = co_await cancel(x); !r) return;", "co_await timer.async_wait(token);",
        "co_await append(x).value();", "static_cast<void>(co_await cancel(x));"}) {
    EXPECT_THAT(check(text), IsEmpty()) << text;
  }
}

TEST(Tree, AwaitsAsTheHouseDoes) {
  const std::vector<SourceFile> files = read_tree(SWEEPJOB_SOURCE_DIR);
  const std::set<std::string> tasks = task_functions(files);
  EXPECT_TRUE(tasks.contains("submit")) << "backends/backend.h declares it";
  for (const SourceFile& file : files) {
    EXPECT_THAT(check_awaited_calls(file), IsEmpty());
    EXPECT_THAT(check_dropped_results(file, tasks), IsEmpty());
  }
}

}  // namespace
}  // namespace sweepjob::tidy
