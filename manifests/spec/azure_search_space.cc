#include "manifests/spec/azure_search_space.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace sweepjob::azure {
namespace {

constexpr int kMaxNesting = 16;
constexpr double kSuspiciousLogMaximum = 1e4;

struct DistributionKeys {
  DistributionKind kind;
  std::string name;
  std::vector<std::string> keys;
};

const std::vector<DistributionKeys>& distributions() {
  using enum DistributionKind;
  static const std::vector<DistributionKeys> kAll = {
      {Choice, "choice", {"values"}},
      {RandInt, "randint", {"upper"}},
      {Uniform, "uniform", {"min_value", "max_value"}},
      {QUniform, "quniform", {"min_value", "max_value", "q"}},
      {LogUniform, "loguniform", {"min_value", "max_value"}},
      {QLogUniform, "qloguniform", {"min_value", "max_value", "q"}},
      {Normal, "normal", {"mu", "sigma"}},
      {QNormal, "qnormal", {"mu", "sigma", "q"}},
      {LogNormal, "lognormal", {"mu", "sigma"}},
      {QLogNormal, "qlognormal", {"mu", "sigma", "q"}},
  };
  return kAll;
}

const DistributionKeys* find_distribution(std::string_view written) {
  std::string word = snake_case(written);
  std::erase(word, '_');
  for (const DistributionKeys& distribution : distributions()) {
    if (distribution.name == word) return &distribution;
  }
  return nullptr;
}

std::vector<std::string> distribution_names() {
  std::vector<std::string> names;
  for (const DistributionKeys& distribution : distributions()) names.push_back(distribution.name);
  return names;
}

const YamlNode* type_of(const YamlNode& node) {
  const YamlNode* type = node.find("type");
  return type != nullptr && type->kind == YamlKind::String ? type : nullptr;
}

bool is_expression(const YamlNode& node) {
  const YamlNode* type = type_of(node);
  return type != nullptr && find_distribution(type->text) != nullptr;
}

// An expression inside a literal object is passed on as it stands: worth a word.
const YamlNode* expression_within(const YamlNode& node) {
  for (const YamlNode& item : node.items) {
    if (item.is_mapping() && is_expression(item)) return &item;
    if (const YamlNode* found = expression_within(item)) return found;
  }
  return nullptr;
}

class SpaceReader {
 public:
  SpaceReader(double logbase, AzureReader& reader) : logbase_(logbase), reader_(reader) {}

  // `path` is for findings, `parameter_path` is the parameter's own name in results.
  Parameter read(const YamlNode& node, const std::string& path, const std::string& parameter_path,
                 int depth) {
    Parameter parameter;
    parameter.name = node.key;
    parameter.path = parameter_path;
    parameter.where = node.where();
    const std::size_t errors_before = reader_.errors_said();
    if (const DistributionKeys* distribution = read_type(node, path)) {
      read_as(*distribution, node, path, parameter, depth);
    }
    parameter.is_broken = reader_.errors_said() > errors_before;
    return parameter;
  }

  // One finding a parameter, whatever the number of such values in it.
  void report_odd_values() {
    if (boolean_) {
      reader_.deviation(boolean_->node->where(), boolean_->path,
                        "Azure refuses booleans in a choice; passed on as " +
                            python_str(to_value(*boolean_->node)),
                        "quote it: \"" + shown(boolean_->node->text) + "\"");
    }
    if (list_) {
      reader_.deviation(list_->node->where(), list_->path,
                        "Azure refuses lists in a choice; passed on as " +
                            shown(to_json(to_value(*list_->node))));
    }
  }

 private:
  struct Odd {
    const YamlNode* node;
    std::string path;
  };

  void read_as(const DistributionKeys& distribution, const YamlNode& node, const std::string& path,
               Parameter& parameter, int depth) {
    parameter.kind = distribution.kind;
    std::vector<std::string> known = distribution.keys;
    known.emplace_back("type");
    reader_.check_keys(node, path, known);
    if (distribution.kind == DistributionKind::Choice) {
      read_choices(node, path, parameter, depth);
    } else {
      read_numbers(node, path, distribution, parameter);
    }
  }

  const DistributionKeys* read_type(const YamlNode& node, const std::string& path) {
    if (!node.is_mapping()) {
      reader_.error(
          node.where(), path,
          "expected a parameter such as {type: uniform, min_value: 0, max_value: 1}, not " +
              std::string(describe(node.kind)),
          node.is_sequence() ? "write {type: choice, values: [...]}" : "");
      return nullptr;
    }
    const YamlNode* type = reader_.require(node, path, "type", "a distribution such as uniform");
    if (type == nullptr) return nullptr;
    const std::string type_path = join(path, "type");
    const auto written = reader_.text(*type, type_path);
    if (!written) return nullptr;
    const DistributionKeys* found = find_distribution(*written);
    if (found == nullptr) {
      std::string hint = reader_.suggest(*written, distribution_names());
      if (hint.empty())
        hint = fmt::format("expected one of {}", fmt::join(distribution_names(), ", "));
      reader_.error(type->where(), type_path, "unknown type '" + shown(*written) + "'", hint);
    }
    return found;
  }

