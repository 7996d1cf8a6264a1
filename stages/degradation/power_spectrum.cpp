// How strongly an image varies at each spatial frequency.
#include "stages/degradation/power_spectrum.h"

#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>

namespace nadir {

std::vector<int> rings_of(int n) {
  std::vector<int> rings;
  const auto frequency = [n](int k) { return double(k <= n / 2 ? k : k - n) / n; };
  for (int v = 0; v < n; ++v)
    for (int u = 0; u < n; ++u) {
      const double fx = std::abs(frequency(u)), fy = std::abs(frequency(v));
      const double place =
          (std::hypot(fx, fy) - kLowestFrequency) / (kHighestFrequency - kLowestFrequency) * kFrequencyRings;
      const bool inside = place >= 0 && place < kFrequencyRings && std::min(fx, fy) * n > 1.5;
      rings.push_back(inside ? int(place) : -1);
    }
  return rings;
}

WindowSpectrum::WindowSpectrum(int n) : n_(n), rings_(rings_of(n)) {
  std::vector<double> hann;
  double square = 0;
  for (int i = 0; i < n; ++i) {
    hann.push_back(0.5 - 0.5 * std::cos(2 * std::numbers::pi * (i + 0.5) / n));
    square += hann.back() * hann.back() / n;
  }
  for (int v = 0; v < n; ++v)
    for (int u = 0; u < n; ++u) window_.push_back(float(hann[std::size_t(v)] * hann[std::size_t(u)] / square));
  for (const int ring : rings_)
    if (ring >= 0) ++counts_[std::size_t(ring)];
}

RingPower WindowSpectrum::power(ConstTileView in, int band, int x, int y) const {
  double sum = 0, weight = 0;
  for (int v = 0, i = 0; v < n_; ++v)
    for (int u = 0; u < n_; ++u, ++i) {
      sum += double(window_[std::size_t(i)]) * double(in(band, x + u, y + v));
      weight += double(window_[std::size_t(i)]);
    }
  const float mean = float(sum / weight);
  cv::Mat samples(n_, n_, CV_32FC2);
  for (int v = 0, i = 0; v < n_; ++v)
    for (int u = 0; u < n_; ++u, ++i)
      samples.at<cv::Vec2f>(v, u) = {window_[std::size_t(i)] * (in(band, x + u, y + v) - mean), 0.0f};
  cv::dft(samples, samples);
  RingPower power{};
  for (int v = 0, i = 0; v < n_; ++v)
    for (int u = 0; u < n_; ++u, ++i)
      if (const int ring = rings_[std::size_t(i)]; ring >= 0) {
        const auto& c = samples.at<cv::Vec2f>(v, u);
        power[std::size_t(ring)] += double(c[0]) * double(c[0]) + double(c[1]) * double(c[1]);
      }
  for (std::size_t r = 0; r < power.size(); ++r)
    if (counts_[r] > 0) power[r] /= double(counts_[r]) * n_ * n_;
  return power;
}

}  // namespace nadir
