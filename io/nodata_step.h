// Where a sample stands to the nodata value of its file.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

namespace nadir {

/// GDAL takes floats and doubles a and b to be equal where |a - b| < 2 epsilon |a + b|, with the epsilon of float for
/// both (ARE_REAL_EQUAL of gdal_priv.h): within 4 epsilon of each other.
inline constexpr float kEpsilon = std::numeric_limits<float>::epsilon();

/// Whether readers may take a sample for the nodata value. Integers: where they are equal. Floats: within 5 epsilon.
template <class T>
bool meets(T sample, T nodata) {
  if constexpr (std::is_floating_point_v<T>)
    return std::abs(sample - nodata) <= 5 * T(kEpsilon) * std::abs(nodata);
  else
    return sample == nodata;
}

/// What a valid sample that meets the nodata value becomes, a value that no reader takes for it. Integers move by 1,
/// floats by 8 epsilon of the value towards 0; 0 becomes the smallest float that is not denormal.
template <class T>
T neighbour(T nodata) {
  if constexpr (std::is_floating_point_v<T>)
    return nodata == T(0) ? T(std::numeric_limits<float>::min()) : nodata - nodata * (8 * T(kEpsilon));
  else
    return nodata == std::numeric_limits<T>::max() ? T(nodata - 1) : T(nodata + 1);
}

}  // namespace nadir
