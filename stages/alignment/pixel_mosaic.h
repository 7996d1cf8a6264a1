// Pixels of scene-anchored blocks, put side by side as feature vectors.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/core/stage.h"
#include "stages/alignment/survey_blocks.h"

namespace nadir {

/// The pixels of one block, pixel by pixel.
class PixelBlock final : public Evidence {
 public:
  explicit PixelBlock(ConstTileView tile);
  Window window;
  int bands = 0;
  std::vector<float> samples;  ///< bands of the first pixel, of the second, …
  std::vector<std::uint8_t> valid;
};

/// Random access to the valid pixels of blocks as vectors (1, z): z are the bands with mean 0 and variance 1 over all
/// blocks or, where there are more than ten bands, the ten strongest principal components of those.
class PixelMosaic {
 public:
  PixelMosaic(std::vector<std::unique_ptr<Evidence>> blocks, Size scene);
  int side() const { return side_; }  ///< length of a vector
  bool has_contrast() const { return side_ > 1; }
  /// The vector of a pixel; null where it is invalid or in no block.
  const float* at(int x, int y) const;

 private:
  Size scene_;
  int across_;
  int side_ = 1;
  std::vector<std::unique_ptr<PixelBlock>> blocks_;  ///< by place, null where none is
};

}  // namespace nadir
