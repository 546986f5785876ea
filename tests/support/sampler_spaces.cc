#include "tests/support/sampler_spaces.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <boost/math/special_functions/gamma.hpp>

namespace sweepjob::test {
namespace {

using enum DistributionKind;

Parameter whole(Parameter parameter) {
  parameter.integral = true;
  return parameter;
}

Parameter below(std::string parent, Parameter parameter) {
  parameter.path = std::move(parent) + "." + parameter.name;
  return parameter;
}

// sgd | {name: adam, beta, schedule: [{kind: step, every}, {kind: cosine}]}
Parameter two_deep() {
  ChoiceEntry step{
      Value(), {{"kind", Value("step")}, {"every", below("opt.schedule", randint("every", 5))}}};
  ChoiceEntry cosine{Value(), {{"kind", Value("cosine")}}};
  Parameter schedule = below(
      "opt", choice("schedule", std::vector<ChoiceEntry>{std::move(step), std::move(cosine)}));
  ChoiceEntry adam{Value(),
                   {{"name", Value("adam")},
                    {"beta", below("opt", uniform("beta", 0.8, 1))},
                    {"schedule", std::move(schedule)}}};
  return choice("opt", std::vector<ChoiceEntry>{{Value("sgd"), {}}, std::move(adam)});
}

std::vector<Parameter> numbers() {
  return {uniform("u", -3, 5),
          parameter("qu", QUniform, 0, 2, 0.5),
          whole(parameter("iqu", QUniform, 2, 20, 4)),
          parameter("lu", LogUniform, -6, -1),
          parameter("qlu", QLogUniform, 0, 3, 1),
          parameter("n", Normal, 2, 3),
          parameter("qn", QNormal, 10, 4, 2),
          parameter("ln", LogNormal, 0, 1),
          parameter("qln", QLogNormal, 1, 0.5, 0.5),
          randint("ri", 7),
          choice("num", std::vector<Value>{64, 16, 32, 0.5}),
          uniform("flat", 1, 1)};
}

SearchSpace every_kind() {
  SearchSpace space{numbers()};
  space.parameters.insert(
      space.parameters.end(),
      {choice("c", std::vector<Value>{"a", "b", "c"}),
       choice("any", std::vector<Value>{1, "1", true, Value(), Value::List{1, 2}}),
       choice("only", std::vector<Value>{"one"}), model_choice(true), two_deep()});
  return space;
}

SearchSpace many_choices() {
  SearchSpace space{{model_choice(false)}};
  for (int i = 0; i < 6; ++i) {
    space.parameters.push_back(
        choice(fmt::format("c{}", i), std::vector<Value>{"a", "b", 1, 2.5, false}));
  }
  return space;
}

// A choice named `entry` whose entries hold the given parameters, under names of their own.
SearchSpace entries(std::size_t count, const std::vector<Parameter>& held) {
  std::vector<ChoiceEntry> list;
  for (std::size_t i = 0; i < count; ++i) {
    ChoiceEntry one{Value(), {{"number", Value(static_cast<std::int64_t>(i))}}};
    for (const Parameter& parameter : held) {
      one.members.push_back({parameter.name, below("entry", parameter)});
    }
    list.push_back(std::move(one));
  }
  return {{choice("entry", std::move(list))}};
}

// 200 parameters in all, those of `pattern` again and again.
std::vector<Parameter> repeated(const std::vector<Parameter>& pattern, std::size_t count) {
  std::vector<Parameter> result;
  for (std::size_t i = 0; i < count; ++i) {
    Parameter one = pattern[i % pattern.size()];
    one.name = one.path = fmt::format("{}_{}", one.name, i);
    result.push_back(std::move(one));
  }
  return result;
}

// The numbers that a value lies between, before it is rounded to a multiple of q. Normals have no
// bounds, and nothing sensible lies twenty deviations away.
std::pair<double, double> bounds_of(const Parameter& p) {
  constexpr double kReach = 20;
  switch (p.kind) {
    case LogUniform:
    case QLogUniform: return {std::exp(p.min), std::exp(p.max)};
    case Normal:
    case QNormal: return {p.mu - kReach * p.sigma, p.mu + kReach * p.sigma};
    case LogNormal:
    case QLogNormal: return {std::exp(p.mu - kReach * p.sigma), std::exp(p.mu + kReach * p.sigma)};
    default: return {p.min, p.max};
  }
}

std::string fault_of_number(const Parameter& p, const Value& value) {
  const bool integral = p.kind == RandInt || (p.q > 0 && p.integral);
  if (integral && value.get<std::int64_t>() == nullptr) return "not an integer";
  if (!integral && value.get<double>() == nullptr) return "not a float";
  double storage = 0;
  const double x = *value.as_number(storage);
  if (!std::isfinite(x)) return "not finite";
  if (p.kind == RandInt) {
    return x >= 0 && x < static_cast<double>(p.upper) ? "" : "out of range";
  }
  auto [low, high] = bounds_of(p);
  if (p.q > 0) {
    const double multiple = x / p.q;
    if (std::abs(multiple - std::nearbyint(multiple)) > 1e-9 * std::max(1.0, std::abs(multiple))) {
      return "no multiple of q";
    }
    low = std::nearbyint(low / p.q) * p.q;
    high = std::nearbyint(high / p.q) * p.q;
  }
  constexpr double kSlack = 1e-12;
  const bool inside = x >= low - kSlack * std::abs(low) && x <= high + kSlack * std::abs(high);
  return inside ? "" : fmt::format("outside [{}, {}]", low, high);
}

std::string fault_of(const Parameter& p, const Value& value);

std::string fault_of(const ChoiceEntry& entry, const Value& value) {
  if (entry.members.empty()) return value == entry.literal ? "" : "another literal";
  const auto* map = value.get<Value::Map>();
  if (map == nullptr || map->size() != entry.members.size()) return "other members";
  for (std::size_t i = 0; i < map->size(); ++i) {
    const auto& [name, content] = entry.members[i];
    if ((*map)[i].first != name) return "the member " + (*map)[i].first + " out of its place";
    const auto* nested = std::get_if<Parameter>(&content);
    const std::string fault = nested != nullptr ? fault_of(*nested, (*map)[i].second)
                              : (*map)[i].second == std::get<Value>(content) ? ""
                                                                             : name + " is another";
    if (!fault.empty()) return fault;
  }
  return "";
}

std::optional<std::size_t> entry_of(const Parameter& p, const Value& value) {
  for (std::size_t i = 0; i < p.choices.size(); ++i) {
    if (fault_of(p.choices[i], value).empty()) return i;
  }
  return std::nullopt;
}

std::string fault_of(const Parameter& p, const Value& value) {
  std::string fault;
  if (p.kind != Choice) {
    fault = fault_of_number(p, value);
  } else if (!entry_of(p, value)) {
    fault = p.choices.size() == 1 ? fault_of(p.choices[0], value) : "none of the entries";
  }
  return fault.empty() ? "" : fmt::format("{} = {}: {}", p.path, to_json(value, true), fault);
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

// Of the kind before its rounding.
double cdf(const Parameter& p, double x) {
  const bool is_log =
      p.kind == LogUniform || p.kind == QLogUniform || p.kind == LogNormal || p.kind == QLogNormal;
  if (is_log) x = x > 0 ? std::log(x) : -INFINITY;
  if (p.kind == Normal || p.kind == QNormal || p.kind == LogNormal || p.kind == QLogNormal) {
    return normal_cdf((x - p.mu) / p.sigma);
  }
  return std::clamp((x - p.min) / (p.max - p.min), 0.0, 1.0);
}

// Kolmogorov's distribution, which holds for some hundred values and more.
double kolmogorov_smirnov(std::vector<double> u) {
  std::sort(u.begin(), u.end());
  const auto n = static_cast<double>(u.size());
  double distance = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const auto rank = static_cast<double>(i);
    distance = std::max({distance, u[i] - rank / n, (rank + 1) / n - u[i]});
  }
  if (n * distance * distance < 0.1) return 1;  // where the series does not converge
  double chance = 0;
  for (int k = 1; k <= 100; ++k) {
    chance += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * n * distance * distance);
  }
  return std::clamp(chance, 0.0, 1.0);
}

struct Cell {
  double share = 0;
  double count = 0;
};

// Cells in which fewer than 5 are expected are counted together.
double chi_square(const std::vector<Cell>& cells, double total) {
  double statistic = 0;
  int used = 0;
  Cell rare;
  const auto add = [&](const Cell& cell) {
    const double expected = cell.share * total;
    statistic += (cell.count - expected) * (cell.count - expected) / expected;
    ++used;
  };
  for (const Cell& cell : cells) {
    if (cell.share * total >= 5) {
      add(cell);
    } else {
      rare.share += cell.share;
      rare.count += cell.count;
    }
  }
  if (rare.share * total >= 1) {
    add(rare);
  } else if (rare.count > 10) {
    return 0;
  }
  return used < 2 ? 1 : boost::math::gamma_q((used - 1) / 2.0, statistic / 2);
}

double chance_of_steps(const Parameter& p, const std::vector<Value>& values) {
  std::map<std::int64_t, Cell> cells;
  if (p.kind == RandInt) {
    for (std::int64_t i = 0; i < p.upper; ++i) cells[i].share = 1 / static_cast<double>(p.upper);
  } else {
    const auto [low, high] = bounds_of(p);
    for (double k = std::nearbyint(low / p.q); k <= std::nearbyint(high / p.q); ++k) {
      cells[std::llround(k)].share = cdf(p, (k + 0.5) * p.q) - cdf(p, (k - 0.5) * p.q);
    }
  }
  const double q = p.kind == RandInt ? 1 : p.q;
  for (const Value& value : values) ++cells[std::llround(number(value) / q)].count;
  std::vector<Cell> list;
  for (const auto& [k, cell] : cells) list.push_back(cell);
  return chi_square(list, static_cast<double>(values.size()));
}

void add_chances(const Parameter& p, const std::vector<Value>& values,
                 std::map<std::string, double>& result);

double chance_of_choice(const Parameter& p, const std::vector<Value>& values,
                        std::map<std::string, double>& result) {
  std::vector<Cell> cells(p.choices.size(), {1 / static_cast<double>(p.choices.size()), 0});
  std::vector<std::vector<Value>> taken(p.choices.size());
  for (const Value& value : values) {
    const auto entry = entry_of(p, value);
    if (!entry) return 0;
    ++cells[*entry].count;
    taken[*entry].push_back(value);
  }
  for (std::size_t entry = 0; entry < taken.size(); ++entry) {
    for (const auto& [name, content] : p.choices[entry].members) {
      const auto* nested = std::get_if<Parameter>(&content);
      if (nested == nullptr) continue;
      std::vector<Value> inside;
      for (const Value& value : taken[entry]) inside.push_back(*value.find(name));
      add_chances(*nested, inside, result);
    }
  }
  return chi_square(cells, static_cast<double>(values.size()));
}

void add_chances(const Parameter& p, const std::vector<Value>& values,
                 std::map<std::string, double>& result) {
  if (values.size() < 50) return;
  double chance = 1;
  if (p.kind == Choice) {
    chance = chance_of_choice(p, values, result);
  } else if (p.kind == RandInt || p.q > 0) {
    chance = chance_of_steps(p, values);
  } else if (p.kind != Uniform || p.max > p.min) {
    std::vector<double> u;
    for (const Value& value : values) u.push_back(cdf(p, number(value)));
    chance = kolmogorov_smirnov(std::move(u));
  }
  result[p.path] = chance;
}

}  // namespace

