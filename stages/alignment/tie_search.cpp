// Normalised correlation of feature windows.
#include "stages/alignment/tie_search.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "pipeline/backend/simd.h"
#include "stages/alignment/hann.h"

namespace nadir {
namespace {

constexpr double kLeastValid = 0.6;  // of the window's weight
constexpr int kMostSteps = 4;        // px that the best place may lie beside the one found by FFT

// Correlation at all whole shifts, divided by the root of the image's energy under the window, which a box of the size
// of the Hann window's bulk stands for.
Surface search(const cv::Mat& window, const Features& image, int radius) {
  const int side = cv::getOptimalDFTSize(std::max(image.z.cols, image.z.rows));
  cv::Mat a = cv::Mat::zeros(side, side, CV_32FC2), b = cv::Mat::zeros(side, side, CV_32FC2);
  window.copyTo(a(cv::Rect(0, 0, window.cols, window.rows)));
  image.z.copyTo(b(cv::Rect(0, 0, image.z.cols, image.z.rows)));
  cv::dft(a, a, 0, window.rows);
  cv::dft(b, b, 0, image.z.rows);
  cv::mulSpectrums(b, a, b, 0, true);
  cv::dft(b, b, cv::DFT_INVERSE | cv::DFT_SCALE, 2 * radius + 1);

  cv::Mat energy(image.z.rows + 1, image.z.cols + 1, CV_64F, cv::Scalar(0));  // summed from the upper-left corner
  for (int y = 0; y < image.z.rows; ++y) {
    double row = 0;
    const auto* z = image.z.ptr<cv::Vec2f>(y);
    for (int x = 0; x < image.z.cols; ++x) {
      row += double(z[x][0]) * z[x][0] + double(z[x][1]) * z[x][1];
      energy.at<double>(y + 1, x + 1) = energy.at<double>(y, x + 1) + row;
    }
  }
  const int margin_x = window.cols / 6, margin_y = window.rows / 6;
  const double typical = energy.at<double>(image.z.rows, image.z.cols) / double(image.z.total());
  Surface s(radius);
  for (int y = 0; y <= 2 * radius; ++y)
    for (int x = 0; x <= 2 * radius; ++x) {
      const int left = x + margin_x, right = x + window.cols - margin_x;
      const int top = y + margin_y, bottom = y + window.rows - margin_y;
      const double own = energy.at<double>(bottom, right) - energy.at<double>(top, right) -
                         energy.at<double>(bottom, left) + energy.at<double>(top, left);
      const double least = 0.05 * typical * (right - left) * (bottom - top);  // what is almost empty does not count
      s.at(x - radius, y - radius) = b.at<cv::Vec2f>(y, x)[0] / std::sqrt(std::max({own, least, 1e-30}));
    }
  return s;
}

struct RowSums {
  float cross = 0;
  float mean_x = 0;
  float mean_y = 0;
  float energy = 0;
};

// Of a row of features of two components, n numbers in all: sums of a b, w b and w b b. Kept in kLanes sums each, so
// that every machine adds in the same order.
NADIR_SIMD_CLONES RowSums sum_row(const float* a, const float* w, const float* b, int n) {
  float cross[kLanes] = {}, mean[kLanes] = {}, energy[kLanes] = {};
  int i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int k = 0; k < kLanes; ++k) {
      const float weighted = w[i + k] * b[i + k];
      cross[k] += a[i + k] * b[i + k];
      mean[k] += weighted;
      energy[k] += weighted * b[i + k];
    }
  for (int k = 0; i < n; ++i, ++k) {
    const float weighted = w[i] * b[i];
    cross[k] += a[i] * b[i];
    mean[k] += weighted;
    energy[k] += weighted * b[i];
  }
  RowSums sums;
  for (int k = 0; k < kLanes; k += 2) {
    sums.cross += cross[k] + cross[k + 1];
    sums.energy += energy[k] + energy[k + 1];
    sums.mean_x += mean[k];
    sums.mean_y += mean[k + 1];
  }
  return sums;
}

}  // namespace

TieWindow::TieWindow(const Features& reference) {
  const int width = reference.z.cols, height = reference.z.rows;
  z_ = cv::Mat::zeros(height, width, CV_32FC2);
  weight_ = cv::Mat::zeros(height, width, CV_32F);
  const std::vector<float> across = hann(width), down = hann(height);
  double all = 0, known = 0, mean_x = 0, mean_y = 0;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const float h = across[std::size_t(x)] * down[std::size_t(y)];
      const float w = h * reference.valid.at<float>(y, x);
      weight_.at<float>(y, x) = w;
      all += h, known += w;
      mean_x += w * reference.z.at<cv::Vec2f>(y, x)[0];
      mean_y += w * reference.z.at<cv::Vec2f>(y, x)[1];
    }
  if (known < kLeastValid * all) return;
  known_ = known;
  cv::merge(std::vector<cv::Mat>{weight_, weight_}, weight_two_);
  mean_x /= known, mean_y /= known;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const cv::Vec2f z = reference.z.at<cv::Vec2f>(y, x) - cv::Vec2f(float(mean_x), float(mean_y));
      energy_ += weight_.at<float>(y, x) * (double(z[0]) * z[0] + double(z[1]) * z[1]);
      z_.at<cv::Vec2f>(y, x) = weight_.at<float>(y, x) * z;
    }
}

