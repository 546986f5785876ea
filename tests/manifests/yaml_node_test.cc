#include "manifests/spec/yaml_node.h"

#include <gtest/gtest.h>

namespace sweepjob {
namespace {

struct Loaded {
  std::optional<YamlNode> root;
  Findings findings;
};

Loaded load(std::string_view text, const YamlLimits& limits = {}) {
  Loaded result;
  result.root = load_yaml(text, "f.yml", result.findings, limits);
  return result;
}

std::string only_finding(const Loaded& loaded) {
  if (loaded.findings.all().size() != 1) {
    return std::to_string(loaded.findings.all().size()) + " findings";
  }
  return to_text(loaded.findings.all().front());
}

std::string json_of(std::string_view text) {
  const Loaded loaded = load(text);
  if (!loaded.root) return only_finding(loaded);
  return to_json(to_value(*loaded.root), true);
}

// Each row was checked against PyYAML 6.0.3's safe_load.
TEST(YamlNode, TypesPlainScalarsAsPyYaml) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"yes", "true"},
      {"No", "false"},
      {"on", "true"},
      {"OFF", "false"},
      {"True", "true"},
      {"tRue", "\"tRue\""},
      {"y", "\"y\""},
      {"n", "\"n\""},
      {"~", "null"},
      {"null", "null"},
      {"Null", "null"},
      {"nULL", "\"nULL\""},
      {"0", "0"},
      {"-0", "0"},
      {"007", "7"},
      {"010", "8"},
      {"-010", "-8"},
      {"08", "\"08\""},
      {"0o10", "\"0o10\""},
      {"0x1F", "31"},
      {"-0x1f", "-31"},
      {"0b101", "5"},
      {"1_000", "1000"},
      {"+5", "5"},
      {"1:30", "90"},
      {"1:30:00", "5400"},
      {"1:60", "\"1:60\""},
      {"1:30.5", "90.5"},
      {"12345678901234567890", "\"12345678901234567890\""},
      {"9223372036854775807", "9223372036854775807"},
      {"1e-3", "\"1e-3\""},
      {"1e3", "\"1e3\""},
      {"1.0e-3", "0.001"},
      {"1.e+3", "1000.0"},
      {"1.0e3", "\"1.0e3\""},
      {"1.", "1.0"},
      {".5", "0.5"},
      {"-.5", "\"-.5\""},
      {"._5", "\"._5\""},
      {"1_0.5_0", "10.5"},
      {".inf", "\"Infinity\""},
      {"-.INF", "\"-Infinity\""},
      {".nan", "\"NaN\""},
      {"-.nan", "\"-.nan\""},
      {"inf", "\"inf\""},
      {"2022-06-01", "\"2022-06-01\""},
      {"1.2.3", "\"1.2.3\""},
      {"1.0.5", "\"1.0.5\""},
      {"--5", "\"--5\""},
      {"'5'", "\"5\""},
      {"\"yes\"", "\"yes\""},
      {"!!str 5", "\"5\""},
      {"!!int '5'", "5"},
      {"!!float 5", "5.0"},
  };
  for (const auto& [text, expected] : rows)
    EXPECT_EQ(json_of("v: " + text), "{\"v\":" + expected + "}") << text;
}

TEST(YamlNode, NumberFieldsTakeNumericText) {
  const auto number = [](std::string_view text) {
    return as_number(*load("v: " + std::string(text)).root->find("v"));
  };
  const auto integer = [](std::string_view text) {
    return as_integer(*load("v: " + std::string(text)).root->find("v"));
  };
  EXPECT_EQ(number("1e-5"), 1e-5);
  EXPECT_EQ(number("'+2.5'"), 2.5);
  EXPECT_EQ(number("' 7 '"), 7);
  EXPECT_EQ(number("12345678901234567890"), 12345678901234567890.0);
  EXPECT_EQ(number("abc"), std::nullopt);
  EXPECT_EQ(number("1e-5x"), std::nullopt);
  EXPECT_EQ(number("true"), std::nullopt);
  EXPECT_EQ(number("''"), std::nullopt);
  EXPECT_EQ(integer("5"), 5);
  EXPECT_EQ(integer("'5'"), 5);
  EXPECT_EQ(integer("5.0"), 5);
  EXPECT_EQ(integer("5.5"), std::nullopt);
  EXPECT_EQ(integer("1e300"), std::nullopt);
  EXPECT_EQ(integer("12345678901234567890"), std::nullopt);
}

