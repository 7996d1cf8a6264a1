// The rows that a filter along y looks back on.
#pragma once

#include <vector>

#include "pipeline/backend/simd.h"
#include "pipeline/core/window.h"

namespace nadir {

inline int floor_mod(int a, int b) { return a - floor_div(a, b) * b; }

/// Columns [first, first + count).
struct Columns {
  int first;
  int count;
};

/// The last rows of one channel along x, of which as many are kept as a filter along y needs.
class Ring {
 public:
  Ring(const Columns& columns, int rows)
      : first_column_(columns.first),
        width_(columns.count),
        rows_(rows),
        stride_(ceil_div(columns.count, kLanes) * kLanes + kLanes),
        samples_(std::size_t(rows) * std::size_t(stride_)) {}
  float* row(int y) { return &samples_[std::size_t(floor_mod(y, rows_)) * std::size_t(stride_)]; }
  int first_column() const { return first_column_; }
  int width() const { return width_; }

 private:
  int first_column_;
  int width_;
  int rows_;
  int stride_;
  std::vector<float> samples_;
};

}  // namespace nadir
