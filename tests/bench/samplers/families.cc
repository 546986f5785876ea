#include "tests/bench/samplers/families.h"

#include <cmath>

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

RandomStream numbers_of(std::string_view name) { return Rng(1).stream(TrialId{0}, name); }

double off_centre(RandomStream& stream) {
  const double u = stream.uniform();
  return u < 0.5 ? 0.12 + 0.5 * u : 0.38 + 0.5 * u;  // 0.12 to 0.37 and 0.63 to 0.88
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
