// All levels of a decomposition in one pass: a row of samples is filtered along x into a low and a high row; as soon as
// the rows that a filter along y needs are there, a row of each subband comes out, and the approximation goes on to the
// next level. 8/3 taps multiply-adds a sample, each sample is read once, each coefficient written once.
#include "stages/wavelet/analyze_cpu.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "pipeline/backend/interleave.h"
#include "pipeline/backend/rows.h"
#include "pipeline/backend/simd.h"
#include "stages/wavelet/filled_rows.h"
#include "stages/wavelet/ring.h"

namespace nadir {
namespace {

// Pixels of a strip; the rows and columns that its filters reach beyond are filtered again by its neighbours.
constexpr int kStripRows = 1024;
constexpr int kStripColumns = 2048;

constexpr int kNoTwins = 1 << 30;

// One level of one band over one strip.
class Level {
 public:
  /// `in`: approximations that it reads; `next`: those that it makes, for `coarser`, or for the packed image;
  /// `details`: its coefficients in the packed image.
  Level(const Bank& bank, int number, const Window& in, const Window& next, const Window& details, TileView packed,
        int band, Level* coarser)
      : filter_(bank.filter),
        layout_(bank.layout),
        shift_(bank.layout.levels - number),
        number_(number),
        in_(in),
        next_(next),
        details_(details),
        packed_(packed),
        band_(band),
        coarser_(coarser),
        twin_offset_(twin_offset(filter_)),
        low_(low_columns(), std::max(filter_.low.length, filter_.high.length)),
        high_(high_columns(), std::max(filter_.low.length, filter_.high.length)),
        even_(std::size_t(in.width / 2 + 2)),
        odd_(even_.size()),
        two_taps_(filter_.low.length == 2 && filter_.high.length == 2 && !filter_.low.first && !filter_.high.first) {
    for (std::vector<float>& row : rows_) row.resize(std::size_t(std::max(next.width, details.width)));
  }

  /// Rows come in order from the top of `in`, with the columns of `in`, and stay until the next has come. `soon` is a
  /// row that will come.
  void push(const float* row, const float* soon, int y) {
    if (two_taps_) {
      if (floor_mod(y, 2) == 1) make_all(held_, row, soon, floor_div(y, 2));
      held_ = row;
      return;
    }
    split(row);
    if (twin_offset_ != kNoTwins) {
      push_twins(y, soon);
      return;
    }
    filter_x(filter_.low, low_, y, soon);
    filter_x(filter_.high, high_, y, nullptr);
    if (const int k2 = y - filter_.low.first - filter_.low.length + 1; k2 % 2 == 0) make_low(k2 / 2);
    if (const int k2 = y - filter_.high.first - filter_.high.length + 1; k2 % 2 == 0) make_high(k2 / 2);
  }

 private:
  // even_[i] is the sample at column 2 (pair + i), with pair that of the first column.
  void split(const float* row) {
    const bool odd_start = floor_mod(in_.x, 2) == 1;
    if (odd_start) odd_[0] = row[0];
    const int skipped = odd_start ? 1 : 0;
    const int pairs = (in_.width - skipped) / 2;
    float* const phases[] = {&even_[std::size_t(skipped)], &odd_[std::size_t(skipped)]};
    deinterleave(row + skipped, phases, 2, pairs);
    if (skipped + 2 * pairs < in_.width) even_[std::size_t(skipped + pairs)] = row[in_.width - 1];
  }

  // Points the taps at the samples of the split row that the ring's columns are computed from.
  void aim_x(const AnalysisChannel& channel, const Ring& ring) {
    const int pair = floor_div(in_.x, 2);
    for (int j = 0; j < channel.length; ++j) {
      const int x = 2 * ring.first_column() + channel.first + j;
      const std::vector<float>& phase = floor_mod(x, 2) ? odd_ : even_;
      taps_[j] = phase.data() + (floor_div(x, 2) - pair);
    }
  }
  // Points them at the ring's rows, from column x on.
  void aim_y(const AnalysisChannel& channel, Ring& ring, int k, int x) {
    for (int j = 0; j < channel.length; ++j) taps_[j] = ring.row(2 * k + channel.first + j) + (x - ring.first_column());
  }

  void filter_x(const AnalysisChannel& channel, Ring& ring, int y, const float* soon) {
    aim_x(channel, ring);
    balanced_sum(ring.row(y), taps_, channel.taps, channel.length, ring.width(), {soon, 2});
  }
  void filter_y(const AnalysisChannel& channel, Ring& ring, int k, int x, int columns, float* out) {
    aim_y(channel, ring, k, x);
    balanced_sum(out, taps_, channel.taps, channel.length, columns);
  }

