// Result<T>: how every expected failure travels. Layer 0; any thread.
//
// An Error is a code (what the program does about it), a message for the user and, where known,
// the place it is about. Bugs are not Errors: they are SWEEPJOB_CHECK (model/check.h).
// All use goes through the alias, so that std::expected can replace boost::system::result.
#pragma once

#include <string>
#include <utility>

#include <boost/system/result.hpp>

namespace sweepjob {

// Each code says when to use it, and what the program does.
enum class ErrorCode {
  Internal,         // our own failure that has no better word: exit 5
  InvalidManifest,  // the user's file or options: all findings are printed, exit 2, nothing started
  Usage,            // a wrong command line: exit 2
  NotFound,         // no sweep, trial or file of that name: exit 2
  Conflict,         // the name exists with another spec, or a live controller holds it: exit 2
  BackendUnavailable,  // retried with backoff
  LaunchRejected,      // the trial fails, with the backend's own words
  JournalWrite,        // an append failed: the sweep stops, no effect starts, exit 5
  JournalCorrupt,      // a damaged middle: refuse to start, name the record, exit 5
  LeaseHeld,           // another controller is alive: refuse, name host, pid and age, exit 5
  StateFolder,         // the state folder cannot be used (read-only, full, no permission): exit 5
};

// Not an aggregate: Boost 1.81's result refuses `return value;` for aggregates.
class Error {
 public:
  Error() = default;
  Error(ErrorCode code, std::string message, std::string where = {})
      : code_(code), message_(std::move(message)), where_(std::move(where)) {}

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  // "file:line:column", a path, or empty.
  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] std::string text() const {
    return where_.empty() ? message_ : where_ + ": " + message_;
  }

 private:
  ErrorCode code_ = ErrorCode::Internal;
  std::string message_;
  std::string where_;
};

// Boost's result asks for this when value() is called on a failure: that is a bug of the caller.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace sweepjob
