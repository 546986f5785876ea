#include <charconv>
#include <iostream>
#include <memory>
#include <vector>

#include "runner/app/cli/common.h"

namespace sweepjob {
namespace {

const std::vector<std::string> kKeys{"limits.max_total_trials", "limits.max_concurrent_trials",
                                     "limits.timeout", "limits.trial_timeout"};

struct Settings {
  Value::Map arguments;
  std::vector<std::string> notes;  // what was changed on the way
};

Result<Settings> read_settings(const std::vector<std::string>& settings) {
  Settings read;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    std::string key = setting.substr(0, equals);
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      const std::string nearest = nearest_word(key, kKeys);
      return Error(ErrorCode::Usage,
                   "only limits can change while a sweep runs, not '" + printable(key, 200) + "'" +
                       (nearest.empty() ? "; they are limits.max_total_trials, "
                                          "limits.max_concurrent_trials, limits.timeout and "
                                          "limits.trial_timeout"
                                        : "; did you mean '" + nearest + "'?"));
    }
    std::uint32_t number = 0;
    const char* begin = setting.data() + std::min(equals + 1, setting.size());
    const char* end = setting.data() + setting.size();
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (equals == std::string::npos || error != std::errc() || stop != end) {
      return Error(ErrorCode::Usage, key + " needs a whole number: --set " + key + "=40");
    }
    // As everywhere: Azure's service would read less than a minute as days.
    const bool timeout = key.ends_with("timeout");
    if (timeout && number > 0 && number < 60) {
      read.notes.push_back(key + ": " + std::to_string(number) +
                           " seconds are raised to 60, as Azure's tools do");
      number = 60;
    }
    read.arguments.emplace_back(key.substr(key.find('.') + 1), static_cast<std::int64_t>(number));
  }
  return read;
}

VerbAction declare_update(VerbOptions& command, const GlobalOptions& globals) {
  struct Options {
    std::string name;
    std::vector<std::string> settings;
  };
  auto options = std::make_shared<Options>();
  command.add_option("NAME", options->name, "The sweep").required();
  command.add_option("--set", options->settings, "KEY=VALUE, such as limits.max_total_trials=40")
      .required();
  return [options, &globals]() -> int {
    auto read = read_settings(options->settings);
    if (read.has_error()) return fail(globals, read.error());
    for (const std::string& note : read->notes) std::cerr << note << std::endl;
    return request_and_print(globals, options->name, "update", read->arguments);
  };
}

const VerbEntry entry{"update", "Change the limits of a sweep, running or ended", declare_update};

}  // namespace
}  // namespace sweepjob
