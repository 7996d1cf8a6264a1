// Tie points over a grid, and the transform through them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/core/stage.h"
#include "stages/alignment/phase_check.h"
#include "stages/alignment/reference_lattice.h"
#include "stages/alignment/tie_consensus.h"
#include "stages/alignment/tie_features.h"
#include "stages/alignment/tie_model.h"

namespace nadir {

/// What is known of the tie points of one band.
struct BandAgreement {
  int band = 0;
  std::size_t matched = 0;
  double inlier_share = 0;
  Point offset;  ///< mean residual of its inliers against all bands together, px
  bool consistent = true;
};

struct GridEstimate {
  TiePoints ties;  ///< all matched ones; weight and residual belong to `fit`
  ModelFit fit;
  Consensus consensus;
  PhaseCheck phase;  ///< the transform as another method sees it
  std::vector<BandAgreement> bands;
  std::size_t windows = 0;    ///< looked at
  double inlier_share = 0;    ///< of matched tie points
  double rival_share = 0;     ///< of tie points over all shifts: clearly elsewhere than the consensus
  std::size_t usable = 0;     ///< windows, counted by band, that hold enough valid pixels of image and reference
  double found_share = 0;     ///< inliers of usable windows
  double coherent_share = 0;  ///< of matched tie points: rejected, yet confirmed by their neighbours
  bool same_pixels = false;   ///< image and reference hold the same samples
  std::string model_reason;
  std::string failure;  ///< why there is no transform at all; empty when there is one
};

/// The samples of one window, and of the image around it.
class TieEvidence final : public Evidence {
 public:
  std::vector<Samples> image;  ///< by band, with the margin of the search; empty when the reference is unusable
  std::vector<Samples> reference;
  std::size_t usable = 0;  ///< bands with enough valid pixels on both sides
};

/// What a GridMatch is asked for.
struct GridOptions {
  int max_shift_px = 32;
  int window_px = 64;
  int tie_points = 0;  ///< along the longer side; 0: half-overlapping windows, 31 at most
  TieModel model = TieModel::automatic;
};

/// Looks for windows of the reference in the image: a coarse part of them over all of max_shift_px, whose consensus is
/// an affine transform; then all of them near it, between pixels, by the normalised correlation of doubled gradient
/// angles (tie_features.h). A robust fit through what was found (tie_model.h) is the transform.
class GridMatch {
 public:
  /// Throws Error(Fault::data) when image and reference cannot be compared.
  GridMatch(const ImageInfo& image, const ImageInfo& reference, const GridOptions& options);
  const std::vector<Window>& blocks() const { return blocks_; }
  /// Windows of the image and the reference for a block.
  Window of_image(const Window& block) const { return grow(block, margin()); }
  Window of_reference(const Window& block) const;
  std::size_t evidence_bytes(const Window& block) const;
  /// `usable`: by pixel of the image's window, whether it may take part; empty: all.
  std::unique_ptr<Evidence> observe(const Window& block, ConstTileView image, ConstTileView reference,
                                    const std::vector<std::uint8_t>& usable, Exec& exec) const;
  GridEstimate conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const;

 private:
  int margin() const { return options_.max_shift_px + kFeatureReach; }
  void place_blocks(int bands);
  TiePoints match(const std::vector<std::unique_ptr<Evidence>>& evidence, const std::vector<int>& cells,
                  const AffineShift& expected, int radius, double least_score, Exec& exec) const;
  TiePoints match_again(const std::vector<std::unique_ptr<Evidence>>& evidence, const TiePoints& ties,
                        const Transform& found, Exec& exec) const;
  Samples read_through(const AffineShift& local, const Samples& image, const Window& block, int reach) const;
  PhaseCheck check(const std::vector<std::unique_ptr<Evidence>>& evidence, const GridEstimate& estimate,
                   Exec& exec) const;
  void fit(GridEstimate& estimate) const;
  std::vector<int> coarse_cells() const;
  Point centre(int cell) const;

  ImageInfo image_;
  GridOptions options_;
  ReferenceLattice lattice_;
  int bands_ = 1;
  int across_ = 1;
  int down_ = 1;
  double spacing_ = 1;  ///< px from window to window
  std::vector<Window> blocks_;
};

}  // namespace nadir
