#include "tests/bench/samplers/table.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/check.h"
#include "samplers/numerics/draw.h"
#include "samplers/numerics/enumeration.h"
#include "tests/bench/samplers/families.h"
#include "tests/bench/samplers/space_json.h"

namespace sweepjob::bench {
namespace {

std::uint64_t count_points(const Parameter& parameter);
std::uint64_t place_of(const Parameter& parameter, const Value& value);

std::uint64_t count_points(const ChoiceEntry& entry) {
  std::uint64_t count = 1;
  for (const ChoiceEntry::Member& member : entry.members) {
    const auto* nested = std::get_if<Parameter>(&member.content);
    if (nested != nullptr) count *= count_points(*nested);
  }
  return count;
}

double first_multiple(const Parameter& parameter) {
  return std::nearbyint(parameter.min / parameter.q);
}

std::uint64_t count_points(const Parameter& parameter) {
  if (parameter.kind == DistributionKind::RandInt) {
    return static_cast<std::uint64_t>(parameter.upper);
  }
  if (parameter.kind == DistributionKind::QUniform) {
    return static_cast<std::uint64_t>(std::nearbyint(parameter.max / parameter.q) -
                                      first_multiple(parameter)) +
           1;
  }
  if (parameter.kind != DistributionKind::Choice) {
    throw std::invalid_argument("a table has choices, randint and quniform only");
  }
  std::uint64_t count = 0;
  for (const ChoiceEntry& entry : parameter.choices) count += count_points(entry);
  return count;
}

// The place among the points of this entry; nothing when the value is of another one.
std::optional<std::uint64_t> place_of(const ChoiceEntry& entry, const Value& value) {
  if (entry.members.empty()) {
    return entry.literal == value ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
  for (const ChoiceEntry::Member& member : entry.members) {
    const Value* held = value.find(member.name);
    const auto* fixed = std::get_if<Value>(&member.content);
    if (held == nullptr || (fixed != nullptr && *fixed != *held)) return std::nullopt;
  }
  std::uint64_t place = 0;
  for (const ChoiceEntry::Member& member : entry.members) {
    const auto* nested = std::get_if<Parameter>(&member.content);
    if (nested == nullptr) continue;
    place = place * count_points(*nested) + place_of(*nested, *value.find(member.name));
  }
  return place;
}

std::uint64_t place_of(const Parameter& parameter, const Value& value) {
  if (parameter.kind == DistributionKind::Choice) {
    std::uint64_t before = 0;
    for (const ChoiceEntry& entry : parameter.choices) {
      if (const auto place = place_of(entry, value)) return before + *place;
      before += count_points(entry);
    }
    SWEEPJOB_CHECK(false, "a table is asked about values of its own choices");
  }
  double storage = 0;
  const double* number = value.as_number(storage);
  SWEEPJOB_CHECK(number != nullptr, "a randint or quniform has a number");
  const double place = parameter.kind == DistributionKind::RandInt
                           ? *number
                           : std::nearbyint(*number / parameter.q) - first_multiple(parameter);
  SWEEPJOB_CHECK(place >= 0 && place < static_cast<double>(count_points(parameter)),
                 "a table is asked about points of its own space");
  return static_cast<std::uint64_t>(place);
}

Problem problem_of(Table table) {
  Problem problem;
  problem.name = table.name;
  problem.family = Family::Table;
  problem.space = table.space;
  const auto least = std::min_element(table.losses.begin(), table.losses.end());
  problem.best = *least;
  problem.best_at = Enumeration(problem.space, kNaturalBase)
                        .at(static_cast<std::uint64_t>(least - table.losses.begin()));
  problem.value = [shared = std::make_shared<const Table>(std::move(table))](const Params& params) {
    return shared->at(params);
  };
  return problem;
}

}  // namespace

std::uint64_t count_points(const SearchSpace& space) {
  std::uint64_t count = 1;
  for (const Parameter& parameter : space.parameters) count *= count_points(parameter);
  return count;
}

std::uint64_t place_of(const SearchSpace& space, const Params& params) {
  SWEEPJOB_CHECK(params.size() == space.parameters.size(), "one value for each parameter");
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Parameter& parameter = space.parameters[i];
    SWEEPJOB_CHECK(params[i].first == parameter.name, "values are in the order of the parameters");
    place = place * count_points(parameter) + place_of(parameter, params[i].second);
  }
  return place;
}

double Table::at(const Params& params) const { return losses.at(place_of(space, params)); }

Table read_table(std::istream& file) {
  std::string line;
  std::getline(file, line);
  const auto header = nlohmann::ordered_json::parse(line);
  Table table;
  table.name = header.at("name");
  table.space = space_from(header.at("space"));
  for (double loss = 0; file >> loss;) table.losses.push_back(loss);
  const std::uint64_t points = count_points(table.space);
  if (!file.eof() || table.losses.size() != points) {
    throw std::invalid_argument(fmt::format("{}: {} losses are read, the space has {} points",
                                            table.name, table.losses.size(), points));
  }
  return table;
}

void add_tables(std::vector<Problem>& problems, const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".table") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    std::ifstream file(path);
    problems.push_back(problem_of(read_table(file)));
  }
}

}  // namespace sweepjob::bench
