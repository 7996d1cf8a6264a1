// Creation options.
#include "io/cog_options.h"

#include <algorithm>
#include <array>

#include "io/io.h"

namespace nadir {
namespace {

// GDAL makes the list when it is first asked for, and not safely from several threads.
const std::string& cog_creation_options() {
  static const std::string list = [] {
    const char* text = gdal_driver("COG").GetMetadataItem(GDAL_DMD_CREATIONOPTIONLIST);
    return std::string(text ? text : "");
  }();
  return list;
}

// GDAL sees the overviews of a source through a virtual dataset only without mask and down to this edge.
bool shows_overviews(Size size, int count, bool masked) {
  const int least = 128;
  return !masked && (std::min(size.width, size.height) >> count) >= least;
}

void set_threads(GdalOptions& options, Size size, const CogOptions& o) {
  if (io_threads() > 1 && std::max(size.width, size.height) > o.block_px)
    options.set("NUM_THREADS", std::to_string(io_threads()));
}

}  // namespace

GDALDriver& gdal_driver(const char* name) {
  GDALDriver* found = GetGDALDriverManager()->GetDriverByName(name);
  if (!found)
    throw Error(Fault::io, std::string("this build of GDAL has no ") + name + " driver; it needs GDAL 3.6 or later");
  return *found;
}

const char* compression_name(Compression compression) {
  constexpr std::array names{"ZSTD", "DEFLATE", "LZW", "NONE"};
  return names[std::size_t(compression)];
}

void require_compression(Compression compression) {
  const std::string name = compression_name(compression);
  if (cog_creation_options().find("<Value>" + name + "</Value>") == std::string::npos)
    throw Error(Fault::config, "this build of GDAL cannot compress with " + name + "; set compression: deflate");
}

int fitting_block(Size size, int block_px) {
  const int least = 128;  // GDAL's COG driver
  const int side = std::max(size.width, size.height);
  return std::max(least, std::min(block_px, ceil_div(side, 16) * 16));
}

int overview_count(Size size, const CogOptions& o) {
  int count = 0;
  for (int side = std::max(size.width, size.height); side > 256; side = ceil_div(side, 2)) ++count;
  return o.overviews ? count : 0;
}

GdalOptions cog_options(Size size, const CogOptions& o, bool masked) {
  GdalOptions options;
  options.set("COMPRESS", compression_name(o.compression)).set("BIGTIFF", "IF_SAFER");
  options.set("BLOCKSIZE", std::to_string(fitting_block(size, o.block_px)));
  if (o.compression != Compression::none) options.set("PREDICTOR", "YES").set("OVERVIEW_PREDICTOR", "YES");
  if (o.compression == Compression::zstd) options.set("LEVEL", "1");
  set_threads(options, size, o);
  const int count = overview_count(size, o);
  if (count == 0) return options.set("OVERVIEWS", "NONE");
  if (shows_overviews(size, count, masked)) return options.set("OVERVIEWS", "FORCE_USE_EXISTING");
  return options.set("OVERVIEWS", "IGNORE_EXISTING")
      .set("OVERVIEW_RESAMPLING", o.reduction == Reduction::average ? "AVERAGE" : "MODE")
      .set("OVERVIEW_COUNT", std::to_string(count));
}

GdalOptions plain_options(Size size, const CogOptions& o, SampleType type) {
  const std::string block = std::to_string(fitting_block(size, o.block_px));
  GdalOptions options;
  options.set("COMPRESS", compression_name(o.compression)).set("BIGTIFF", "IF_SAFER");
  options.set("TILED", "YES").set("BLOCKXSIZE", block).set("BLOCKYSIZE", block).set("COPY_SRC_OVERVIEWS", "YES");
  if (o.compression != Compression::none) options.set("PREDICTOR", is_integer(type) ? "2" : "3");
  if (o.compression == Compression::zstd) options.set("ZSTD_LEVEL", "1");
  set_threads(options, size, o);
  return options;
}

}  // namespace nadir
