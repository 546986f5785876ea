// The catalog of backends: name -> factory. A backend's file ends in
//   const BackendEntry entry{"slurm", make_slurm};
// A name taken twice stops the program at start. Read-only after main() begins; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "backends/backend.h"
#include "model/result.h"
#include "model/value.h"

namespace sweepjob {

struct BackendContext {
  boost::asio::any_io_executor executor;  // the controller's
  Value options;                          // the compute table's entry, for the backend to check
  std::string attempt_program;            // absolute path of sweepjob-attempt
};

using BackendFactory = Result<std::unique_ptr<Backend>> (*)(const BackendContext& context);

struct BackendEntry {
  BackendEntry(const char* name, BackendFactory factory);
};

[[nodiscard]] std::vector<std::string> backend_names();  // sorted
// An unknown name is ErrorCode::NotFound, with the nearest known one in the message.
[[nodiscard]] Result<std::unique_ptr<Backend>> make_backend(std::string_view name,
                                                            const BackendContext& context);

}  // namespace sweepjob
