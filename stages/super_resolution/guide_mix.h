// Which band, or mix of bands, patches are compared by.
#pragma once

#include <string>
#include <vector>

#include "pipeline/core/image.h"
#include "pipeline/core/value.h"
#include "stages/super_resolution/guide_units.h"
#include "stages/super_resolution/imaging.h"

namespace nadir {

/// `choice`: `mean`; `luma`, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) of the bands that are these by colour or name;
/// `pc1`, the first principal component of the bands in 8-bit units by the `covariance` of `statistics`, the mean where
/// there is none (yet); else one band, by number (from 1), name or colour. Throws Error(Fault::data) that lists the
/// bands where there is no such one.
GuideMix guide_mix(const std::string& choice, const ImageInfo& image, const std::vector<BandScale>& scales,
                   const Record* statistics);

}  // namespace nadir
