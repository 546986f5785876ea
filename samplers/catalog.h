// The catalog of samplers: name -> factory. A sampler's file ends in
//   const SamplerEntry entry{"halton", make_halton};
// A name taken twice stops the program at start. Read-only after main() begins; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "samplers/sampler.h"

namespace sweepjob {

struct SamplerEntry {
  // By whom points and results of earlier sweeps (head_start.h) are handed on.
  enum class HeadStartBy : std::uint8_t { Catalog, Sampler };
  SamplerEntry(const char* name, SamplerFactory factory, HeadStartBy by = HeadStartBy::Catalog);
};

[[nodiscard]] std::vector<std::string> sampler_names();  // sorted
// By context.options.type. An unknown name is an error finding with the nearest known one.
[[nodiscard]] std::unique_ptr<Sampler> make_sampler(const SamplerContext& context,
                                                    Findings& findings);

}  // namespace sweepjob
