#include "runner/app/cli/verb_options.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace sweepjob {
namespace {

// CLI11's conversion to an unsigned number takes -1 for the largest there is, and what is beyond
// that too. JSON shows these numbers as signed ones.
std::string problem_of_whole_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0) return "";
  return fmt::format("expected a whole number from 0 to {}", INT64_MAX);
}

}  // namespace

AddedOption AddedOption::required() {
  option_->required();
  return *this;
}

AddedOption AddedOption::one_of(std::vector<std::string> words) {
  option_->check(CLI::IsMember(std::move(words)));
  return *this;
}

AddedOption AddedOption::between(double least, double most) {
  // NaN is within CLI11's every range.
  option_->check([least, most](const std::string& text) -> std::string {
    if (!std::isnan(std::strtod(text.c_str(), nullptr))) return "";
    return fmt::format("expected a number from {} to {}", least, most);
  });
  option_->check(CLI::Range(least, most));
  return *this;
}

AddedOption AddedOption::hidden() {
  option_->group("");
  return *this;
}

AddedOption VerbOptions::add_option(const char* names, std::string& target, const char* help) {
  return AddedOption(command_.add_option(names, target, help));
}
AddedOption VerbOptions::add_option(const char* names, std::optional<std::string>& target,
                                    const char* help) {
  return AddedOption(command_.add_option(names, target, help));
}
AddedOption VerbOptions::add_option(const char* names, std::vector<std::string>& target,
                                    const char* help) {
  return AddedOption(command_.add_option(names, target, help));
}
AddedOption VerbOptions::add_option(const char* names, std::uint32_t& target, const char* help) {
  return AddedOption(command_.add_option(names, target, help));
}
AddedOption VerbOptions::add_option(const char* names, std::optional<std::uint32_t>& target,
                                    const char* help) {
  return AddedOption(command_.add_option(names, target, help));
}
AddedOption VerbOptions::add_option(const char* names, std::optional<std::uint64_t>& target,
                                    const char* help) {
  return AddedOption(command_.add_option(names, target, help)->check(problem_of_whole_number));
}
AddedOption VerbOptions::add_option(const char* names, double& target, const char* help) {
  return AddedOption(command_.add_option(names, target, help));
}
AddedOption VerbOptions::add_option(const char* names, std::optional<double>& target,
                                    const char* help) {
  return AddedOption(command_.add_option(names, target, help));
}
AddedOption VerbOptions::add_flag(const char* names, bool& target, const char* help) {
  return AddedOption(command_.add_flag(names, target, help));
}

}  // namespace sweepjob
