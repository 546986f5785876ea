// InputColumns: points of an Encoding as the inputs of a network. Layer 2; read-only.
//
//   a number       u in [0, 1] as sqrt(12) (u - 1/2): mean 0 and deviation 1 over the prior
//   a choice       one column for each entry, 1 or 0; of more than 32 entries, 32 columns with a
//                  fixed random sign for each entry
//   a parameter that may be inactive has one column more, 1 where it is active, and 0 in all of its
//   columns where it is not
//
// A constant parameter has no column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "samplers/surrogate/encoding.h"

namespace sweepjob {

class InputColumns {
 public:
  explicit InputColumns(const Encoding& encoding);

  [[nodiscard]] std::size_t size() const { return size_; }
  // `row` is the caller's, of that size.
  void write(const Point& snapped, Eigen::Ref<Eigen::RowVectorXd> row) const;

 private:
  struct Part {
    std::size_t axis = 0;
    std::uint64_t entries = 0;  // of a choice
    bool conditional = false;
    Eigen::Index begin = 0;
  };

  std::vector<Part> parts_;
  std::size_t size_ = 0;
};

}  // namespace sweepjob
