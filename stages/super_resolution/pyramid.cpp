// An image above its downscaled copies, so that patches of other scales can be compared and grouped with its own.
#include "stages/super_resolution/pyramid.h"

#include <algorithm>
#include <cmath>

#include "pipeline/backend/simd.h"

namespace nadir {
namespace {

constexpr int kRadius = 3;      // of the antialiasing Gaussian
constexpr int kOverread = 128;  // samples that vector code may read past the end

// Of n samples from `origin` of the scene on; output i is pixel first + i of the scene's copy.
DownscaleTable downscale_table(int n, int origin, int first, int count, double factor) {
  constexpr int kTaps = DownscaleTable::kTaps;
  const double sigma = 0.45 * std::sqrt(factor * factor - 1);
  double gauss[2 * kRadius + 1];
  double sum = 0;
  for (int j = -kRadius; j <= kRadius; ++j) sum += gauss[j + kRadius] = std::exp(-0.5 * j * j / (sigma * sigma));
  DownscaleTable table;
  for (int i = 0; i < count; ++i) {
    const double position = (first + i + 0.5) * factor - 0.5 - origin;
    const int base = int(std::floor(position));
    const double t = position - base;
    DownscaleTable::Entry entry{};
    for (int j = 0; j < kTaps; ++j) {
      entry.index[j] = mirror(base - kRadius + j, n);
      const double left = j < kTaps - 1 ? gauss[j] : 0;
      const double right = j > 0 ? gauss[j - 1] : 0;
      entry.weight[j] = float(((1 - t) * left + t * right) / sum);
    }
    table.entries.push_back(entry);
  }
  return table;
}

NADIR_SIMD_CLONES void weighted_rows(const float* image, int stride, const DownscaleTable::Entry& e, float* out) {
  const float* r[DownscaleTable::kTaps];
  for (int j = 0; j < DownscaleTable::kTaps; ++j) r[j] = image + std::ptrdiff_t(e.index[j]) * stride;
  const float* w = e.weight;
  for (int x = 0; x < stride; ++x)
    out[x] = w[0] * r[0][x] + w[1] * r[1][x] + w[2] * r[2][x] + w[3] * r[3][x] + w[4] * r[4][x] + w[5] * r[5][x] +
             w[6] * r[6][x] + w[7] * r[7][x];
}

// The first pixel of a copy whose position is inside an image that begins at `origin`.
int first_inside(int origin, double factor) { return int(std::ceil((origin + 0.5) / factor - 0.5)); }

}  // namespace

PyramidLayout::PyramidLayout(Size size, std::span<const float> factors, int least, Origin origin)
    : stride_(size.width), origin_(origin) {
  levels_.push_back({1, size.width, size.height, 0, origin.x, origin.y, {}, {}});
  for (const float f : factors) {
    const int x = first_inside(origin.x, double(f));
    const int y = first_inside(origin.y, double(f));
    const int width = int(double(size.width + origin.x) / double(f)) - x;
    const int height = int(double(size.height + origin.y) / double(f)) - y;
    if (std::min(width, height) < least) continue;
    const int top = levels_.back().top + levels_.back().height;
    levels_.push_back({f, width, height, top, x, y, downscale_table(size.width, origin.x, x, width, double(f)),
                       downscale_table(size.height, origin.y, y, height, double(f))});
  }
}

std::size_t PyramidLayout::samples() const {
  return std::size_t(levels_.back().top + levels_.back().height) * std::size_t(stride_) + kOverread;
}

void PyramidLayout::fill_copies(const Exec& exec, std::vector<float>& pyramid) const {
  constexpr int kRowsPerTask = 32;
  for (std::size_t l = 1; l < levels_.size(); ++l) {
    const Level& level = levels_[l];
    exec.parallel(ceil_div(level.height, kRowsPerTask), [&](int task) {
      std::vector<float> row(static_cast<std::size_t>(stride_));
      const int end = std::min(level.height, (task + 1) * kRowsPerTask);
      for (int y = task * kRowsPerTask; y < end; ++y) {
        weighted_rows(pyramid.data(), stride_, level.rows.entries[std::size_t(y)], row.data());
        float* out = pyramid.data() + std::ptrdiff_t(level.top + y) * stride_;
        for (const DownscaleTable::Entry& e : level.columns.entries) {
          float sum = 0;
          for (int j = 0; j < DownscaleTable::kTaps; ++j) sum += e.weight[j] * row[std::size_t(e.index[j])];
          *out++ = sum;
        }
      }
    });
  }
}

}  // namespace nadir
