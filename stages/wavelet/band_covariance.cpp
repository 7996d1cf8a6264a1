// How the bands of an image vary together.
#include "stages/wavelet/band_covariance.h"

#include <cmath>

#include "pipeline/core/window.h"

namespace nadir {
namespace {

constexpr int kStep = 4;

// Calls visit with the samples of all bands at each of the pixels that count.
template <class Visit>
void for_each_pixel(ConstTileView in, Visit visit) {
  const Window& w = in.window;
  std::vector<double> pixel(std::size_t(in.bands));
  for (int y = ceil_div(w.y, kStep) * kStep; y < w.bottom(); y += kStep)
    for (int x = ceil_div(w.x, kStep) * kStep; x < w.right(); x += kStep) {
      bool counts = in.is_valid(x, y);
      for (int b = 0; b < in.bands; ++b) {
        pixel[std::size_t(b)] = double(in(b, x, y));
        counts = counts && std::isfinite(pixel[std::size_t(b)]);
      }
      if (counts) visit(pixel);
    }
}

}  // namespace

BandCovariance::BandCovariance(ConstTileView in)
    : mean_(std::size_t(in.bands)), products_(std::size_t(in.bands) * std::size_t(in.bands)) {
  for_each_pixel(in, [&](const std::vector<double>& pixel) {
    count_ += 1;
    for (std::size_t b = 0; b < mean_.size(); ++b) mean_[b] += pixel[b];
  });
  if (count_ > 0)
    for (double& m : mean_) m /= count_;
  for_each_pixel(in, [&](std::vector<double>& pixel) {
    for (std::size_t b = 0; b < mean_.size(); ++b) pixel[b] -= mean_[b];
    for (std::size_t i = 0; i < mean_.size(); ++i)
      for (std::size_t j = 0; j <= i; ++j) products_[i * mean_.size() + j] += pixel[i] * pixel[j];
  });
}

// Products of a union: Chan, Golub, LeVeque, The American Statistician 37 (1983).
void BandCovariance::add(const BandCovariance& o) {
  if (o.count_ == 0) return;
  if (count_ == 0) {
    *this = o;
    return;
  }
  const std::size_t n = mean_.size();
  const double total = count_ + o.count_;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      products_[i * n + j] +=
          o.products_[i * n + j] + (o.mean_[i] - mean_[i]) * (o.mean_[j] - mean_[j]) * count_ * o.count_ / total;
  for (std::size_t i = 0; i < n; ++i) mean_[i] += (o.mean_[i] - mean_[i]) * o.count_ / total;
  count_ = total;
}

std::vector<std::vector<double>> BandCovariance::matrix(int bands) const {
  const std::size_t n = std::size_t(bands);
  std::vector<std::vector<double>> rows(n, std::vector<double>(n));
  if (count_ == 0) return rows;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) rows[i][j] = rows[j][i] = products_[i * n + j] / count_;
  return rows;
}

}  // namespace nadir
