// BackendSettings: how a sweep's attempts are started, as its journal keeps it. Layer 6; plain
// values.
#pragma once

#include <string>

#include "model/result.h"
#include "model/value.h"

namespace sweepjob {

// What SweepCreated::backend_json holds: how attempts are started, from the compute table.
struct BackendSettings {
  Value options;         // of the backend
  std::string activate;  // venv or conda prefix
  std::string container_image;
  bool link_code = false;

  [[nodiscard]] std::string to_json_text() const;
  [[nodiscard]] static Result<BackendSettings> from_json_text(const std::string& text);
};

}  // namespace sweepjob
