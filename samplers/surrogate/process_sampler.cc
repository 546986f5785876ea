#include "samplers/surrogate/process_sampler.h"

namespace sweepjob {

void read_noise(OptionReader& reader, ProcessOptions& options) {
  const Value* noise = reader.raw("noise");
  if (noise == nullptr) return;
  double storage = 0;
  const double* number = noise->as_number(storage);
  const auto* word = noise->get<std::string>();
  if (number != nullptr && *number >= 0 && *number <= 1) {
    options.noise = *number;
  } else if (word != nullptr && *word == "none") {
    options.noise = 0;
  } else if (word == nullptr || *word != "auto") {
    reader.fail("noise",
                "must be auto, none, or a variance from 0 to 1, that of the losses being 1");
  }
}

}  // namespace sweepjob