  void read_numbers(const YamlNode& node, const std::string& path,
                    const DistributionKeys& distribution, Parameter& parameter) {
    bool complete = true;
    bool integers = true;
    const std::map<std::string_view, double*> targets = {{"min_value", &parameter.min},
                                                         {"max_value", &parameter.max},
                                                         {"q", &parameter.q},
                                                         {"mu", &parameter.mu},
                                                         {"sigma", &parameter.sigma}};
    for (const std::string& key : distribution.keys) {
      const YamlNode* child = reader_.require(node, path, key, "a number");
      if (child == nullptr) {
        complete = false;
        continue;
      }
      if (key == "upper") {
        const auto upper = reader_.integer(*child, join(path, key), 1, INT64_MAX);
        parameter.upper = upper.value_or(1);
        continue;
      }
      const auto value = reader_.number(*child, join(path, key));
      complete = complete && value.has_value();
      *targets.at(key) = value.value_or(0);
      integers = integers && is_written_as_integer(*child);
    }
    parameter.integral =
        parameter.kind == DistributionKind::RandInt || (parameter.q != 0 && integers);
    if (complete) check_numbers(node, path, parameter);
  }

  static bool is_written_as_integer(const YamlNode& node) {
    return node.kind == YamlKind::Integer ||
           (node.kind == YamlKind::String && resolve_plain_scalar(node.text) == YamlKind::Integer);
  }

  void check_numbers(const YamlNode& node, const std::string& path, const Parameter& parameter) {
    const auto has = [&](const char* key) { return node.find(key); };
    if (has("min_value") != nullptr && parameter.min > parameter.max) {
      reader_.error(has("min_value")->where(), join(path, "min_value"),
                    fmt::format("min_value {} is greater than max_value {}",
                                shown(has("min_value")->text), shown(has("max_value")->text)));
    }
    if (has("sigma") != nullptr && parameter.sigma <= 0) {
      reader_.error(has("sigma")->where(), join(path, "sigma"), "sigma must be greater than 0");
    }
    const bool quantized = parameter.kind == DistributionKind::QUniform ||
                           parameter.kind == DistributionKind::QNormal ||
                           parameter.kind == DistributionKind::QLogUniform ||
                           parameter.kind == DistributionKind::QLogNormal;
    if (quantized && parameter.q <= 0) {
      reader_.error(has("q")->where(), join(path, "q"), "q must be greater than 0");
    }
    if (parameter.kind == DistributionKind::LogUniform ||
        parameter.kind == DistributionKind::QLogUniform) {
      warn_of_exponents(node, path, parameter);
    }
  }

  // Users write the bounds of the value where Azure wants its logarithms.
  void warn_of_exponents(const YamlNode& node, const std::string& path,
                         const Parameter& parameter) {
    const double low = std::pow(logbase_, parameter.min);
    const double high = std::pow(logbase_, parameter.max);
    if (parameter.min > parameter.max) return;
    if (parameter.min <= 0 && high <= kSuspiciousLogMaximum) return;
    std::string hint;
    if (parameter.min > 0) {
      const double scale = std::log(logbase_);
      hint = fmt::format("for values from {:g} to {:g} write min_value: {:.4f}, max_value: {:.4f}",
                         parameter.min, parameter.max, std::log(parameter.min) / scale,
                         std::log(parameter.max) / scale);
    }
    reader_.warning(node.find("min_value")->where(), path,
                    fmt::format("the bounds of a log distribution are exponents: its values lie "
                                "between {:.6g} and {:.6g}",
                                low, high),
                    hint);
  }

  void read_choices(const YamlNode& node, const std::string& path, Parameter& parameter,
                    int depth) {
    const std::string values_path = join(path, "values");
    const YamlNode* values = node.find("values");
    if (values == nullptr) {
      reader_.error(node.where(), values_path, "missing; expected a list of values");
      return;
    }
    if (!values->is_sequence()) {
      reader_.error(values->where(), values_path,
                    "expected a list of values, not " + std::string(describe(values->kind)));
      return;
    }
    if (values->items.empty()) {
      reader_.error(values->where(), values_path, "the list is empty; expected at least one value");
    }
    for (std::size_t i = 0; i < values->items.size(); ++i) {
      const std::string entry_path = values_path + "[" + std::to_string(i) + "]";
      parameter.choices.push_back(read_entry(values->items[i], entry_path, parameter.path, depth));
    }
  }

