#include "tests/bench/samplers/families.h"

#include <cmath>

#include <fmt/format.h>

#include "model/check.h"
#include "tests/support/spaces.h"

namespace sweepjob::bench {
namespace {

const Value* find(const Params& params, std::string_view path) {
  const auto dot = path.find('.');
  for (const auto& [name, value] : params) {
    if (name != path.substr(0, dot)) continue;
    if (dot == std::string_view::npos) return &value;
    const auto* nested = value.get<Value::Map>();
    return nested == nullptr ? nullptr : find(*nested, path.substr(dot + 1));
  }
  return nullptr;
}

}  // namespace

double number(const Params& params, std::string_view path) {
  const Value* value = find(params, path);
  SWEEPJOB_CHECK(value != nullptr, "a problem is asked about points of its own space");
  double storage = 0;
  const double* result = value->as_number(storage);
  SWEEPJOB_CHECK(result != nullptr, "a parameter that is read as a number is one");
  return *result;
}

std::string_view word(const Params& params, std::string_view path) {
  const Value* value = find(params, path);
  SWEEPJOB_CHECK(value != nullptr, "a problem is asked about points of its own space");
  const auto* result = value->get<std::string>();
  SWEEPJOB_CHECK(result != nullptr, "a parameter that is read as a word is one");
  return *result;
}

double log10_of(const Params& params, std::string_view path) {
  return std::log10(number(params, path));
}

RandomStream numbers_of(std::string_view name) { return Rng(1).stream(TrialId{0}, name); }

double off_centre(RandomStream& stream) {
  const double u = stream.uniform();
  return u < 0.5 ? 0.12 + 0.5 * u : 0.38 + 0.5 * u;  // 0.12 to 0.37 and 0.63 to 0.88
}

Problem in_box(std::string name, const std::vector<Box>& box, const Vector& at, double best,
               std::function<double(const Vector&)> function) {
  Problem problem;
  problem.name = std::move(name);
  for (std::size_t i = 0; i < box.size(); ++i) {
    const std::string coordinate = fmt::format("x{}", i);
    problem.space.parameters.push_back(real(coordinate, box[i].min, box[i].max));
    problem.best_at.emplace_back(coordinate, at[i]);
  }
  problem.best = best;
  problem.value = [function = std::move(function)](const Params& params) {
    Vector x;
    for (const auto& [coordinate, value] : params) x.push_back(number(params, coordinate));
    return function(x);
  };
  return problem;
}

Problem moved(std::string name, std::size_t dimensions, Box box, double optimum, double best,
              double (*function)(const Vector&)) {
  RandomStream stream = numbers_of(name);
  Vector at(dimensions);
  for (double& one : at) one = box.min + off_centre(stream) * (box.max - box.min);
  const auto shifted = [at, optimum, function](Vector x) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += optimum - at[i];
    return function(x);
  };
  return in_box(std::move(name), std::vector<Box>(dimensions, box), at, best, shifted);
}

Parameter real(std::string name, double min, double max) {
  return test::uniform(std::move(name), min, max);
}

Parameter log_real(std::string name, double lowest, double highest) {
  return test::parameter(std::move(name), DistributionKind::LogUniform, std::log(lowest),
                         std::log(highest));
}

Parameter steps(std::string name, double min, double max, double q) {
  Parameter result = test::parameter(std::move(name), DistributionKind::QUniform, min, max, q);
  result.integral = q == 1;
  return result;
}

Parameter log_steps(std::string name, double lowest, double highest) {
  Parameter result = test::parameter(std::move(name), DistributionKind::QLogUniform,
                                     std::log(lowest), std::log(highest), 1);
  result.integral = true;
  return result;
}

Parameter words(std::string name, std::span<const char* const> entries) {
  return test::choice(std::move(name), std::vector<Value>(entries.begin(), entries.end()));
}

ChoiceEntry branch(const char* word, std::vector<Parameter> parameters) {
  ChoiceEntry entry;
  entry.members.push_back({"name", Value(word)});
  for (Parameter& parameter : parameters) {
    std::string name = parameter.name;
    entry.members.push_back({std::move(name), std::move(parameter)});
  }
  return entry;
}

namespace {

void put_below(Parameter& parameter, const std::string& parent) {
  parameter.path = parent + "." + parameter.name;
  for (ChoiceEntry& entry : parameter.choices) {
    for (ChoiceEntry::Member& member : entry.members) {
      if (auto* nested = std::get_if<Parameter>(&member.content)) {
        put_below(*nested, parameter.path);
      }
    }
  }
}

}  // namespace

Parameter tree(std::string name, std::vector<ChoiceEntry> branches) {
  Parameter result = test::choice(name, std::move(branches));
  for (ChoiceEntry& entry : result.choices) {
    for (ChoiceEntry::Member& member : entry.members) {
      if (auto* nested = std::get_if<Parameter>(&member.content)) put_below(*nested, name);
    }
  }
  return result;
}

}  // namespace sweepjob::bench