std::vector<NamedSpace> wide_spaces() {
  return {{"every kind", every_kind()},
          {"numbers", {numbers()}},
          {"choices", many_choices()},
          {"entries", entries(400, {uniform("u", -3, 5), randint("ri", 7)})}};
}

std::vector<NamedSpace> small_spaces() {
  const Parameter z = choice("z", std::vector<Value>{"a", "b"});
  return {{"tree", {{model_choice(false), z}}, 10},
          {"numbers",
           {{randint("ri", 2), parameter("q", QUniform, 0, 1, 0.5),
             choice("num", std::vector<Value>{1, 2, 4})}},
           18},
          {"entries", {{choice("entry", std::vector<Value>{"a", 2, true, Value(), 0.5})}}, 5}};
}

std::vector<NamedSpace> constant_spaces() {
  const Parameter one = choice("one", std::vector<Value>{"a"});
  const std::vector<Parameter> numbers{uniform("flat", 2, 2), randint("zero", 1),
                                       parameter("n", Normal, 3, 0),
                                       whole(parameter("q", QUniform, 4, 4, 2))};
  std::vector<Parameter> all = numbers;
  all.push_back(one);
  all.push_back(entries(1, {uniform("x", 1, 1)}).parameters[0]);
  return {{"every kind", {std::move(all)}, 1}, {"numbers", {numbers}, 1}, {"choices", {{one}}, 1}};
}

