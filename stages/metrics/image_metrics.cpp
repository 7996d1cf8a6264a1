// Sums of image differences.
#include "stages/metrics/image_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace nadir {
namespace {

constexpr int kTaps = 2 * kSsimRadius + 1;

std::array<double, kTaps> gaussian() {
  const double sigma = 1.5;
  std::array<double, kTaps> taps{};
  double sum = 0;
  for (int i = 0; i < kTaps; ++i) {
    const double d = i - kSsimRadius;
    sum += taps[std::size_t(i)] = std::exp(-0.5 * d * d / (sigma * sigma));
  }
  for (double& t : taps) t /= sum;
  return taps;
}

struct Moments {
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;

  void add(double w, const Moments& m) {
    x += w * m.x;
    y += w * m.y;
    xx += w * m.xx;
    yy += w * m.yy;
    xy += w * m.xy;
  }
  static Moments of(double x, double y) { return {x, y, x * x, y * y, x * y}; }
};

// Equation 13 of Wang et al. (IEEE Transactions on Image Processing 13, 2004) with K1 = 0.01, K2 = 0.03.
double similarity(const Moments& m, double peak) {
  const double c1 = 0.01 * peak * 0.01 * peak;
  const double c2 = 0.03 * peak * 0.03 * peak;
  const double var_x = std::max(0.0, m.xx - m.x * m.x);
  const double var_y = std::max(0.0, m.yy - m.y * m.y);
  const double covariance = m.xy - m.x * m.y;
  const double below = (m.x * m.x + m.y * m.y + c1) * (var_x + var_y + c2);
  return below > 0 ? (2 * m.x * m.y + c1) * (2 * covariance + c2) / below : 1;
}

// 1 where all pixels of the window around a centre are usable, row by row over `centres`.
std::vector<std::uint8_t> whole_windows(ConstMaskView usable, const Window& centres) {
  std::vector<std::uint8_t> complete(std::size_t(centres.area()), 1);
  for (int y = centres.y, i = 0; y < centres.bottom(); ++y)
    for (int x = centres.x; x < centres.right(); ++x, ++i)
      for (int dy = -kSsimRadius; dy <= kSsimRadius && complete[std::size_t(i)]; ++dy)
        for (int dx = -kSsimRadius; dx <= kSsimRadius; ++dx)
          if (!usable(x + dx, y + dy)) complete[std::size_t(i)] = 0;
  return complete;
}

// Rows first, then columns: the Gaussian is separable.
double ssim_of_band(ConstView image, ConstView reference, const Window& centres,
                    const std::vector<std::uint8_t>& complete, double peak) {
  static const std::array<double, kTaps> taps = gaussian();
  const Window rows{centres.x, centres.y - kSsimRadius, centres.width, centres.height + 2 * kSsimRadius};
  std::vector<Moments> row_moments(std::size_t(rows.area()));
  auto moment = row_moments.begin();
  for (int y = rows.y; y < rows.bottom(); ++y)
    for (int x = rows.x; x < rows.right(); ++x, ++moment)
      for (int i = 0; i < kTaps; ++i)
        moment->add(taps[std::size_t(i)],
                    Moments::of(image(x + i - kSsimRadius, y), reference(x + i - kSsimRadius, y)));
  double sum = 0;
  for (int i = 0; i < int(centres.area()); ++i) {
    if (!complete[std::size_t(i)]) continue;
    Moments m;
    for (int j = 0; j < kTaps; ++j) m.add(taps[std::size_t(j)], row_moments[std::size_t(i + j * centres.width)]);
    sum += similarity(m, peak);
  }
  return sum;
}

void add_ssim(ConstTileView image, ConstTileView reference, ConstMaskView usable, const Window& block, double peak,
              ImageSums& sums) {
  const Window centres = intersect(block, grow(usable.window, -kSsimRadius));
  sums.ssim.assign(std::size_t(image.bands), 0);
  if (centres.empty()) return;
  const auto complete = whole_windows(usable, centres);
  sums.windows = std::count(complete.begin(), complete.end(), std::uint8_t{1});
  if (sums.windows == 0) return;
  for (int b = 0; b < image.bands; ++b)
    sums.ssim[std::size_t(b)] = ssim_of_band(image.band(b), reference.band(b), centres, complete, peak);
}

// The angle between the spectra of one pixel, by the half-angle form, which stays exact for small angles.
void add_angle(ConstTileView image, ConstTileView reference, int x, int y, ImageSums& sums) {
  double aa = 0;
  double bb = 0;
  for (int b = 0; b < image.bands; ++b) {
    aa += double(image(b, x, y)) * image(b, x, y);
    bb += double(reference(b, x, y)) * reference(b, x, y);
  }
  if (aa == 0 || bb == 0) return;
  const double na = std::sqrt(aa);
  const double nb = std::sqrt(bb);
  double apart = 0;
  double together = 0;
  for (int b = 0; b < image.bands; ++b) {
    const double u = image(b, x, y) / na;
    const double v = reference(b, x, y) / nb;
    apart += (u - v) * (u - v);
    together += (u + v) * (u + v);
  }
  sums.angle += 2 * std::atan2(std::sqrt(apart), std::sqrt(together));
  ++sums.angles;
}

}  // namespace

