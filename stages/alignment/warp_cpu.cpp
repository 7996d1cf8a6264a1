// Runs of pixels, by rows for shifts and pixel by pixel in vectors for all else.
#include "stages/alignment/warp_cpu.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "pipeline/backend/for_each_row.h"
#include "pipeline/backend/rows.h"
#include "pipeline/backend/simd.h"
#include "pipeline/core/image.h"

namespace nadir {
namespace {

constexpr int kStripRows = 64;

void by_pixel(const Interpolate& f, int begin, int end, int y) {
  for (int b = 0; b < f.out.bands; ++b)
    for (int x = begin; x < end; ++x) f(b, x, y);
}

struct OneByOne {
  static constexpr int kRun = 256;
  const Interpolate& functor;
  void run(int begin, int end, int y) const { by_pixel(functor, begin, end, y); }
};

// A shift that all pixels share: 3 operations a tap and sample.
class Shift {
 public:
  static constexpr int kRun = 256;  // pixels, whose surroundings are looked at for holes together

  explicit Shift(const Interpolate& f) : f_(f) {
    const AxisWeights::At wx = f.axis_x.at(0, 0), wy = f.axis_y.at(0, 0);
    for (int j = 0; j < f.axis_y.taps; ++j) rows_ += wy[j] != 0;
    for (int i = 0; i < f.axis_x.taps; ++i) {
      float column = 0;
      for (int j = 0; j < f.axis_y.taps; ++j) {
        const float w = wy[j] * wx[i];
        if (w == 0) continue;
        taps_.push_back({i, j});
        weights_.push_back(w);
        column += w;
      }
      weight_ += column;
    }
    int columns = 0;
    for (int i = 0; i < f.axis_x.taps; ++i) columns += wx[i] != 0;
    if (int(taps_.size()) != rows_ * columns) weight_ = 0;  // products so small that they vanish: no columns alike
  }

  void run(int begin, int end, int y) const {
    const SourcePoint first = f_.map.at(begin, y), last = f_.map.at(end - 1, y);
    const int dx = int(first.u) - begin, dy = int(first.v) - y;  // to the nearest sample
    const Window seen{begin + f_.axis_x.first, y + f_.axis_y.first, end - begin + f_.axis_x.taps - 1, f_.axis_y.taps};
    const bool plain = weight_ > 0 && f_.map.inside(first.u, first.v) && f_.map.inside(last.u, last.v) &&
                       int(last.u) - (end - 1) == dx && is_tap(dx, f_.axis_x) && is_tap(dy, f_.axis_y) &&
                       f_.in.window.contains(seen) && all_valid(f_.in, seen);
    if (!plain) return by_pixel(f_, begin, end, y);
    std::vector<const float*> rows(taps_.size());
    for (int b = 0; b < f_.out.bands; ++b) {
      for (std::size_t t = 0; t < taps_.size(); ++t) rows[t] = &f_.in(b, seen.x + taps_[t].i, seen.y + taps_[t].j);
      weighted_mean_about(&f_.out(b, begin, y), &f_.in(b, begin + dx, y + dy), rows.data(), weights_.data(),
                          int(taps_.size()), rows_, weight_, end - begin);
    }
    std::fill_n(&f_.out.mask()(begin, y), end - begin, std::uint8_t{1});
  }

 private:
  struct Tap {
    int i, j;
  };

  static bool is_tap(int offset, const AxisWeights& axis) {
    return offset >= axis.first && offset < axis.first + axis.taps;
  }

  const Interpolate& f_;
  std::vector<Tap> taps_;  ///< with weight, column by column
  std::vector<float> weights_;
  int rows_ = 0;      ///< taps of a column
  float weight_ = 0;  ///< of all taps; 0: not for rows
};

// Any transform: where taps lie and their weights, found once for all bands; a vector holds the columns of a pixel.
class Resample {
 public:
  static constexpr int kRun = 64;
  static constexpr int kColumns = 4;  ///< of a vector
  static constexpr int kMostTaps = 2 * kColumns;

  explicit Resample(const Interpolate& f) : f_(f) {}

  void run(int begin, int end, int y) const {
    Places p;
    if (!look(begin, end, y, p)) return by_pixel(f_, begin, end, y);
    const int n = end - begin;
    for (int b = 0; b < f_.out.bands; ++b) {
      const float* in = f_.in.band(b).data;
      float* out = &f_.out(b, begin, y);
      if (f_.axis_x.taps <= kColumns)
        mix_narrow(in, p, n, out);
      else
        mix_wide(in, p, n, out);
    }
    std::fill_n(&f_.out.mask()(begin, y), n, std::uint8_t{1});
  }

 private:
  typedef float Columns __attribute__((vector_size(sizeof(float) * kColumns)));
  typedef float ColumnsAt __attribute__((vector_size(sizeof(float) * kColumns), aligned(alignof(float)), may_alias));

