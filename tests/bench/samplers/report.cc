#include "tests/bench/samplers/report.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <stdexcept>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/check.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/enumeration.h"

namespace sweepjob::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kFamilies{Family::Continuous, Family::Mixed,    Family::Conditional,
                               Family::Noisy,      Family::Discrete, Family::Table,
                               Family::HeldOut};

// Four digits say all that quartiles of some seeds can.
double rounded(double value) { return std::stod(fmt::format("{:.4g}", value)); }

Json to_json(const Outcome& outcome) {
  Json regret = Json::array();
  for (const Quartiles& one : outcome.regret) {
    regret.push_back({rounded(one.low), rounded(one.median), rounded(one.high)});
  }
  return {{"problem", outcome.problem},
          {"pending", outcome.pending},
          {"seeds", outcome.seeds},
          {"regret", std::move(regret)}};
}

}  // namespace

double floor_of(const Problem& problem) {
  return Enumeration(problem.space, kNaturalBase).size() ? kFiniteFloor : kFloor;
}

Report::Report(std::vector<const Problem*> problems) : problems_(std::move(problems)) {
  for (const Problem* one : problems_) fingerprints_[one->name] = fingerprint(*one);
}

void Report::set_reference(const std::vector<Outcome>& random) {
  for (const Outcome& outcome : random) reference_[{outcome.problem, outcome.pending}] = outcome;
}

void Report::add(const std::string& sampler, const std::vector<Outcome>& outcomes) {
  auto found = std::find_if(samplers_.begin(), samplers_.end(),
                            [&](const auto& one) { return one.first == sampler; });
  if (found == samplers_.end()) {
    samplers_.emplace_back(sampler, std::map<Key, Outcome>{});
    found = std::prev(samplers_.end());
  }
  for (const Outcome& outcome : outcomes) {
    found->second[{outcome.problem, outcome.pending}] = outcome;
  }
}

void Report::add_record(const Json& record) {
  const std::string sampler = record.at("sampler");
  if (record.at("checkpoints") != Json(kCheckpoints)) {
    throw std::invalid_argument(sampler + " was recorded at other checkpoints");
  }
  std::vector<Outcome> outcomes;
  for (const Json& row : record.at("rows")) {
    Outcome outcome;
    outcome.problem = row.at("problem");
    outcome.pending = row.at("pending");
    outcome.seeds = row.at("seeds");
    const auto ours = fingerprints_.find(outcome.problem);
    if (ours == fingerprints_.end()) continue;
    if (row.at("fingerprint") != ours->second) {
      stale_.push_back(sampler + " on " + outcome.problem);
      continue;
    }
    if (!reference_.contains({outcome.problem, outcome.pending})) continue;
    const Json& regret = row.at("regret");
    if (regret.size() > kCheckpoints.size()) throw std::invalid_argument("too many checkpoints");
    for (std::size_t i = 0; i < kCheckpoints.size(); ++i) {
      // Beyond those that were reached nobody looks.
      const Json& quartiles = regret.at(std::min(i, regret.size() - 1));
      outcome.regret.at(i) = {quartiles.at(0), quartiles.at(1), quartiles.at(2)};
    }
    outcome.checkpoints =
        std::min(regret.size(), reference_.at({outcome.problem, outcome.pending}).checkpoints);
    outcomes.push_back(outcome);
  }
  add(sampler, outcomes);
}

const Problem& Report::problem(const std::string& name) const {
  for (const Problem* one : problems_) {
    if (one->name == name) return *one;
  }
  SWEEPJOB_CHECK(false, "outcomes are of the report's own problems");
  return *problems_.front();
}

double Report::score(const Outcome& outcome, std::size_t checkpoint) const {
  const Outcome& random = reference_.at({outcome.problem, outcome.pending});
  return score_of(outcome.regret.at(checkpoint).median, random.regret.at(checkpoint).median,
                  floor_of(problem(outcome.problem)));
}