TEST(YamlNode, EveryNodeKnowsItsPlace) {
  const Loaded loaded = load("a: 1\nb:\n  c: [x, {d: y}]\n  é: 'z'\n  empty:\n");
  const YamlNode& b = *loaded.root->find("b");
  EXPECT_EQ(b.find("c")->items[1].find("d")->where(), (SourceLocation{"f.yml", 3, 14}));
  EXPECT_EQ(b.find("c")->items[1].find("d")->key_where(), (SourceLocation{"f.yml", 3, 11}));
  EXPECT_EQ(b.find("é")->where(), (SourceLocation{"f.yml", 4, 6})) << "columns count characters";
  EXPECT_EQ(b.find("empty")->where().line, 5);
  EXPECT_EQ(b.find("é")->style, '\'');
}

TEST(YamlNode, LiteralBlockKnowsWhereItsTextBegins) {
  const Loaded loaded = load("p:\n  block: |\n    a: 1\n    b: 2\n");
  const YamlNode& block = *loaded.root->find("p")->find("block");
  EXPECT_EQ(block.style, '|');
  EXPECT_EQ(block.line, 2);
  EXPECT_EQ(block.content_column, 5);
  Findings findings;
  const auto inner = load_yaml(block.text, "f.yml", findings, {}, {block.line + 1, 5});
  EXPECT_EQ(inner->find("b")->where(), (SourceLocation{"f.yml", 4, 8}));
}

TEST(YamlNode, ReadsBomAndEveryLineBreak) {
  EXPECT_EQ(json_of("\xEF\xBB\xBF"
                    "a: 1\r\nb: 2\rc: 3\n"),
            R"({"a":1,"b":2,"c":3})");
  EXPECT_EQ(load("a: 1\r\n\r\nb: 2").root->find("b")->line, 3);
}

TEST(YamlNode, MergesAsPyYaml) {
  EXPECT_EQ(json_of("x: &a {p: 1, q: 2}\ny: {q: 3, <<: *a, r: 4}\n"),
            R"({"x":{"p":1,"q":2},"y":{"p":1,"q":3,"r":4}})");
  EXPECT_EQ(json_of("x: &a {p: 1}\ny: &b {p: 2, s: 5}\nz: {<<: [*a, *b]}\n"),
            R"({"x":{"p":1},"y":{"p":2,"s":5},"z":{"p":1,"s":5}})");
  EXPECT_EQ(json_of("y: {'<<': 1}"), R"({"y":{"<<":1}})");
  EXPECT_EQ(json_of("y: {<<: 5}"),
            "f.yml:1:9: error: '<<' merges a mapping or a list of mappings, not an integer");
}

TEST(YamlNode, ADuplicateKeyIsAWarningWithBothPlacesAndTheLastCounts) {
  const Loaded loaded = load("a: 1\nb: 2\na: 3\n");
  EXPECT_EQ(to_json(to_value(*loaded.root)), R"({"a":3,"b":2})");
  EXPECT_EQ(only_finding(loaded),
            "f.yml:3:1: warning: a: this key stands twice in one mapping, first at line 1, column "
            "1; the last one counts; remove one of them");
}