void ImageSums::merge(const ImageSums& other) {
  const auto add = [](std::vector<double>& to, const std::vector<double>& from) {
    to.resize(std::max(to.size(), from.size()), 0.0);
    for (std::size_t b = 0; b < from.size(); ++b) to[b] += from[b];
  };
  pixels += other.pixels;
  windows += other.windows;
  angles += other.angles;
  angle += other.angle;
  add(squared_error, other.squared_error);
  add(reference, other.reference);
  add(ssim, other.ssim);
}

ImageSums measure(ConstTileView image, ConstTileView reference, ConstMaskView usable, const Window& block,
                  double peak) {
  ImageSums sums;
  sums.squared_error.assign(std::size_t(image.bands), 0);
  sums.reference.assign(std::size_t(image.bands), 0);
  for (int y = block.y; y < block.bottom(); ++y)
    for (int x = block.x; x < block.right(); ++x) {
      if (!usable(x, y)) continue;
      ++sums.pixels;
      for (int b = 0; b < image.bands; ++b) {
        const double r = reference(b, x, y);
        const double d = image(b, x, y) - r;
        sums.squared_error[std::size_t(b)] += d * d;
        sums.reference[std::size_t(b)] += r;
      }
      add_angle(image, reference, x, y, sums);
    }
  add_ssim(image, reference, usable, block, peak, sums);
  return sums;
}

Record summarize(const ImageSums& sums, const ImageScale& scale, const std::string& prefix) {
  const double pixels = double(sums.pixels);
  const auto psnr_of = [&](double mse) {
    return mse > 0 ? std::min(kIdenticalPsnr, 10 * std::log10(scale.peak * scale.peak / mse)) : kIdenticalPsnr;
  };
  std::vector<double> psnr, rmse, ssim;
  double squares = 0;
  double relative = 0;
  double relative_bands = 0;
  for (std::size_t b = 0; b < sums.squared_error.size(); ++b) {
    const double mse = sums.squared_error[b] / pixels;
    squares += mse;
    psnr.push_back(psnr_of(mse));
    rmse.push_back(std::sqrt(mse));
    if (sums.windows > 0) ssim.push_back(sums.ssim[b] / double(sums.windows));
    const double mean = sums.reference[b] / pixels;
    if (mean == 0) continue;
    relative += mse / (mean * mean);
    relative_bands += 1;
  }
  const double bands = double(psnr.size());
  Record r;
  const auto set = [&](const char* name, Scalar value) { r.set(prefix + name, std::move(value)); };
  set("psnr", psnr_of(squares / bands));
  set("rmse", std::sqrt(squares / bands));
  if (!ssim.empty()) {
    double sum = 0;
    for (const double s : ssim) sum += s;
    set("ssim", sum / bands);
  }
  if (sums.angles > 0) set("sam_deg", sums.angle / double(sums.angles) * 180 / std::numbers::pi);
  if (relative_bands > 0) set("ergas", 100 * scale.resolution * std::sqrt(relative / relative_bands));
  set("identical", squares == 0);
  set("psnr_by_band", psnr);
  set("rmse_by_band", rmse);
  if (!ssim.empty()) set("ssim_by_band", ssim);
  return r;
}

}  // namespace nadir
