// Mean fields of the Potts model.
#include "stages/segmentation/potts.h"

#include <algorithm>
#include <vector>

#include "pipeline/backend/for_each_row.h"
#include "pipeline/backend/simd.h"
#include "stages/segmentation/elementary.h"

namespace nadir {
namespace {

constexpr float kLeastProbability = 1e-4f;  // what a classifier excludes may still be right
constexpr int kRowsPerTask = 8;

struct Rows {
  const float* above;
  const float* here;
  const float* below;
};

// sums[i] = q of the 8 neighbours of pixel i; rows begin one pixel before the first.
NADIR_SIMD_CLONES void neighbour_sums(const Rows& rows, int count, float beta, float* __restrict sums) {
  for (int i = 0; i < count; ++i) {
    const float left = rows.above[i] + rows.here[i] + rows.below[i];
    const float right = rows.above[i + 2] + rows.here[i + 2] + rows.below[i + 2];
    sums[i] = beta * (left + right + rows.above[i + 1] + rows.below[i + 1]);
  }
}

NADIR_SIMD_CLONES void raise(const float* __restrict sums, float* __restrict most, int count) {
  for (int i = 0; i < count; ++i) most[i] = std::max(most[i], sums[i]);
}

// q = p exp(sum - greatest sum), up to its total.
NADIR_SIMD_CLONES void multiply(const float* __restrict sums, const float* __restrict p, const float* __restrict most,
                                float* __restrict q, float* __restrict total, int count) {
  for (int i = 0; i < count; ++i) {
    q[i] = std::max(p[i], kLeastProbability) * fast_exp(sums[i] - most[i]);
    total[i] += q[i];
  }
}

NADIR_SIMD_CLONES void divide(float* __restrict q, const float* __restrict total, const std::uint8_t* __restrict valid,
                              int count) {
  for (int i = 0; i < count; ++i) q[i] = valid[i] ? q[i] / total[i] : 0.0f;
}

void smooth_row(ConstTileView p, ConstTileView from, TileView to, float beta, const Window& w, int y) {
  const int count = w.width, classes = p.bands;
  std::vector<float> sums(std::size_t(classes * count)), most(static_cast<std::size_t>(count)),
      total(static_cast<std::size_t>(count));
  for (int k = 0; k < classes; ++k) {
    float* own = sums.data() + std::ptrdiff_t(k) * count;
    neighbour_sums({&from(k, w.x - 1, y - 1), &from(k, w.x - 1, y), &from(k, w.x - 1, y + 1)}, count, beta, own);
    raise(own, most.data(), count);  // sums are never negative
  }
  for (int k = 0; k < classes; ++k)
    multiply(sums.data() + std::ptrdiff_t(k) * count, &p(k, w.x, y), most.data(), &to(k, w.x, y), total.data(), count);
  for (int k = 0; k < classes; ++k) divide(&to(k, w.x, y), total.data(), &p.mask()(w.x, y), count);
}

}  // namespace

std::size_t mean_field_bytes(const Window& window, int classes, int iterations) {
  return 2 * Tile::bytes(grow(window, iterations), classes);
}

void smooth_by_mean_fields(Exec& exec, ConstTileView p, TileView q, float beta, int iterations) {
  const Window whole = grow(q.window, iterations);
  ScratchTile one(exec, whole, p.bands), two(exec, whole, p.bands);
  for (int y = whole.y; y < whole.bottom(); ++y)
    for (int k = 0; k < p.bands; ++k)
      for (int x = whole.x; x < whole.right(); ++x) one.view()(k, x, y) = p.is_valid(x, y) ? p(k, x, y) : 0.0f;
  TileView from = one.view(), to = two.view();
  for (int left = iterations - 1; left >= 0; --left) {
    const Window w = grow(q.window, left);
    for_each_row(exec, w, kRowsPerTask, [&](int y) { smooth_row(p, from, to, beta, w, y); });
    std::swap(from, to);
  }
  for (int y = q.window.y; y < q.window.bottom(); ++y) {
    for (int k = 0; k < p.bands; ++k) std::copy_n(&from(k, q.window.x, y), q.window.width, q.band(k).row(y));
    std::copy_n(&p.mask()(q.window.x, y), q.window.width, q.mask().row(y));
  }
}

}  // namespace nadir
