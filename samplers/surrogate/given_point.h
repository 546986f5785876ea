// A point that the user has written down: some parameters by name, checked against the search
// space. Layer 2; pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "manifests/spec/options.h"
#include "model/finding.h"
#include "samplers/surrogate/encoding.h"

namespace sweepjob {

// `base` with the given values in place of its own. `given` must be a map from the names of
// parameters to values of their kinds, numbers within the bounds; what is not, is an error at
// `place`, and then the answer is nothing. A choice that holds parameters is given as a whole.
[[nodiscard]] std::optional<Params> with_given(const SearchSpace& space, const Encoding& encoding,
                                               const Params& base, const Value& given,
                                               const std::string& path, const ValuePlace& place,
                                               Findings& findings);

}  // namespace sweepjob
