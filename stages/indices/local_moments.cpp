// Sums of columns, then of rows.
#include "stages/indices/local_moments.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "pipeline/backend/simd.h"

namespace nadir {
namespace {

constexpr int kStripRows = 64;

// Of the columns of a square, or of the square itself.
struct Sums {
  explicit Sums(int n) : samples(std::size_t(n)), squares(samples.size()), counts(samples.size()) {}
  void clear() {
    std::fill(samples.begin(), samples.end(), 0.0);
    std::fill(squares.begin(), squares.end(), 0.0);
    std::fill(counts.begin(), counts.end(), 0);
  }
  std::vector<double> samples;
  std::vector<double> squares;
  std::vector<int> counts;
};

NADIR_SIMD_CLONES void add_row(const float* row, const std::uint8_t* valid, int n, double* samples, double* squares,
                               int* counts) {
  for (int i = 0; i < n; ++i) {
    const double v = valid[i] ? double(row[i]) : 0;
    samples[i] += v;
    squares[i] += v * v;
    counts[i] += valid[i] != 0;
  }
}

template <class T>
NADIR_INLINE void sum_runs(const T* in, int length, int n, T* out) {
  constexpr int kBlock = 16;
  typedef T Block __attribute__((vector_size(sizeof(T) * kBlock), aligned(alignof(T)), may_alias));
  int i = 0;
  for (; i + kBlock <= n; i += kBlock) {
    Block sum = {};
    for (int j = 0; j < length; ++j) sum += *reinterpret_cast<const Block*>(in + i + j);
    *reinterpret_cast<Block*>(out + i) = sum;
  }
  for (; i < n; ++i) {
    out[i] = 0;
    for (int j = 0; j < length; ++j) out[i] += in[i + j];
  }
}
NADIR_SIMD_CLONES void sum_columns(const double* in, int length, int n, double* out) { sum_runs(in, length, n, out); }
NADIR_SIMD_CLONES void count_columns(const int* in, int length, int n, int* out) { sum_runs(in, length, n, out); }

// Variances that rounding of the sums could have left are 0.
void conclude(const Sums& of_squares, const std::uint8_t* valid, int side, int n, float* mean, float* deviation) {
  const double rounding = 2 * side * std::numeric_limits<double>::epsilon();
  for (int i = 0; i < n; ++i) {
    const std::size_t k = std::size_t(i);
    const double average = of_squares.samples[k] / of_squares.counts[k];
    if (mean) mean[i] = valid[i] ? float(average) : 0;
    if (!deviation) continue;
    const double square = of_squares.squares[k] / of_squares.counts[k];
    const double variance = square - average * average;
    deviation[i] = valid[i] && variance > rounding * square ? float(std::sqrt(variance)) : 0;
  }
}

}  // namespace

void local_moments(const Exec& exec, ConstTileView in, int band, int radius, View mean, View deviation) {
  const Window w = mean.data ? mean.window : deviation.window;
  const int side = 2 * radius + 1;
  const int wide = w.width + 2 * radius;
  exec.parallel(ceil_div(w.height, kStripRows), [&](int strip) {
    Sums columns(wide), squares(w.width);
    const int begin = w.y + strip * kStripRows;
    for (int y = begin; y < std::min(w.bottom(), begin + kStripRows); ++y) {
      columns.clear();
      for (int j = y - radius; j <= y + radius; ++j)
        add_row(&in(band, w.x - radius, j), &in.mask()(w.x - radius, j), wide, columns.samples.data(),
                columns.squares.data(), columns.counts.data());
      sum_columns(columns.samples.data(), side, w.width, squares.samples.data());
      if (deviation.data) sum_columns(columns.squares.data(), side, w.width, squares.squares.data());
      count_columns(columns.counts.data(), side, w.width, squares.counts.data());
      conclude(squares, &in.mask()(w.x, y), side, w.width, mean.data ? &mean(w.x, y) : nullptr,
               deviation.data ? &deviation(w.x, y) : nullptr);
    }
  });
}

}  // namespace nadir
