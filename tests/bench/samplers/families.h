// The families of problems, each in its own file, and what they share. Called by make_problems().
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/rng.h"
#include "tests/bench/samplers/problem.h"

namespace sweepjob::bench {

void add_continuous(std::vector<Problem>& problems);
void add_mixed(std::vector<Problem>& problems);
void add_noisy(std::vector<Problem>& problems);  // of those that are there already
void add_conditional(std::vector<Problem>& problems);
void add_discrete(std::vector<Problem>& problems);
void add_tables(std::vector<Problem>& problems, const std::string& folder);
void add_heldout(std::vector<Problem>& problems);

// Each member of `params`, a nested one by its dotted path ("model.C"), must be there.
[[nodiscard]] double number(const Params& params, std::string_view path);
[[nodiscard]] std::string_view word(const Params& params, std::string_view path);
[[nodiscard]] double log10_of(const Params& params, std::string_view path);

// A stream of numbers that belongs to a name alone: shifts, rotations and weights come from it.
[[nodiscard]] RandomStream numbers_of(std::string_view name);
// In the outer parts of [0, 1], away from the middle and from the ends.
[[nodiscard]] double off_centre(RandomStream& stream);

[[nodiscard]] inline double square(double x) { return x * x; }

// Functions of real parameters x0, x1, ...
using Vector = std::vector<double>;
struct Box {
  double min, max;
};
[[nodiscard]] Problem in_box(std::string name, const std::vector<Box>& box, const Vector& at,
                             double best, std::function<double(const Vector&)> function);
// function(z) is `best` at z = (optimum, ..., optimum) and nowhere less.
[[nodiscard]] Problem moved(std::string name, std::size_t dimensions, Box box, double optimum,
                            double best, double (*function)(const Vector&));

// Parameters whose keys are also Azure's paths: a parent in front of a nested one.
[[nodiscard]] Parameter real(std::string name, double min, double max);
[[nodiscard]] Parameter log_real(std::string name, double lowest, double highest);  // of values
[[nodiscard]] Parameter steps(std::string name, double min, double max, double q = 1);
[[nodiscard]] Parameter log_steps(std::string name, double lowest, double highest);  // integers
[[nodiscard]] Parameter words(std::string name, std::span<const char* const> entries);

// One entry of a choice: {name: word, parameters...}.
[[nodiscard]] ChoiceEntry branch(const char* word, std::vector<Parameter> parameters);
[[nodiscard]] Parameter tree(std::string name, std::vector<ChoiceEntry> branches);

}  // namespace sweepjob::bench
