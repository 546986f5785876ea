#include "runner/app/collect_outputs.h"

#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "manifests/spec/output_location.h"
#include "manifests/spec/render.h"
#include "model/attempt_record.h"
#include "runner/app/trial_files.h"

namespace sweepjob {
namespace {

namespace fs = std::filesystem;

struct Part {
  std::string source;
  std::string name;  // below the destination
};

Error file_problem(const fs::filesystem_error& error) {
  return Error(ErrorCode::StateFolder, error.code().message(), error.path1().string());
}

void copy_tree(const fs::path& source, const fs::path& target, CollectedOutputs& done) {
  const fs::file_status status = fs::symlink_status(source);
  if (fs::is_symlink(status)) {
    fs::copy_symlink(source, target);
    ++done.files;
  } else if (fs::is_directory(status)) {
    fs::create_directories(target);
    for (const fs::directory_entry& entry : fs::directory_iterator(source)) {
      copy_tree(entry.path(), target / entry.path().filename(), done);
    }
  } else if (fs::is_regular_file(status)) {
    fs::copy_file(source, target);
    ++done.files;
    done.bytes += fs::file_size(target);
  } else {
    ++done.left_out;
  }
}

std::string latest_attempt_folder(const LoadedSweep& loaded, TrialId trial) {
  const auto attempts = static_cast<std::uint32_t>(trial_of(*loaded.sweep, trial).attempts.size());
  return attempt_folder_of(loaded.folder, {trial, attempts});
}

Result<std::vector<Part>> parts_of(const LoadedSweep& loaded, TrialId trial,
                                   const OutputSelection& selection) {
  const std::string folder = latest_attempt_folder(loaded, trial);
  const std::string work = folder + "/" + attempt_file::kWork;
  if (selection.output_name) {
    auto path = output_path(loaded, trial, *selection.output_name);
    if (path.has_error()) return path.error();
    return std::vector<Part>{{*path, fs::path(*path).filename().string()}};
  }
  std::vector<Part> parts{{work + "/outputs", "outputs"}};
  if (!selection.all) return parts;
  parts.push_back({work + "/logs", "logs"});
  parts.push_back({work + "/user_logs", "user_logs"});
  parts.push_back({folder + "/" + attempt_file::kMetrics, attempt_file::kMetrics});
  parts.push_back(
      {loaded.folder + "/trials/" + std::to_string(index_of(trial)) + "/checkpoint", "checkpoint"});
  return parts;
}

}  // namespace

Result<std::string> output_path(const LoadedSweep& loaded, TrialId trial, const std::string& name) {
  const std::string outputs =
      latest_attempt_folder(loaded, trial) + "/" + attempt_file::kWork + "/outputs";
  std::vector<std::string> names;
  for (const OutputSpec& output : loaded.rules->spec.outputs) {
    if (output.name == name) {
      return output_location(output, trial_name(loaded.sweep->created.name, trial), outputs);
    }
    names.push_back(output.name);
  }
  std::string message = "the job declares no output '" + name.substr(0, 200) + "'";
  const std::string nearest = nearest_word(name, names);
  if (!nearest.empty()) message += "; did you mean '" + nearest + "'?";
  return Error(ErrorCode::NotFound, message);
}

Result<CollectedOutputs> collect_outputs(const LoadedSweep& loaded, TrialId trial,
                                         const OutputSelection& selection,
                                         const std::string& destination) {
  auto parts = parts_of(loaded, trial, selection);
  if (parts.has_error()) return parts.error();
  CollectedOutputs done;
  try {
    const fs::path target(destination);
    if (fs::exists(target) && !(fs::is_directory(target) && fs::is_empty(target))) {
      return Error(ErrorCode::Conflict, "is there already; take another --to", destination);
    }
    bool any = false;
    for (const Part& part : *parts) {
      if (!fs::exists(fs::symlink_status(part.source))) continue;
      any = true;
      fs::create_directories(target);
      copy_tree(part.source, target / part.name, done);
    }
    if (!any) {
      return Error(ErrorCode::NotFound,
                   fmt::format("trial {} has left no outputs (yet)", index_of(trial)),
                   parts->front().source);
    }
  } catch (const fs::filesystem_error& error) {
    return file_problem(error);
  }
  return done;
}

}  // namespace sweepjob
