// Matching windows over a grid.
#include "stages/alignment/grid_match.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/core/error.h"
#include "stages/alignment/spread.h"
#include "stages/alignment/tie_search.h"

namespace nadir {
namespace {

constexpr int kLeastWindow = 16;                                  // px
constexpr int kMostAcross = 31;                                   // windows an axis, unless more are asked for
constexpr int kCoarseAcross = 9;                                  // windows an axis that search all shifts
constexpr std::int64_t kMostSamplesHeld = std::int64_t{1} << 26;  // float32: 256 MiB
constexpr int kLeastOverlap = 32;                                 // px
constexpr int kAgainRadius = 3;                                   // px around a transform that fits
constexpr double kLeastValid = 0.6;                               // of a window of the reference
constexpr std::size_t kLeastTies = 6;
constexpr std::size_t kMostChecked = 48;  // windows

// The transform around a place: where p + d comes from, as an affine function of d.
AffineShift linearised(const Transform& t, const Point& p, double step) {
  const Point o = t.source(p.x, p.y);
  const Point left = t.source(p.x - step, p.y), right = t.source(p.x + step, p.y);
  const Point up = t.source(p.x, p.y - step), down = t.source(p.x, p.y + step);
  return {o.x, (right.x - left.x) / (2 * step), (down.x - up.x) / (2 * step),
          o.y, (right.y - left.y) / (2 * step), (down.y - up.y) / (2 * step)};
}

// Keys' cubic convolution between samples, (0, 0) at the corner of the first one; NaN where one of the 16 is.
float sample(const Samples& s, double u, double v) {
  const double x = u - 0.5, y = v - 0.5;
  if (!(x >= 1 && y >= 1 && x < s.width - 2 && y < s.height - 2)) return std::nanf("");
  const int column = int(x), line = int(y);  // not negative, so that whole numbers are cut off downwards
  const auto weights = [](float t) {
    return std::array<float, 4>{((-0.5f * t + 1) * t - 0.5f) * t, (1.5f * t - 2.5f) * t * t + 1,
                                ((-1.5f * t + 2) * t + 0.5f) * t, (0.5f * t - 0.5f) * t * t};
  };
  const auto wx = weights(float(x - column)), wy = weights(float(y - line));
  const float* row = &s.values[std::size_t(line - 1) * std::size_t(s.width) + std::size_t(column - 1)];
  float sum = 0;
  for (std::size_t j = 0; j < 4; ++j, row += s.width)
    sum += wy[j] * (wx[0] * row[0] + wx[1] * row[1] + wx[2] * row[2] + wx[3] * row[3]);
  return sum;
}

template <class LeftOut>
void drop(Samples& samples, const Window& window, const LeftOut& left_out) {
  if (samples.values.empty()) return;
  for (int y = window.y, k = 0; y < window.bottom(); ++y)
    for (int x = window.x; x < window.right(); ++x, ++k)
      if (left_out(x, y)) samples.values[std::size_t(k)] = std::nanf("");
}

}  // namespace

GridMatch::GridMatch(const ImageInfo& image, const ImageInfo& reference, const GridOptions& options)
    : image_(image), options_(options), lattice_(image, reference) {
  const Window& overlap = lattice_.overlap();
  const int shorter = std::min(overlap.width, overlap.height);
  if (shorter < kLeastOverlap)
    throw Error(Fault::data, "estimate_alignment: image and reference overlap by " + std::to_string(overlap.width) +
                                 " x " + std::to_string(overlap.height) +
                                 " pixels, at least 32 x 32 are needed; choose a reference of the same place");
  bands_ = std::min(image.band_count(), reference.band_count());
  options_.window_px = std::clamp(options_.window_px, kLeastWindow, std::max(kLeastWindow, shorter / 3)) / 2 * 2;
  options_.max_shift_px = std::min(options_.max_shift_px, shorter);
  place_blocks(bands_);
}

// As many windows as asked for, or as fit into memory.
void GridMatch::place_blocks(int bands) {
  const Window& overlap = lattice_.overlap();
  const int size = options_.window_px;
  const std::int64_t side = size + 2 * margin(), own = size + 2 * kFeatureReach;
  const double longer = std::max(overlap.width, overlap.height) - size;
  const auto along = [&](int length, double spacing) {
    return std::max(1, int(std::round((length - size) / spacing)) + 1);
  };
  double spacing = std::max(size / 2.0, longer / (kMostAcross - 1));
  if (options_.tie_points > 1) spacing = std::max(1.0, longer / (options_.tie_points - 1));
  for (;; spacing *= 1.1) {
    across_ = along(overlap.width, spacing);
    down_ = along(overlap.height, spacing);
    if ((side * side + own * own) * across_ * down_ * bands <= kMostSamplesHeld || across_ * down_ <= int(kLeastTies))
      break;
  }
  spacing_ = spacing;
  const auto lefts = spread(overlap.x, overlap.width, size, across_);
  for (const int top : spread(overlap.y, overlap.height, size, down_))
    for (const int left : lefts) blocks_.push_back({left, top, size, size});
}

std::size_t GridMatch::evidence_bytes(const Window& block) const {
  const auto pixels = of_image(block).area() + grow(block, kFeatureReach).area();
  return std::size_t(pixels) * std::size_t(bands_) * sizeof(float);
}

Window GridMatch::of_reference(const Window& block) const { return lattice_.source(grow(block, kFeatureReach)); }

Point GridMatch::centre(int cell) const {
  const Window& b = blocks_[std::size_t(cell)];
  return {b.x + b.width / 2.0, b.y + b.height / 2.0};
}

std::unique_ptr<Evidence> GridMatch::observe(const Window& block, ConstTileView image, ConstTileView reference,
                                             const std::vector<std::uint8_t>& usable, Exec& exec) const {
  auto evidence = std::make_unique<TieEvidence>();
  const Tile tile = lattice_.read(grow(block, kFeatureReach), reference, exec);
  const Window around = grow(block, margin());
  const auto left_out = [&](int x, int y) {
    return !usable.empty() &&
           !usable[std::size_t(y - around.y) * std::size_t(around.width) + std::size_t(x - around.x)];
  };
  for (int b = 0; b < bands_; ++b) {
    Samples s = samples_of(tile.view(), b, tile.window());
    drop(s, tile.window(), left_out);
    if (valid_share(s) < kLeastValid) s = {};
    evidence->reference.push_back(std::move(s));
    evidence->image.push_back(evidence->reference.back().values.empty() ? Samples{}
                                                                        : samples_of(image, b, image_.grid.window()));
    drop(evidence->image.back(), around, left_out);
    evidence->usable += valid_share(evidence->image.back()) >= kLeastValid;
  }
  return evidence;
}

std::vector<int> GridMatch::coarse_cells() const {
  const auto chosen = [](int count) {
    std::vector<int> places;
    const int used = std::min(count, kCoarseAcross);
    for (int i = 0; i < used; ++i) places.push_back(used == 1 ? 0 : i * (count - 1) / (used - 1));
    return places;
  };
  std::vector<int> cells;
  for (const int y : chosen(down_))
    for (const int x : chosen(across_)) cells.push_back(y * across_ + x);
  return cells;
}

// Finds the windows of some cells within `radius` of where they are expected.
TiePoints GridMatch::match(const std::vector<std::unique_ptr<Evidence>>& evidence, const std::vector<int>& cells,
                           const AffineShift& expected, int radius, double least_score, Exec& exec) const {
  std::vector<TiePoints> found(cells.size());
  exec.parallel(int(cells.size()), [&](int i) {
    const int cell = cells[std::size_t(i)];
    const auto& e = static_cast<const TieEvidence&>(*evidence[std::size_t(cell)]);
    const Point place = centre(cell);
    const Point guess = at(expected, place);
    const int most = options_.max_shift_px - radius;
    const int dx = std::clamp(int(std::lround(guess.x)), -most, most);
    const int dy = std::clamp(int(std::lround(guess.y)), -most, most);
    const int start = options_.max_shift_px - radius, size = options_.window_px + 2 * (radius + kFeatureReach);
    for (int b = 0; b < bands_; ++b) {
      if (e.reference[std::size_t(b)].values.empty()) continue;
      const TieWindow window(features_of(e.reference[std::size_t(b)]));
      if (window.empty()) continue;
      const auto match =
          window.find(features_of(cut(e.image[std::size_t(b)], start + dx, start + dy, size, size)), radius);
      if (!match || !match->inside || match->score < least_score) continue;
      TiePoint tie;
      tie.at = {place.x + lattice_.fraction().x, place.y + lattice_.fraction().y};
      tie.moved = {dx + match->shift.x - lattice_.fraction().x, dy + match->shift.y - lattice_.fraction().y};
      tie.sigma = match->sigma, tie.score = match->score, tie.second = match->second;
      tie.cell = cell, tie.band = b;
      found[std::size_t(i)].push_back(tie);
    }
  });
  TiePoints all;
  for (const TiePoints& f : found) all.insert(all.end(), f.begin(), f.end());
  return all;
}

// The samples of a block of the aligned image and `reach` pixels around it.
Samples GridMatch::read_through(const AffineShift& local, const Samples& image, const Window& block, int reach) const {
  const Window around = grow(block, reach);
  const Point middle{block.x + block.width / 2.0, block.y + block.height / 2.0};
  Samples read{around.width, around.height, std::vector<float>(std::size_t(around.area()))};
  for (int y = 0, k = 0; y < around.height; ++y)
    for (int x = 0; x < around.width; ++x, ++k) {
      const double col = around.x + x + 0.5 - middle.x, row = around.y + y + 0.5 - middle.y;
      const Point p = at(local, {col, row});
      read.values[std::size_t(k)] = sample(image, p.x - (block.x - margin()), p.y - (block.y - margin()));
    }
  return read;
}

// Windows that the transform fits, spread evenly over all of them, bands in turn.
PhaseCheck GridMatch::check(const std::vector<std::unique_ptr<Evidence>>& evidence, const GridEstimate& estimate,
                            Exec& exec) const {
  std::vector<const TiePoint*> fitting;
  for (const TiePoint& t : estimate.ties)
    if (t.weight > 0) fitting.push_back(&t);
  const std::size_t count = std::min(fitting.size(), kMostChecked);
  std::vector<PhaseChecker> checkers(count);
  exec.parallel(int(count), [&](int i) {
    const TiePoint& tie = *fitting[std::size_t(i) * fitting.size() / count];
    const auto& e = static_cast<const TieEvidence&>(*evidence[std::size_t(tie.cell)]);
    const AffineShift local = linearised(estimate.fit.transform, tie.at, options_.window_px / 2.0);
    const int size = options_.window_px;
    checkers[std::size_t(i)].add(read_through(local, e.image[std::size_t(tie.band)], blocks_[std::size_t(tie.cell)], 0),
                                 cut(e.reference[std::size_t(tie.band)], kFeatureReach, kFeatureReach, size, size));
  });
  PhaseChecker all;
  for (const PhaseChecker& c : checkers) all.add(c);
  return all.conclude();
}

// Measures what is left when the image is read through the transform, so that windows no longer lie askew.
TiePoints GridMatch::match_again(const std::vector<std::unique_ptr<Evidence>>& evidence, const TiePoints& ties,
                                 const Transform& found, Exec& exec) const {
  TiePoints again = ties;
  exec.parallel(int(ties.size()), [&](int i) {
    TiePoint& tie = again[std::size_t(i)];
    const auto& e = static_cast<const TieEvidence&>(*evidence[std::size_t(tie.cell)]);
    const AffineShift local = linearised(found, tie.at, options_.window_px / 2.0);
    const Samples read = read_through(local, e.image[std::size_t(tie.band)], blocks_[std::size_t(tie.cell)],
                                      kAgainRadius + kFeatureReach);
    const TieWindow window(features_of(e.reference[std::size_t(tie.band)]));
    const auto match = window.climb(features_of(read), kAgainRadius);
    if (!match || !match->inside) return;
    // A residual in the aligned image, seen through the transform, is about the same in the input.
    tie.moved = {local[0] - tie.at.x + match->shift.x, local[3] - tie.at.y + match->shift.y};
    tie.sigma = match->sigma, tie.score = match->score;
  });
  return again;
}

}  // namespace nadir
