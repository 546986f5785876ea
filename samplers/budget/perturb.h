// perturb: PBT's explore step on one configuration. Layer 2; pure functions; any thread.
//
// Every parameter is changed (NNI's PBT tuner; Jaderberg et al. 2017): with resample_probability a
// draw from the prior, else one step up or down, each with probability 1/2, kept inside the range:
//
//   choice                  the neighbour in the list
//   randint                 +-1
//   uniform                 +-(max - min) * factor
//   loguniform              the logarithm +-(max - min) * factor: min and max are exponents
//   normal, lognormal       the value, or its logarithm, +-sigma * factor; no bounds
//   quantized kinds         +-q
//
// A choice that stays on the entry it has perturbs what that entry holds; a new entry is drawn.
// Integers stay integers, and multiples of q stay multiples.
#pragma once

#include <functional>
#include <string_view>

#include "manifests/spec/search_space.h"
#include "model/value.h"

namespace sweepjob {

struct Explore {
  double factor = 0.2;
  double resample_probability = 0.25;
  double logbase = 0;
};

// A uniform number in [0, 1) for a parameter's path and a purpose, always the same for the two.
using Chance = std::function<double(std::string_view path, std::string_view purpose)>;

// `params` are of `space`; what is not (a journal of another version) is drawn anew.
[[nodiscard]] Params perturb(const SearchSpace& space, const Params& params, const Explore& explore,
                             const Chance& chance);

}  // namespace sweepjob
