#include "runner/attempt/environment.h"

#include <cstring>

#include <unistd.h>

#include "model/record_file.h"

namespace sweepjob {
namespace {

constexpr std::size_t kMaxEnvironmentBytes = std::size_t{16} << 20;

// What `bin/activate` of a virtual environment or `conda activate` would set, without running them.
std::string activate_prefix(const std::string& prefix, Environment& environment) {
  if (::access((prefix + "/bin").c_str(), X_OK) != 0) {
    return "cannot activate " + prefix + ": " + std::strerror(errno) + " (bin)";
  }
  const char* path = environment.get("PATH");
  environment.set("PATH", prefix + "/bin:" + (path ? path : "/usr/local/bin:/usr/bin:/bin"));
  environment.unset("PYTHONHOME");
  if (::access((prefix + "/conda-meta").c_str(), F_OK) == 0) {
    environment.set("CONDA_PREFIX", prefix);
    environment.set("CONDA_DEFAULT_ENV", prefix.substr(prefix.rfind('/') + 1));
    environment.unset("VIRTUAL_ENV");
  } else {
    environment.set("VIRTUAL_ENV", prefix);
  }
  return {};
}

}  // namespace

void Environment::inherit(std::string text) {
  inherited_ = std::move(text);
  entries_.clear();
  for (std::size_t at = 0; at < inherited_.size();) {
    const char* entry = inherited_.c_str() + at;
    const std::size_t length = std::strlen(entry);
    if (std::memchr(entry, '=', length) != nullptr && *entry != '=') entries_.push_back(entry);
    at += length + 1;
  }
  entries_.push_back(nullptr);
}

void Environment::inherit(char** entries) {
  entries_.clear();
  for (; *entries != nullptr; ++entries) entries_.push_back(*entries);
  entries_.push_back(nullptr);
}

std::size_t Environment::find(std::string_view name) const {
  for (std::size_t i = 0; i + 1 < entries_.size(); ++i) {
    if (std::strncmp(entries_[i], name.data(), name.size()) == 0 &&
        entries_[i][name.size()] == '=') {
      return i;
    }
  }
  return entries_.size() - 1;
}

void Environment::set(std::string_view name, std::string_view value) {
  std::string& entry = owned_.emplace_back();
  entry.reserve(name.size() + value.size() + 1);
  entry.append(name).append("=").append(value);
  const std::size_t at = find(name);
  if (entries_[at] == nullptr) entries_.push_back(nullptr);
  entries_[at] = entry.c_str();
}

void Environment::unset(std::string_view name) {
  const std::size_t at = find(name);
  if (entries_[at] != nullptr) entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
}

const char* Environment::get(std::string_view name) const {
  const char* entry = entries_[find(name)];
  return entry ? entry + name.size() + 1 : nullptr;
}

char** Environment::entries() { return const_cast<char**>(entries_.data()); }

std::string build_environment(const LaunchRecord& launch, const std::string& attempt_folder,
                              Environment& environment) {
  if (launch.inherited_environment_file.empty()) {
    environment.inherit(environ);
  } else {
    std::string text;
    const int error =
        read_file(launch.inherited_environment_file.c_str(), text, kMaxEnvironmentBytes);
    if (error != 0) {
      return "cannot read the environment kept at submission, " +
             launch.inherited_environment_file + ": " + std::strerror(error);
    }
    environment.inherit(std::move(text));
  }
  if (!launch.activate.empty()) {
    std::string problem = activate_prefix(launch.activate, environment);
    if (!problem.empty()) return problem;
  }
  // A sweep that a trial of another one submitted has budgets of its own, or none.
  environment.unset("SWEEPJOB_BUDGET");
  environment.unset("TRIAL_BUDGET");
  for (const auto& [name, value] : launch.environment) environment.set(name, value);
  if (!launch.gpu_ids.empty()) {
    std::string ids;
    for (const std::string& id : launch.gpu_ids) ids += (ids.empty() ? "" : ",") + id;
    environment.set("CUDA_VISIBLE_DEVICES", ids);
  }
  // By this one a process of this attempt is found whatever it did to its session.
  environment.set("SWEEPJOB_ATTEMPT_TOKEN", launch.token);
  environment.set("SWEEPJOB_METRICS_FILE", attempt_folder + '/' + attempt_file::kMetrics);
  if (!launch.checkpoint_folder.empty()) {
    environment.set("SWEEPJOB_CHECKPOINT_DIR", launch.checkpoint_folder);
  }
  if (!launch.resume_folder.empty()) {
    environment.set("SWEEPJOB_RESUME_DIR", launch.resume_folder);
  } else {
    environment.unset("SWEEPJOB_RESUME_DIR");
  }
  return {};
}

}  // namespace sweepjob
