// The features that pixels are classified by: bands, and from subbands the local mean and texture energies.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/backend/exec.h"
#include "stages/segmentation/feature_sources.h"
#include "stages/wavelet/subbands.h"

namespace nadir {

/// What a feature vector is made of, in this order: the image's bands; with subbands the local mean of every source
/// band, then its texture energies, coarsest level first. Stored with a model: what it was trained on it must be given.
struct FeatureSpec {
  int bands = 0;
  int subband_levels = 0;                    ///< of the decomposition; 0: no subbands
  int source_bands = 0;                      ///< that were decomposed
  int texture_levels = 0;                    ///< how many levels give energies, counted from the coarsest
  int texture_radius = 0;                    ///< coefficients around a pixel's own
  std::vector<std::string> band_names = {};  ///< as files call them, empty where they do not
  std::string filter = {};                   ///< bank that the subbands were made with, as qmf_decompose calls it

  int count() const { return bands + (1 + texture_levels) * source_bands; }
  std::vector<std::string> names() const;
};

/// Why a model that was trained on `wanted` cannot take what is `given`, in words; empty when it can. Band names count
/// where both sides have them.
std::string why_unlike(const FeatureSpec& wanted, const FeatureSpec& given);

/// Extracts features of one scene. Throws Error(Fault::data) when the subbands do not belong to the image.
class FeatureExtractor {
 public:
  FeatureExtractor(const ImageInfo& image, const std::optional<ImageInfo>& subbands, int texture_levels,
                   int texture_radius);

  const FeatureSpec& spec() const { return spec_; }
  /// The window of the packed subbands that features of the block need; empty without subbands.
  Window subband_window(const Window& block) const;
  std::size_t scratch_bytes(const Window& block) const;

 private:
  friend class FeatureBlock;
  FeatureSpec spec_;
  SubbandLayout layout_;
};

/// Features of the pixels of one block; what comes from subbands is computed once, on the grids of their levels.
class FeatureBlock {
 public:
  FeatureBlock(const FeatureExtractor& extractor, const Window& block, ConstTileView image, ConstTileView subbands,
               Exec& exec);
  /// Feature f of pixel (x + i, y) goes to out[f * stride + i], for i in [0, count).
  void gather(int x, int y, int count, float* out, std::ptrdiff_t stride) const;
  /// The same for kernels, where `exec` runs them; of use while this block is.
  FeatureSources sources() const;

 private:
  struct Layer {
    std::unique_ptr<ScratchTile> tile;
    int level;
  };
  ConstTileView image_;
  std::vector<Layer> layers_;
};

}  // namespace nadir
