#include "manifests/spec/azure_extensions.h"

#include <algorithm>
#include <charconv>

namespace sweepjob::azure {
namespace {

constexpr std::int64_t kMaxSeconds = 100LL * 365 * 24 * 3600;
constexpr std::size_t kMaxPattern = 1000;
constexpr std::size_t kMaxPatterns = 100;

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> kKeys = {
      "retries",          "retry_backoff",  "max_failed_trials",
      "stall_timeout",    "grace",          "gpus_per_trial",
      "cpus_per_trial",   "keep",           "seed",
      "metrics",          "on_retry",       "quote_parameters",
      "allow_duplicates", "require_metric", "min_trials",
      "control_fraction"};
  return kKeys;
}

class ExtensionsReader {
 public:
  ExtensionsReader(const YamlNode& node, std::string path, AzureReader& reader)
      : node_(node), path_(std::move(path)), reader_(reader) {}

  Extensions read() {
    check_keys(node_, path_, known_keys());
    count("retries", extensions_.retries);
    seconds("retry_backoff", extensions_.retry_backoff);
    seconds("stall_timeout", extensions_.stall_timeout);
    seconds("grace", extensions_.grace);
    count("min_trials", extensions_.min_trials);
    flag("quote_parameters", extensions_.quote_parameters);
    flag("allow_duplicates", extensions_.allow_duplicates);
    flag("require_metric", extensions_.require_metric);
    read_optional_counts();
    read_shares();
    read_control_fraction();
    read_keep();
    if (const YamlNode* node = child("on_retry")) {
      extensions_.on_retry =
          reader_.word(*node, join(path_, "on_retry"), {"restart", "continue"}).value_or("");
    }
    if (const YamlNode* node = child("metrics")) read_metrics(*node, join(path_, "metrics"));
    return std::move(extensions_);
  }

 private:
  [[nodiscard]] const YamlNode* child(std::string_view key) const {
    const YamlNode* found = node_.find(key);
    return found != nullptr && !found->is_null() ? found : nullptr;
  }

  void check_keys(const YamlNode& mapping, const std::string& path,
                  const std::vector<std::string>& known) {
    for (const YamlNode& item : mapping.items) {
      if (std::find(known.begin(), known.end(), item.key) != known.end()) continue;
      const std::string hint = reader_.suggest(item.key, known);
      reader_.error(item.key_where(), join(path, item.key), "unknown key",
                    hint.empty() ? "docs/extensions.md lists them" : hint);
    }
  }

  void count(const char* key, std::uint32_t& target) {
    if (const YamlNode* node = child(key)) {
      const auto value = reader_.integer(*node, join(path_, key), 0, UINT32_MAX);
      if (value) target = static_cast<std::uint32_t>(*value);
    }
  }
  void seconds(const char* key, std::chrono::seconds& target) {
    if (const YamlNode* node = child(key)) {
      const auto value = reader_.integer(*node, join(path_, key), 0, kMaxSeconds);
      if (value) target = std::chrono::seconds(*value);
    }
  }
  void flag(const char* key, bool& target) {
    if (const YamlNode* node = child(key)) {
      target = reader_.boolean(*node, join(path_, key)).value_or(target);
    }
  }

  void read_optional_counts() {
    if (const YamlNode* node = child("max_failed_trials")) {
      const auto value = reader_.integer(*node, join(path_, "max_failed_trials"), 0, UINT32_MAX);
      if (value) extensions_.max_failed_trials = static_cast<std::uint32_t>(*value);
    }
    if (const YamlNode* node = child("seed")) {
      const auto value = reader_.integer(*node, join(path_, "seed"), 0, INT64_MAX);
      if (value) extensions_.seed = static_cast<std::uint64_t>(*value);
    }
  }

  void read_shares() {
    if (const YamlNode* node = child("gpus_per_trial")) {
      const auto value = share(*node, "gpus_per_trial");
      if (value) extensions_.gpus_per_trial = *value;
    }
    if (const YamlNode* node = child("cpus_per_trial")) {
      const auto value = share(*node, "cpus_per_trial");
      if (value && *value == 0) {
        reader_.error(node->where(), join(path_, "cpus_per_trial"), "must be greater than 0");
      } else if (value) {
        extensions_.cpus_per_trial = *value;
      }
    }
  }
  std::optional<double> share(const YamlNode& node, const char* key) {
    const auto value = reader_.number(node, join(path_, key));
    if (value && *value >= 0 && *value <= 1e6) return value;
    if (value) reader_.error(node.where(), join(path_, key), "expected a number from 0 to 1000000");
    return std::nullopt;
  }

  void read_control_fraction() {
    const YamlNode* node = child("control_fraction");
    if (node == nullptr) return;
    const std::string path = join(path_, "control_fraction");
    const auto value = reader_.number(*node, path);
    if (value && *value >= 0 && *value <= 1) {
      extensions_.control_fraction = *value;
    } else if (value) {
      reader_.error(node->where(), path, "expected a number from 0 to 1",
                    "0.05 lets one of twenty would-be cuts run on");
    }
  }

