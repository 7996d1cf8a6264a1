// How a Cloud Optimized GeoTIFF is stored, in our words and in those of GDAL's drivers.
#pragma once

#include <string>

#include "io/gdal_handle.h"
#include "io/reduce.h"
#include "pipeline/core/image.h"

namespace nadir {

enum class Compression { zstd, deflate, lzw, none };

struct CogOptions {
  Compression compression = Compression::zstd;
  int block_px = 512;
  bool overviews = true;
  Reduction reduction = Reduction::average;  ///< for overviews
  bool palette = false;                      ///< info.classes become colour table, category names and attribute table
};

/// Throws Error(Fault::io) where this build of GDAL has none of that name.
GDALDriver& gdal_driver(const char* name);

/// GDAL's name: ZSTD, DEFLATE, LZW, NONE.
const char* compression_name(Compression compression);
/// Throws Error(Fault::config) where this build of GDAL has it not.
void require_compression(Compression compression);

/// Edge of the tiles. A small image gets blocks of its own size, so that a thumbnail is no larger than it must be.
int fitting_block(Size size, int block_px);
/// Halvings until both sides are at most 256 pixels; 0 where no overviews are asked for.
int overview_count(Size size, const CogOptions& options);

/// Creation options of the COG driver.
GdalOptions cog_options(Size size, const CogOptions& options, bool masked);
/// Those of the GTiff driver for an image without overviews: GDAL's COG driver does nothing but call it like this, at
/// twice the time.
GdalOptions plain_options(Size size, const CogOptions& options, SampleType type);

}  // namespace nadir
