// A shift as weighted sums of shifted rows: 3 operations a tap and sample.
#include "stages/alignment/shift_cpu.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "pipeline/backend/rows.h"

namespace nadir {
namespace {

constexpr int kStripRows = 64;
constexpr int kRunPixels = 256;  // whose surroundings are looked at for holes together

class Shift {
 public:
  explicit Shift(const Interpolate& f) : f_(f) {
    const AxisWeights::At wx = f.axis_x.at(0, 0), wy = f.axis_y.at(0, 0);
    for (int j = 0; j < f.axis_y.taps; ++j)
      for (int i = 0; i < f.axis_x.taps; ++i)
        if (const float w = wy[j] * wx[i]; w != 0) {
          taps_.push_back({i, j});
          weights_.push_back(w);
          weight_ += w;
        }
  }

  void rows(int begin, int end) const {
    const Window& w = f_.out.window;
    std::vector<const float*> rows(taps_.size());
    for (int y = begin; y < end; ++y)
      for (int x = w.x; x < w.right(); x += kRunPixels) run(x, std::min(w.right(), x + kRunPixels), y, rows);
  }

 private:
  struct Tap {
    int i, j;
  };

  void run(int begin, int end, int y, std::vector<const float*>& rows) const {
    const SourcePoint first = f_.map.at(begin, y), last = f_.map.at(end - 1, y);
    const int dx = int(first.u) - begin, dy = int(first.v) - y;  // to the nearest sample
    const bool plain = weight_ > 0 && f_.map.inside(first.u, first.v) && f_.map.inside(last.u, last.v) &&
                       int(last.u) - (end - 1) == dx && is_tap(dx, f_.axis_x) && is_tap(dy, f_.axis_y) &&
                       all_valid(begin, end, y);
    if (!plain) return by_pixel(begin, end, y);
    for (int b = 0; b < f_.out.bands; ++b) {
      for (std::size_t t = 0; t < taps_.size(); ++t)
        rows[t] = &f_.in(b, begin + f_.axis_x.first + taps_[t].i, y + f_.axis_y.first + taps_[t].j);
      const float* base = &f_.in(b, begin + dx, y + dy);
      weighted_mean_about(&f_.out(b, begin, y), base, rows.data(), weights_.data(), int(taps_.size()), weight_,
                          end - begin);
    }
    std::fill_n(&f_.out.mask()(begin, y), end - begin, std::uint8_t{1});
  }

  void by_pixel(int begin, int end, int y) const {
    for (int b = 0; b < f_.out.bands; ++b)
      for (int x = begin; x < end; ++x) f_(b, x, y);
  }

  static bool is_tap(int offset, const AxisWeights& axis) {
    return offset >= axis.first && offset < axis.first + axis.taps;
  }

  // Of the samples of all taps, also of those without weight.
  bool all_valid(int begin, int end, int y) const {
    const int left = begin + f_.axis_x.first, right = end - 1 + f_.axis_x.first + f_.axis_x.taps;
    for (int j = 0; j < f_.axis_y.taps; ++j) {
      const std::uint8_t* row = &f_.in.mask()(left, y + f_.axis_y.first + j);
      if (std::memchr(row, 0, std::size_t(right - left))) return false;
    }
    return true;
  }

  const Interpolate& f_;
  std::vector<Tap> taps_;
  std::vector<float> weights_;
  float weight_ = 0;
};

}  // namespace

void shift_cpu(const Exec& exec, const Interpolate& functor) {
  const Shift shift(functor);
  const Window& w = functor.out.window;
  exec.parallel(ceil_div(w.height, kStripRows), [&](int strip) {
    const int begin = w.y + strip * kStripRows;
    shift.rows(begin, std::min(w.bottom(), begin + kStripRows));
  });
}

}  // namespace nadir
