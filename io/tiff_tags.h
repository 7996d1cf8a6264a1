// What GDAL does not tell about a TIFF, through the libtiff that it uses itself.
#pragma once

#include <gdal_priv.h>
#include <tiffio.h>

#include <cstdint>
#include <string>

namespace nadir {

/// GeoTIFF 1.1 (OGC 19-008), and GDAL's own.
namespace geotiff {
constexpr std::uint32_t kPixelScale = 33550;
constexpr std::uint32_t kTiePoints = 33922;
constexpr std::uint32_t kTransformation = 34264;
constexpr std::uint32_t kKeyDirectory = 34735;
constexpr std::uint32_t kDoubles = 34736;
constexpr std::uint32_t kText = 34737;
constexpr std::uint32_t kGdalMetadata = 42112;
constexpr std::uint32_t kGdalNodata = 42113;
}  // namespace geotiff

/// The handle behind a dataset of the GTiff driver; null for others, and where GDAL brings a libtiff of its own.
TIFF* libtiff_handle(GDALDataset& dataset);

/// Lets a handle that is to be written have the tags above.
void know_geo_tags(TIFF& handle);

/// The bytes of the tags that GeoTIFF keeps a reference system in: equal bytes are equal systems. Empty where the
/// system may come from elsewhere (other formats, sidecars).
std::string geo_keys(GDALDataset& dataset, const std::string& path);

}  // namespace nadir
