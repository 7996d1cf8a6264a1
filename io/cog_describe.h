// The virtual dataset that a COG is copied from: scratch pixels, and everything that is said about them.
#pragma once

#include "io/cog_file.h"

namespace nadir {

/// `mask` may be null. Both files must outlive the result.
DatasetPtr describe_pixels(GDALDataset& pixels, GDALDataset* mask, const ImageInfo& info, const Encoding& encoding,
                           bool palette);

}  // namespace nadir
