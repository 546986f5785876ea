// VerbOptions: how a verb declares its options. Layer 6; main thread.
//
// A thin front of CLI11, which is one header of 12,000 lines: compiled in every verb's file it took
// a third of the whole build.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sweepjob {

// What may be said about an option that was just added.
class AddedOption {
 public:
  explicit AddedOption(CLI::Option* option) : option_(option) {}
  AddedOption required();
  AddedOption one_of(std::vector<std::string> words);
  AddedOption between(double least, double most);
  AddedOption hidden();  // from the help

 private:
  CLI::Option* option_;
};

// `names` are CLI11's: "NAME" is positional, "-f,--follow" has two forms. Targets outlive parsing.
// A vector takes the option as often as it is given.
class VerbOptions {
 public:
  explicit VerbOptions(CLI::App& command) : command_(command) {}

  AddedOption add_option(const char* names, std::string& target, const char* help);
  AddedOption add_option(const char* names, std::optional<std::string>& target, const char* help);
  AddedOption add_option(const char* names, std::vector<std::string>& target, const char* help);
  AddedOption add_option(const char* names, std::uint32_t& target, const char* help);
  AddedOption add_option(const char* names, std::optional<std::uint32_t>& target, const char* help);
  AddedOption add_option(const char* names, std::optional<std::uint64_t>& target, const char* help);
  AddedOption add_option(const char* names, double& target, const char* help);
  AddedOption add_option(const char* names, std::optional<double>& target, const char* help);
  AddedOption add_flag(const char* names, bool& target, const char* help = "");

 private:
  CLI::App& command_;
};

}  // namespace sweepjob
