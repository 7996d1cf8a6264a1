// Reading between pixels.
#include "stages/alignment/survey_judge.h"

#include <algorithm>

namespace nadir {

BlurredReader::BlurredReader(const PixelMosaic& mosaic, const Placement& place, int per_pixel)
    : mosaic_(mosaic),
      place_(place),
      per_pixel_(per_pixel),
      is_shift_(place.turn == 0 && place.scale == 1),
      vector_(std::size_t(mosaic.side())) {
  for (int phase = 0; is_shift_ && phase < per_pixel; ++phase) {
    const double inside = (phase + 0.5) / per_pixel - 0.5;
    x_.push_back(taps_at(inside + place.shift.x));
    y_.push_back(taps_at(inside + place.shift.y));
  }
}

BlurredReader::Taps BlurredReader::taps_at(double position) {
  Taps taps;
  taps.nearest = int(std::floor(position + 0.5));
  for (int k = -kBlurReach; k <= kBlurReach; ++k) {
    const double distance = (taps.nearest + k - position) / kBlurPx;
    taps.weight[std::size_t(k + kBlurReach)] = float(std::exp(-0.5 * distance * distance));
  }
  return taps;
}

const float* BlurredReader::operator()(const SurveySample& s) {
  if (is_shift_)
    return read(s.x / per_pixel_, s.y / per_pixel_, x_[std::size_t(s.x % per_pixel_)],
                y_[std::size_t(s.y % per_pixel_)]);
  const Point p = place_.at((s.x + 0.5) / per_pixel_ - 0.5, (s.y + 0.5) / per_pixel_ - 0.5);
  return read(0, 0, taps_at(p.x), taps_at(p.y));
}

const float* BlurredReader::read(int left, int top, const Taps& across, const Taps& down) {
  const int x = left + across.nearest, y = top + down.nearest;
  if (!mosaic_.at(x, y)) return nullptr;
  std::fill(vector_.begin(), vector_.end(), 0.0f);
  for (int j = -kBlurReach; j <= kBlurReach; ++j)
    for (int i = -kBlurReach; i <= kBlurReach; ++i) {
      const float* z = mosaic_.at(x + i, y + j);
      const float w = across.weight[std::size_t(i + kBlurReach)] * down.weight[std::size_t(j + kBlurReach)];
      for (std::size_t b = 0; z && b < vector_.size(); ++b) vector_[b] += w * z[b];
    }
  const float sum = vector_[0];  // every vector begins with 1
  for (float& v : vector_) v /= sum;
  return vector_.data();
}

}  // namespace nadir
