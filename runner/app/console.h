// ConsoleReporter: what `submit` and `resume` show in the foreground. Layer 6; controller's thread.
//
// A terminal gets a live line at the bottom, anything else plain lines. Every cut is told with its
// numbers. Untrusted text is printed through printable().
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "runner/app/controller.h"

namespace sweepjob {

class ConsoleReporter final : public Reporter {
 public:
  // `primary_metric` names the values; `out` outlives the reporter.
  ConsoleReporter(std::ostream& out, bool terminal, std::string primary_metric);

  void on_event(const Event& event, const Sweep& sweep) noexcept override;
  void on_tick(const Sweep& sweep, Timestamp now) noexcept override;
  // Erases the live line, before others print.
  void clear();
  void say(const std::string& line);

 private:
  void tell(const Event& event, const Sweep& sweep);
  [[nodiscard]] std::string live_line(const Sweep& sweep, Timestamp now) const;

  std::ostream& out_;
  bool terminal_;
  std::string metric_;
  std::string shown_;
  std::optional<Timestamp> since_;  // of the first tick: for the ETA
  std::uint32_t ended_before_ = 0;
};

// Under `-o json`, where standard output is the document alone: the warnings, as they come, on
// standard error.
class WarningReporter final : public Reporter {
 public:
  explicit WarningReporter(std::ostream& out) : out_(out) {}
  void on_event(const Event& event, const Sweep& sweep) noexcept override;

 private:
  std::ostream& out_;
};

// "2 h 5 min", "1 min 20 s", "3 s"
[[nodiscard]] std::string duration_text(Duration duration);

}  // namespace sweepjob
