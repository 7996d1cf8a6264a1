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

/// The normalised cross-power spectrum I conj(T) / |I conj(T)| of two patches of equal size under Hann windows, padded
/// to a size that the FFT likes. Frequencies where both are silent are 0.
class Spectrum {
 public:
  Spectrum() = default;
  Spectrum(const Patch& image, const Patch& reference);
  void add(const Spectrum& other);
  bool empty() const { return values_.empty(); }

  /// c at whole shifts.
  Surface correlation(int radius) const;
  /// c at centre + step (-radius … radius), by matrix products.
  Surface correlation_at(const Point& centre, double step, int radius) const;

 private:
  int width_ = 0;
  int height_ = 0;
  std::vector<std::complex<float>> values_;
};

}  // namespace nadir
