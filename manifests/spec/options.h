// Options: a sampler's, policy's or backend's own keys, opaque here, with their places; the file
// that owns them checks them. Layer 1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.h"
#include "model/value.h"

namespace sweepjob {

// Where a value stands, and where its items do: one for each, in their order.
struct ValuePlace {
  SourceLocation where;
  std::vector<ValuePlace> inside;
};

struct Option {
  std::string name;
  Value value;
  SourceLocation where;
  // Of the items of a list or map; empty where the source has no places, as a stored spec.
  std::vector<ValuePlace> inside = {};
};

struct Options {
  std::string type;  // "random", "bandit": lower snake case
  std::string path;  // "sampling_algorithm", "early_termination": for findings
  SourceLocation where;
  std::vector<Option> options;  // without `type`, in YAML order
  SourceLocation type_where = {};

  [[nodiscard]] const Option* find(std::string_view name) const;
  // Of `type`, or of the whole where that is not known.
  [[nodiscard]] const SourceLocation& place_of_type() const;
};

// An option that is itself {type: ..., ...} or a bare type name, as a policy inside a policy or a
// sampler inside another. Findings about it have its own places, or the outer option's where those
// are not known, and the whole path. Nullopt, with an error, when it is neither; `outer` may be
// gone afterwards.
[[nodiscard]] std::optional<Options> nested_options(const Options& outer, std::string_view name,
                                                    Findings& findings);
// The same for a list of such; an empty list is an error.
[[nodiscard]] std::optional<std::vector<Options>> nested_options_list(const Options& outer,
                                                                      std::string_view name,
                                                                      Findings& findings);

// Reads options and reports what is wrong with them. Numeric strings count as numbers, as in Azure.
// Each getter marks its key as known; finish() reports the unknown ones with the nearest known key
// (as a warning, or as an error under `strict`).
class OptionReader {
 public:
  OptionReader(const Options& options, Findings& findings, bool strict = false);

  [[nodiscard]] std::optional<double> number(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name);
  [[nodiscard]] std::optional<bool> boolean(std::string_view name);
  [[nodiscard]] std::optional<std::string> text(std::string_view name);
  // Lower-cased, CamelCase to snake_case, and one of `words`.
  [[nodiscard]] std::optional<std::string> word(std::string_view name,
                                                const std::vector<std::string>& words);
  [[nodiscard]] const Value* raw(std::string_view name);
  void fail(std::string_view name, std::string message, std::string hint = {});
  void finish();

 private:
  const Option* take(std::string_view name);

  const Options& options_;
  Findings& findings_;
  bool strict_;
  std::vector<std::string> known_;
};

}  // namespace sweepjob
