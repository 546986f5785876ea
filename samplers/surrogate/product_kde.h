// ProductKde: the kernel density of BOHB (Falkner, Klein, Hutter 2018), which is that of
// statsmodels' KDEMultivariate. Layer 2; read-only after construction; any thread.
//
//   p(x) = 1/n sum_i prod_axis K(x, x_i; h),   h = 1.06 sd n^(-1/(4 + d)), at least min_bandwidth
//   numbers     the normal density with mean x_i and standard deviation h, not cut off
//   categories  Aitchison and Aitken 1976: 1 - h where equal, else h / (count - 1)
//
// sd is the population's, of categories that of their indices; there h is at most
// (count - 1) / count, where the kernel is uniform.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/rng.h"
#include "samplers/surrogate/encoding.h"

namespace sweepjob {

class ProductKde {
 public:
  // Over some axes; the rows are numbers on all of them.
  ProductKde(const Encoding& encoding, std::span<const std::size_t> axes, std::vector<Point> rows,
             double min_bandwidth);

  [[nodiscard]] double density(const Point& point) const;
  // A row moved: numbers by a normal of width h * factor, cut off at 0 and 1; categories with
  // probability h to any one. Coordinates of other axes are the row's.
  [[nodiscard]] Point draw(RandomStream& stream, double factor) const;
  [[nodiscard]] const std::vector<double>& bandwidths() const { return bandwidths_; }  // by axis

 private:
  const Encoding& encoding_;
  std::vector<std::size_t> axes_;
  std::vector<Point> rows_;
  std::vector<double> bandwidths_;
};

// Fills what is not active in the rows with what another row has there, drawn at random; with a
// draw from the prior where no row has anything.
void impute(const Encoding& encoding, std::span<const std::size_t> axes, std::vector<Point>& rows,
            RandomStream& stream);

}  // namespace sweepjob
