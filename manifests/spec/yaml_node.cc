#include "manifests/spec/yaml_node.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <unordered_map>

#include <yaml-cpp/yaml.h>

#include <yaml-cpp/eventhandler.h>

#include "manifests/spec/yaml_source.h"

namespace sweepjob {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

// Stops the parser; never leaves load_yaml().
struct YamlRefused {
  SourceLocation where;
  std::string message;
  std::string hint = {};
};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const YamlSource& source, std::shared_ptr<const std::string> file, Findings& findings,
              const YamlLimits& limits)
      : source_(source), file_(std::move(file)), findings_(findings), limits_(limits) {}

  [[nodiscard]] std::optional<YamlNode> take_root() { return std::move(root_); }

  [[nodiscard]] SourceLocation place(const YAML::Mark& mark) const {
    return mark.line < 0 ? source_.place(0, 0) : source_.place(mark.line, mark.column);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = make(mark, YamlKind::Null);
    finish(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = make(mark, YamlKind::String);
    node.text = value;
    if (tag == "?") {
      node.kind = resolve_plain_scalar(value);
    } else if (tag == "!") {
      find_style(node, mark);
    } else {
      find_style(node, mark);
      apply_tag(node, tag, mark);
    }
    finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw YamlRefused{place(mark), "an alias inside the value that it stands for"};
    }
    if (depth() + found->second.depth > limits_.depth) refuse_depth(mark);
    const SourceLocation where = place(mark);
    count(nodes_, found->second.nodes, where);
    YamlNode copy = found->second.node;
    copy.line = where.line;
    copy.column = where.column;
    finish(std::move(copy), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, YamlKind::Sequence, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, YamlKind::Mapping, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
    bool wants_key = true;
    YamlNode key;
    std::unordered_map<std::string, std::size_t> index;  // key -> position in node.items
    std::vector<YamlNode> merged;                        // values of `<<`
    int deepest = 0;                                     // depth of the deepest child, from here
  };
  struct Anchored {
    YamlNode node;
    std::size_t nodes = 0;
    int depth = 0;
  };

  [[nodiscard]] int depth() const { return static_cast<int>(stack_.size()); }

  [[noreturn]] void refuse_depth(const YAML::Mark& mark) const {
    throw YamlRefused{place(mark),
                      "nested too deeply: at most " + std::to_string(limits_.depth) + " levels"};
  }

  void count(std::size_t& counter, std::size_t added, const SourceLocation& where) const {
    counter += added;
    if (counter > limits_.nodes) {
      throw YamlRefused{where, "too large: more than " + std::to_string(limits_.nodes) +
                                   " values (an alias counts as all that it stands for)"};
    }
  }

  YamlNode make(const YAML::Mark& mark, YamlKind kind) {
    const SourceLocation where = place(mark);
    count(nodes_, 1, where);
    YamlNode node;
    node.kind = kind;
    node.file = file_;
    node.line = where.line;
    node.column = where.column;
    return node;
  }

  void open(const YAML::Mark& mark, YamlKind kind, const std::string& tag, YAML::anchor_t anchor) {
    if (depth() >= limits_.depth) refuse_depth(mark);
    const std::size_t before = nodes_;
    Frame frame;
    frame.node = make(mark, kind);
    if (!tag.empty() && tag != "?" && tag != "!") {
      const std::string expected =
          std::string(kTagPrefix) + (kind == YamlKind::Mapping ? "map" : "seq");
      if (tag != expected) refuse_tag(tag, mark);
    }
    frame.anchor = anchor;
    frame.nodes_before = before;
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (!frame.merged.empty()) merge(frame);
    if (frame.anchor != 0) {
      const std::size_t size = nodes_ - frame.nodes_before;
      count(anchored_nodes_, size, frame.node.where());
      anchors_[frame.anchor] = {frame.node, size, frame.deepest + 1};
    }
    place_child(std::move(frame.node), frame.deepest + 1);
  }

  void finish(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = {node, 1, 0};
    place_child(std::move(node), 0);
  }

  void place_child(YamlNode node, int node_depth) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = stack_.back();
    parent.deepest = std::max(parent.deepest, node_depth);
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    if (parent.wants_key) {
      if (!node.is_scalar()) {
        throw YamlRefused{node.where(),
                          "a key must be text, not " + std::string(describe(node.kind))};
      }
      parent.key = std::move(node);
      parent.wants_key = false;
      return;
    }
    parent.wants_key = true;
    add_pair(parent, std::move(node));
  }

  void add_pair(Frame& frame, YamlNode value) {
    const YamlNode& key = frame.key;
    value.key = key.text;
    value.key_line = key.line;
    value.key_column = key.column;
    // The parser places an absent value at whatever comes next.
    if (value.is_null() && value.text.empty() && value.line != key.line) {
      value.line = key.line;
      value.column = key.column;
    }
    if (key.text == "<<" && key.style == 0 && key.tag.empty()) {
      frame.merged.push_back(std::move(value));
      return;
    }
    const auto [found, added] = frame.index.try_emplace(value.key, frame.node.items.size());
    if (added) {
      frame.node.items.push_back(std::move(value));
      return;
    }
    YamlNode& earlier = frame.node.items[found->second];
    findings_.warning(value.key_where(), value.key,
                      "this key stands twice in one mapping, first at line " +
                          std::to_string(earlier.key_line) + ", column " +
                          std::to_string(earlier.key_column) + "; the last one counts",
                      "remove one of them");
    earlier = std::move(value);
  }

  // As PyYAML: merged pairs come first, the mapping's own replace them, and in a list of mappings
  // an earlier one wins.
  void merge(Frame& frame) {
    std::vector<YamlNode> sources;
    for (YamlNode& value : frame.merged) {
      if (value.is_mapping()) {
        sources.push_back(std::move(value));
      } else if (value.is_sequence()) {
        for (auto item = value.items.rbegin(); item != value.items.rend(); ++item) {
          sources.push_back(std::move(*item));
        }
      } else {
        sources.push_back(std::move(value));
      }
    }
    std::vector<YamlNode> result;
    std::unordered_map<std::string, std::size_t> index;
    const auto put = [&](YamlNode&& child) {
      const auto [found, added] = index.try_emplace(child.key, result.size());
      if (added) {
        result.push_back(std::move(child));
      } else {
        result[found->second] = std::move(child);
      }
    };
    for (YamlNode& source : sources) {
      if (!source.is_mapping()) {
        throw YamlRefused{source.where(), "'<<' merges a mapping or a list of mappings, not " +
                                              std::string(describe(source.kind))};
      }
      for (YamlNode& child : source.items) put(std::move(child));
    }
    for (YamlNode& child : frame.node.items) put(std::move(child));
    frame.node.items = std::move(result);
  }

  [[noreturn]] void refuse_tag(const std::string& tag, const YAML::Mark& mark) const {
    throw YamlRefused{place(mark), "the tag '" + tag.substr(0, 100) + "' is not supported",
                      "write the value without a tag"};
  }

  void apply_tag(YamlNode& node, const std::string& tag, const YAML::Mark& mark) const {
    if (!tag.starts_with(kTagPrefix)) refuse_tag(tag, mark);
    node.tag = tag;
    const std::string_view name = std::string_view(tag).substr(kTagPrefix.size());
    if (name == "str" || name == "timestamp") return;
    const YamlKind kind = resolve_plain_scalar(node.text);
    const bool number = kind == YamlKind::Integer || kind == YamlKind::Float;
    if (name == "null") {
      node.kind = YamlKind::Null;
    } else if (name == "int" && kind == YamlKind::Integer) {
      node.kind = kind;
    } else if (name == "float" && (number || as_number(node))) {
      node.kind = YamlKind::Float;
    } else if (name == "bool" && kind == YamlKind::Bool) {
      node.kind = kind;
    } else {
      refuse_tag(tag, mark);
    }
  }

  // yaml-cpp says only "not plain"; the character at the value tells which style it is.
  void find_style(YamlNode& node, const YAML::Mark& mark) const {
    const std::string_view line = source_.line(mark.line);
    std::string_view rest = line;
    rest.remove_prefix(std::min(rest.size(), static_cast<std::size_t>(mark.column)));
    while (!rest.empty() && (rest.front() == '!' || rest.front() == '&')) {
      const std::size_t end = rest.find_first_of(" \t");
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
      rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \t")));
    }
    if (rest.empty() || std::string_view("'\"|>").find(rest.front()) == std::string_view::npos)
      return;
    node.style = rest.front();
    if (node.style == '\'' || node.style == '"') {
      const auto column = static_cast<std::size_t>(rest.data() - line.data());
      if (!source_.quote_closes(source_.offset_of(mark.line, column))) {
        throw YamlRefused{place(mark), "YAML syntax: this text has no closing quote"};
      }
    }
    if (node.style == '|') find_content(node, mark.line);
  }

  void find_content(YamlNode& node, int line) const {
    for (int next = line + 1; next < source_.line_count(); ++next) {
      const std::size_t indent = source_.line(next).find_first_not_of(' ');
      if (indent == std::string_view::npos) continue;
      node.content_column = source_.place(next, static_cast<int>(indent)).column;
      return;
    }
  }

  const YamlSource& source_;
  std::shared_ptr<const std::string> file_;
  Findings& findings_;
  YamlLimits limits_;
  std::size_t nodes_ = 0;
  std::size_t anchored_nodes_ = 0;  // copies kept for aliases
  std::vector<Frame> stack_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  std::optional<YamlNode> root_;
};

