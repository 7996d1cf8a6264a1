// What the sample's land covers reflect: a spectrum each, varied from parcel to parcel and by texture within them.
#include <cmath>
#include <numbers>

#include "pipeline/app/counter_random.h"
#include "pipeline/app/landscape.h"

namespace nadir::app {
namespace {

using Spectrum = std::array<double, kSampleBands>;

enum Purpose : std::uint64_t { kFine = 0x51, kCoarse, kHouse, kRoof, kWaves };

// Typical surface reflectances in summer: blue, green, red, near infrared.
constexpr Spectrum kWheat{0.060, 0.095, 0.105, 0.280};
constexpr Spectrum kMaize{0.035, 0.066, 0.046, 0.420};
constexpr Spectrum kMeadow{0.042, 0.080, 0.060, 0.345};
constexpr Spectrum kForest{0.022, 0.040, 0.026, 0.300};
constexpr Spectrum kWater{0.045, 0.042, 0.027, 0.013};
constexpr Spectrum kTiles{0.085, 0.105, 0.175, 0.235};
constexpr Spectrum kSlate{0.140, 0.145, 0.150, 0.170};
constexpr Spectrum kAsphalt{0.105, 0.115, 0.122, 0.145};

const Spectrum& plants(Cover cover) {
  switch (cover) {
    case Cover::wheat: return kWheat;
    case Cover::maize: return kMaize;
    case Cover::forest: return kForest;
    default: return kMeadow;
  }
}

Spectrum times(Spectrum s, double factor) {
  for (double& r : s) r *= factor;
  return s;
}

}  // namespace

// Relative brightness of plants: drilled rows and tramlines of crops, crowns and their shadows in forests.
double Landscape::texture(const Parcel& parcel, const Point& p, double x, double y) const {
  const double fine = smooth_noise(seed_ + kFine, x / 1.3, y / 1.3);
  const double coarse = smooth_noise(seed_ + kCoarse, x / 6, y / 6);
  const double across = parcel.rows_across ? p.x - parcel.left : p.y - parcel.top;
  const auto rows = [across](double period) { return std::sin(2 * std::numbers::pi * across / period); };
  switch (parcel.cover) {
    case Cover::wheat: return 1 + 0.06 * rows(2.4) + 0.03 * fine + 0.05 * coarse;
    case Cover::maize: return 1 + 0.10 * rows(3.1) + 0.05 * fine + 0.04 * coarse;
    case Cover::forest: return 1 + 0.28 * fine + 0.10 * coarse;
    default: return 1 + 0.05 * fine + 0.08 * coarse;
  }
}

// Houses on plots of 26 m, every third row of plots a street, gardens between.
Spectrum Landscape::settled(const Point& p) const {
  const double plot = 2.6;
  const double column = std::floor(p.x / plot);
  const double row = std::floor(p.y / plot);
  const auto i = std::int64_t(column);
  const auto j = std::int64_t(row);
  if (j % 3 == 0 && p.y / plot - row < 0.4) return kAsphalt;
  const double half = 0.30 + 0.14 * uniform(seed_ + kHouse, i, j);
  const bool house = std::abs(p.x / plot - column - 0.5) < half && std::abs(p.y / plot - row - 0.5) < half;
  if (!house) return times(kMeadow, 0.95);
  const double shade = 0.8 + 0.4 * uniform(seed_ + kRoof, i, j, 1);
  return times(uniform(seed_ + kRoof, i, j) < 0.65 ? kTiles : kSlate, shade);
}

Spectrum Landscape::reflectance(double x, double y) const {
  if (water_depth(x, y) > 0) return times(kWater, 1 + 0.12 * smooth_noise(seed_ + kWaves, x / 17, y / 17));
  const Point p = to_frame(x, y);
  if (on_road(p)) return kAsphalt;
  const Parcel& parcel = parcel_at(p);
  if (parcel.cover == Cover::settlement) return times(settled(p), parcel.brightness);
  Spectrum s = times(plants(parcel.cover), parcel.brightness * texture(parcel, p, x, y));
  s[2] /= parcel.vigour;
  s[3] *= parcel.vigour;
  return s;
}

}  // namespace nadir::app