// Of the problems that were taken; of one family, or of all that are not held out.
std::vector<double> Report::scores(const std::map<Key, Outcome>& outcomes, std::uint32_t pending,
                                   std::optional<Family> family, std::size_t checkpoint) const {
  std::vector<double> result;
  for (const auto& [key, outcome] : outcomes) {
    if (key.second != pending || outcome.checkpoints <= checkpoint) continue;
    const Family own = problem(key.first).family;
    if (family ? own != *family : own == Family::HeldOut) continue;
    result.push_back(score(outcome, checkpoint));
  }
  return result;
}

void Report::print(std::ostream& out, std::uint32_t trials) const {
  const auto at = std::find(kCheckpoints.begin(), kCheckpoints.end(), trials);
  SWEEPJOB_CHECK(at != kCheckpoints.end(), "scores are known at checkpoints only");
  const auto checkpoint = static_cast<std::size_t>(at - kCheckpoints.begin());
  std::set<std::uint32_t> pendings;
  for (const auto& [key, outcome] : reference_) pendings.insert(key.second);
  for (const std::uint32_t pending : pendings) {
    out << fmt::format("\nafter {} trials, {} at once: regret by that of random search\n", trials,
                       pending);
    out << fmt::format("{:<24}", "");
    for (const auto& [sampler, outcomes] : samplers_) out << fmt::format(" {:>16.16}", sampler);
    out << '\n';
    for (const Problem* one : problems_) {
      out << fmt::format("{:<24}", one->name);
      for (const auto& [sampler, outcomes] : samplers_) {
        const auto found = outcomes.find({one->name, pending});
        const bool known = found != outcomes.end() && found->second.checkpoints > checkpoint;
        out << (known ? fmt::format(" {:>16.3g}", score(found->second, checkpoint))
                      : fmt::format(" {:>16}", "-"));
      }
      out << '\n';
    }
    print_means(out, pending);
  }
  for (const std::string& line : notes_) out << line << '\n';
}

void Report::print_means(std::ostream& out, std::uint32_t pending) const {
  const auto line = [&](const std::string& label, std::optional<Family> family,
                        std::size_t checkpoint) {
    out << fmt::format("{:<24}", label);
    for (const auto& [sampler, outcomes] : samplers_) {
      const std::vector<double> values = scores(outcomes, pending, family, checkpoint);
      const std::string mean =
          values.empty() ? "-" : fmt::format("{:.3f}/{}", geometric_mean(values), values.size());
      out << fmt::format(" {:>16}", mean);
    }
    out << '\n';
  };
  out << "geometric mean/problems\n";
  for (std::size_t i = 0; i < kCheckpoints.size(); ++i) {
    for (const Family family : kFamilies) {
      line(fmt::format("  {} {}", kCheckpoints.at(i), to_string(family)), family, i);
    }
    line(fmt::format("{} all", kCheckpoints.at(i)), std::nullopt, i);
  }
}

Json Report::to_json() const {
  Json result{{"checkpoints", kCheckpoints},
              {"reference_seeds", kReferenceSeeds},
              {"problems", Json::array()},
              {"rows", Json::array()}};
  for (const Problem* one : problems_) {
    result["problems"].push_back({{"name", one->name},
                                  {"family", to_string(one->family)},
                                  {"fingerprint", fingerprints_.at(one->name)},
                                  {"floor", floor_of(*one)}});
  }
  for (const auto& [sampler, outcomes] : samplers_) {
    for (const auto& [key, outcome] : outcomes) {
      const double floor = floor_of(problem(outcome.problem));
      Json row = bench::to_json(outcome);
      row["sampler"] = sampler;
      for (std::size_t i = 0; i < outcome.checkpoints; ++i) {
        row["score"].push_back(rounded(score(outcome, i)));
        row["error"].push_back(rounded(error_of(
            outcome.regret.at(i), reference_.at(key).regret.at(i).median, floor, outcome.seeds)));
      }
      result["rows"].push_back(std::move(row));
    }
  }
  result["notes"] = notes_;
  result["stale"] = stale_;
  return result;
}

}  // namespace sweepjob::bench
