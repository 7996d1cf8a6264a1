// Where the features of a pixel are, for kernels.
#pragma once

#include "pipeline/core/view.h"

namespace nadir {

/// The local mean and the texture levels of FeatureSpec.
constexpr int kMostFeatureLayers = 12;

/// The bands of an image, then those of layers whose pixels are 2^level times larger: what FeatureBlock::gather reads.
struct FeatureSources {
  struct Layer {
    ConstTileView tile;
    int level = 0;
  };
  ConstTileView image;
  Layer layers[kMostFeatureLayers];
  int layer_count = 0;

  HD float at(int feature, int x, int y) const {
    if (feature < image.bands) return image(feature, x, y);
    feature -= image.bands;
    int l = 0;
    while (l + 1 < layer_count && feature >= layers[l].tile.bands) feature -= layers[l++].tile.bands;
    return layers[l].tile(feature, x >> layers[l].level, y >> layers[l].level);
  }
};

}  // namespace nadir
