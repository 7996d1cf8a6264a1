// Spectra by OpenCV's DFT.
#include "stages/alignment/spectrum.h"

#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>

#include "stages/alignment/hann.h"

namespace nadir {
namespace {

cv::Mat transform(const Patch& patch, int width, int height, const Point& moved) {
  cv::Mat padded = cv::Mat::zeros(height, width, CV_32FC2);
  const std::vector<float> wx = hann(patch.width, moved.x), wy = hann(patch.height, moved.y);
  for (int y = 0; y < patch.height; ++y)
    for (int x = 0; x < patch.width; ++x)
      padded.at<cv::Vec2f>(y, x)[0] = wx[x] * wy[y] * patch.samples[std::size_t(y) * patch.width + x];
  cv::dft(padded, padded);
  return padded;
}

int signed_frequency(int k, int n) { return k <= n / 2 ? k : k - n; }

// A raised cosine that ends at 0.35 cycles a pixel: what lies above is mostly noise, aliases and traces of resampling,
// which pull the shift towards whole pixels.
std::vector<float> low_pass(int width, int height) {
  const double end = 0.35;
  std::vector<float> w;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double f =
          std::hypot(signed_frequency(x, width) / double(width), signed_frequency(y, height) / double(height));
      w.push_back(f < end ? float(0.5 + 0.5 * std::cos(std::numbers::pi * f / end)) : 0.0f);
    }
  return w;
}

// exp(2 pi i k shift / n) for all frequencies k and the shifts centre + step (-radius … radius).
std::vector<std::complex<double>> waves(int n, double centre, double step, int radius) {
  std::vector<std::complex<double>> w;
  for (int s = -radius; s <= radius; ++s)
    for (int k = 0; k < n; ++k)
      w.push_back(std::polar(1.0, 2 * std::numbers::pi * signed_frequency(k, n) * (centre + s * step) / n));
  return w;
}

}  // namespace

Spectrum::Spectrum(const Patch& image, const Patch& reference, const Point& expected)
    : width_(cv::getOptimalDFTSize(image.width)), height_(cv::getOptimalDFTSize(image.height)) {
  const cv::Mat i = transform(image, width_, height_, expected);
  const cv::Mat t = transform(reference, width_, height_, {});
  const std::vector<float> weights = low_pass(width_, height_);
  values_.resize(std::size_t(width_) * std::size_t(height_));
  for (int y = 0, k = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x, ++k) {
      const cv::Vec2f a = i.at<cv::Vec2f>(y, x), b = t.at<cv::Vec2f>(y, x);
      const std::complex<float> cross = std::complex<float>(a[0], a[1]) * std::conj(std::complex<float>(b[0], b[1]));
      const float size = std::abs(cross);
      values_[k] = size > 0 ? weights[k] / size * cross : 0;
      weight_ += weights[k];
    }
}

void Spectrum::add(const Spectrum& other) {
  if (empty()) {
    *this = other;
    return;
  }
  for (std::size_t k = 0; k < other.values_.size(); ++k) values_[k] += other.values_[k];
  weight_ += other.weight_;
}

Surface Spectrum::correlation(int radius) const {
  cv::Mat surface(height_, width_, CV_32FC2);
  for (int y = 0, k = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x, ++k) surface.at<cv::Vec2f>(y, x) = {values_[k].real(), values_[k].imag()};
  cv::dft(surface, surface, cv::DFT_INVERSE);
  Surface result(radius);
  for (int y = -radius; y <= radius; ++y)
    for (int x = -radius; x <= radius; ++x)
      result.at(x, y) = surface.at<cv::Vec2f>((y + height_) % height_, (x + width_) % width_)[0] / weight_;
  return result;
}

Surface Spectrum::correlation_at(const Point& centre, double step, int radius) const {
  const int side = 2 * radius + 1;
  const auto wx = waves(width_, centre.x, step, radius), wy = waves(height_, centre.y, step, radius);
  Surface result(radius);
  std::vector<std::complex<double>> column(std::size_t(height_) * side);
  for (int y = 0; y < height_; ++y)
    for (int s = 0; s < side; ++s) {
      std::complex<double> sum = 0;
      for (int x = 0; x < width_; ++x)
        sum += std::complex<double>(values_[std::size_t(y) * width_ + x]) * wx[std::size_t(s) * width_ + x];
      column[std::size_t(y) * side + s] = sum;
    }
  for (int t = 0; t < side; ++t)
    for (int s = 0; s < side; ++s) {
      std::complex<double> sum = 0;
      for (int y = 0; y < height_; ++y) sum += column[std::size_t(y) * side + s] * wy[std::size_t(t) * height_ + y];
      result.at(s - radius, t - radius) = sum.real() / weight_;
    }
  return result;
}

Point peak_between_pixels(const Spectrum& spectrum, const Point& around) {
  const double coarse_step = 0.25, fine_step = 0.05;
  const auto top = highest(spectrum.correlation_at(around, coarse_step, 6));
  if (!top) return around;
  const Point centre{around.x + top->x * coarse_step, around.y + top->y * coarse_step};
  const Surface fine = spectrum.correlation_at(centre, fine_step, 6);
  const auto best = highest(fine);
  if (!best) return centre;
  const Point p = refine(fine, *best, 1);
  return {centre.x + p.x * fine_step, centre.y + p.y * fine_step};
}

}  // namespace nadir
