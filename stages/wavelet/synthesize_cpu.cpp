// One level of the way back, row by row: rows of coefficients are summed along y, and their sums along x, into
// every second sample of a row and those between, in double, rounded to float each time. Taps multiply-adds a sample
// along each axis.
#include "stages/wavelet/synthesize_cpu.h"

#include <algorithm>
#include <array>
#include <vector>

#include "pipeline/backend/for_each_row.h"
#include "pipeline/backend/interleave.h"
#include "pipeline/backend/rows.h"
#include "stages/wavelet/ring.h"
#include "stages/wavelet/wavelet_kernels.h"

namespace nadir {
namespace {

// Pixels of a strip; the coefficients about its edges are read again by its neighbours.
constexpr int kStripRows = 256;
constexpr int kStripColumns = 2048;

// Coefficients [begin, end) that samples [first, first + count) are made from.
Columns reach(const SynthesisChannel& c, int first, int count) {
  const int begin = ceil_div(first - c.first - c.length + 1, 2);
  return {begin, floor_div(first + count - 1 - c.first, 2) + 1 - begin};
}

// Rows of coefficients, in double and 0 for what is not finite, of which as many are kept as a filter along y needs.
template <class Source>
class KeptRows {
 public:
  KeptRows(const Source& source, const Columns& columns, int rows)
      : source_(source),
        columns_(columns),
        held_(std::size_t(rows), kNone),
        samples_(std::size_t(rows) * std::size_t(columns.count)) {}

  const double* row(int k) {
    const int place = floor_mod(k, int(held_.size()));
    double* row = &samples_[std::size_t(place) * std::size_t(columns_.count)];
    if (held_[std::size_t(place)] != k) {
      const float* from = source_.read(k, columns_);
      for (int i = 0; i < columns_.count; ++i) row[i] = finite_or_zero(from[i]);
      held_[std::size_t(place)] = k;
    }
    return row;
  }

 private:
  static constexpr int kNone = 1 << 30;
  Source source_;
  Columns columns_;
  std::vector<int> held_;
  std::vector<double> samples_;
};

struct Approximations {
  BandView<const float> band;
  const float* read(int k, const Columns& columns) const { return &band(columns.first, k); }
};

// The coefficients of a row lie in 2^shift bands in turn.
struct Details {
  ConstTileView packed;
  const SubbandLayout& layout;
  int source_band;
  int level;
  Orientation orientation;
  std::vector<float> joined = {};

  const float* read(int k, const Columns& columns) {
    const int shift = layout.levels - level;
    const int side = 1 << shift;
    const int begin = columns.first >> shift;
    const int blocks = ((columns.first + columns.count - 1) >> shift) + 1 - begin;
    const float* bands[1 << kMaxLevels];
    for (int col = 0; col < side; ++col) bands[col] = place(k, col, begin);
    fetch(k + 1, side, begin, blocks);
    if (!shift) return bands[0];
    joined.resize(std::size_t(side * blocks));
    interleave(bands, joined.data(), side, blocks);
    return &joined[std::size_t(columns.first - begin * side)];
  }

  const float* place(int k, int col, int block) const {
    const int shift = layout.levels - level;
    const int band = layout.band(source_band, level, orientation, k & ((1 << shift) - 1), col);
    return &packed(band, block + layout.margin, (k >> shift) + layout.margin);
  }

  // Hardware does not foresee the places of the next row.
  void fetch(int k, int side, int begin, int blocks) const {
    constexpr int kLineSamples = 16;
    if ((k >> (layout.levels - level)) + layout.margin >= packed.window.bottom()) return;
    for (int col = 0; col < side; ++col)
      for (int i = 0; i < blocks; i += kLineSamples) __builtin_prefetch(place(k, col, begin) + i, 0, 2);
  }
};

// The terms of a sample, in the functors' order: those of the low channel, then those of the high one.
class Terms {
 public:
  template <class RowOf>
  void add(const SynthesisChannel& channel, int sample, const RowOf& coefficients_from) {
    for (int j = (sample - channel.first) & 1; j < channel.length; j += 2, ++count_) {
      weights_[std::size_t(count_)] = channel.taps[j];
      rows_[std::size_t(count_)] = coefficients_from((sample - channel.first - j) >> 1);
    }
  }
  const double* const* rows() const { return rows_.data(); }
  const double* weights() const { return weights_.data(); }
  int count() const { return count_; }

