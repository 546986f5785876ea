// CmaRuns: CMA-ES over a search space, generation by generation and run by run, as a fold of
// results. Layer 2; a value; everything is a function of the settings, the seed and the results.
//
//   - Axes of real values and of steps belong to a CmaEs, steps with its margin; categories to a
//     CategorySearch. Constants belong to neither.
//   - The points of a generation are numbered: number k is the same whenever it is asked for, so
//     that a journaled trial is known again by (generation, number). Any amount may be drawn. They
//     are scrambled Sobol points, z = the normal quantile of each: evenly spread, a few of them
//     teach more than as many independent draws (O. Teytaud and S. Gelly, "DCMA: yet another
//     derandomization in covariance-matrix-adaptation", GECCO 2007).
//   - A generation is complete when `lambda` of its own points have a result, in the order of the
//     results. Results of earlier generations of the run and of other origin that came meanwhile
//     compete with them: one that ranks among the better half is injected, others are forgotten.
//   - A result that is taken back leaves the generation under way; complete ones stand. The next
//     one of that trial then counts as of an earlier generation.
//   - A failure ranks last; a generation of failures only changes nothing. A run that can gain no
//     more is followed by one from a random place, with a larger population (A. Auger and N.
//     Hansen, "A restart CMA evolution strategy with increasing population size", CEC 2005; N.
//     Hansen, "Benchmarking a BI-population CMA-ES", 2009). What earlier runs left pending it
//     ignores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/rng.h"
#include "samplers/numerics/category_search.h"
#include "samplers/numerics/cma_es.h"
#include "samplers/numerics/sobol.h"
#include "samplers/surrogate/encoding.h"

namespace sweepjob {

class CmaRuns {
 public:
  enum class Restarts : std::uint8_t { None, Ipop, Bipop };
  struct Settings {
    std::size_t popsize = 0;  // lambda of the first run
    double sigma0 = 0;        // in units of an axis' prior distribution function
    std::optional<Point> x0;  // else the middle
    bool with_margin = true;
    bool lr_adapt = false;
    // Points of a run for which C stays diagonal, at first or (nothing) for ever.
    std::optional<std::size_t> separable_points = 0;
    Restarts restarts = Restarts::Bipop;
    double inc_popsize = 2;
  };
  struct Drawn {
    std::uint32_t generation = 0;
    std::uint32_t number = 0;
    bool operator==(const Drawn&) const = default;
  };
  struct Result {
    Point at;         // snapped
    double loss = 0;  // NaN: failed
    std::uint32_t trial = 0;
    std::optional<Drawn> drawn;
  };
  // That trial goes on: its next result takes the place of the one it had.
  struct TakenBack {
    std::uint32_t trial = 0;
  };
  using News = std::variant<Result, TakenBack>;

  // `known`: what is known already. The first run starts from the best of it, if it is enough.
  CmaRuns(const Encoding& encoding, Settings settings, std::uint64_t seed,
          const std::vector<News>& known);

  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  [[nodiscard]] std::uint32_t run() const { return run_; }
  [[nodiscard]] double sigma() const { return search_ ? search_->sigma() : 0; }
  [[nodiscard]] std::size_t lambda() const { return lambda_; }
  // Snapped.
  [[nodiscard]] Point point(std::uint32_t number) const;

  void tell(const News& news);

 private:
  struct Draw {
    CmaEs::Vector x;
    std::vector<std::size_t> categories;
    Point at;
  };
  struct Member {
    CmaEs::Member numbers;
    std::vector<std::size_t> categories;
    std::uint32_t trial = 0;
  };

  void add(const Result& result);
  void start_run(CmaEs::Vector mean, double sigma, CmaEs::Matrix covariance);
  [[nodiscard]] std::uint64_t separable_generations() const;
  void start_from(const std::vector<News>& known);
  void restart();
  void start_generation();
  void finish_generation();
  [[nodiscard]] std::vector<Member> competitors() const;
  [[nodiscard]] Draw draw(std::uint32_t number) const;
  [[nodiscard]] CmaEs::Vector draw_inside(std::uint32_t number) const;
  [[nodiscard]] double uniform(std::uint32_t number, std::size_t axis, RandomStream& stream) const;
  [[nodiscard]] Member member_of(const Point& at) const;
  [[nodiscard]] std::vector<double> limits_of(std::size_t axis) const;

  const Encoding* encoding_;
  Settings settings_;
  Rng rng_;
  std::vector<std::size_t> numeric_;  // axes of the CmaEs
  std::vector<std::size_t> choices_;  // axes of the CategorySearch
  std::vector<std::vector<double>> limits_;
  std::optional<SobolSequence> sequence_;
  std::vector<std::uint64_t> scrambling_;  // of this generation, by dimension

  std::size_t lambda_ = 0;
  std::size_t first_lambda_ = 0;
  std::uint32_t run_ = 0;
  std::uint32_t generation_ = 0;  // over all runs
  std::uint32_t first_of_run_ = 0;
  std::optional<CmaEs> search_;
  std::optional<CategorySearch> categories_;
  std::vector<Member> own_;
  std::vector<Member> others_;

  // Of bipop: points that large and small populations have used.
  double large_used_ = 0;
  double small_used_ = 0;
  bool is_large_ = false;
  std::uint32_t large_runs_ = 0;
};

}  // namespace sweepjob
