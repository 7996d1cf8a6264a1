// Quadrature mirror filters of J. D. Johnston, A filter family designed for use in quadrature mirror filter banks
// (ICASSP 1980), as tabled by R. Crochiere, L. Rabiner, Multirate Digital Signal Processing (1983), appendix 7.1: the
// right half, middle tap first, sum of the whole 1. The letter tells the width of the transition. Each was checked
// against the published ripple of the whole bank (dB, peak to peak) and attenuation of the stop band (dB), which stand
// beside it.
#pragma once

#include <array>

namespace nadir {

inline constexpr std::array<double, 4> kJohnston8a{0.48998080, 0.06942827, -0.07065183, 0.00938715};  // 0.06, 31

inline constexpr std::array<double, 6> kJohnston12a{0.48438940,   0.08846992, -0.08469594,
                                                    -0.002710326, 0.01885659, -0.003809699};  // 0.025, 48

inline constexpr std::array<double, 6> kJohnston12b{0.48079620,   0.09808522, -0.09138250,
                                                    -0.007581640, 0.02745539, -0.006443977};  // 0.04, 33

inline constexpr std::array<double, 8> kJohnston16a{0.48102840, 0.09779817,   -0.09039223,  -0.009666376,
                                                    0.02764140, -0.002589756, -0.005054526, 0.001050167};  // 0.01, 60

inline constexpr std::array<double, 8> kJohnston16b{0.4773469,  0.1067987,    -0.09530234,  -0.01611869,
                                                    0.03596853, -0.001920936, -0.009972252, 0.002898163};  // 0.02, 44

inline constexpr std::array<double, 8> kJohnston16c{0.4721122,  0.1179666,   -0.09929550, -0.02627560,
                                                    0.04647684, 0.001991150, -0.02048751, 0.006525666};  // 0.07, 29

inline constexpr std::array<double, 16> kJohnston32c{
    0.4664053,   0.1285579,    -0.09980243,  -0.03934878,   0.05294745,   0.01456844,
    -0.03123862, -0.004187483, 0.01798145,   -0.0001303859, -0.009458318, 0.001414246,
    0.004234195, -0.001268303, -0.001403793, 0.0006910579};  // 0.012, 51

inline constexpr std::array<double, 32> kJohnston64d{
    0.4600981,     0.1382363,     -0.09779096,   -0.05095487,   0.05543245,    0.02644700,    -0.03764973,
    -0.01485397,   0.02716055,    0.008287560,   -0.01994365,   -0.004313674,  0.01459396,    0.001894714,
    -0.01050689,   -0.0004857935, 0.007367171,   -0.0002584767, -0.004989147,  0.0005743159,  0.003235877,
    -0.0006243724, -0.001986177,  0.0005308539,  0.001138260,   -0.0003823631, -0.0005953563, 0.0002298438,
    0.0002790277,  -0.0001104587, -0.0001123515, 3.596189e-05};  // 0.006, 65

}  // namespace nadir
