// Doubled gradient angles.
#include "stages/alignment/tie_features.h"

#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace nadir {
namespace {

constexpr double kSigmaPx = 1.2;  // of the Gaussian: below 1 noise rules, above 2 fine texture is lost
constexpr double kFloor = 0.4;    // e, in mean gradients

// The Gaussian (derivative 0) or its derivative at whole pixels.
cv::Mat taps(bool derivative) {
  cv::Mat row(1, 2 * kFeatureReach + 1, CV_32F);
  double sum = 0;
  for (int k = -kFeatureReach; k <= kFeatureReach; ++k) {
    const double g = std::exp(-0.5 * k * k / (kSigmaPx * kSigmaPx));
    sum += g;
    row.at<float>(k + kFeatureReach) = float(derivative ? g * k / (kSigmaPx * kSigmaPx) : g);
  }
  return row / sum;
}

// In eight parts, so that an addition need not wait for the one before.
template <class Value>
double sum_of(const float* samples, std::size_t count, const Value& value) {
  constexpr std::size_t kParts = 8;
  std::array<double, kParts> parts{};
  std::size_t i = 0;
  for (; i + kParts <= count; i += kParts)
    for (std::size_t p = 0; p < kParts; ++p) parts[p] += double(value(samples[i + p]));
  for (std::size_t p = 0; i < count; ++i, ++p) parts[p] += double(value(samples[i]));
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

}  // namespace

Samples samples_of(ConstTileView tile, int band, const Window& scene) {
  const Window& w = tile.window;
  Samples s{w.width, w.height, std::vector<float>(std::size_t(w.area()), std::nanf(""))};
  const Window inside = intersect(w, scene);
  for (int y = inside.y; y < inside.bottom(); ++y) {
    const float* from = &tile(band, inside.x, y);
    const std::uint8_t* valid = &tile.mask()(inside.x, y);
    float* to = &s.values[std::size_t(y - w.y) * std::size_t(w.width) + std::size_t(inside.x - w.x)];
    for (int i = 0; i < inside.width; ++i)
      if (valid[i] && std::isfinite(from[i])) to[i] = from[i];
  }
  return s;
}

Samples cut(const Samples& from, int left, int top, int width, int height) {
  Samples part{width, height, {}};
  part.values.reserve(std::size_t(width) * std::size_t(height));
  for (int y = 0; y < height; ++y) {
    const auto row = from.values.begin() + std::ptrdiff_t(top + y) * from.width + left;
    part.values.insert(part.values.end(), row, row + width);
  }
  return part;
}

double valid_share(const Samples& samples) {
  std::size_t valid = 0;
  for (const float v : samples.values) valid += !std::isnan(v);
  return samples.values.empty() ? 0 : double(valid) / double(samples.values.size());
}

Features features_of(const Samples& samples) {
  static const cv::Mat smooth = taps(false), slope = taps(true);
  cv::Mat image(samples.height, samples.width, CV_32F);
  cv::Mat invalid(samples.height, samples.width, CV_8U, cv::Scalar(0));
  const auto is_number = [](float v) { return v == v; };
  const double sum =
      sum_of(samples.values.data(), samples.values.size(), [&](float v) { return is_number(v) ? v : 0; });
  const double count =
      sum_of(samples.values.data(), samples.values.size(), [&](float v) { return float(is_number(v)); });
  const float mean = count > 0 ? float(sum / count) : 0;
  const bool all_valid = count == double(samples.values.size());
  for (int y = 0; y < image.rows; ++y) {
    const float* from = &samples.values[std::size_t(y) * std::size_t(samples.width)];
    float* row = image.ptr<float>(y);
    for (int x = 0; x < image.cols; ++x) row[x] = std::isnan(from[x]) ? 0 : from[x] - mean;
    std::uint8_t* hole = invalid.ptr<std::uint8_t>(y);
    for (int x = 0; !all_valid && x < image.cols; ++x) hole[x] = std::isnan(from[x]);
  }
  if (!all_valid) cv::dilate(invalid, invalid, cv::Mat::ones(2 * kFeatureReach + 1, 2 * kFeatureReach + 1, CV_8U));
  cv::Mat gx, gy;
  cv::sepFilter2D(image, gx, CV_32F, slope, smooth);
  cv::sepFilter2D(image, gy, CV_32F, smooth, slope);

  const int width = image.cols - 2 * kFeatureReach, height = image.rows - 2 * kFeatureReach;
  Features f{cv::Mat::zeros(height, width, CV_32FC2), cv::Mat::zeros(height, width, CV_32F), all_valid};
  cv::Mat sizes(height, width, CV_32F);
  double strength = 0, known = 0;
  for (int y = 0; y < height; ++y) {
    const float* a = gx.ptr<float>(y + kFeatureReach) + kFeatureReach;
    const float* b = gy.ptr<float>(y + kFeatureReach) + kFeatureReach;
    const std::uint8_t* hole = invalid.ptr<std::uint8_t>(y + kFeatureReach) + kFeatureReach;
    auto* z = f.z.ptr<cv::Vec2f>(y);
    float* valid = f.valid.ptr<float>(y);
    float* size = sizes.ptr<float>(y);
    for (int x = 0; x < width; ++x) {
      const float use = hole[x] ? 0.0f : 1.0f;
      z[x] = {use * (a[x] * a[x] - b[x] * b[x]), use * (2 * a[x] * b[x])};
      size[x] = use * std::sqrt(a[x] * a[x] + b[x] * b[x]);
      valid[x] = use;
    }
    const auto itself = [](float v) { return v; };
    strength += sum_of(size, std::size_t(width), itself), known += sum_of(valid, std::size_t(width), itself);
  }
  if (strength <= 0) return f;
  const float floor = float(kFloor * strength / known);
  for (int y = 0; y < height; ++y) {
    auto* row = f.z.ptr<cv::Vec2f>(y);
    const float* size = sizes.ptr<float>(y);
    for (int x = 0; x < width; ++x) row[x] *= 1 / (size[x] + floor);
  }
  return f;
}

}  // namespace nadir
