// A landscape of rectangular fields whose imagery and survey can be moved against each other by any amount.
#pragma once

#include <cmath>

#include "tests/support/stage_harness.h"

namespace nadir::test {

/// A number in [0, 1) that looks random.
inline double scatter(unsigned a, unsigned b, unsigned c) {
  unsigned h = a * 73856093u + b * 19349663u + c * 83492791u + 12345u;
  for (int i = 0; i < 3; ++i) h = (h ^ (h >> 15)) * 0x2c1b3c6du;
  return double(h >> 8) / double(1 << 24);
}

inline int field_class(int column, int row) { return 1 + int(4 * scatter(unsigned(column), unsigned(row), 0)); }

/// Where column or row i of the fields begins, in pixels: uneven, between the pixels, every 12 px on average.
inline double field_edge(int i) { return 12 * (i + 0.7 * scatter(unsigned(i), 5, 9)); }
inline int field_index(double position) {
  const int i = int(std::floor(position / 12));
  return position < field_edge(i) ? i - 1 : i;
}

/// Brightness of the landscape at a point, in pixels.
inline double landscape(int band, double x, double y) {
  const double level[4][3]{{40, 90, 60}, {90, 60, 120}, {140, 110, 40}, {60, 150, 90}};
  return level[field_class(field_index(x), field_index(y)) - 1][band % 3];
}

/// Imagery of it: pixels are areas, with noise of its own; the landscape is moved by (dx, dy) pixels inside the image.
inline Image fields_image(int width, int height, double dx, double dy, int bands = 3) {
  return make_image(width, height, bands, [=](int b, int x, int y) {
    double sum = 0;
    for (int j = 0; j < 6; ++j)
      for (int i = 0; i < 6; ++i) sum += landscape(b, x + (i + 0.5) / 6 - dx, y + (j + 0.5) / 6 - dy);
    return sum / 36 + 6 * (scatter(unsigned(x), unsigned(y), unsigned(int(b + 1000 * dx + 77))) - 0.5);
  });
}

/// A survey of every third field, at the places where an image without shift shows them.
inline SurveyPtr fields_survey(const Grid& grid) {
  Survey survey;
  for (std::uint16_t id = 1; id <= 4; ++id) survey.classes.push_back({id, "class " + std::to_string(id), {}});
  for (int row = 1; field_edge(row + 2) < grid.height; ++row)
    for (int column = 1 + row % 3; field_edge(column + 2) < grid.width; column += 3) {
      const double x = field_edge(column), y = field_edge(row), right = field_edge(column + 1),
                   bottom = field_edge(row + 1);
      std::vector<Point> ring{grid.to_map(x, y), grid.to_map(right, y), grid.to_map(right, bottom),
                              grid.to_map(x, bottom)};
      survey.features.push_back({std::to_string(survey.features.size()),
                                 std::uint16_t(field_class(column, row)),
                                 Shape::polygon,
                                 {std::move(ring)},
                                 false});
    }
  return std::make_shared<const Survey>(std::move(survey));
}

}  // namespace nadir::test
