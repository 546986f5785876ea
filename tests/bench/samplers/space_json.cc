#include "tests/bench/samplers/space_json.h"

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace sweepjob::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kKinds{
    DistributionKind::Choice,     DistributionKind::RandInt,    DistributionKind::Uniform,
    DistributionKind::QUniform,   DistributionKind::LogUniform, DistributionKind::QLogUniform,
    DistributionKind::Normal,     DistributionKind::QNormal,    DistributionKind::LogNormal,
    DistributionKind::QLogNormal,
};

DistributionKind kind_from(const std::string& word) {
  for (const DistributionKind kind : kKinds) {
    if (word == to_string(kind)) return kind;
  }
  throw std::invalid_argument("no kind of parameter: " + word);
}

// Members of Parameter that are numbers, by their keys.
constexpr std::array<std::pair<const char*, double Parameter::*>, 5> kNumbers{
    {{"min", &Parameter::min},
     {"max", &Parameter::max},
     {"q", &Parameter::q},
     {"mu", &Parameter::mu},
     {"sigma", &Parameter::sigma}}};

bool is_normal(DistributionKind kind) {
  return kind == DistributionKind::Normal || kind == DistributionKind::QNormal ||
         kind == DistributionKind::LogNormal || kind == DistributionKind::QLogNormal;
}

bool is_read(DistributionKind kind, const std::string& key) {
  if (kind == DistributionKind::Choice || kind == DistributionKind::RandInt) return false;
  if (key == "min" || key == "max") return !is_normal(kind);
  if (key == "mu" || key == "sigma") return is_normal(kind);
  return to_string(kind)[0] == 'q';
}

Json to_json(const Parameter& parameter) {
  Json json{{"name", parameter.name}, {"kind", to_string(parameter.kind)}};
  for (const auto& [key, member] : kNumbers) {
    if (is_read(parameter.kind, key)) json[key] = parameter.*member;
  }
  if (parameter.kind == DistributionKind::RandInt) json["upper"] = parameter.upper;
  if (parameter.integral) json["integral"] = true;
  for (const ChoiceEntry& entry : parameter.choices) {
    Json& one = json["entries"].emplace_back();
    if (entry.members.empty()) one["value"] = bench::to_json(entry.literal);
    for (const ChoiceEntry::Member& member : entry.members) {
      const auto* nested = std::get_if<Parameter>(&member.content);
      one["members"].push_back(
          nested != nullptr ? to_json(*nested)
                            : Json{{"name", member.name},
                                   {"value", bench::to_json(std::get<Value>(member.content))}});
    }
  }
  return json;
}

Parameter parameter_from(const Json& json, const std::string& parent) {
  Parameter parameter;
  parameter.name = json.at("name");
  parameter.path = parent + parameter.name;
  parameter.kind = kind_from(json.at("kind"));
  for (const auto& [key, member] : kNumbers) {
    if (is_read(parameter.kind, key)) parameter.*member = json.at(key);
  }
  if (parameter.kind == DistributionKind::RandInt) parameter.upper = json.at("upper");
  parameter.integral = json.value("integral", false);
  if (parameter.kind != DistributionKind::Choice) return parameter;
  for (const Json& entry : json.at("entries")) {
    ChoiceEntry& one = parameter.choices.emplace_back();
    if (entry.contains("value")) one.literal = value_from(entry.at("value"));
    if (!entry.contains("members")) continue;
    for (const Json& member : entry.at("members")) {
      ChoiceEntry::Member& content = one.members.emplace_back();
      content.name = member.at("name");
      if (member.contains("kind")) {
        content.content = parameter_from(member, parameter.path + ".");
      } else {
        content.content = value_from(member.at("value"));
      }
    }
  }
  return parameter;
}

}  // namespace

Json to_json(const SearchSpace& space) {
  Json json = Json::array();
  for (const Parameter& parameter : space.parameters) json.push_back(to_json(parameter));
  return json;
}

SearchSpace space_from(const Json& json) {
  SearchSpace space;
  for (const Json& parameter : json) space.parameters.push_back(parameter_from(parameter, ""));
  return space;
}

Json to_json(const Value& value) { return Json::parse(sweepjob::to_json(value)); }

Value value_from(const Json& json) { return from_json(json.dump()).value(); }

}  // namespace sweepjob::bench
