// Blur and sampling in one go, strip by strip: each fine row is filtered along x into a ring of rows, from which four
// coarse rows at a time are summed along y. 2 taps / factor + 2 taps / factor^2 operations a fine sample, which is read
// once.
#include "stages/degradation/observe_cpu.h"

#include <algorithm>
#include <vector>

#include "pipeline/backend/interleave.h"
#include "pipeline/backend/rows.h"

namespace nadir {
namespace {

constexpr int kStripRows = 128;        // coarse; each strip filters count - factor fine rows again
constexpr int kRingBytes = 384 << 10;  // less than a second-level cache; columns are cut where rows are longer
constexpr int kRowsAtOnce = 4;

// What a strip is computed from: samples, samples with 0 where they do not count, or 1 and 0 for valid and not.
enum class Content { samples, valid_samples, validity };

class FineRows {
 public:
  FineRows(ConstTileView fine, Content content, int band) : fine_(fine), content_(content), band_(band) {
    if (content != Content::samples) buffer_.resize(std::size_t(fine.window.width));
  }
  /// Samples that will be read for row y, where that can be known.
  const float* samples_of(int y) const { return y < fine_.window.bottom() ? fine_.band(band_).row(y) : nullptr; }
  const float* row(int y) {
    const float* samples = fine_.band(band_).row(y);
    if (content_ == Content::samples) return samples;
    const std::uint8_t* valid = fine_.mask().row(y);
    for (std::size_t i = 0; i < buffer_.size(); ++i)
      buffer_[i] = !valid[i] ? 0.0f : content_ == Content::validity ? 1.0f : samples[i];
    return buffer_.data();
  }

 private:
  ConstTileView fine_;
  Content content_;
  int band_;
  std::vector<float> buffer_;
};

int rows_held(const AxisTaps& taps) { return taps.count + (kRowsAtOnce - 1) * taps.factor; }

// Filters rows of one strip. Memory is taken once and serves all bands.
class Strip {
 public:
  Strip(const AxisTaps& taps, const Window& coarse)
      : taps_(taps),
        coarse_(coarse),
        held_(rows_held(taps)),
        stride_(ceil_div(coarse.width, 16) * 16 + 16),
        ring_(std::size_t(held_) * std::size_t(stride_)),
        tap_rows_(std::size_t(taps.count)),
        ring_rows_(std::size_t(held_)) {
    if (taps.factor == 1) return;
    const int length = coarse.width + (taps.count - 1) / taps.factor;
    phases_.resize(std::size_t(taps.factor) * std::size_t(length));
    for (int p = 0; p < taps.factor; ++p) phase_rows_.push_back(&phases_[std::size_t(p) * std::size_t(length)]);
  }

  /// Fills the strip's part of `out`. `fine` has the columns of fine_window(coarse).
  template <class Rows>
  void run(Rows& fine, View out) {
    int next = top_of(coarse_.y);  // first fine row that is not in the ring
    for (int y = coarse_.y; y < coarse_.bottom(); y += kRowsAtOnce) {
      const int rows = std::min(kRowsAtOnce, coarse_.bottom() - y);
      for (const int end = top_of(y + rows - 1) + taps_.count; next < end; ++next)
        filter_x(fine.row(next), fine.samples_of(next + 2), next);
      sum_y(out, y, rows);
    }
  }

 private:
  float* at(View out, int y) const { return &out(coarse_.x, y); }
  int top_of(int y) const { return taps_.factor * y + taps_.first; }
  float* ring_row(int fine_y) {
    const int slot = (fine_y - top_of(coarse_.y)) % held_;
    return &ring_[std::size_t(slot) * std::size_t(stride_)];
  }

  void filter_x(const float* fine, const float* soon, int fine_y) {
    const int factor = taps_.factor;
    if (factor > 1) split(fine);
    for (int j = 0; j < taps_.count; ++j)
      tap_rows_[std::size_t(j)] = factor > 1 ? phase_rows_[std::size_t(j % factor)] + j / factor : fine + j;
    weighted_sum(ring_row(fine_y), tap_rows_.data(), taps_.weight, taps_.count, coarse_.width, {soon, factor});
  }

  // Phases of the row; the last ones of some are one shorter, for the fine window ends there.
  void split(const float* fine) {
    const int length = taps_.factor * (coarse_.width - 1) + taps_.count;
    deinterleave(fine, phase_rows_.data(), taps_.factor, length / taps_.factor);
    for (int i = length / taps_.factor * taps_.factor; i < length; ++i)
      phase_rows_[std::size_t(i % taps_.factor)][i / taps_.factor] = fine[i];
  }