 private:
  std::array<double, kMaxFilterLength> weights_;
  std::array<const double*, kMaxFilterLength> rows_;
  int count_ = 0;
};

class Strip {
 public:
  Strip(const ConstTileView& approximations, const ConstTileView& packed, const TileView& out, const Bank& bank,
        int level, int band, const Window& strip)
      : filter_(bank.filter),
        strip_(strip),
        out_(out.band(band)),
        low_columns_(reach(filter_.back_low, strip.x, strip.width)),
        high_columns_(reach(filter_.back_high, strip.x, strip.width)),
        ll_({approximations.band(band)}, low_columns_, kept(filter_.back_low)),
        lh_({packed, bank.layout, band, level, Orientation::lh}, low_columns_, kept(filter_.back_high)),
        hl_({packed, bank.layout, band, level, Orientation::hl}, high_columns_, kept(filter_.back_low)),
        hh_({packed, bank.layout, band, level, Orientation::hh}, high_columns_, kept(filter_.back_high)),
        low_(std::size_t(low_columns_.count)),
        high_(std::size_t(high_columns_.count)),
        phases_{std::vector<float>(std::size_t(strip.width / 2 + 1)),
                std::vector<float>(std::size_t(strip.width / 2 + 1))} {}

  void run() {
    for (int y = strip_.y; y < strip_.bottom(); ++y) {
      sum_y(ll_, lh_, y, low_);
      sum_y(hl_, hh_, y, high_);
      for (const int phase : {0, 1}) sum_x(strip_.x + phase, phases_[phase]);
      join(&out_(strip_.x, y));
    }
  }

 private:
  static int kept(const SynthesisChannel& c) { return c.length / 2 + 1; }

  template <class Low>
  void sum_y(KeptRows<Low>& low, KeptRows<Details>& high, int y, std::vector<double>& row) {
    Terms terms;
    terms.add(filter_.back_low, y, [&](int k) { return low.row(k); });
    terms.add(filter_.back_high, y, [&](int k) { return high.row(k); });
    exact_sum(row.data(), terms.rows(), terms.weights(), terms.count(), int(row.size()));
  }

  // Every second sample of the row, from x on.
  void sum_x(int x, std::vector<float>& samples) {
    Terms terms;
    terms.add(filter_.back_low, x, [&](int k) { return low_.data() + (k - low_columns_.first); });
    terms.add(filter_.back_high, x, [&](int k) { return high_.data() + (k - high_columns_.first); });
    exact_sum(samples.data(), terms.rows(), terms.weights(), terms.count(), (strip_.right() - x + 1) / 2);
  }

  void join(float* row) const {
    const float* phases[] = {phases_[0].data(), phases_[1].data()};
    interleave(phases, row, 2, strip_.width / 2);
    if (strip_.width % 2) row[strip_.width - 1] = phases_[0][std::size_t(strip_.width / 2)];
  }

  const Filter& filter_;
  Window strip_;
  BandView<float> out_;
  Columns low_columns_;
  Columns high_columns_;
  KeptRows<Approximations> ll_;
  KeptRows<Details> lh_;
  KeptRows<Details> hl_;
  KeptRows<Details> hh_;
  std::vector<double> low_;  ///< sums along y
  std::vector<double> high_;
  std::vector<float> phases_[2];  ///< the samples of a row in turn
};

// The mask of a row of pixels; false when some are invalid.
bool mask_row(const MaskSynthesis& rule, const Window& row, std::uint8_t* mask) {
  bool all = true;
  for (int i = 0; i < row.width; ++i) {
    mask[i] = rule.is_valid(row.x + i, row.y);
    all = all && mask[i];
  }
  return all;
}

}  // namespace

void synthesize_level_cpu(const Exec& exec, ConstTileView approximations, ConstTileView packed, TileView out,
                          const Bank& bank, int level) {
  const Window& w = out.window;
  const int across = ceil_div(w.width, kStripColumns);
  const int strips = across * ceil_div(w.height, kStripRows);
  exec.parallel(strips * out.bands, [&](int task) {
    const int place = task / out.bands;
    const Window strip{w.x + place % across * kStripColumns, w.y + place / across * kStripRows, kStripColumns,
                       kStripRows};
    Strip(approximations, packed, out, bank, level, task % out.bands, intersect(strip, w)).run();
  });
}

void mask_synthesis_cpu(const Exec& exec, ConstTileView packed, ConstTileView like, TileView fine,
                        const SubbandLayout& layout) {
  const MaskSynthesis rule{packed, like, fine, layout};
  const Window& w = fine.window;
  for_each_row(exec, w, kStripRows, [&](int y) {
    std::uint8_t* mask = &fine.mask()(w.x, y);
    if (mask_row(rule, {w.x, y, w.width, 1}, mask)) return;
    for (int b = 0; b < fine.bands; ++b)
      for (int i = 0; i < w.width; ++i)
        if (!mask[i]) fine(b, w.x + i, y) = 0;
  });
}

}  // namespace nadir
