// Finds the shift between an image and a reference image by phase correlation.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/core/stage.h"
#include "stages/alignment/shift_search.h"

namespace nadir {

/// Sub-pixel phase correlation over up to 5 x 5 windows spread over the overlap (Welch averaging): with image spectrum
/// I and reference spectrum T, both under a Hann window,
///   R = sum over windows of W I conj(T) / |I conj(T)|,   c(d) = sum_f R(f) exp(2 pi i f d),   W a low-pass,
/// whose maximum is the shift (Kuglin and Hines 1975). It is found at whole pixels; then the windows are cut again at
/// that shift, and c is evaluated between pixels by matrix products (Guizar-Sicairos, Thurman and Fienup 2008).
class PhaseMatch {
 public:
  /// Throws Error(Fault::data) when the two grids differ by more than their origin, or do not overlap.
  PhaseMatch(const ImageInfo& image, const ImageInfo& reference, int max_shift_px);
  const std::vector<Window>& blocks() const { return blocks_; }
  Window needs(bool of_reference, const Window& block) const;
  std::size_t evidence_bytes(const Window& block) const;
  std::unique_ptr<Evidence> observe(const Window& block, ConstTileView image, ConstTileView reference) const;
  ShiftEstimate conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const;

 private:
  Size image_size_;
  Size reference_size_;
  int max_shift_px_;
  int offset_x_ = 0;  ///< whole part of the reference's origin, in pixels of the image
  int offset_y_ = 0;
  Point fraction_;  ///< the rest of it
  std::vector<Window> blocks_;
  int across_ = 1;  ///< blocks a row
};

}  // namespace nadir
