// A small rotation and change of scale of a survey against an image.
#pragma once

#include "pipeline/backend/exec.h"
#include "stages/alignment/survey_judge.h"

namespace nadir {

/// The placement near `start` at which the survey says most about the image: shift, turn and scale are moved in turns,
/// by steps that move a typical sample by 4 px down to a quarter of a pixel, for as long as the information grows
/// (Hooke and Jeeves 1961). Turn and scale are about the mean of the samples, within 3 degrees and 3 %. `samples` lie
/// on a lattice of `per_pixel` points a pixel.
Placement find_turn(const PixelMosaic& mosaic, const std::vector<SurveySample>& samples, int per_pixel, int classes,
                    const Placement& start, const Exec& exec);

}  // namespace nadir
