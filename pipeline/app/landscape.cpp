// Parcels, rivers, roads and villages of the sample, and which of them were surveyed.
#include "pipeline/app/landscape.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "pipeline/app/counter_random.h"

namespace nadir::app {
namespace {

// Keys that keep the random numbers of different purposes apart.
enum Purpose : std::uint64_t { kDivide = 0x11, kRoad, kCrop, kVariation, kVillage, kWood, kChosen };

constexpr double kMiddle = Landscape::kSide / 2.0;
constexpr double kTurn = 14.0 / 180.0 * 3.14159265358979324;  ///< of the parcels against the pixels
constexpr double kLongest = 30;                               ///< sides of parcels are 12 to 30 pixels
constexpr double kRoadWidth = 1.2;
constexpr double kSector = 96;  ///< every square of this size gets its share of every cover
constexpr double kBorder = 1;   ///< surveyors keep this distance from the border of a parcel

Point from_frame(double u, double v) {
  const double c = std::cos(kTurn), s = std::sin(kTurn);
  return {kMiddle + c * u - s * v, kMiddle + s * u + c * v};
}

// A river is a sine along one axis; its half width changes slowly.
struct River {
  double middle, swing, wavelength, half_width;
  double line(double along) const { return middle + swing * std::sin(along / wavelength); }
  double slope(double along) const { return swing / wavelength * std::cos(along / wavelength); }
  double half(double along) const { return half_width + std::sin(along / 37); }
  double depth(double along, double across) const {
    const double slant = slope(along);
    return half(along) - std::abs(across - line(along)) / std::sqrt(1 + slant * slant);
  }
};
constexpr River kRiver{128, 40, 62, 7};      ///< flows from west to east
constexpr River kTributary{240, 26, 58, 6};  ///< comes from the south and ends in the river

std::vector<Point> quad(const Parcel& p, double inset) {
  return {from_frame(p.left + inset, p.top + inset), from_frame(p.right - inset, p.top + inset),
          from_frame(p.right - inset, p.bottom - inset), from_frame(p.left + inset, p.bottom - inset)};
}

Point between(const Point& a, const Point& b, double t) { return {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)}; }

Point centre(const Parcel& p) { return from_frame((p.left + p.right) / 2, (p.top + p.bottom) / 2); }

std::pair<int, int> sector_of(const Parcel& parcel) {
  const Point p = centre(parcel);
  return {int(std::floor(p.x / kSector)), int(std::floor(p.y / kSector))};
}

// Whether a condition holds at points less than a pixel apart in all of a quadrilateral.
template <class F>
bool all_of_quad(const std::vector<Point>& corners, F holds) {
  const int steps = 40;
  for (int i = 0; i <= steps; ++i)
    for (int k = 0; k <= steps; ++k) {
      const double s = double(i) / steps;
      const Point a = between(corners[0], corners[1], s);
      const Point b = between(corners[3], corners[2], s);
      if (!holds(between(a, b, double(k) / steps))) return false;
    }
  return true;
}

bool inside_landscape(const std::vector<Point>& outline) {
  return std::all_of(outline.begin(), outline.end(), [](const Point& p) {
    return p.x >= 0 && p.y >= 0 && p.x <= Landscape::kSide && p.y <= Landscape::kSide;
  });
}

}  // namespace

Point to_frame(double x, double y) {
  const double c = std::cos(kTurn), s = std::sin(kTurn);
  return {c * (x - kMiddle) + s * (y - kMiddle), -s * (x - kMiddle) + c * (y - kMiddle)};
}

std::vector<ClassInfo> cover_classes() {
  return {{1, "wheat", {221, 204, 119}}, {2, "maize", {153, 153, 51}}, {3, "meadow", {187, 204, 51}},
          {4, "forest", {17, 119, 51}},  {5, "water", {51, 34, 136}},  {6, "settlement", {204, 102, 119}}};
}

Landscape::Landscape(std::uint64_t seed) : seed_(seed) {
  const double half = kMiddle * (std::cos(kTurn) + std::sin(kTurn)) + 2;
  Parcel all;
  all.left = all.top = -half;
  all.right = all.bottom = half;
  divide(all, 0, 1);
  assign_covers();
}

// Fields come from dividing estates among heirs: the longer side is cut again and again, a little off its middle.
int Landscape::divide(const Parcel& area, int depth, std::uint64_t path) {
  const double width = area.right - area.left;
  const double height = area.bottom - area.top;
  if (std::max(width, height) <= kLongest) {
    parcels_.push_back(area);
    return ~int(parcels_.size() - 1);
  }
  Split split;
  split.vertical = width > height;
  const double share = 0.4 + 0.2 * uniform(seed_ + kDivide, std::int64_t(path));
  split.at = split.vertical ? area.left + share * width : area.top + share * height;
  split.road = depth < 3 || (depth < 6 && uniform(seed_ + kRoad, std::int64_t(path)) < 0.5);
  const std::size_t index = splits_.size();
  splits_.push_back(split);
  Parcel low = area;
  Parcel high = area;
  (split.vertical ? low.right : low.bottom) = split.at;
  (split.vertical ? high.left : high.top) = split.at;
  const int first = divide(low, depth + 1, 2 * path);
  const int second = divide(high, depth + 1, 2 * path + 1);
  splits_[index].low = first;
  splits_[index].high = second;
  return int(index);
}

