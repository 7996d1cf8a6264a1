// Phase correlation of windows that are thought to be aligned.
#include "stages/alignment/phase_check.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace nadir {
namespace {

constexpr double kLeastValid = 0.9;
constexpr int kRadius = 8;  // px
constexpr double kClearZ = 6;
constexpr double kDeepDip = 0.5;  // of the peak

// Invalid samples count as the mean.
Patch patch_of(const Samples& samples) {
  double sum = 0, count = 0;
  for (const float v : samples.values)
    if (!std::isnan(v)) sum += double(v), ++count;
  const double mean = count > 0 ? sum / count : 0;
  Patch patch{samples.width, samples.height, {}};
  for (const float v : samples.values) patch.samples.push_back(std::isnan(v) ? 0.0f : float(double(v) - mean));
  return patch;
}

}  // namespace

double PhaseCheck::disagreement() const { return clear ? std::hypot(offset.x, offset.y) / std::numbers::sqrt2 : 0; }

void PhaseChecker::add(const Samples& image, const Samples& reference) {
  if (valid_share(image) < kLeastValid || valid_share(reference) < kLeastValid) return;
  sum_.add(Spectrum(patch_of(image), patch_of(reference), {}));
  ++windows_;
}

void PhaseChecker::add(const PhaseChecker& other) {
  if (!other.sum_.empty()) sum_.add(other.sum_);
  windows_ += other.windows_;
}

PhaseCheck PhaseChecker::conclude() const {
  PhaseCheck check;
  check.windows = windows_;
  if (sum_.empty()) return check;
  const Surface surface = sum_.correlation(kRadius);
  const auto top = highest(surface);
  if (!top) return check;
  const double dip = *std::min_element(surface.scores().begin(), surface.scores().end());
  check.z_score = robust_z(surface, *top);
  check.clear = check.z_score >= kClearZ && -dip < kDeepDip * top->score;
  check.offset = peak_between_pixels(sum_, {double(top->x), double(top->y)});
  return check;
}

}  // namespace nadir
