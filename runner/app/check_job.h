// JobChecker: what can be said about a job beyond its text. Layer 6; used by read_job() alone.
//
// The sampler and the policy with their options, the rendered command, the metric patterns and,
// unless only the text is to be checked, the configuration and the backend. It checks drafts too,
// as far as they can be read: what only follows from an error that the reader has found is left
// out. Blocking; any thread; errors are findings.
#pragma once

#include <string>
#include <vector>

#include "runner/app/read_job.h"

namespace sweepjob {

class JobChecker {
 public:
  // Reads the configuration. `findings` holds what the reader has said, and gets what follows.
  JobChecker(const ReadJobOptions& options, Findings& findings);

  // One sweep of the file; fills in the local paths of its data.
  [[nodiscard]] Resolved check(SweepSpec& spec);
  // What is said once a file, after all its sweeps.
  void finish();

 private:
  void check_deciders(const SweepSpec& spec, Findings& found) const;
  void check_command(const SweepSpec& spec, Findings& found) const;
  [[nodiscard]] Resolved check_surroundings(SweepSpec& spec, Findings& found);

  // Whether the reader found an error in one of these sections of the sweep.
  [[nodiscard]] bool has_error_in(const SweepSpec& spec,
                                  const std::vector<std::string>& sections) const;
  // Whether what stands at this path is an error, or in one, already.
  [[nodiscard]] bool is_said(const std::string& path) const;

  const ReadJobOptions& options_;
  Findings& findings_;
  std::vector<std::string> errors_;  // the paths of the reader's
  Config config_;
  UnknownNames unknown_;
};

}  // namespace sweepjob
