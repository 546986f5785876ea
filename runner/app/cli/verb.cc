#include "runner/app/cli/verb.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>

#include <poll.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "model/value.h"

namespace sweepjob {
namespace {

std::vector<Verb>& registry() {
  static std::vector<Verb> all;
  return all;
}

int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidManifest:
    case ErrorCode::Usage:
    case ErrorCode::NotFound:
    case ErrorCode::Conflict: return kExitBadInput;
    case ErrorCode::LaunchRejected: return kExitFailed;
    default: return kExitInternal;
  }
}

const char* word_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Internal: return "internal";
    case ErrorCode::InvalidManifest: return "invalid_manifest";
    case ErrorCode::Usage: return "usage";
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::Conflict: return "conflict";
    case ErrorCode::BackendUnavailable: return "backend_unavailable";
    case ErrorCode::LaunchRejected: return "launch_rejected";
    case ErrorCode::JournalWrite: return "journal_write";
    case ErrorCode::JournalCorrupt: return "journal_corrupt";
    case ErrorCode::LeaseHeld: return "lease_held";
    case ErrorCode::StateFolder: return "state_folder";
  }
  return "internal";
}

void add_global_options(CLI::App& app, GlobalOptions& globals) {
  app.add_option("--state", globals.state, "State folder (default: SWEEPJOB_STATE, else XDG)");
  app.add_option("--config", globals.config, "config.yaml with computes, environments and data");
  app.add_option("-o,--output", globals.output, "Output: text or json")
      ->check(CLI::IsMember({"text", "json"}));
}

// CLI11's own message, and the nearest word where a verb is mistyped.
int usage_error(CLI::App& app, const CLI::ParseError& error, int argc, char** argv,
                const GlobalOptions& globals) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::string message = error.what();
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) names.push_back(verb.name);
  if (argc > 1 && argv[1][0] != '-' &&
      std::find(names.begin(), names.end(), argv[1]) == names.end()) {
    message = "unknown command '" + printable(argv[1], 200) + "'";
    const std::string nearest = nearest_word(argv[1], names);
    if (!nearest.empty()) message += "; did you mean '" + nearest + "'?";
  }
  return fail(globals, Error(ErrorCode::Usage, message + " (see sweepjob --help)"));
}

}  // namespace

VerbEntry::VerbEntry(const char* name, const char* help, VerbDeclare declare) {
  for (const Verb& verb : registry()) {
    if (verb.name == name) {
      std::fprintf(stderr, "sweepjob: bug: two verbs are named %s\n", name);
      std::abort();
    }
  }
  registry().push_back({name, help, declare});
}

const std::vector<Verb>& verbs() {
  static const bool sorted = [] {
    std::sort(registry().begin(), registry().end(),
              [](const Verb& a, const Verb& b) { return a.name < b.name; });
    return true;
  }();
  (void)sorted;
  return registry();
}

namespace {

// A pipe whose reader has left (`| head`) has had what it wanted.
bool reader_has_left() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

// What could not be written to standard output (a full disk) must not look like success.
int checked_output(int code) {
  std::cout.flush();
  if (std::cout.good() || reader_has_left()) return code;
  std::cerr << "sweepjob: standard output could not be written" << std::endl;
  return kExitInternal;
}

int run_verb(int argc, char** argv) {
  CLI::App app("sweepjob: hyperparameter sweeps that survive", "sweepjob");
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 completed, 1 failed, 2 bad input, 3 cancelled or timed out,\n"
      "4 completed without the primary metric, 5 internal failure.");
  GlobalOptions globals;
  add_global_options(app, globals);
  std::map<const CLI::App*, VerbAction> actions;
  for (const Verb& verb : verbs()) {
    CLI::App* command = app.add_subcommand(verb.name, verb.help);
    add_global_options(*command, globals);
    VerbOptions options(*command);
    actions[command] = verb.declare(options, globals);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, argc, argv, globals);
  }
  try {
    return actions.at(app.get_subcommands().front())();
  } catch (const std::exception& error) {
    return fail(globals, Error(ErrorCode::Internal, error.what()));
  }
}

}  // namespace

int run_command_line(int argc, char** argv) { return checked_output(run_verb(argc, argv)); }

int fail(const GlobalOptions& globals, const Error& error) {
  if (globals.json()) {
    Value::Map body{
        {"code", word_of(error.code())}, {"message", error.message()}, {"where", error.where()}};
    const Value::Map document{{"schema_version", 1}, {"error", Value(std::move(body))}};
    std::cout << to_json(Value(document)) << std::endl;
  } else {
    std::cerr << "sweepjob: " << printable(error.text(), 64 * 1024) << std::endl;
  }
  return exit_code_of(error.code());
}

int print_findings(const Findings& findings) {
  for (const Finding& finding : findings.all()) {
    std::cerr << printable(to_text(finding), 64 * 1024) << '\n';
  }
  return findings.has_errors() ? kExitBadInput : 0;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  static const char* digits = "0123456789abcdef";
  const std::string_view shown = text.substr(0, max_bytes);
  // U+0080 to U+009F, which begin commands as ESC does: C2 80 to C2 9F in UTF-8.
  const auto is_control = [&](std::size_t at) {
    if (at + 1 >= shown.size() || static_cast<unsigned char>(shown[at]) != 0xc2) return false;
    const auto next = static_cast<unsigned char>(shown[at + 1]);
    return next >= 0x80 && next < 0xa0;
  };
  std::string result;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char c = shown[i];
    const auto byte = static_cast<unsigned char>(c);
    const bool harmless =
        byte >= 0x20 && byte != 0x7f && !is_control(i) && !(i > 0 && is_control(i - 1));
    if (c == '\n' || c == '\t' || harmless) {
      result.push_back(c);
    } else {
      result += "\\x";
      result.push_back(digits[byte >> 4]);
      result.push_back(digits[byte & 15]);
    }
  }
  if (text.size() > max_bytes) result += "…";
  return result;
}

}  // namespace sweepjob