  // "all" or "best N".
  void read_keep() {
    const YamlNode* node = child("keep");
    if (node == nullptr || node->text == "all") return;
    const std::string_view text = node->text;
    std::uint32_t best = 0;
    if (text.starts_with("best ")) {
      const auto [stop, code] = std::from_chars(text.data() + 5, text.data() + text.size(), best);
      if (code != std::errc() || stop != text.data() + text.size()) best = 0;
    }
    if (best == 0) {
      reader_.error(node->where(), join(path_, "keep"),
                    "expected all, or best N with N of at least 1");
      return;
    }
    extensions_.keep_best = best;
  }

  void read_metrics(const YamlNode& node, const std::string& path) {
    if (!reader_.expect_mapping(node, path)) return;
    check_keys(node, path, {"channel", "patterns"});
    const YamlNode* channel = node.find("channel");
    if (channel != nullptr && !channel->is_null()) {
      extensions_.metric_channel =
          reader_.word(*channel, join(path, "channel"), {"file", "stdout"}).value_or("");
    }
    const YamlNode* patterns = node.find("patterns");
    if (patterns == nullptr || patterns->is_null()) return;
    const std::string patterns_path = join(path, "patterns");
    if (!patterns->is_sequence() || patterns->items.size() > kMaxPatterns) {
      reader_.error(
          patterns->where(), patterns_path,
          "expected a list of at most " + std::to_string(kMaxPatterns) + " regular expressions");
      return;
    }
    for (std::size_t i = 0; i < patterns->items.size(); ++i) {
      read_pattern(patterns->items[i], patterns_path + "[" + std::to_string(i) + "]");
    }
  }

  void read_pattern(const YamlNode& node, const std::string& path) {
    MetricPattern pattern;
    pattern.where = node.where();
    if (node.is_mapping()) {
      check_keys(node, path, {"regex", "metric"});
      reader_.read_text(node, path, "metric", pattern.metric);
      const YamlNode* regex = reader_.require(node, path, "regex", "a regular expression");
      if (regex == nullptr) return;
      pattern.regex = reader_.text(*regex, join(path, "regex")).value_or("");
    } else {
      pattern.regex = reader_.text(node, path).value_or("");
    }
    if (pattern.regex.empty() || pattern.regex.size() > kMaxPattern ||
        pattern.metric.size() > kMaxName) {
      reader_.error(
          node.where(), path,
          "expected a regular expression of 1 to " + std::to_string(kMaxPattern) + " bytes");
      return;
    }
    extensions_.metric_patterns.push_back(std::move(pattern));
  }

  const YamlNode& node_;
  std::string path_;
  AzureReader& reader_;
  Extensions extensions_;
};

}  // namespace

void expand_extensions(YamlNode& job, const std::string& path, AzureReader& reader) {
  YamlNode* properties = job.find("properties");
  YamlNode* block = properties != nullptr ? properties->find("sweepjob") : nullptr;
  // A convenience of ours, of which only strictness has something to say.
  if (block != nullptr && block->is_mapping() && reader.strict()) {
    reader.error(block->where(), join(join(path, "properties"), "sweepjob"),
                 "Azure's tools refuse a mapping here; they take text",
                 "write sweepjob: | and the same lines below it");
  }
  if (block == nullptr || block->kind != YamlKind::String) return;
  // Only in a literal block does every line of the text stand on a line of the file.
  YamlOrigin origin{block->line, block->column};
  if (block->style == '|') origin = {block->line + 1, std::max(1, block->content_column)};
  Findings inner;
  const std::string block_path = join(join(path, "properties"), "sweepjob");
  auto expanded = load_yaml(block->text, *block->file, inner, {}, origin);
  for (Finding finding : inner.all()) {
    finding.path = finding.path.empty() ? block_path : join(block_path, finding.path);
    reader.findings().add(std::move(finding));
  }
  if (!expanded) {
    expanded.emplace();
    expanded->kind = YamlKind::Mapping;
    expanded->file = block->file;
    expanded->line = block->line;
    expanded->column = block->column;
  }
  expanded->key_line = block->key_line;
  expanded->key_column = block->key_column;
  properties->set("sweepjob", std::move(*expanded));
}

Extensions read_extensions(const YamlNode* node, const std::string& path, AzureReader& reader) {
  if (node == nullptr || node->is_null()) return {};
  if (!node->is_mapping()) {
    reader.error(
        node->where(), path,
        "expected a mapping, or text that holds one, not " + std::string(describe(node->kind)));
    return {};
  }
  return ExtensionsReader(*node, path, reader).read();
}

}  // namespace sweepjob::azure