std::vector<NamedSpace> large_spaces() {
  const std::vector<Parameter> flat = every_kind().parameters;
  // Without the branches at its end, but one.
  std::vector<Parameter> pattern(flat.begin(), flat.end() - 2);
  std::vector<Parameter> all = repeated(pattern, 196);
  all.push_back(two_deep());
  return {{"every kind", {std::move(all)}},
          {"numbers", {repeated(numbers(), 200)}},
          {"choices",
           {repeated({choice("c", std::vector<Value>{"a", "b", "c"}),
                      choice("d", std::vector<Value>{1, 2, 4, 8})},
                     200)}},
          {"entries", entries(2, repeated(numbers(), 100))}};
}

std::string fault_of(const SearchSpace& space, const Params& params) {
  if (params.size() != space.parameters.size()) return "keys are missing or too many";
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].first != space.parameters[i].name) return params[i].first + " out of its place";
    std::string fault = fault_of(space.parameters[i], params[i].second);
    if (!fault.empty()) return fault;
  }
  return "";
}

std::map<std::string, double> chances(const SearchSpace& space, const std::vector<Params>& sample) {
  std::map<std::string, double> result;
  for (std::size_t i = 0; i < space.parameters.size(); ++i) {
    std::vector<Value> values;
    for (const Params& params : sample) values.push_back(params.at(i).second);
    add_chances(space.parameters[i], values, result);
  }
  return result;
}

}  // namespace sweepjob::test
