// Scaling filters h, in the order of I. Daubechies, Ten Lectures on Wavelets (SIAM 1992), table 6.1, sum sqrt(2).
#pragma once

#include <array>

namespace nadir {

/// 1 / sqrt(2).
inline constexpr std::array<double, 2> kHaar{0.70710678118654752440, 0.70710678118654752440};

/// The convention of means and half differences, sum 1; its synthesis filters are twice as large.
inline constexpr std::array<double, 2> kHaarMean{0.5, 0.5};

/// (1 + r, 3 + r, 3 - r, 1 - r) / (4 sqrt(2)) with r = sqrt(3): N = 2 in closed form.
inline constexpr std::array<double, 4> kDb2{0.48296291314453414337, 0.83651630373780790558, 0.22414386804201338103,
                                            -0.12940952255126038117};

/// Table 6.1, N = 4, eight taps; polished by Newton's method on orthonormality and four vanishing moments.
inline constexpr std::array<double, 8> kDb4{0.23037781330889650086,  0.71484657055291564709,  0.63088076792985890788,
                                            -0.02798376941685985421, -0.18703481171909308408, 0.03084138183556076363,
                                            0.03288301166688519974,  -0.01059740178506903210};

}  // namespace nadir