double TieWindow::correlation_of_valid(const Features& image, int left, int top) const {
  double cross = 0, image_energy = 0, mean_x = 0, mean_y = 0;
  for (int y = 0; y < z_.rows; ++y) {
    const RowSums sums = sum_row(z_.ptr<float>(y), weight_two_.ptr<float>(y),
                                 image.z.ptr<float>(top + y) + std::ptrdiff_t(2) * left, 2 * z_.cols);
    cross += sums.cross, image_energy += sums.energy, mean_x += sums.mean_x, mean_y += sums.mean_y;
  }
  image_energy -= (mean_x * mean_x + mean_y * mean_y) / known_;
  return image_energy > 0 && energy_ > 0 ? cross / std::sqrt(image_energy * energy_) : std::nan("");
}

// Over pixels that are valid in both. NaN where too few are.
double TieWindow::correlation(const Features& image, int left, int top) const {
  if (image.all_valid) return correlation_of_valid(image, left, top);
  double cross = 0, known = 0, energy = 0, image_energy = 0, mean_x = 0, mean_y = 0;
  for (int y = 0; y < z_.rows; ++y) {
    const auto* a = z_.ptr<cv::Vec2f>(y);
    const auto* w = weight_.ptr<float>(y);
    const auto* b = image.z.ptr<cv::Vec2f>(top + y) + left;
    const auto* v = image.valid.ptr<float>(top + y) + left;
    float row_cross = 0, row_known = 0, row_energy = 0, row_x = 0, row_y = 0, row_own = 0;
    for (int x = 0; x < z_.cols; ++x) {
      const float weight = w[x] * v[x];
      row_cross += a[x][0] * b[x][0] + a[x][1] * b[x][1];
      row_known += weight;
      row_x += weight * b[x][0];
      row_y += weight * b[x][1];
      row_energy += weight * (b[x][0] * b[x][0] + b[x][1] * b[x][1]);
      row_own += w[x] > 0 ? v[x] / w[x] * (a[x][0] * a[x][0] + a[x][1] * a[x][1]) : 0;
    }
    cross += row_cross, known += row_known, mean_x += row_x, mean_y += row_y;
    image_energy += row_energy, energy += row_own;
  }
  if (known < 0.5 * known_) return std::nan("");
  image_energy -= (mean_x * mean_x + mean_y * mean_y) / known;
  return image_energy > 0 && energy > 0 ? cross / std::sqrt(image_energy * energy) : std::nan("");
}

std::optional<Match> TieWindow::find(const Features& image, int radius) const {
  const Surface coarse = search(z_, image, radius);
  const auto top = highest(coarse);
  if (!top) return std::nullopt;
  auto match = climb_from(image, radius, top->x + radius, top->y + radius);
  const double other = second_highest(coarse, *top);
  if (match && match->inside && std::isfinite(other) && top->score > 0)
    match->second = match->score * other / top->score;
  return match;
}

std::optional<Match> TieWindow::climb(const Features& image, int radius) const {
  return climb_from(image, radius, radius, radius);
}

std::optional<Match> TieWindow::climb_from(const Features& image, int radius, int x, int y) const {
  Surface near(1);
  for (int step = 0; step <= kMostSteps; ++step) {
    if (x < 1 || y < 1 || x > 2 * radius - 1 || y > 2 * radius - 1)
      return Match{{double(x - radius), double(y - radius)}, 0, 0, 1, false};
    for (int j = -1; j <= 1; ++j)
      for (int i = -1; i <= 1; ++i) near.at(i, j) = correlation(image, x + i, y + j);
    const auto best = highest(near);
    if (!best) return std::nullopt;
    if (best->x == 0 && best->y == 0) break;
    x += best->x, y += best->y;
  }
  Match match;
  match.score = near.at(0, 0);
  const Point p = refine(near, {0, 0, match.score}, 1);
  match.shift = {x - radius + p.x, y - radius + p.y};
  // A peak of curvature k in correlated noise is found to within (1 - score²) / k, up to the number of independent
  // pixels, which is the same for all windows of a size.
  const double bend_x = 2 * near.at(0, 0) - near.at(1, 0) - near.at(-1, 0);
  const double bend_y = 2 * near.at(0, 0) - near.at(0, 1) - near.at(0, -1);
  const double bend = std::max(1e-4, std::min(bend_x, bend_y));
  const double score = std::clamp(match.score, 0.01, 0.9999);
  match.sigma = std::sqrt((1 - score * score) / (score * bend));
  return match;
}

}  // namespace nadir
