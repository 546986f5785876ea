// HeadStart: what any sampler can be told before it begins. Layer 2.
//
//   points: [{lr: 0.1, layers: 2}, ...]   tried first, in this order, as they are written; a
//                                         parameter that a point leaves out is drawn
//   warm_start: SWEEP or a list of them   results of earlier sweeps, which a sampler that learns
//                                         from results takes for trials of its own. Submitting the
//                                         job reads them and keeps them with it as
//   warm_start_results: [{params: {...}, status: Completed, best: 0.1}, ...]
//                                         with several objectives also lasts: [0.1, 12], null where
//                                         there is none
//
// The catalog reads these options for all samplers: none of them knows of it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "samplers/sampler.h"

namespace sweepjob {

inline constexpr const char* kWarmStart = "warm_start";
inline constexpr const char* kWarmStartResults = "warm_start_results";

struct PriorResult {
  Params params;
  Status status = Status::Completed;  // terminal
  std::optional<double> best;         // by the goal of this job
  // Of a job with several objectives: the last value of each, kWorst where there is none.
  std::vector<double> lasts = {};
};

// Of the option warm_start, as written: nothing where there is none, or it is none.
[[nodiscard]] std::vector<std::string> warm_start_sweeps(const Options& options);
[[nodiscard]] Value to_value(const std::vector<PriorResult>& results);

class HeadStart {
 public:
  // Errors are findings at the place of the point or name that is wrong.
  HeadStart(const SamplerContext& context, Findings& findings);

  // Without the options above.
  [[nodiscard]] const Options& rest() const { return rest_; }
  // Under `points`, wrong ones included.
  [[nodiscard]] std::size_t point_count() const { return point_count_; }
  // The sampler itself where there is none; null, with an error, when this kind of sampler can have
  // none.
  [[nodiscard]] std::unique_ptr<Sampler> give_to(std::unique_ptr<Sampler> sampler,
                                                 const SamplerContext& context,
                                                 Findings& findings) &&;

 private:
  void read_points(const SamplerContext& context, Findings& findings);
  void read_results(Findings& findings);

  Options rest_;
  double logbase_ = 0;
  std::vector<Params> points_;
  std::size_t point_count_ = 0;
  std::vector<std::string> sweeps_;
  std::vector<PriorResult> results_;
};

}  // namespace sweepjob