// In every sector the parcels that lie highest on a map of smooth noise are built up or wooded, the others are fields;
// where water comes in, there is meadow.
void Landscape::assign_covers() {
  std::map<std::pair<int, int>, std::vector<std::size_t>> sectors;
  for (std::size_t i = 0; i < parcels_.size(); ++i) {
    const auto id = std::int64_t(i);
    parcels_[i].brightness = 1 + 0.07 * gaussian(seed_ + kVariation, id, 0);
    parcels_[i].vigour = 1 + 0.05 * gaussian(seed_ + kVariation, id, 1);
    parcels_[i].rows_across = uniform(seed_ + kVariation, id, 2) < 0.5;
    parcels_[i].cover = Cover::meadow;
    if (lies_dry(parcels_[i])) sectors[sector_of(parcels_[i])].push_back(i);
  }
  const auto claim = [&](std::vector<std::size_t>& free, double share, Cover cover, Purpose purpose) {
    const auto height = [&](std::size_t i) {
      const Point p = centre(parcels_[i]);
      return smooth_noise(seed_ + purpose, p.x / 55, p.y / 55);
    };
    std::sort(free.begin(), free.end(), [&](std::size_t a, std::size_t b) { return height(a) > height(b); });
    const std::size_t count = std::min(free.size(), std::size_t(std::ceil(share * double(free.size()))));
    for (std::size_t k = 0; k < count; ++k) parcels_[free[k]].cover = cover;
    free.erase(free.begin(), free.begin() + std::ptrdiff_t(count));
  };
  for (auto& [sector, free] : sectors) {
    claim(free, 0.22, Cover::settlement, kVillage);
    claim(free, 0.25, Cover::forest, kWood);
    const auto lot = [this](std::size_t i) { return mixed(seed_ + kCrop, std::int64_t(i)); };
    std::sort(free.begin(), free.end(), [&](std::size_t a, std::size_t b) { return lot(a) < lot(b); });
    for (std::size_t k = 0; k < free.size(); ++k) parcels_[free[k]].cover = Cover(1 + k % 3);
  }
}

const Parcel& Landscape::parcel_at(const Point& p) const {
  int at = splits_.empty() ? ~0 : 0;
  while (at >= 0) {
    const Split& s = splits_[std::size_t(at)];
    at = (s.vertical ? p.x : p.y) < s.at ? s.low : s.high;
  }
  return parcels_[std::size_t(~at)];
}

bool Landscape::on_road(const Point& p) const {
  int at = splits_.empty() ? ~0 : 0;
  while (at >= 0) {
    const Split& s = splits_[std::size_t(at)];
    const double across = (s.vertical ? p.x : p.y) - s.at;
    if (s.road && std::abs(across) < kRoadWidth / 2) return true;
    at = across < 0 ? s.low : s.high;
  }
  return false;
}

// Distance to the nearest bank, positive in water.
double Landscape::water_depth(double x, double y) const {
  const double lake = 18 * (1 - std::hypot((x - 312) / 27, (y - 392) / 18));
  const double tributary = y > kRiver.line(x) ? kTributary.depth(y, x) : -1;
  return std::max({kRiver.depth(x, y), tributary, lake});
}

Cover Landscape::cover(double x, double y) const {
  if (water_depth(x, y) > 0) return Cover::water;
  const Point p = to_frame(x, y);
  return on_road(p) ? Cover::settlement : parcel_at(p).cover;
}

bool Landscape::lies_dry(const Parcel& parcel) const {
  return all_of_quad(quad(parcel, kRoadWidth / 2), [this](const Point& p) { return water_depth(p.x, p.y) < 0; });
}

// The first few of a cover in every sector, so that no scene lacks one, and half of the others.
void Landscape::survey_parcels(std::vector<Plot>& plots) const {
  const int first_few = 3;
  std::map<std::tuple<int, int, Cover>, int> taken;
  for (std::size_t i = 0; i < parcels_.size(); ++i) {
    const Parcel& p = parcels_[i];
    if (!inside_landscape(quad(p, kBorder)) || !lies_dry(p)) continue;
    const auto [column, row] = sector_of(p);
    if (++taken[{column, row, p.cover}] > first_few && uniform(seed_ + kChosen, std::int64_t(i)) < 0.5) continue;
    plots.push_back({p.cover, quad(p, kBorder)});
  }
}

void Landscape::survey_rivers(std::vector<Plot>& plots) const {
  const double length = 13;
  const double step = 21;
  const auto wet = [this](const std::vector<Point>& outline) {
    return all_of_quad(outline, [this](const Point& p) { return cover(p.x, p.y) == Cover::water; });
  };
  for (const bool tributary : {false, true}) {
    const River& river = tributary ? kTributary : kRiver;
    for (double along = 4; along + length < kSide; along += step) {
      const auto bank = [&](double at, double side) {
        const double across = river.line(at) + side * (river.half(at) - kBorder);
        return tributary ? Point{across, at} : Point{at, across};
      };
      const double end = along + length;
      Plot plot{Cover::water, {bank(along, -1), bank(end, -1), bank(end, 1), bank(along, 1)}};
      const bool at_mouth = tributary && kRiver.depth(plot.outline[0].x, plot.outline[0].y) > -step;
      if (!at_mouth && inside_landscape(plot.outline) && wet(plot.outline)) plots.push_back(plot);
    }
  }
}

std::vector<Plot> Landscape::survey() const {
  std::vector<Plot> plots;
  survey_parcels(plots);
  survey_rivers(plots);
  return plots;
}

}  // namespace nadir::app
