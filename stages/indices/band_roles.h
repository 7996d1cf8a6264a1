// Which band is red.
#pragma once

#include <string>
#include <vector>

#include "pipeline/core/image.h"

namespace nadir {

enum class Role { blue, green, red, nir, swir };

/// Finds bands by wavelength, where these are given, else by name: the role's own ("red", "near infrared"), a word of
/// the name ("Band 4 (Red)"), or Sentinel-2's number (B4, B04). Words beside it may make it another band: "Red Edge 1"
/// is not red, "Shortwave Infrared 1" not near infrared.
class BandRoles {
 public:
  /// `wavelengths_nm` is empty or has one a band; otherwise Error(Fault::config).
  BandRoles(const ImageInfo& info, std::vector<double> wavelengths_nm);
  /// Index of the band, the one nearest to the middle of the role's range. Throws Error(Fault::data) with what there
  /// is.
  int find(Role role) const;

 private:
  std::vector<std::string> names_;
  std::vector<double> wavelengths_;
};

}  // namespace nadir
