#include "runner/app/cli/verb_options.h"

#include <utility>

#include <CLI/CLI.hpp>

namespace sweepjob {

AddedOption AddedOption::required() {
  option_->required();
  return *this;
}

AddedOption AddedOption::one_of(std::vector<std::string> words) {
  option_->check(CLI::IsMember(std::move(words)));
  return *this;
}

AddedOption AddedOption::between(double least, double most) {
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
  return AddedOption(command_.add_option(names, target, help));
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
