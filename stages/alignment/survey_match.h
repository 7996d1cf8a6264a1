// Finds the shift between an image and the classes that a survey says it shows.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/core/stage.h"
#include "stages/alignment/shift_search.h"

namespace nadir {

/// The information that class-conditional Gaussians give about the pixels under a survey, in nats a pixel,
///   J(d) = 1/2 [ln det S - sum_c p_c ln det S_c],
/// S the covariance of all bands over the survey's pixels read at shift d, S_c that of class c: the mutual information
/// of pixels and classes if both mixtures were normal. Searched over all whole shifts, then between pixels
/// (survey_judge.h), and with small rotations and changes of scale (survey_turn.h).
class SurveyMatch {
 public:
  /// `turns`: a small rotation and change of scale are looked for as well (survey_turn.h).
  SurveyMatch(SurveyPtr survey, const ImageInfo& image, int max_shift_px, bool turns, Split split, std::uint64_t seed);
  /// 256-pixel blocks of the scene that survey pixels may come from; the whole scene while the survey is not known.
  const std::vector<Window>& blocks() const { return blocks_; }
  /// A vector (1, bands) and its validity for each pixel.
  std::size_t evidence_bytes(const Window& block) const {
    return std::size_t(block.area()) * (std::size_t(image_.band_count() + 1) * sizeof(float) + 1);
  }
  std::unique_ptr<Evidence> observe(ConstTileView block) const;
  ShiftEstimate conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const;

 private:
  Survey survey_;  ///< the features that take part
  ImageInfo image_;
  int max_shift_px_;
  bool turns_;
  std::uint64_t seed_;
  std::vector<Window> blocks_;
};

}  // namespace nadir
