// Values for invalid samples, so that solvers can work on full rectangles.
#pragma once

#include "pipeline/core/image.h"

namespace nadir {

/// Gives every invalid sample a smooth continuation of the valid ones around it (pull and push through a pyramid of
/// halved images, Gortler et al. 1996). Valid samples and the mask stay as they are; without any valid sample all are
/// 0.
void fill_invalid(TileView tile);

}  // namespace nadir