  // Of the pixels of a run: offsets of samples, and weights; those of absent taps are 0.
  struct Places {
    std::ptrdiff_t first[kRun];    ///< of the first tap
    std::ptrdiff_t nearest[kRun];  ///< of the sample that means are taken about
    Columns x[kRun][2];
    float y[kRun][kMostTaps];
    float weight[kRun];
  };

  // False where a pixel lies outside, may see a hole, or vectors would reach beyond the image in memory.
  NADIR_SIMD_CLONES bool look(int begin, int end, int y, Places& p) const {
    const Window& in = f_.in.window;
    const int columns = ceil_div(f_.axis_x.taps, kColumns) * kColumns;
    int left = in.right(), top = in.bottom(), right = in.x, bottom = in.y;
    for (int i = 0; i < end - begin; ++i) {
      const SourcePoint at = f_.map.at(begin + i, y);
      if (!f_.map.inside(at.u, at.v)) return false;
      const AxisWeights::At wx = f_.axis_x.at(begin + i, at.u), wy = f_.axis_y.at(y, at.v);
      left = std::min({left, wx.start, int(at.u)}), right = std::max({right, wx.start + columns, int(at.u) + 1});
      top = std::min({top, wy.start, int(at.v)}), bottom = std::max({bottom, wy.start + f_.axis_y.taps, int(at.v) + 1});
      p.first[i] = (wy.start - in.y) * f_.in.stride + wx.start - in.x;
      p.nearest[i] = (int(at.v) - in.y) * f_.in.stride + int(at.u) - in.x;
      p.x[i][0] = p.x[i][1] = Columns{};
      for (int t = 0; t < f_.axis_x.taps; ++t) p.x[i][t / kColumns][t % kColumns] = wx[t];
      for (int t = 0; t < f_.axis_y.taps; ++t) p.y[i][t] = wy[t];
    }
    const Window seen = from_edges(left, top, right, bottom);
    return in.contains(seen) && all_valid(f_.in, seen) && weigh(p, end - begin);
  }

  // False where taps take away what they give.
  NADIR_SIMD_CLONES bool weigh(Places& p, int n) const {
    bool positive = true;
    for (int i = 0; i < n; ++i) {
      Columns sums[2] = {};
      for (int j = 0; j < f_.axis_y.taps; ++j)
        for (int h = 0; h < 2; ++h) sums[h] += p.y[i][j] * p.x[i][h];
      p.weight[i] = total(sums, f_.axis_x.taps);
      positive = positive && p.weight[i] > 0;
    }
    return positive;
  }

  NADIR_INLINE static float total(const Columns* sums, int taps) {
    float sum = 0;
    for (int t = 0; t < taps; ++t) sum += sums[t / kColumns][t % kColumns];
    return sum;
  }

  NADIR_SIMD_CLONES void mix_narrow(const float* in, const Places& p, int n, float* out) const {
    mix<1>(in, p, n, out);
  }
  NADIR_SIMD_CLONES void mix_wide(const float* in, const Places& p, int n, float* out) const { mix<2>(in, p, n, out); }

  // Sums in the functor's order; taps without weight are left out as there.
  template <int kVectors>
  NADIR_INLINE void mix(const float* in, const Places& p, int n, float* out) const {
    for (int i = 0; i < n; ++i) {
      const float base = in[p.nearest[i]];
      Columns sums[2] = {};
      for (int j = 0; j < f_.axis_y.taps; ++j) {
        const float* row = in + p.first[i] + j * f_.in.stride;
        for (int h = 0; h < kVectors; ++h) {
          const Columns w = p.y[i][j] * p.x[i][h];
          const Columns part = w * (*reinterpret_cast<const ColumnsAt*>(row + h * kColumns) - base);
          sums[h] += w == 0 ? Columns{} : part;
        }
      }
      out[i] = base + total(sums, f_.axis_x.taps) / p.weight[i];
    }
  }

  const Interpolate& f_;
};

template <class Runs>
void by_runs(const Exec& exec, const Window& w, const Runs& runs) {
  for_each_row(exec, w, kStripRows, [&](int y) {
    for (int x = w.x; x < w.right(); x += Runs::kRun) runs.run(x, std::min(w.right(), x + Runs::kRun), y);
  });
}

}  // namespace

void warp_cpu(const Exec& exec, const Interpolate& functor) {
  const Window& w = functor.out.window;
  const bool shift = functor.axis_x.phases == 0 && functor.axis_y.phases == 0 && functor.map.step == 0;
  if (shift)
    by_runs(exec, w, Shift(functor));
  else if (std::max(functor.axis_x.taps, functor.axis_y.taps) <= Resample::kMostTaps)
    by_runs(exec, w, Resample(functor));
  else
    by_runs(exec, w, OneByOne{functor});
}

}  // namespace nadir
