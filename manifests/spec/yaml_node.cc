#include "manifests/spec/yaml_node.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <unordered_map>

#include <yaml-cpp/yaml.h>

#include <yaml-cpp/eventhandler.h>

namespace sweepjob {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

// Stops the parser; never leaves load_yaml().
struct YamlRefused {
  SourceLocation where;
  std::string message;
  std::string hint = {};
};

// Line breaks as LF and no byte order mark: what remains has the same lines.
std::string normalise(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      result += text[i];
    } else {
      result += '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    }
  }
  return result;
}

// The length of the UTF-8 sequence at `at`, 0 when it is not valid there.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate_or_beyond =
      (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return overlong || surrogate_or_beyond ? 0 : length;
}

// The offset of the first byte that no YAML text may hold, or npos.
std::size_t first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text, i);
    if (length == 0 || (c < 0x20 && c != '\t' && c != '\n') || c == 0x7F) return i;
    i += length;
  }
  return std::string_view::npos;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::shared_ptr<const std::string> file, Findings& findings,
              const YamlLimits& limits, YamlOrigin origin)
      : text_(text), file_(std::move(file)), findings_(findings), limits_(limits), origin_(origin) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  [[nodiscard]] std::optional<YamlNode> take_root() { return std::move(root_); }

  // Lines and columns from 1; columns count characters, not bytes.
  [[nodiscard]] SourceLocation place(int line, int byte_column) const {
    SourceLocation where{*file_, line + origin_.line, byte_column + origin_.column};
    const std::string_view source = line_text(line);
    for (int i = 0; i < byte_column && static_cast<std::size_t>(i) < source.size(); ++i) {
      if ((static_cast<unsigned char>(source[static_cast<std::size_t>(i)]) & 0xC0U) == 0x80) {
        --where.column;
      }
    }
    return where;
  }
  [[nodiscard]] SourceLocation place(const YAML::Mark& mark) const {
    if (mark.line < 0) return {*file_, origin_.line, origin_.column};
    return place(mark.line, mark.column);
  }
  [[nodiscard]] SourceLocation place_of_offset(std::size_t offset) const {
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    const auto line = static_cast<int>(next - line_starts_.begin()) - 1;
    return place(line, static_cast<int>(offset - *(next - 1)));
  }
  [[nodiscard]] std::string_view line_text(int line) const {
    const auto index = static_cast<std::size_t>(line);
    if (line < 0 || index >= line_starts_.size()) return {};
    const std::size_t end =
        index + 1 < line_starts_.size() ? line_starts_[index + 1] - 1 : text_.size();
    return std::string_view(text_).substr(line_starts_[index], end - line_starts_[index]);
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
      throw YamlRefused{where, "too large once its aliases are expanded: more than " +
                                   std::to_string(limits_.nodes) + " values"};
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
    const std::string_view line = line_text(mark.line);
    std::string_view source = line;
    source.remove_prefix(std::min(source.size(), static_cast<std::size_t>(mark.column)));
    while (!source.empty() && (source.front() == '!' || source.front() == '&')) {
      const std::size_t end = source.find_first_of(" \t");
      source.remove_prefix(end == std::string_view::npos ? source.size() : end);
      source.remove_prefix(std::min(source.size(), source.find_first_not_of(" \t")));
    }
    if (source.empty() ||
        std::string_view("'\"|>").find(source.front()) == std::string_view::npos) {
      return;
    }
    node.style = source.front();
    if (node.style == '\'' || node.style == '"') {
      require_closing_quote(node.style,
                            line_starts_[static_cast<std::size_t>(mark.line)] +
                                static_cast<std::size_t>(source.data() - line.data()),
                            mark);
    }
    if (node.style != '|') return;
    for (int next = mark.line + 1; static_cast<std::size_t>(next) < line_starts_.size(); ++next) {
      const std::size_t indent = line_text(next).find_first_not_of(' ');
      if (indent == std::string_view::npos) continue;
      node.content_column = static_cast<int>(indent) + origin_.column;
      return;
    }
  }

  // yaml-cpp 0.7 takes the end of the file for the missing quote.
  void require_closing_quote(char quote, std::size_t start, const YAML::Mark& mark) const {
    for (std::size_t i = start + 1; i < text_.size(); ++i) {
      if (quote == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (quote == '"' || i + 1 >= text_.size() || text_[i + 1] != quote) return;
        ++i;
      }
    }
    throw YamlRefused{place(mark), "YAML syntax: this text has no closing quote"};
  }

  std::string text_;
  std::shared_ptr<const std::string> file_;
  Findings& findings_;
  YamlLimits limits_;
  YamlOrigin origin_;
  std::vector<std::size_t> line_starts_;
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

std::optional<YamlNode> parse_document(const std::string& text, TreeBuilder& builder,
                                       Findings& findings) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      findings.error(builder.place(0, 0), "", "the file is empty");
      return std::nullopt;
    }
    auto root = builder.take_root();
    if (parser) {
      findings.error(builder.place(YAML::Mark()), "",
                     "the file holds more than one YAML document ('---'); expected one");
      return std::nullopt;
    }
    return root;
  } catch (const YamlRefused& refused) {
    findings.error(refused.where, "", refused.message, refused.hint);
  } catch (const YAML::Exception& error) {
    findings.error(builder.place(error.mark), "", "YAML syntax: " + error.msg,
                   hint_for_line(builder.line_text(error.mark.line)));
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
  const std::string normal = normalise(text);
  Findings found;
  TreeBuilder builder(normal, std::make_shared<const std::string>(file), found, limits, origin);
  const std::size_t bad = first_bad_byte(normal);
  if (bad != std::string::npos) {
    const bool control = static_cast<unsigned char>(normal[bad]) < 0x80;
    findings.error(builder.place_of_offset(bad), "",
                   control ? "a control character (byte " +
                                 std::to_string(static_cast<unsigned char>(normal[bad])) +
                                 "), which YAML does not allow"
                           : "not valid UTF-8",
                   control ? "" : "save the file as UTF-8");
    return std::nullopt;
  }
  auto root = parse_document(normal, builder, found);
  // One error says all there is to say about a file that cannot be read.
  for (const Finding& finding : found.all()) {
    if (root || finding.severity == Severity::Error) findings.add(finding);
  }
  return root;
}

}  // namespace sweepjob
