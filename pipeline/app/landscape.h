// An invented landscape: which land cover lies where, what it reflects, and which of its parcels were surveyed. Lengths
// are in pixels of 10 m, with (0, 0) at the landscape's upper-left corner, x to the right and y down.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pipeline/core/survey.h"

namespace nadir::app {

enum class Cover : std::uint16_t { wheat = 1, maize, meadow, forest, water, settlement };
constexpr int kCovers = 6;
constexpr int kSampleBands = 4;  ///< blue, green, red, near infrared

/// Names and colours of all covers, ids as in Cover.
std::vector<ClassInfo> cover_classes();

/// From pixels to the frame of the parcels, which is turned about the landscape's centre.
Point to_frame(double x, double y);

/// A rectangle of one land cover in the frame of the parcels.
struct Parcel {
  double left = 0, top = 0, right = 0, bottom = 0;
  Cover cover = Cover::wheat;
  double brightness = 1;  ///< of this parcel relative to others of its cover
  double vigour = 1;      ///< factor on the near infrared of plants, and the inverse on red
  bool rows_across = false;
};

/// An area that surveyors walked around: all of it is of one cover.
struct Plot {
  Cover cover;
  std::vector<Point> outline;
};

class Landscape {
 public:
  static constexpr int kSide = 480;

  explicit Landscape(std::uint64_t seed);
  Cover cover(double x, double y) const;
  /// Reflectance in [0, 1] of a point.
  std::array<double, kSampleBands> reflectance(double x, double y) const;
  /// Most of the parcels, and stretches of the rivers, each with a strip of one pixel left out along its border.
  std::vector<Plot> survey() const;

 private:
  struct Split {
    bool vertical = false;
    double at = 0;
    bool road = false;        ///< a road runs along the split
    int low = -1, high = -1;  ///< the next splits, or ~index of a parcel
  };
  int divide(const Parcel& area, int depth, std::uint64_t path);
  void assign_covers();
  const Parcel& parcel_at(const Point& p) const;
  bool on_road(const Point& p) const;
  double water_depth(double x, double y) const;
  double texture(const Parcel& parcel, const Point& p, double x, double y) const;
  std::array<double, kSampleBands> settled(const Point& p) const;
  bool lies_dry(const Parcel& parcel) const;
  void survey_parcels(std::vector<Plot>& plots) const;
  void survey_rivers(std::vector<Plot>& plots) const;

  std::uint64_t seed_;
  std::vector<Split> splits_;
  std::vector<Parcel> parcels_;
};

}  // namespace nadir::app
