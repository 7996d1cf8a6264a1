// How observation operators are made: taps of blurs, sampling, and their composition.
#include <algorithm>
#include <cassert>
#include <cmath>

#include "pipeline/core/error.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

constexpr int kMaxRadius = 63;

std::vector<float> normalised(const std::vector<double>& weights) {
  double sum = 0;
  for (const double w : weights) sum += w;
  std::vector<float> taps;
  for (const double w : weights) taps.push_back(float(w / sum));
  return taps;
}

// Part of the standard deviation of white noise that two-dimensional filtering with these taps leaves: sum of squares.
double noise_gain(const Observation& o) {
  double sum = 0;
  for (const float t : o.taps) sum += double(t) * double(t);
  return sum;
}

// Keys 1981 with a = -1/2, stretched by the factor: what image viewers and papers call antialiased bicubic.
Observation bicubic_sampling(int factor) {
  const double middle = 0.5 * (factor - 1);
  const int first = int(std::floor(middle - 2 * factor)) + 1;
  std::vector<double> weights;
  for (int j = first; j < middle + 2 * factor; ++j) {
    const double t = std::abs(j - middle) / factor;
    weights.push_back(t < 1 ? (1.5 * t - 2.5) * t * t + 1 : ((-0.5 * t + 2.5) * t - 4) * t + 2);
  }
  return {factor, first, normalised(weights), 0};
}

}  // namespace

AxisTaps axis_taps(const Observation& observation) {
  AxisTaps taps;
  taps.factor = observation.factor;
  taps.first = observation.first;
  taps.count = int(observation.taps.size());
  if (taps.count < 1 || taps.count > kMaxTaps)
    throw Error(Fault::config, "the blurs and samplings of the image together have " + std::to_string(taps.count) +
                                   " taps, allowed are 1 to " + std::to_string(kMaxTaps) +
                                   "; use fewer or narrower ones");
  std::copy_n(observation.taps.begin(), taps.count, taps.weight);
  return taps;
}

std::vector<float> gaussian_taps(double sigma_px, int radius_px) {
  if (sigma_px <= 0) return {1};
  const int radius = radius_px > 0 ? radius_px : std::min(kMaxRadius, int(std::ceil(4 * sigma_px)));
  std::vector<double> weights;
  for (int i = -radius; i <= radius; ++i) weights.push_back(std::exp(-0.5 * i * i / (sigma_px * sigma_px)));
  return normalised(weights);
}

std::vector<float> box_taps(int radius_px) {
  return normalised(std::vector<double>(std::size_t(2 * radius_px + 1), 1));
}

Observation sampling(int factor, Phase phase, Sampling method) {
  if (method != Sampling::decimate && phase == Phase::corner)
    throw Error(Fault::config, std::string("method: ") + (method == Sampling::area ? "area" : "bicubic") +
                                   " is a mean about the middle of a block; use phase: centre");
  if (method == Sampling::bicubic) return bicubic_sampling(factor);
  if (method == Sampling::area) return {factor, 0, normalised(std::vector<double>(std::size_t(factor), 1)), 0};
  if (phase == Phase::corner) return {factor, 0, {1}, 0};
  const int middle = (factor - 1) / 2;
  return factor % 2 ? Observation{factor, middle, {1}, 0} : Observation{factor, middle, {0.5f, 0.5f}, 0};
}

Observation compose(const Observation& first, const Observation& second) {
  const std::size_t step = std::size_t(first.factor);
  std::vector<double> taps(first.taps.size() + step * (second.taps.size() - 1));
  for (std::size_t k = 0; k < second.taps.size(); ++k)
    for (std::size_t j = 0; j < first.taps.size(); ++j)
      taps[step * k + j] += double(second.taps[k]) * double(first.taps[j]);
  return {first.factor * second.factor, first.factor * second.first + first.first,
          std::vector<float>(taps.begin(), taps.end()),
          std::hypot(first.noise_sigma * noise_gain(second), second.noise_sigma)};
}

Observation observation(const std::vector<float>& blur_taps, int factor, Phase phase, Sampling method) {
  assert(blur_taps.size() % 2 == 1);
  return compose({1, -int(blur_taps.size() / 2), blur_taps, 0}, sampling(factor, phase, method));
}

Grid observed_grid(const Grid& fine, int factor, Phase phase) {
  const double shift_px = phase == Phase::corner ? -0.5 * (factor - 1) : 0;
  return fine.shifted(shift_px, shift_px)
      .scaled(1, factor, {ceil_div(fine.width, factor), ceil_div(fine.height, factor)});
}

}  // namespace nadir
