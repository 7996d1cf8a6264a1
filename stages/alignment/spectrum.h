// Cross-power spectra of pairs of patches and the correlation that they stand for.
#pragma once

#include <complex>
#include <vector>

#include "stages/alignment/shift_search.h"

namespace nadir {

/// A patch of one averaged band: row by row, mean 0, invalid samples 0.
struct Patch {
  int width = 0;
  int height = 0;
  std::vector<float> samples;
};

/// The normalised, low-passed cross-power spectrum W I conj(T) / |I conj(T)| of two patches of equal size under Hann
/// windows, padded to a size that the FFT likes. Frequencies where either is silent are 0. The image's window is moved
/// by `expected`, the shift that is left between the patches: windows at the same place would draw the correlation
/// towards no shift.
class Spectrum {
 public:
  Spectrum() = default;
  Spectrum(const Patch& image, const Patch& reference, const Point& expected);
  void add(const Spectrum& other);
  bool empty() const { return values_.empty(); }

  /// c at whole shifts.
  Surface correlation(int radius) const;
  /// c at centre + step (-radius … radius), by matrix products.
  Surface correlation_at(const Point& centre, double step, int radius) const;

 private:
  int width_ = 0;
  int height_ = 0;
  double weight_ = 0;  ///< of all frequencies; c = 1 for copies
  std::vector<std::complex<float>> values_;
};

/// Where c is largest within 1.5 px of a shift along each axis, px.
Point peak_between_pixels(const Spectrum& spectrum, const Point& around);

}  // namespace nadir
