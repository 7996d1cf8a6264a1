// Phase correlation over windows.
#include "stages/alignment/phase_match.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "pipeline/core/error.h"
#include "pipeline/core/grid_check.h"
#include "stages/alignment/spectrum.h"
#include "stages/alignment/spread.h"

namespace nadir {
namespace {

constexpr int kLargestWindow = 512;  // px
constexpr int kMostWindows = 5;      // an axis
constexpr int kLeastOverlap = 32;    // px
constexpr double kLeastValid = 0.5;  // of a window

class PatchPair final : public Evidence {
 public:
  Patch image;  ///< with a margin of the largest shift
  Patch reference;
  bool usable = false;
};

struct BandScale {
  double mean = 0;
  double gain = 0;  ///< one over the standard deviation; 0 for a band without contrast
  double valid_part = 0;
};

bool usable(ConstTileView tile, int band, int x, int y) {
  return tile.is_valid(x, y) && std::isfinite(tile(band, x, y));
}

BandScale measure(ConstTileView tile, int band, const Window& inside) {
  double count = 0, sum = 0, squares = 0;
  const auto visit = [&](const auto& body) {
    for (int y = inside.y; y < inside.bottom(); ++y)
      for (int x = inside.x; x < inside.right(); ++x)
        if (usable(tile, band, x, y)) body(double(tile(band, x, y)));
  };
  visit([&](double v) { sum += v, ++count; });
  const double mean = count > 0 ? sum / count : 0;
  visit([&](double v) { squares += (v - mean) * (v - mean); });
  return {mean, squares > 0 ? 1 / std::sqrt(squares / count) : 0,
          count / double(std::max<std::int64_t>(1, inside.area()))};
}

// The mean of the standardised bands; 0, their mean, where invalid or outside of the scene. Returns false when too
// little is valid or nothing has contrast.
bool flatten(ConstTileView tile, int bands, Size scene, Patch& patch) {
  const Window all = tile.window;
  const Window inside = intersect(all, whole(scene));
  patch = {all.width, all.height, std::vector<float>(std::size_t(all.area()), 0.0f)};
  bool contrast = false;
  for (int b = 0; b < bands; ++b) {
    const BandScale scale = measure(tile, b, inside);
    if (scale.valid_part < kLeastValid) return false;
    contrast = contrast || scale.gain > 0;
    for (int y = inside.y; y < inside.bottom(); ++y)
      for (int x = inside.x; x < inside.right(); ++x)
        if (usable(tile, b, x, y))
          patch.samples[std::size_t(y - all.y) * std::size_t(all.width) + std::size_t(x - all.x)] +=
              float((tile(b, x, y) - scale.mean) * scale.gain / bands);
  }
  return contrast;
}

Patch cut(const Patch& from, int left, int top, int width, int height) {
  Patch patch{width, height, {}};
  double sum = 0;
  for (int y = 0; y < height; ++y) {
    const auto row = from.samples.begin() + std::ptrdiff_t(top + y) * from.width + left;
    patch.samples.insert(patch.samples.end(), row, row + width);
  }
  for (const float v : patch.samples) sum += v;
  const float mean = float(sum / double(patch.samples.size()));
  for (float& v : patch.samples) v -= mean;
  return patch;
}

// Windows along an axis, half overlapping where five are enough for that.
int window_count(int length, int size) {
  return size == length ? 1 : std::clamp(ceil_div(2 * length, size) - 1, 2, kMostWindows);
}

int window_size(int length) { return std::clamp(length / 2, std::min(length, kLeastOverlap), kLargestWindow); }

using Folds = std::array<Spectrum, kFolds>;

// Where the image is cut relative to the reference: whole pixels, and the rest that its window is moved by.
struct Cut {
  int dx = 0;
  int dy = 0;
  Point rest;
};

// The spectra of all pairs with the image cut at a shift, summed by fold in block order.
Folds correlate(const std::vector<std::unique_ptr<Evidence>>& evidence, int across, int margin, const Cut& at,
                const Exec& exec) {
  std::vector<Spectrum> spectra(evidence.size());
  exec.parallel(int(evidence.size()), [&](int i) {
    const auto& pair = static_cast<const PatchPair&>(*evidence[std::size_t(i)]);
    if (!pair.usable) return;
    const int width = pair.reference.width, height = pair.reference.height;
    spectra[std::size_t(i)] = Spectrum(cut(pair.image, margin + at.dx, margin + at.dy, width, height),
                                       cut(pair.reference, 0, 0, width, height), at.rest);
  });
  Folds folds;
  for (std::size_t i = 0; i < spectra.size(); ++i) {
    const int fold = (int(i) % across + 3 * (int(i) / across)) % kFolds;
    if (!spectra[i].empty()) folds[std::size_t(fold)].add(spectra[i]);
  }
  return folds;
}

Spectrum sum_of(const Folds& folds, int set) {
  Spectrum sum;
  for (int fold = 0; fold < kFolds; ++fold)
    if (in_set(set, fold) && !folds[std::size_t(fold)].empty()) sum.add(folds[std::size_t(fold)]);
  return sum;
}

}  // namespace

PhaseMatch::PhaseMatch(const ImageInfo& image, const ImageInfo& reference, int max_shift_px)
    : image_size_(image.grid.size()), reference_size_(reference.grid.size()), max_shift_px_(max_shift_px) {
  const auto& g = reference.grid;
  require_same_crs(image.grid, g);
  const Point origin = image.grid.to_pixel(g.geotransform[0], g.geotransform[3]);
  const Point far_map = g.to_map(g.width, g.height);
  const Point far = image.grid.to_pixel(far_map.x, far_map.y);
  const double most_drift_px = 0.1;
  if (!(std::abs(far.x - origin.x - g.width) < most_drift_px && std::abs(far.y - origin.y - g.height) < most_drift_px))
    throw Error(
        Fault::data,
        "estimate_alignment: image and reference have different pixel sizes or directions; resample the reference "
        "to the pixels of the image (gdalwarp -tr)");
  offset_x_ = int(std::lround(origin.x));
  offset_y_ = int(std::lround(origin.y));
  fraction_ = {origin.x - offset_x_, origin.y - offset_y_};
  const Window overlap = intersect(image.grid.window(), translate(g.window(), offset_x_, offset_y_));
  if (overlap.width < kLeastOverlap || overlap.height < kLeastOverlap)
    throw Error(Fault::data, "estimate_alignment: image and reference overlap by " + std::to_string(overlap.width) +
                                 " x " + std::to_string(overlap.height) +
                                 " pixels, at least 32 x 32 are needed; choose a reference of the same place");
  const int width = window_size(overlap.width), height = window_size(overlap.height);
  max_shift_px_ = std::min({max_shift_px, width / 2 - 1, height / 2 - 1});
  const auto lefts = spread(overlap.x, overlap.width, width, window_count(overlap.width, width));
  across_ = int(lefts.size());
  for (const int top : spread(overlap.y, overlap.height, height, window_count(overlap.height, height)))
    for (const int left : lefts) blocks_.push_back({left, top, width, height});
}

Window PhaseMatch::needs(bool of_reference, const Window& block) const {
  return of_reference ? translate(block, -offset_x_, -offset_y_) : grow(block, max_shift_px_);
}

std::size_t PhaseMatch::evidence_bytes(const Window& block) const {
  return std::size_t(needs(false, block).area() + block.area()) * sizeof(float);
}

std::unique_ptr<Evidence> PhaseMatch::observe(const Window&, ConstTileView image, ConstTileView reference) const {
  auto pair = std::make_unique<PatchPair>();
  const int bands = std::min(image.bands, reference.bands);
  pair->usable =
      flatten(image, bands, image_size_, pair->image) && flatten(reference, bands, reference_size_, pair->reference);
  return pair;
}

ShiftEstimate PhaseMatch::conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const {
  ShiftEstimate estimate;
  for (const auto& e : evidence) estimate.samples += static_cast<const PatchPair&>(*e).usable;
  if (estimate.samples == 0) {
    estimate.failure = "no part of the overlap has enough valid pixels with contrast";
    return estimate;
  }
  const Folds whole = correlate(evidence, across_, max_shift_px_, {}, exec);
  const Surface surface = sum_of(whole, 0).correlation(max_shift_px_);
  const auto top = highest(surface);
  if (!top) {
    estimate.failure = "no shift fits the reference better than another";
    return estimate;
  }
  estimate.on_border = std::max(std::abs(top->x), std::abs(top->y)) == max_shift_px_;
  estimate.peak = top->score;
  estimate.second_peak = second_highest(surface, *top);
  estimate.z_score = robust_z(surface, *top);
  Cut at{top->x, top->y, {}};
  Folds moved = correlate(evidence, across_, max_shift_px_, at, exec);
  at.rest = peak_between_pixels(sum_of(moved, 0), {});
  moved = correlate(evidence, across_, max_shift_px_, at, exec);
  exec.parallel(kSets, [&](int set) {
    Point& shift = estimate.shift[std::size_t(set)];
    const Spectrum coarse = sum_of(whole, set);
    if (coarse.empty()) return;  // counts as no shift
    const Surface own_surface = coarse.correlation(max_shift_px_);
    const Peak own = highest(own_surface).value_or(*top);
    if (std::max(std::abs(own.x - top->x), std::abs(own.y - top->y)) > 1) {
      shift = {own.x - fraction_.x, own.y - fraction_.y};
      return;
    }
    const Point between = peak_between_pixels(sum_of(moved, set), {});
    shift = {top->x + between.x - fraction_.x, top->y + between.y - fraction_.y};
  });
  return estimate;
}

}  // namespace nadir