// Tabs are the usual reason when yaml-cpp's message says nothing of use.
std::string hint_for_line(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  const std::string_view indent = line.substr(0, first);
  if (indent.find('\t') != std::string_view::npos) {
    return "the line begins with a tab; indent with spaces";
  }
  if (line.find(':') == std::string_view::npos) return {};
  return "look at this line and the one above: a key ends in a colon and a space or the line's end";
}

std::string message_of(const YAML::Exception& error, std::string_view line) {
  std::string message = "YAML syntax: " + error.msg;
  const auto column = static_cast<std::size_t>(std::max(0, error.mark.column));
  const bool ascii = column < line.size() && static_cast<unsigned char>(line[column]) < 0x80;
  if (error.msg == "unknown token" && ascii) {
    message += " '" + std::string(1, line[column]) + "', which cannot begin a value; quote it";
  }
  return message;
}

std::optional<YamlNode> parse_document(const YamlSource& source, TreeBuilder& builder,
                                       Findings& findings) {
  try {
    std::istringstream stream(source.text());
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      findings.error(source.place(0, 0), "", "the file is empty");
      return std::nullopt;
    }
    auto root = builder.take_root();
    if (parser) {
      findings.error(source.place(0, 0), "",
                     "the file holds more than one YAML document ('---'); expected one");
      return std::nullopt;
    }
    return root;
  } catch (const YamlRefused& refused) {
    findings.error(refused.where, "", refused.message, refused.hint);
  } catch (const YAML::Exception& error) {
    const std::string_view line = source.line(error.mark.line);
    findings.error(builder.place(error.mark), "", message_of(error, line), hint_for_line(line));
  }
  return std::nullopt;
}

}  // namespace

