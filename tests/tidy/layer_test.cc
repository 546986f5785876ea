#include "tests/tidy/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweepjob::tidy {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Problems layers_of(const std::string& path, const std::string& text) {
  return check_layers(SourceFile(path, text));
}

struct Case {
  const char* path;
  const char* include;
};

TEST(LayerRule, RefusesWhatLiesToTheRight) {
  const Case cases[] = {{"model/a.h", "\"manifests/spec/options.h\""},
                        {"manifests/spec/a.cc", "\"samplers/sampler.h\""},
                        {"samplers/a.cc", "\"policies/policy.h\""},
                        {"samplers/numerics/a.cc", "\"runner/core/event.h\""},
                        {"samplers/numerics/a.h", "\"samplers/surrogate/study.h\""},
                        {"samplers/numerics/a.cc", "\"samplers/catalog.h\""},
                        {"samplers/surrogate/a.cc", "\"samplers/head_start.h\""},
                        {"samplers/surrogate/a.h", "\"samplers/catalog.h\""},
                        {"samplers/surrogate/a.cc", "\"samplers/budget/brackets.h\""},
                        {"samplers/budget/a.cc", "\"samplers/head_start.h\""},
                        {"policies/a.h", "\"samplers/sampler.h\""},
                        {"runner/core/a.h", "\"samplers/numerics/draw.h\""},
                        {"runner/core/a.cc", "\"runner/io/journal.h\""},
                        {"backends/local/a.cc", "\"manifests/spec/sweep_spec.h\""},
                        {"runner/metrics/a.cc", "\"runner/core/event.h\""},
                        {"runner/io/a.cc", "\"backends/backend.h\""},
                        {"runner/attempt/a.cc", "\"runner/io/journal.h\""},
                        {"runner/app/a.cc", "\"tests/support/x.h\""}};
  for (const Case& item : cases) {
    const std::string text = std::string("#include ") + item.include + "\n";
    EXPECT_THAT(layers_of(item.path, text), SizeIs(1)) << item.path << " " << item.include;
  }
}

TEST(LayerRule, RefusesLibrariesThatTheLayerDoesNotHave) {
  const Case cases[] = {{"model/a.h", "<nlohmann/json.hpp>"},  // in .cc files only
                        {"model/a.cc", "<boost/asio/post.hpp>"},
                        {"manifests/spec/a.h", "<yaml-cpp/yaml.h>"},
                        {"manifests/spec/a.cc", "<spdlog/spdlog.h>"},
                        {"samplers/a.h", "<boost/math/distributions/normal.hpp>"},
                        {"samplers/a.cc", "<nlohmann/json.hpp>"},
                        {"policies/a.cc", "<sys/stat.h>"},
                        {"runner/core/a.cc", "<spdlog/spdlog.h>"},
                        {"runner/core/a.h", "<fmt/format.h>"},
                        {"backends/a.h", "<nlohmann/json.hpp>"},
                        {"runner/io/a.cc", "<yaml-cpp/yaml.h>"},
                        {"runner/attempt/a.cc", "<boost/system/result.hpp>"},
                        {"runner/attempt/a.cc", "<fmt/format.h>"}};
  for (const Case& item : cases) {
    const std::string text = std::string("#include ") + item.include + "\n";
    EXPECT_THAT(layers_of(item.path, text), SizeIs(1)) << item.path << " " << item.include;
  }
}

TEST(LayerRule, KeepsClocksDisksAndThreadsOutOfThePureLayers) {
  for (const char* header : {"thread", "fstream", "filesystem", "mutex", "ctime"}) {
    const std::string text = std::string("#include <") + header + ">\n";
    EXPECT_THAT(layers_of("runner/core/a.cc", text), SizeIs(1)) << header;
    EXPECT_THAT(layers_of("policies/a.cc", text), SizeIs(1)) << header;
    EXPECT_THAT(layers_of("runner/io/a.cc", text), IsEmpty()) << header;
  }
  const char* clock = "auto t = std::chrono::steady_clock::now();\n";
  EXPECT_THAT(layers_of("runner/core/a.cc", clock), SizeIs(1));
  EXPECT_THAT(layers_of("runner/app/a.cc", clock), IsEmpty());
}

TEST(LayerRule, TakesWhatTheTableAllows) {
  const Case cases[] = {{"model/a.h", "<boost/system/result.hpp>"},
                        {"model/a.cc", "<nlohmann/json.hpp>"},
                        {"manifests/spec/a.cc", "<yaml-cpp/yaml.h>"},
                        {"manifests/spec/a.cc", "<fcntl.h>"},
                        {"samplers/a.cc", "\"manifests/spec/options.h\""},
                        {"samplers/surrogate/a.h", "\"samplers/sampler.h\""},
                        {"samplers/surrogate/a.cc", "\"samplers/numerics/draw.h\""},
                        {"samplers/budget/a.cc", "\"samplers/catalog.h\""},
                        {"runner/core/a.h", "\"samplers/sampler.h\""},
                        {"backends/local/a.h", "<boost/asio/awaitable.hpp>"},
                        {"runner/io/a.cc", "<xxhash.h>"},
                        {"runner/attempt/a.cc", "<sys/wait.h>"},
                        {"runner/app/cli/a.cc", "\"backends/catalog.h\""},
                        {"tests/core/a.cc", "\"tests/support/x.h\""}};
  for (const Case& item : cases) {
    const std::string text = std::string("#include ") + item.include + "\n";
    EXPECT_THAT(layers_of(item.path, text), IsEmpty()) << item.path << " " << item.include;
  }
}

TEST(LayerRule, SeesNoIncludesInCommentsAndLiterals) {
  EXPECT_THAT(layers_of("model/a.cc",
                        "// #include \"runner/core/event.h\"\n"
                        "/*\n#include <spdlog/spdlog.h>\n*/\n"
                        "auto t = R\"(\n#include <spdlog/spdlog.h>\n)\";\n"),
              IsEmpty());
}

TEST(LayerRule, NamesFileLineAndHeader) {
  const Problems problems = layers_of("model/a.cc", "#include <map>\n\n#include \"runner/x.h\"\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].path, "model/a.cc");
  EXPECT_EQ(problems[0].line, 3);
  EXPECT_THAT(problems[0].message, testing::HasSubstr("runner/x.h"));
}

TEST(AttemptProgram, IsCheckedThroughTheHeadersItShares) {
  const SourceFile main("runner/attempt/main.cc", "#include \"model/record.h\"\n");
  const SourceFile plain("model/record.h", "#include <string>\n#include <unistd.h>\n");
  const SourceFile boost("model/record.h", "#include \"model/result.h\"\n");
  const SourceFile result("model/result.h", "#include <boost/system/result.hpp>\n");
  EXPECT_THAT(check_attempt_program({main, plain, result}), IsEmpty());
  EXPECT_THAT(check_attempt_program({main, boost, result}), SizeIs(1));
}

TEST(Tree, KeepsTheLayerRule) {
  const std::vector<SourceFile> files = read_tree(SWEEPJOB_SOURCE_DIR);
  ASSERT_GT(files.size(), 30u);
  for (const SourceFile& file : files) EXPECT_THAT(check_layers(file), IsEmpty());
  EXPECT_THAT(check_attempt_program(files), IsEmpty());
}

}  // namespace
}  // namespace sweepjob::tidy
