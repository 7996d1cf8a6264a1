// Areas of one class as polygons.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core/stage.h"

namespace nadir {

StageInfo write_segments_stage();

/// What is known of one connected area.
struct Segment {
  std::uint16_t class_id = 0;
  std::int64_t pixels = 0;
  double confidence = 0;  ///< sum over its pixels
};

/// Areas of equal, non-zero labels that are connected by edges, found row by row; one row is held at a time, and a few
/// bytes an area.
class SegmentFinder {
 public:
  explicit SegmentFinder(int width);
  /// Provisional numbers of a row's pixels, from 0; -1 where the label is 0. `confidence` may be null.
  void add_row(const std::uint16_t* labels, const float* confidence, std::int32_t* numbers);
  /// After the last row: by provisional number the final one, counted from 1 in the order of first pixels.
  std::vector<std::int32_t> finish();
  const std::vector<Segment>& segments() const { return segments_; }

 private:
  std::int32_t root(std::int32_t a);
  std::int32_t unite(std::int32_t a, std::int32_t b);

  std::vector<std::int32_t> above_;
  std::vector<std::uint16_t> above_labels_;
  std::vector<std::int32_t> parents_;
  std::vector<Segment> segments_;  ///< by provisional number until finish(), by final number - 1 after it
};

}  // namespace nadir
