// What the header of a raster file says, decided once and without reading pixels: which bands are data, what makes a
// pixel invalid, and whether the file is one that can be read at all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/gdal_handle.h"
#include "pipeline/core/image.h"

namespace nadir {

struct RasterChoice {
  std::string path;
  std::vector<std::string> drivers{"GTiff", "COG"};
  std::vector<std::string> bands;  ///< numbers or names; empty: all that are not alpha
  std::string nodata;              ///< empty: the file's own; "none"; or a number
  std::vector<double> bbox;        ///< min_x, min_y, max_x, max_y; empty: all
  int multiple_px = 1;
  bool allow_rounding = true;  ///< of integers beyond 2^24
};

struct RasterLayout {
  ImageInfo info;    ///< of the chosen bands and window
  int origin_x = 0;  ///< file pixel of the window's first pixel
  int origin_y = 0;
  Size block;                                 ///< storage unit of the first chosen band, pixels
  std::vector<int> bands;                     ///< numbers in the file, from 1
  std::vector<std::optional<double>> nodata;  ///< by chosen band, in the file's type
  std::vector<int> masks;                     ///< bands whose mask band counts (one stands for a mask of the dataset)
  std::vector<int> alphas;                    ///< alpha bands: 0 is invalid
};

/// Throws Error naming the file and what to do where a scene cannot be read.
RasterLayout read_layout(GDALDataset& dataset, const RasterChoice& choice);

/// Refuses a sample that would come out as another number, unless the choice allows it.
void refuse_rounding(const RasterChoice& choice, std::optional<double> sample);

/// Refuses files whose header declares far more than the file can hold, before memory is taken.
void refuse_absurd(GDALDataset& dataset, const std::string& path);

}  // namespace nadir