  // The high coefficient k + offset of a mirrored pair of channels has the same samples as the low one k, so both are
  // computed from what is loaded once.
  static int twin_offset(const Filter& f) {
    const bool twins = f.low.length == f.high.length && f.high.first == 2 - f.low.length - f.low.first;
    return twins ? f.low.first - 1 + f.low.length / 2 : kNoTwins;
  }
  Columns low_columns() const {
    if (twin_offset_ == kNoTwins) return {next_.x, next_.width};
    const int first = std::min(next_.x, details_.x - twin_offset_);
    return {first, std::max(next_.right(), details_.right() - twin_offset_) - first};
  }
  Columns high_columns() const {
    if (twin_offset_ == kNoTwins) return {details_.x, details_.width};
    const Columns low = low_columns();
    return {low.first + twin_offset_, low.count};
  }

  void push_twins(int y, const float* soon) {
    const Filter& f = filter_;
    aim_x(f.low, low_);
    balanced_sums(low_.row(y), high_.row(y), taps_, f.low.taps, f.high.taps, f.low.length, low_.width(), {soon, 2});
    const int k2 = y - f.low.first - f.low.length + 1;
    if (k2 % 2) return;
    const int k = k2 / 2;
    const int above = k + twin_offset_;
    const bool inside = k >= next_.y && k < next_.bottom();
    if (!inside || !is_detail(k) || !is_detail(above)) {
      make_low(k);
      make_high(above);
      return;
    }
    make_detail_twins(k, above);
    make_low_twins(k, above);
  }

  // hl and hh.
  void make_detail_twins(int k, int above) {
    float* hl = shift_ ? rows_[int(Orientation::hl)].data() : detail_row(Orientation::hl, k, 0);
    float* hh = shift_ ? rows_[int(Orientation::hh)].data() : detail_row(Orientation::hh, above, 0);
    aim_y(filter_.low, high_, k, details_.x);
    balanced_sums(hl, hh, taps_, filter_.low.taps, filter_.high.taps, filter_.low.length, details_.width);
    if (!shift_) return;
    spread(hl, Orientation::hl, k);
    spread(hh, Orientation::hh, above);
  }

  // ll and lh; of the last level, both have the columns of the details.
  void make_low_twins(int k, int above) {
    float* ll = approximations(k);
    float* lh = shift_ ? rows_[int(Orientation::lh)].data() : detail_row(Orientation::lh, above, 0);
    aim_y(filter_.low, low_, k, next_.x);
    balanced_sums(ll, lh, taps_, filter_.low.taps, filter_.high.taps, filter_.low.length, next_.width);
    if (shift_) spread(lh + (details_.x - next_.x), Orientation::lh, above);
    if (coarser_) coarser_->push(ll, nullptr, k);
  }

  // Banks of two taps need no rings.
  void make_all(const float* top, const float* bottom, const float* soon, int k) {
    const auto detail = [&](Orientation o) { return shift_ ? rows_[int(o)].data() : detail_row(o, k, 0); };
    const QuadRows out{approximations(k), detail(Orientation::lh), detail(Orientation::hl), detail(Orientation::hh)};
    two_tap_bank(top, bottom, filter_.low.taps, filter_.high.taps, out, details_.width, {soon, 2});
    if (shift_) {
      spread(out.lh, Orientation::lh, k);
      spread(out.hl, Orientation::hl, k);
      spread(out.hh, Orientation::hh, k);
    }
    if (coarser_) coarser_->push(out.ll, nullptr, k);
  }

  // Where a row of approximations goes.
  float* approximations(int k) {
    return coarser_ ? rows_[3 + floor_mod(k, 2)].data() : packed_row(layout_.ll(band_), k);
  }

  void make_low(int k) {
    if (k >= next_.y && k < next_.bottom()) {
      float* row = approximations(k);
      filter_y(filter_.low, low_, k, next_.x, next_.width, row);
      if (coarser_) coarser_->push(row, nullptr, k);
    }
    if (is_detail(k)) make_detail(filter_.low, high_, k, Orientation::hl);
  }

  void make_high(int k) {
    if (!is_detail(k)) return;
    make_detail(filter_.high, low_, k, Orientation::lh);
    make_detail(filter_.high, high_, k, Orientation::hh);
  }

  bool is_detail(int k) const { return k >= details_.y && k < details_.bottom(); }

  void make_detail(const AnalysisChannel& channel, Ring& ring, int k, Orientation o) {
    float* row = shift_ ? rows_[int(o)].data() : detail_row(o, k, 0);
    filter_y(channel, ring, k, details_.x, details_.width, row);
    if (shift_) spread(row, o, k);
  }

