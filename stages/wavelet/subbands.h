// The layout of a decimated transform as one image.
//
// All coefficients of L levels stand on the coarsest grid, one pixel a block of 2^L x 2^L fine pixels, so that the
// subbands of a scene are one georeferenced image that can be cut into tiles. Level L (the coarsest) has one
// coefficient a pixel and orientation; a finer level l has 4^(L-l), which become bands, row by row ("space to depth").
// A source band therefore takes 4^L bands, in the order ll, then lh hl hh of level L, then of level L-1, … down to
// level 1. The grid is larger than the scene's blocks by `margin` pixels on every side, where coefficients of long
// filters reach over the edge; pixel (margin, margin) is the block at the scene's upper-left corner.
#pragma once

#include <optional>
#include <string>

#include "pipeline/core/image.h"

namespace nadir {

constexpr int kMaxLevels = 7;  ///< more would give more bands than a TIFF file can hold

enum class Orientation { lh = 0, hl = 1, hh = 2 };  ///< low or high in x, then in y

struct SubbandLayout {
  int levels = 1;
  int margin = 0;  ///< coarse pixels
  int source_bands = 1;
  Size source_size;  ///< of the decomposed image

  HD int bands_per_source_band() const { return 1 << (2 * levels); }
  HD int ll(int source_band) const { return source_band * bands_per_source_band(); }
  /// The band that holds the coefficient at (row, col) mod 2^(levels-level) of its block.
  HD int band(int source_band, int level, Orientation o, int row, int col) const {
    const int per_side = 1 << (levels - level);
    return ll(source_band) + per_side * per_side * (1 + int(o)) + row * per_side + col;
  }
  /// The coefficient (cx, cy) of a level, in that level's own pixels with (0, 0) at the scene's upper-left corner; may
  /// be negative within the margin.
  HD float at(ConstTileView packed, int source_band, int level, Orientation o, int cx, int cy) const {
    const int shift = levels - level;
    const int mask = (1 << shift) - 1;
    return packed(band(source_band, level, o, cy & mask, cx & mask), (cx >> shift) + margin, (cy >> shift) + margin);
  }

  /// Kept in the image's metadata under qmf.*, so that files remember it.
  void write_to(ImageInfo& info) const;
  /// Empty when the image is no decomposition.
  static std::optional<SubbandLayout> read_from(const ImageInfo& info);
};

/// The layout of a stationary transform: subbands of the scene's own pixel size, ll of the coarsest level, then lh hl
/// hh of level L, L-1, … 1 for each source band. Pixel (margin, margin) is the scene's first.
struct StationaryLayout {
  int levels = 1;
  int margin = 0;  ///< pixels on every side, where coefficients of long filters reach over the edge
  int source_bands = 1;
  Size source_size;

  HD int bands_per_source_band() const { return 3 * levels + 1; }
  HD int ll(int source_band) const { return source_band * bands_per_source_band(); }
  HD int band(int source_band, int level, Orientation o) const {
    return ll(source_band) + 1 + 3 * (levels - level) + int(o);
  }

  void write_to(ImageInfo& info) const;
  static std::optional<StationaryLayout> read_from(const ImageInfo& info);
};

/// What a decomposition is called and made from, as far as the subbands must remember it for the way back.
struct SubbandOrigin {
  std::string filter;
  ImageInfo source;     ///< grid, type, bands and nodata of the decomposed image
  double delay_px = 0;  ///< how far the subbands' pixels lie beside their blocks
};

/// The description of the subbands of an image: grid, band names, layout and origin. Pixels lie `delay` source pixels
/// to the right of and below their blocks, where the approximation belongs (approximation_delay()).
ImageInfo subband_info(const ImageInfo& source, const SubbandLayout& layout, const std::string& filter, double delay);
/// The same of a stationary transform, whose pixels lie `delay` to the right of and below those of the scene.
ImageInfo subband_info(const ImageInfo& source, const StationaryLayout& layout, const std::string& filter,
                       double delay);

/// What qmf_decompose called the filter bank; empty where the metadata do not tell.
std::string filter_of_subbands(const ImageInfo& subbands);

/// The origin of subbands, which have the stated layout. Throws Error(Fault::data) when it is not told or the subbands
/// were moved to another grid.
SubbandOrigin origin_of(const ImageInfo& subbands, const SubbandLayout& layout);
SubbandOrigin origin_of(const ImageInfo& subbands, const StationaryLayout& layout);

}  // namespace nadir