const char* describe(YamlKind kind) {
  switch (kind) {
    case YamlKind::Null: return "nothing";
    case YamlKind::Bool: return "a boolean";
    case YamlKind::Integer: return "an integer";
    case YamlKind::Float: return "a number";
    case YamlKind::String: return "text";
    case YamlKind::Sequence: return "a list";
    case YamlKind::Mapping: return "a mapping";
  }
  return "nothing";
}

SourceLocation YamlNode::where() const { return {file ? *file : std::string(), line, column}; }

SourceLocation YamlNode::key_where() const {
  if (key_line == 0) return where();
  return {file ? *file : std::string(), key_line, key_column};
}

const YamlNode* YamlNode::find(std::string_view name) const {
  if (!is_mapping()) return nullptr;
  for (const YamlNode& item : items) {
    if (item.key == name) return &item;
  }
  return nullptr;
}

YamlNode* YamlNode::find(std::string_view name) {
  return const_cast<YamlNode*>(static_cast<const YamlNode*>(this)->find(name));
}

YamlNode& YamlNode::set(std::string_view name, YamlNode child) {
  child.key = name;
  if (child.key_line == 0) {
    child.key_line = child.line;
    child.key_column = child.column;
  }
  if (YamlNode* existing = find(name)) {
    *existing = std::move(child);
    return *existing;
  }
  kind = YamlKind::Mapping;
  items.push_back(std::move(child));
  return items.back();
}

std::optional<YamlNode> YamlNode::take(std::string_view name) {
  if (!is_mapping()) return std::nullopt;
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const YamlNode& item) { return item.key == name; });
  if (found == items.end()) return std::nullopt;
  YamlNode taken = std::move(*found);
  items.erase(found);
  return taken;
}

std::optional<YamlNode> load_yaml(std::string_view text, const std::string& file,
                                  Findings& findings, const YamlLimits& limits, YamlOrigin origin) {
  if (text.size() > limits.bytes) {
    findings.error({file, origin.line, origin.column}, "",
                   "the file has " + std::to_string(text.size()) + " bytes; at most " +
                       std::to_string(limits.bytes) + " are read");
    return std::nullopt;
  }
  const YamlSource source(text, file, origin);
  if (source.report_bad_byte(findings)) return std::nullopt;
  Findings found;
  TreeBuilder builder(source, std::make_shared<const std::string>(file), found, limits);
  auto root = parse_document(source, builder, found);
  // One error says all there is to say about a file that cannot be read.
  for (const Finding& finding : found.all()) {
    if (root || finding.severity == Severity::Error) findings.add(finding);
  }
  return root;
}

}  // namespace sweepjob