  ChoiceEntry read_entry(const YamlNode& node, const std::string& path,
                         const std::string& parameter_path, int depth) {
    ChoiceEntry entry;
    if (!node.is_mapping()) {
      if (node.is_null()) {
        reader_.error(node.where(), path, "expected a value, not nothing");
      } else if (node.kind == YamlKind::Bool) {
        if (!boolean_) boolean_ = {&node, path};
      } else if (node.is_sequence()) {
        if (!list_) list_ = {&node, path};
      }
      entry.literal = to_value(node);
      return entry;
    }
    if (depth >= kMaxNesting) {
      reader_.error(
          node.where(), path,
          "choices nested too deeply: at most " + std::to_string(kMaxNesting) + " levels");
      return entry;
    }
    if (is_expression(node) && node.items.size() > 1 && looks_complete(node)) {
      reader_.warning(node.where(), path, "an expression directly in 'values' is a literal object",
                      "give it a name: {NAME: {type: ...}}");
    }
    for (const YamlNode& item : node.items) {
      entry.members.push_back({item.key, read_member(item, join(path, item.key),
                                                     parameter_path + "." + item.key, depth + 1)});
    }
    // An empty object has no members to tell it from a literal.
    if (entry.members.empty()) entry.literal = Value(Value::Map{});
    return entry;
  }

  static bool looks_complete(const YamlNode& node) {
    const DistributionKeys* distribution = find_distribution(type_of(node)->text);
    return std::all_of(distribution->keys.begin(), distribution->keys.end(),
                       [&](const std::string& key) { return node.find(key) != nullptr; });
  }

  std::variant<Value, Parameter> read_member(const YamlNode& node, const std::string& path,
                                             const std::string& parameter_path, int depth) {
    if (node.is_mapping() && is_expression(node)) {
      reader_.check_name(node, path);
      return read(node, path, parameter_path, depth);
    }
    if (const YamlNode* type = type_of(node)) {
      const std::string hint = reader_.suggest(type->text, distribution_names());
      if (!hint.empty()) {
        reader_.warning(
            type->where(), join(path, "type"),
            "'" + shown(type->text) + "' is no distribution, so this is a literal object", hint);
      }
    }
    if (const YamlNode* inner = expression_within(node)) {
      reader_.warning(inner->where(), path,
                      "this object is no choice, so the expression inside it is passed on as text");
    }
    return to_value(node);
  }

  double logbase_;
  AzureReader& reader_;
  std::optional<Odd> boolean_;
  std::optional<Odd> list_;
};

void collect_refused(const Parameter& parameter, const std::vector<DistributionKind>& allowed,
                     std::vector<const Parameter*>& refused) {
  const bool is_allowed =
      std::find(allowed.begin(), allowed.end(), parameter.kind) != allowed.end();
  if (!is_allowed && !parameter.is_broken) {
    refused.push_back(&parameter);
  }
  for (const ChoiceEntry& entry : parameter.choices) {
    for (const ChoiceEntry::Member& member : entry.members) {
      if (const auto* nested = std::get_if<Parameter>(&member.content)) {
        collect_refused(*nested, allowed, refused);
      }
    }
  }
}

}  // namespace

bool is_distribution(std::string_view written) { return find_distribution(written) != nullptr; }

SearchSpace read_search_space(const YamlNode& node, const std::string& path, double logbase,
                              AzureReader& reader) {
  SearchSpace space;
  if (!reader.expect_mapping(node, path)) return space;
  if (node.items.empty()) {
    reader.error(node.where(), path, "no parameters; expected at least one");
    return space;
  }
  for (const YamlNode& item : node.items) {
    reader.check_name(item, join(path, item.key));
    SpaceReader space_reader(logbase, reader);
    space.parameters.push_back(space_reader.read(item, join(path, item.key), item.key, 0));
    space_reader.report_odd_values();
  }
  return space;
}

void check_space_for_sampler(const SearchSpace& space, const std::string& path,
                             const Options& sampling, AzureReader& reader) {
  using enum DistributionKind;
  std::vector<DistributionKind> allowed;
  if (sampling.type == "grid") allowed = {Choice};
  if (sampling.type == "bayesian") allowed = {Choice, Uniform, QUniform};
  if (allowed.empty()) return;
  std::vector<const Parameter*> refused;
  for (const Parameter& parameter : space.parameters) collect_refused(parameter, allowed, refused);
  if (refused.empty()) return;
  std::vector<std::string> named;
  for (const Parameter* parameter : refused) {
    if (named.size() == 10) break;
    named.push_back(fmt::format("{} ({})", shown(parameter->path), to_string(parameter->kind)));
  }
  std::vector<std::string> words;
  for (const DistributionKind kind : allowed) words.emplace_back(to_string(kind));
  reader.error(refused.front()->where, path + "." + shown(refused.front()->path),
               fmt::format("{} sampling takes only {} parameters, not {}", sampling.type,
                           fmt::join(words, ", "), fmt::join(named, ", ")),
               sampling.type == "bayesian" ? "use gp, tpe or random, which take every kind"
                                           : "use sampling_algorithm: random, or change the type");
}

}  // namespace sweepjob::azure
