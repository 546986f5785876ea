#include "tests/bench/samplers/problem.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/rng.h"
#include "samplers/numerics/draw.h"
#include "tests/bench/samplers/families.h"
#include "tests/bench/samplers/space_json.h"

namespace sweepjob::bench {

const char* to_string(Family family) {
  switch (family) {
    case Family::Continuous: return "continuous";
    case Family::Mixed: return "mixed";
    case Family::Conditional: return "conditional";
    case Family::Noisy: return "noisy";
    case Family::Discrete: return "discrete";
    case Family::Table: return "table";
    case Family::HeldOut: return "heldout";
  }
  return "";
}

std::vector<Problem> make_problems(const std::string& tables) {
  std::vector<Problem> problems;
  add_continuous(problems);
  add_mixed(problems);
  add_conditional(problems);
  add_noisy(problems);
  add_discrete(problems);
  add_tables(problems, tables);
  add_heldout(problems);
  return problems;
}

// Six digits of each value: the libraries' sines and exponentials differ in the last of sixteen.
std::string fingerprint(const Problem& problem) {
  constexpr int kPoints = 40;
  std::string text =
      to_json(problem.space).dump() + fmt::format("{:.8e} {:.5e}", problem.best, problem.noise);
  RandomStream stream = numbers_of("fingerprint");
  for (int point = 0; point < kPoints; ++point) {
    const auto uniform = [&](const Parameter&) { return stream.uniform(); };
    const Params params = draw_params(problem.space, uniform, kNaturalBase);
    text += fmt::format(" {:.5e}", problem.value(params));
  }
  return params_hash({{problem.name, Value(text)}});
}

}  // namespace sweepjob::bench
