// General convolution as weighted sums of shifted rows: 2 operations a tap and sample.
#include "stages/degradation/convolve_cpu.h"

#include <vector>

#include "pipeline/backend/rows.h"
#include "stages/degradation/convolve_kernels.h"

namespace nadir {
namespace {

constexpr int kStripRows = 32;

// Rows that take part in one sum.
class Rows {
 public:
  explicit Rows(const Spread& spread) : spread_(spread), rows_(spread.taps().size()) {
    for (const SpreadTap& t : spread.taps()) weights_.push_back(t.weight);
  }
  void sum(ConstView in, int x, int y, int n, float* out) {
    for (std::size_t t = 0; t < rows_.size(); ++t) rows_[t] = &in(x + spread_.taps()[t].dx, y + spread_.taps()[t].dy);
    weighted_sum(out, rows_.data(), weights_.data(), int(rows_.size()), n);
  }

 private:
  const Spread& spread_;
  std::vector<const float*> rows_;
  std::vector<float> weights_;
};

void convolve_valid(ConstTileView in, TileView out, const Spread& spread, const Window& strip) {
  Rows rows(spread);
  for (int b = 0; b < in.bands; ++b)
    for (int y = strip.y; y < strip.bottom(); ++y) rows.sum(in.band(b), strip.x, y, strip.width, &out(b, strip.x, y));
  for (int y = strip.y; y < strip.bottom(); ++y)
    for (int x = strip.x; x < strip.right(); ++x) out.mask()(x, y) = 1;
}

// Sums over samples that are 0 where invalid, divided by sums over the mask.
void convolve_masked(ConstTileView in, TileView out, const Spread& spread, const Window& strip) {
  const Window need = spread.needs(strip);
  const float full = full_weight(spread);
  Rows rows(spread);
  std::vector<float> part(std::size_t(need.area()));
  const View filled{part.data(), need.width, need};
  std::vector<float> weights(std::size_t(strip.area()));
  const View weight{weights.data(), strip.width, strip};
  const auto fill = [&](const auto& value) {
    for (int y = need.y; y < need.bottom(); ++y)
      for (int x = need.x; x < need.right(); ++x) filled(x, y) = in.is_valid(x, y) ? value(x, y) : 0.0f;
  };
  fill([](int, int) { return 1.0f; });
  for (int y = strip.y; y < strip.bottom(); ++y) rows.sum(filled, strip.x, y, strip.width, weight.row(y));
  for (int b = 0; b < in.bands; ++b) {
    fill([&](int x, int y) { return in(b, x, y); });
    for (int y = strip.y; y < strip.bottom(); ++y) {
      rows.sum(filled, strip.x, y, strip.width, &out(b, strip.x, y));
      for (int x = strip.x; x < strip.right(); ++x) {
        float& sample = out(b, x, y);
        sample = in.is_valid(x, y) ? masked_mean(sample, weight(x, y), full, in(b, x, y)) : 0.0f;
      }
    }
  }
  for (int y = strip.y; y < strip.bottom(); ++y)
    for (int x = strip.x; x < strip.right(); ++x) out.mask()(x, y) = in.is_valid(x, y);
}

}  // namespace

float full_weight(const Spread& spread) {
  float sum = 0;
  for (const SpreadTap& t : spread.taps()) sum += t.weight;
  return sum;
}

void convolve_cpu(const Exec& exec, ConstTileView in, TileView out, const Spread& spread) {
  const Window& w = out.window;
  exec.parallel(ceil_div(w.height, kStripRows), [&](int task) {
    const Window strip = intersect({w.x, w.y + task * kStripRows, w.width, kStripRows}, w);
    if (all_valid(in, spread.needs(strip)))
      convolve_valid(in, out, spread, strip);
    else
      convolve_masked(in, out, spread, strip);
  });
}

}  // namespace nadir
