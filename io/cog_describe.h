// Everything that is said about pixels in a file: place, bands, nodata, metadata, classes.
#pragma once

#include "io/encode.h"
#include "io/gdal_handle.h"

namespace nadir {

/// Whether the grid says more than how many pixels there are.
bool is_located(const Grid& grid);

/// True when samples of this type are indices of the image's palette.
bool holds_palette(const ImageInfo& info, SampleType type);

/// Sets it all on a dataset that is open for writing, of classes the names only (CLASS_<id>, where samples are
/// integers).
void describe(GDALDataset& dataset, const ImageInfo& info, const Encoding& encoding);

/// A virtual dataset of the same pixels with all that is known of them. `mask` may be null. Both files must outlive the
/// result.
DatasetPtr virtual_copy(GDALDataset& pixels, GDALDataset* mask, const ImageInfo& info, const Encoding& encoding,
                        bool palette);

}  // namespace nadir
