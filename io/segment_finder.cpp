// Connected areas of masks of any height.
#include <algorithm>

#include "io/segment_writer.h"

namespace nadir {

SegmentFinder::SegmentFinder(int width)
    : above_(static_cast<std::size_t>(width), -1), above_labels_(static_cast<std::size_t>(width)) {}

std::int32_t SegmentFinder::root(std::int32_t a) {
  while (parents_[std::size_t(a)] != a) {
    parents_[std::size_t(a)] = parents_[std::size_t(parents_[std::size_t(a)])];
    a = parents_[std::size_t(a)];
  }
  return a;
}

std::int32_t SegmentFinder::unite(std::int32_t a, std::int32_t b) {
  a = root(a), b = root(b);
  if (a > b) std::swap(a, b);
  parents_[std::size_t(b)] = a;
  return a;
}

void SegmentFinder::add_row(const std::uint16_t* labels, const float* confidence, std::int32_t* numbers) {
  for (std::size_t x = 0; x < above_.size(); ++x) {
    numbers[x] = -1;
    if (labels[x] == 0) continue;
    if (x > 0 && labels[x - 1] == labels[x]) numbers[x] = numbers[x - 1];
    if (above_[x] >= 0 && above_labels_[x] == labels[x])
      numbers[x] = numbers[x] < 0 || numbers[x] == above_[x] ? above_[x] : unite(numbers[x], above_[x]);
    if (numbers[x] < 0) {
      numbers[x] = std::int32_t(parents_.size());
      parents_.push_back(numbers[x]);
      segments_.push_back({labels[x], 0, 0});
    }
    Segment& segment = segments_[std::size_t(numbers[x])];
    ++segment.pixels;
    if (confidence) segment.confidence += double(confidence[x]);
  }
  std::copy_n(numbers, above_.size(), above_.begin());
  std::copy_n(labels, above_.size(), above_labels_.begin());
}

std::vector<std::int32_t> SegmentFinder::finish() {
  std::vector<std::int32_t> final_number(parents_.size());
  std::vector<Segment> merged;
  for (std::size_t n = 0; n < parents_.size(); ++n) {
    const auto r = std::size_t(root(std::int32_t(n)));  // never greater than n
    if (r == n) {
      merged.push_back(segments_[n]);
      final_number[n] = std::int32_t(merged.size());
      continue;
    }
    final_number[n] = final_number[r];
    Segment& whole = merged[std::size_t(final_number[r] - 1)];
    whole.pixels += segments_[n].pixels;
    whole.confidence += segments_[n].confidence;
  }
  segments_ = std::move(merged);
  return final_number;
}

}  // namespace nadir