TEST(YamlNode, ASyntaxErrorIsOneFindingWithItsPlace) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"a: [1, 2\nb: 3\n", "f.yml:2:"},
      {"a:\n  b: 1\n c: 2\n", "f.yml:3:"},
      {"a: `x`\n", "f.yml:1:4"},
      {"objective:s\n  goal: minimize\n", "f.yml:2:"},
      {"a: *nowhere\n", "f.yml:1:4"},
      {"a: 'open\n", "f.yml:1:4"},
      {"a: !python/object:os.system x\n", "f.yml:1:4"},
      {"? [a, b]\n: 1\n", "f.yml:1:3"},
      {"a: 1\n---\nb: 2\n", "f.yml:1:1: error: the file holds more than one YAML document"},
      {"", "f.yml:1:1: error: the file is empty"},
      {"# only a comment\n", "f.yml:1:1: error: the file is empty"},
      {std::string("a: \0b", 5), "f.yml:1:4: error: a control character (byte 0)"},
      {"a: 1\nb: \xC3\n", "f.yml:2:4: error: not valid UTF-8"},
      {"a: \xED\xA0\x80\n", "f.yml:1:4: error: not valid UTF-8"},
  };
  for (const auto& [text, expected] : rows) {
    const Loaded loaded = load(text);
    EXPECT_FALSE(loaded.root) << text;
    EXPECT_EQ(only_finding(loaded).substr(0, expected.size()), expected) << only_finding(loaded);
  }
}

TEST(YamlNode, ATabInTheIndentationIsNamed) {
  const Loaded loaded = load("a:\n\tb: 1\n");
  EXPECT_FALSE(loaded.root);
  EXPECT_NE(only_finding(loaded).find("indent with spaces"), std::string::npos)
      << only_finding(loaded);
}

TEST(YamlNode, RefusesWhatGrowsWithoutBound) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += "*a" + std::to_string(i - 1) + (j < 9 ? "," : "]\n");
  }
  EXPECT_NE(only_finding(load(bomb)).find("too large: more than 100000 values"), std::string::npos);
  EXPECT_NE(only_finding(load("a: &a [*a]")).find("an alias inside the value"), std::string::npos);
  EXPECT_NE(only_finding(load(std::string(5000, '['))).find("error"), std::string::npos);
  EXPECT_NE(
      only_finding(load(std::string(120, '[') + std::string(120, ']'))).find("nested too deeply"),
      std::string::npos);
  EXPECT_NE(only_finding(load("a: b", {.bytes = 3})).find("at most 3 are read"), std::string::npos);
}

TEST(YamlNode, OverridesReplaceAndCreate) {
  Loaded loaded = load("a: {b: 1}\nl: [{x: 1}, 2]\np: {q.r: 5}\nn:\n");
  Findings findings;
  YamlNode& root = *loaded.root;
  EXPECT_TRUE(apply_override(root, "a.b", "2.5", findings));
  EXPECT_TRUE(apply_override(root, "a.new.deep", "[1, yes]", findings));
  EXPECT_TRUE(apply_override(root, "l.0.x", "text", findings));
  EXPECT_TRUE(apply_override(root, "l.1", "7", findings));
  EXPECT_TRUE(apply_override(root, "p.q.r", "6", findings));
  EXPECT_TRUE(apply_override(root, "n.k", "", findings));
  EXPECT_TRUE(findings.all().empty());
  EXPECT_EQ(
      to_json(to_value(root)),
      R"({"a":{"b":2.5,"new":{"deep":[1,true]}},"l":[{"x":"text"},7],"p":{"q.r":6},"n":{"k":null}})");
}

TEST(YamlNode, AnOverrideThatCannotBeIsOneFinding) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"a.b.c", "cannot set a key inside an integer"},
      {"l.5", "'5' is no entry of this list, which has 2"},
      {"l.x", "'x' is no entry"},
      {"", "expected a key path"},
      {"a..b", "the path has an empty key"},
  };
  for (const auto& [path, expected] : rows) {
    Loaded loaded = load("a: {b: 1}\nl: [1, 2]\n");
    Findings findings;
    EXPECT_FALSE(apply_override(*loaded.root, path, "1", findings)) << path;
    ASSERT_EQ(findings.all().size(), 1U) << path;
    EXPECT_NE(to_text(findings.all()[0]).find(expected), std::string::npos)
        << to_text(findings.all()[0]);
  }
  Loaded loaded = load("a: 1\n");
  Findings findings;
  EXPECT_FALSE(apply_override(*loaded.root, "a", "[1", findings));
  EXPECT_TRUE(findings.has_errors());
}

}  // namespace
}  // namespace sweepjob
