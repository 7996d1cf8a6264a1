// Rows of the coarse image are spread over fine columns, phase by phase, and those over fine rows: each sample is a sum
// of count / factor others, twice. Near the edges, where mirror images take part, rows are sums of sums as in the
// functors.
#include "stages/degradation/adjoint_cpu.h"

#include <algorithm>
#include <vector>

#include "pipeline/backend/interleave.h"
#include "pipeline/backend/rows.h"
#include "stages/degradation/degradation_kernels.h"

namespace nadir {
namespace {

constexpr int kStripRows = 96;

// What position q of the extended signal collects: coarse samples from `first` on, and their weights.
struct Terms {
  int first = 0;
  std::vector<float> weights;

  Terms(const AxisTaps& taps, int q, int coarse_size) {
    const int past = q - taps.first;
    first = std::max(0, ceil_div(past - taps.count + 1, taps.factor));
    for (int i = first; i <= std::min(coarse_size - 1, floor_div(past, taps.factor)); ++i)
      weights.push_back(taps.weight[past - taps.factor * i]);
  }
  int count() const { return int(weights.size()); }
};

// Sums of what neighbours of a row hold.
class Collector {
 public:
  void run(const Terms& terms, const auto& row_at, int n, float* out) {
    rows_.clear();
    for (int k = 0; k < terms.count(); ++k) rows_.push_back(row_at(terms.first + k));
    weighted_sum(out, rows_.data(), terms.weights.data(), terms.count(), n);
  }

 private:
  std::vector<const float*> rows_;
};

// One coarse row over the fine columns [begin, end).
class Spreader {
 public:
  Spreader(const AdjointAxis& axis, int begin, int end) : axis_(axis), begin_(begin), end_(end) {
    const AxisTaps& taps = axis.taps;
    inner_ = begin, inner_end_ = end;
    const auto inside = [&](int p) {
      return axis.is_alone(p) && ceil_div(p - taps.first - taps.count + 1, taps.factor) >= 0 &&
             floor_div(p - taps.first, taps.factor) < axis.coarse_size;
    };
    while (inner_ < end && !inside(inner_)) ++inner_;
    while (inner_end_ > inner_ && !inside(inner_end_ - 1)) --inner_end_;
    inner_end_ -= (inner_end_ - inner_) % taps.factor;
    for (int p = 0; p < taps.factor && inner_ < inner_end_; ++p)
      phases_.emplace_back(taps, inner_ + p, axis.coarse_size);
    const int n = (inner_end_ - inner_) / taps.factor;
    parts_.assign(phases_.size(), std::vector<float>(std::size_t(n)));
  }

  /// `samples[i - left]` is coarse sample i.
  void run(const float* samples, int left, float* out) {
    const AdjointRows::Samples coarse{samples, left};
    for (int x = begin_; x < inner_; ++x) out[x - begin_] = axis_.gather(coarse, x);
    for (int x = inner_end_; x < end_; ++x) out[x - begin_] = axis_.gather(coarse, x);
    if (phases_.empty()) return;
    std::vector<const float*> parts;
    for (std::size_t p = 0; p < phases_.size(); ++p) {
      collector_.run(
          phases_[p], [&](int i) { return samples + (i - left); }, int(parts_[p].size()), parts_[p].data());
      parts.push_back(parts_[p].data());
    }
    interleave(parts.data(), out + (inner_ - begin_), int(parts.size()), int(parts_[0].size()));
  }

 private:
  const AdjointAxis& axis_;
  int begin_, end_;
  int inner_, inner_end_;      ///< columns that see no edge, a multiple of the factor
  std::vector<Terms> phases_;  ///< of the first of them
  std::vector<std::vector<float>> parts_;
  Collector collector_;
};

// The fine rows of a strip of one band.
class Strip {
 public:
  Strip(ConstTileView coarse, const AdjointAxis& across, const AdjointAxis& down, const Window& strip,
        const Window& need)
      : down_(down),
        strip_(strip),
        need_(need),
        rows_(std::size_t(need.height) * std::size_t(strip.width)),
        coarse_(coarse),
        spreader_(across, strip.x, strip.right()) {}

  void run(int band, TileView fine) {
    for (int y = need_.y; y < need_.bottom(); ++y) spreader_.run(coarse_.band(band).row(y), coarse_.window.x, row(y));
    for (int y = strip_.y; y < strip_.bottom(); ++y) collect(y, &fine(band, strip_.x, y));
  }

 private:
  float* row(int y) { return &rows_[std::size_t(y - need_.y) * std::size_t(strip_.width)]; }

  void sum_at(int q, float* out) {
    collector_.run(
        Terms(down_.taps, q, down_.coarse_size), [&](int i) { return row(i); }, strip_.width, out);
  }
  void collect(int y, float* out) {
    if (down_.is_alone(y)) return sum_at(y, out);
    std::fill_n(out, strip_.width, 0.0f);
    std::vector<float> part(std::size_t(strip_.width));
    down_.for_each_image(y, [&](int q) {
      sum_at(q, part.data());
      for (int i = 0; i < strip_.width; ++i) out[i] += part[std::size_t(i)];
    });
  }

  const AdjointAxis& down_;
  Window strip_;
  Window need_;  ///< of the coarse image
  std::vector<float> rows_;
  ConstTileView coarse_;
  Spreader spreader_;
  Collector collector_;
};

}  // namespace

void observe_adjoint_cpu(const Exec& exec, ConstTileView coarse, TileView fine, const AxisTaps& taps, Size fine_size,
                         Size coarse_size) {
  const AdjointAxis across{taps, fine_size.width, coarse_size.width};
  const AdjointAxis down{taps, fine_size.height, coarse_size.height};
  const Window& w = fine.window;
  exec.parallel(ceil_div(w.height, kStripRows) * fine.bands, [&](int task) {
    const int top = w.y + task / fine.bands * kStripRows;
    const Window strip{w.x, top, w.width, std::min(kStripRows, w.bottom() - top)};
    const int band = task % fine.bands;
    Strip(coarse, across, down, strip, touching_window(taps, strip, fine_size, coarse_size)).run(band, fine);
    if (band == 0)
      for (int y = strip.y; y < strip.bottom(); ++y) std::fill_n(&fine.mask()(w.x, y), w.width, std::uint8_t{1});
  });
}

}  // namespace nadir
