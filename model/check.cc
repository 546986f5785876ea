#include "model/check.h"

#include <cstdio>
#include <cstdlib>

#include "model/result.h"

namespace sweepjob {

void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "sweepjob: bug: %s does not hold (%s) at %s:%d\n", condition, why, file,
               line);
  std::abort();
}

void throw_exception_from_error(const Error& error, const boost::source_location& location) {
  std::fprintf(stderr, "sweepjob: bug: an error was taken for a value at %s:%d: %s\n",
               location.file_name(), static_cast<int>(location.line()), error.text().c_str());
  std::abort();
}

}  // namespace sweepjob
