// Finds the shift between an image and the outlines or lines of a survey.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/core/stage.h"
#include "stages/alignment/shift_search.h"

namespace nadir {

/// How well edges of the image follow the boundaries of polygons, or lines, that the survey knows:
///   B(d) = mean over points p, every pixel along the boundaries, of Re[z(p + d) conj(n(p)²)],
/// z the doubled gradient angle of tie_features.h, summed over bands, and n the boundary's normal as a complex number:
/// 1 for an edge along the boundary, -1 across it, 0 on average where there is none. Needs one class only, and whether
/// a field is brighter or darker than what is around it does not matter. z is smooth over 2 px, so that a boundary
/// tells where it is from some way off, and both edges of a road meet in its middle.
class BoundaryMatch {
 public:
  BoundaryMatch(SurveyPtr survey, const ImageInfo& image, int max_shift_px, Split split);
  /// 256-pixel blocks of the scene that boundaries may lie in; the whole scene while the survey is not known.
  const std::vector<Window>& blocks() const { return blocks_; }
  Window needs(const Window& block) const;
  /// A complex number and its validity for each pixel.
  std::size_t evidence_bytes(const Window& block) const { return std::size_t(block.area()) * (2 * sizeof(float) + 1); }
  /// `image` holds needs(block).
  std::unique_ptr<Evidence> observe(const Window& block, ConstTileView image) const;
  ShiftEstimate conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const;

 private:
  Survey survey_;  ///< the features that take part
  ImageInfo image_;
  int max_shift_px_;
  std::vector<Window> blocks_;
};

}  // namespace nadir
