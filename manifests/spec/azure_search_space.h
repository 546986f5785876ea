// The Azure reader's search space: every distribution with its checks, nested choices, and which
// sampler takes which parameter. Layer 1. Rules: spec azure-sweep sections 5 and 6.
#pragma once

#include <string>
#include <string_view>

#include "manifests/spec/azure_reader.h"
#include "manifests/spec/options.h"
#include "manifests/spec/search_space.h"

namespace sweepjob::azure {

// "uniform", "LogUniform": a distribution that Azure knows.
[[nodiscard]] bool is_distribution(std::string_view written);

// `logbase` is what the log distributions are powers of, for the ranges that warnings show.
[[nodiscard]] SearchSpace read_search_space(const YamlNode& node, const std::string& path,
                                            double logbase, AzureReader& reader);

// grid takes only choice; bayesian only choice, uniform and quniform: one error that names every
// parameter it does not take, and the types it takes. Other samplers check for themselves.
void check_space_for_sampler(const SearchSpace& space, const std::string& path,
                             const Options& sampling, AzureReader& reader);

}  // namespace sweepjob::azure
