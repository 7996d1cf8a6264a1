// Point spread functions by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stages/degradation/convolve_ops.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {

enum class Psf { gaussian, box, mtf, disk, motion, measured };

/// Everything that tells a point spread function; which of it counts depends on `kind`.
struct PsfSpec {
  Psf kind = Psf::gaussian;
  double sigma_px = 1.2;   ///< gaussian; box and disk without a radius: the nearest to this standard deviation
  int radius_px = 0;       ///< gaussian: cut-off, 0: four sigma; box: half width, 0: from sigma; disk: 0: from sigma
  double mtf = 0.25;       ///< mtf: a Gaussian with this modulation at Nyquist's frequency of `pitch_px`
  double pitch_px = 1;     ///< size of the sensor's pixels, in pixels of the image
  double length_px = 5;    ///< motion
  double angle_deg = 0;    ///< motion: 0 along x, counted towards y
  std::string psf_path{};  ///< measured
};

/// A point spread function as one axis of a product, or as a whole.
struct PointSpread {
  std::vector<float> axis;       ///< sum 1, an odd number; empty for those that are no product
  std::optional<Spread> spread;  ///< the others
  /// Taps for the description of the image: those of the axis, or of the Gaussian of equal variance; no blur where
  /// negative lobes leave no variance.
  std::vector<float> described() const;
};

/// Throws Error(Fault::config) for a measured one that cannot be read or has no middle.
PointSpread point_spread(const PsfSpec& spec);

/// Standard deviation, in pixels, of the Gaussian whose transfer function is `mtf` at the frequency 1 / (2 pitch):
/// exp(-2 pi^2 sigma^2 f^2) = mtf gives sigma = pitch / pi sqrt(-2 ln mtf).
double sigma_of_mtf(double mtf, double pitch_px);

/// Parameters that stages with a PSF have in common; their struct has members of these names.
#define NADIR_PSF_PARAMS                                                                                           \
  PARAM(kind, "", choices({"gaussian", "box", "mtf", "disk", "motion", "measured"}),                               \
        "Shape of the point spread function; mtf is the Gaussian with a given modulation at Nyquist's frequency, " \
        "disk that of defocus, motion a line, measured comes from psf_path."),                                     \
      PARAM(sigma_px, "px", range(0, 20),                                                                          \
            "Standard deviation of a Gaussian, box or disk, in input pixels; 0: no blur."),                        \
      PARAM(radius_px, "px", range(0, 63),                                                                         \
            "Half width at which a Gaussian is cut off, 0: four sigma; or that of the box or disk, 0: the one "    \
            "whose standard deviation is nearest to sigma_px."),                                                   \
      PARAM(mtf, "", range(0.01, 0.99), "With kind: mtf alone: the modulation transfer at Nyquist's frequency."),  \
      PARAM(length_px, "px", range(1, 64), "Length of the line of kind motion."),                                  \
      PARAM(angle_deg, "deg", range(-180, 180), "Direction of motion, from x towards y."),                         \
      PARAM(psf_path, "", any(),                                                                                   \
            "File of a measured point spread function: a matrix of weights as text, a row a line, separated by "   \
            "commas or blanks, odd numbers of rows and columns, the middle is (0, 0); its pixels are the image's.")

template <class Params>
PsfSpec psf_spec(const Params& p, double pitch_px) {
  return {p.kind, p.sigma_px, p.radius_px, p.mtf, pitch_px, p.length_px, p.angle_deg, p.psf_path};
}

}  // namespace nadir
