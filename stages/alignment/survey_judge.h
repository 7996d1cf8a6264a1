// How much the classes of a survey say about the pixels under it, for one place where it may lie.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "stages/alignment/class_scatter.h"
#include "stages/alignment/pixel_mosaic.h"
#include "stages/alignment/shift_search.h"
#include "stages/alignment/survey_samples.h"

namespace nadir {

constexpr double kBlurPx = 1.0;  ///< standard deviation of the Gaussian that BlurredReader reads through
constexpr int kBlurReach = 3;    ///< px at which it is cut off

/// `read` gives the vector of a survey pixel at the shift that is judged, or null.
template <class Read>
Judged judge(const std::vector<SurveySample>& samples, int side, int classes, Read&& read) {
  const std::size_t area = std::size_t(side * side);
  Moments by_fold(area * std::size_t(kFolds * classes));
  Judged result;
  for (const SurveySample& s : samples) {
    const float* z = read(s);
    if (!z) continue;
    ++result.overlap;
    double* m = &by_fold[area * std::size_t(s.group)];
    for (int i = 0; i < side; ++i) {
      const double zi = z[i];
      for (int j = 0; j < side; ++j) m[i * side + j] += zi * z[j];
    }
  }
  Moments of_set(area * std::size_t(classes));
  std::vector<const double*> rows;
  for (int c = 0; c < classes; ++c) rows.push_back(&of_set[area * std::size_t(c)]);
  for (int set = 0; set < kSets; ++set) {
    std::fill(of_set.begin(), of_set.end(), 0.0);
    for (int fold = 0; fold < kFolds; ++fold)
      for (std::size_t k = 0; in_set(set, fold) && k < of_set.size(); ++k)
        of_set[k] += by_fold[std::size_t(fold) * of_set.size() + k];
    result.score[std::size_t(set)] = class_information(rows, side);
  }
  return result;
}

/// Where the survey is read in the image: p goes to centre + scale R(turn) (p - centre) + shift, px.
struct Placement {
  Point shift;
  double turn = 0;  ///< radians, from x towards y
  double scale = 1;
  Point centre{};

  Point at(double x, double y) const {
    const double c = scale * std::cos(turn), s = scale * std::sin(turn);
    const double dx = x - centre.x, dy = y - centre.y;
    return {centre.x + c * dx - s * dy + shift.x, centre.y + s * dx + c * dy + shift.y};
  }
};

/// Reads the mosaic between pixels through a Gaussian over valid pixels. It is wide enough that neither edges nor noise
/// tell where the pixels lie, so that no fraction of a pixel is favoured.
class BlurredReader {
 public:
  BlurredReader(const PixelMosaic& mosaic, const Placement& place, int per_pixel);
  /// The vector at a sample; null where there is no pixel.
  const float* operator()(const SurveySample& sample);

 private:
  struct Taps {
    int nearest = 0;
    std::array<float, 2 * kBlurReach + 1> weight{};
  };
  static Taps taps_at(double position);
  const float* read(int x, int y, const Taps& across, const Taps& down);

  const PixelMosaic& mosaic_;
  Placement place_;
  int per_pixel_;
  bool is_shift_;
  std::vector<Taps> x_;  ///< of a shift, by place inside the pixel
  std::vector<Taps> y_;
  std::vector<float> vector_;
};

}  // namespace nadir