  void sum_y(View out, int y, int rows) {
    for (int j = 0; j < taps_.count + (rows - 1) * taps_.factor; ++j)
      ring_rows_[std::size_t(j)] = ring_row(top_of(y) + j);
    if (rows == kRowsAtOnce) {
      float* const targets[kRowsAtOnce] = {at(out, y), at(out, y + 1), at(out, y + 2), at(out, y + 3)};
      four_weighted_sums(targets, ring_rows_.data(), taps_.weight, taps_.count, taps_.factor, coarse_.width);
      return;
    }
    for (int r = 0; r < rows; ++r)
      weighted_sum(at(out, y + r), ring_rows_.data() + r * taps_.factor, taps_.weight, taps_.count, coarse_.width);
  }

  const AxisTaps& taps_;
  Window coarse_;
  int held_;    ///< rows in the ring
  int stride_;  ///< samples from one to the next, no power of two
  std::vector<float> ring_;
  std::vector<const float*> tap_rows_;
  std::vector<const float*> ring_rows_;
  std::vector<float> phases_;
  std::vector<float*> phase_rows_;
};

// What ObserveColumns does with a sum and its weight.
class Normalise {
 public:
  Normalise(ConstTileView fine, ConstView weights, const AxisTaps& taps, MaskRule rule)
      : fine_(fine), weights_(weights), taps_(taps), full_(full_weight(taps)), rule_(rule) {}

  void run(TileView coarse, const Window& strip) const {
    for (int y = strip.y; y < strip.bottom(); ++y)
      for (int x = strip.x; x < strip.right(); ++x) {
        const float weight = weights_(x, y);
        const bool valid = is_valid(weight, x, y);
        coarse.mask()(x, y) = valid;
        for (int b = 0; b < coarse.bands; ++b) {
          float& sample = coarse(b, x, y);
          sample = !valid ? 0.0f : weight == full_ ? sample : sample / weight;
        }
      }
  }

 private:
  bool is_valid(float weight, int x, int y) const {
    if (rule_ == MaskRule::majority) return weight >= 0.5f * full_;
    const int middle = taps_.first + taps_.count / 2;
    return weight > 0 && fine_.is_valid(taps_.factor * x + middle, taps_.factor * y + middle);
  }

  ConstTileView fine_;
  ConstView weights_;
  const AxisTaps& taps_;
  float full_;
  MaskRule rule_;
};

void observe_strip(ConstTileView all_fine, TileView coarse, const AxisTaps& taps, MaskRule rule, const Window& window) {
  const ConstTileView fine = all_fine.crop(fine_window(taps, window));
  Strip strip(taps, window);
  const bool complete = all_valid(fine, fine.window);
  for (int b = 0; b < fine.bands; ++b) {
    FineRows rows(fine, complete ? Content::samples : Content::valid_samples, b);
    strip.run(rows, coarse.band(b));
  }
  if (complete) {
    for (int y = window.y; y < window.bottom(); ++y) std::fill_n(&coarse.mask()(window.x, y), window.width, 1);
    return;
  }
  std::vector<float> weights(std::size_t(window.area()));
  const View view{weights.data(), window.width, window};
  FineRows validity(fine, Content::validity, 0);
  strip.run(validity, view);
  Normalise(fine, view, taps, rule).run(coarse, window);
}

}  // namespace

float full_weight(const AxisTaps& taps) {
  float row = 0;
  for (int j = 0; j < taps.count; ++j) row += taps.weight[j];
  float both = 0;
  for (int j = 0; j < taps.count; ++j) both += taps.weight[j] * row;
  return both;
}

void observe_cpu(const Exec& exec, ConstTileView fine, TileView coarse, const AxisTaps& taps, MaskRule rule) {
  const Window& w = coarse.window;
  if (w.empty() || fine.bands <= 0) return;
  const int most = std::max(64, kRingBytes / int(sizeof(float)) / rows_held(taps));
  const int columns = ceil_div(w.width, most);
  const int width = ceil_div(w.width, columns);
  exec.parallel(columns * ceil_div(w.height, kStripRows), [&](int task) {
    const Window strip{w.x + task % columns * width, w.y + task / columns * kStripRows, width, kStripRows};
    observe_strip(fine, coarse, taps, rule, intersect(strip, w));
  });
}

}  // namespace nadir
