// What was measured, as a table to read and as JSON to keep; and records of peers, which are files
// of the same rows made on another day.
//
// A record is one JSON object: {"sampler": "optuna-5.0 tpe", "versions": {...}, "checkpoints":
// [...], "rows": [{"problem","fingerprint","pending","seeds","regret":[[quartiles] for each
// checkpoint]}]}.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "tests/bench/samplers/measure.h"
#include "tests/bench/samplers/problem.h"
#include "tests/bench/samplers/score.h"

namespace sweepjob::bench {

class Report {
 public:
  explicit Report(std::vector<const Problem*> problems);

  // By these, for one number of pending trials, all scores are divided.
  void set_reference(const std::vector<Outcome>& random);
  void add(const std::string& sampler, const std::vector<Outcome>& outcomes);
  // Throws what JSON throws, or std::invalid_argument. Rows of other problems or other numbers of
  // pending trials play no part; those with another fingerprint are stale.
  void add_record(const nlohmann::ordered_json& record);
  void note(std::string line) { notes_.push_back(std::move(line)); }

  [[nodiscard]] const std::vector<std::string>& stale() const { return stale_; }

  // Scores of every sampler in every problem after `trials` trials, then the geometric means.
  void print(std::ostream& out, std::uint32_t trials) const;
  [[nodiscard]] nlohmann::ordered_json to_json() const;

 private:
  using Key = std::pair<std::string, std::uint32_t>;  // problem, pending

  [[nodiscard]] const Problem& problem(const std::string& name) const;
  [[nodiscard]] double score(const Outcome& outcome, std::size_t checkpoint) const;
  [[nodiscard]] std::vector<double> scores(const std::map<Key, Outcome>& outcomes,
                                           std::uint32_t pending, std::optional<Family> family,
                                           std::size_t checkpoint) const;
  void print_means(std::ostream& out, std::uint32_t pending) const;

  std::vector<const Problem*> problems_;
  std::map<std::string, std::string> fingerprints_;
  std::map<Key, Outcome> reference_;
  std::vector<std::pair<std::string, std::map<Key, Outcome>>> samplers_;  // as they were added
  std::vector<std::string> notes_, stale_;
};

// A space has a finite number of points: its floor is kFiniteFloor.
[[nodiscard]] double floor_of(const Problem& problem);

}  // namespace sweepjob::bench