  // Coefficients of one row go to 2^shift bands in turn.
  void spread(const float* row, Orientation o, int k) const {
    float* columns[1 << kMaxLevels];
    const int side = 1 << shift_;
    for (int col = 0; col < side; ++col) columns[col] = detail_row(o, k, col);
    deinterleave(row, columns, side, details_.width >> shift_);
    if (is_detail(k + 1)) fetch_columns(o, k + 1);
  }

  // Coefficients go to more places than hardware foresees, and what is written has to be read first.
  void fetch_columns(Orientation o, int k) const {
    constexpr int kLineSamples = 16;
    for (int col = 0; col < 1 << shift_; ++col) {
      const float* row = detail_row(o, k, col);
      for (int i = 0; i < details_.width >> shift_; i += kLineSamples) __builtin_prefetch(row + i, 1, 2);
    }
  }

  float* detail_row(Orientation o, int k, int col) const {
    return packed_row(layout_.band(band_, number_, o, k & ((1 << shift_) - 1), col), k >> shift_);
  }

  float* packed_row(int band, int block_row) const {
    return &packed_(band, (details_.x >> shift_) + layout_.margin, block_row + layout_.margin);
  }

  const Filter& filter_;
  const SubbandLayout& layout_;
  int shift_;
  int number_;
  Window in_;
  Window next_;
  Window details_;
  TileView packed_;
  int band_;
  Level* coarser_;
  int twin_offset_;
  Ring low_;
  Ring high_;
  std::vector<float> even_;
  std::vector<float> odd_;
  bool two_taps_;
  const float* held_ = nullptr;  ///< the row before
  std::vector<float> rows_[5];   ///< a row of each orientation, and two of approximations
  const float* taps_[kMaxFilterLength] = {};
};

// `valid`: all samples are that the strip needs.
void analyze_strip(ConstTileView fine, TileView packed, const Bank& bank, int band, const Window& strip, bool valid) {
  const int levels = bank.layout.levels;
  const LevelWindows windows = analysis_windows(bank, strip);
  std::vector<std::unique_ptr<Level>> chain(std::size_t(levels) + 1);
  for (int l = levels; l > 0; --l) {
    const std::size_t i = std::size_t(l);
    chain[i] = std::make_unique<Level>(bank, l, windows.level[i - 1], windows.level[i], windows.details[i], packed,
                                       band, l < levels ? chain[i + 1].get() : nullptr);
  }
  const Window& in = windows.level[0];
  FilledRows rows(fine, band, in, valid, fill_rule(bank));
  for (int y = in.y; y < in.bottom(); ++y) chain[1]->push(rows.row(y), rows.samples_of(y + 2), y);
}

// A packed pixel is valid when its block has a valid sample.
void pack_mask(ConstTileView fine, TileView packed, const SubbandLayout& layout, const Window& strip) {
  const int side = 1 << layout.levels;
  const Window blocks{(strip.x - layout.margin) * side, (strip.y - layout.margin) * side, strip.width * side,
                      strip.height * side};
  if (all_valid(fine, blocks)) {
    for (int y = strip.y; y < strip.bottom(); ++y)
      std::fill_n(&packed.mask()(strip.x, y), strip.width, std::uint8_t{1});
    return;
  }
  for (int y = strip.y; y < strip.bottom(); ++y)
    for (int x = strip.x; x < strip.right(); ++x) {
      bool any = false;
      for (int v = 0; v < side && !any; ++v) {
        const std::uint8_t* row = &fine.mask()((x - layout.margin) * side, (y - layout.margin) * side + v);
        any = std::find(row, row + side, 1) != row + side;
      }
      packed.mask()(x, y) = any;
    }
}

}  // namespace

void analyze_cpu(const Exec& exec, ConstTileView fine, TileView packed, const Bank& bank) {
  const Window& w = packed.window;
  if (w.empty()) return;
  const int bands = bank.layout.source_bands;
  const int rows = std::max(1, kStripRows >> bank.layout.levels);
  const int columns = std::max(1, kStripColumns >> bank.layout.levels);
  const int across = ceil_div(w.width, columns);
  const int strips = across * ceil_div(w.height, rows);
  const auto strip_at = [&](int place) {
    return intersect({w.x + place % across * columns, w.y + place / across * rows, columns, rows}, w);
  };
  // The mask is looked at once for all bands.
  std::vector<char> valid(static_cast<std::size_t>(strips));
  exec.parallel(strips, [&](int place) {
    valid[std::size_t(place)] = all_valid(fine, analysis_windows(bank, strip_at(place)).level[0]);
  });
  exec.parallel(strips * bands, [&](int task) {
    const int band = task % bands;
    const int place = task / bands;
    analyze_strip(fine, packed, bank, band, strip_at(place), valid[std::size_t(place)]);
    if (band == 0) pack_mask(fine, packed, bank.layout, strip_at(place));
  });
}

}  // namespace nadir
