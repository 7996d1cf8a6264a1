// From samples as files store them to float32 planes and validity, while they are in the processor's cache.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/core/image.h"

namespace nadir {

/// Pixels somewhere in memory: where the first one of a window lies, and how many bytes away its neighbours are. Steps
/// of 0 repeat one pixel over the window.
struct StoredPixels {
  const std::byte* first = nullptr;
  std::ptrdiff_t pixel_step = 0;
  std::ptrdiff_t row_step = 0;
};

/// One band to decode: where its sample lies within a stored pixel, the band of the tile that it becomes, and the value
/// that stands for nothing. A band without target is an alpha band: 0 is invalid.
struct StoredBand {
  std::ptrdiff_t offset = 0;  ///< bytes
  int target = 0;
  std::optional<double> nodata = {};
  static constexpr int kAlpha = -1;
};

/// Fills the window of `out` in the bands named, and takes validity away where a sample is nodata or not a finite
/// float32 number. Nodata is compared in the stored type. Returns a valid integer that float32 cannot hold, where there
/// is one; it comes as the nearest number.
std::optional<double> decode(const StoredPixels& pixels, SampleType type, std::span<const StoredBand> bands,
                             TileView out);

/// Sets the samples of invalid pixels to 0.
void clear_invalid(TileView out);

}  // namespace nadir
