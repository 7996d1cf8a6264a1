// Our sample types and GDAL's.
#pragma once

#include <gdal_priv.h>

#include <optional>

#include "pipeline/core/image.h"

namespace nadir {

/// GDAL before 3.7 has no signed byte type and marks such bands of bytes by PIXELTYPE.
inline bool is_signed_byte(GDALRasterBand& band) {
  const char* pixel_type = band.GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE");
  return band.GetRasterDataType() == GDT_Byte && pixel_type && EQUAL(pixel_type, "SIGNEDBYTE");
}

inline std::optional<SampleType> sample_type_of(GDALDataType type, bool signed_byte) {
#if GDAL_VERSION_NUM >= 3070000
  if (type == GDT_Int8) return SampleType::i8;
#endif
  switch (type) {
    case GDT_Byte: return signed_byte ? SampleType::i8 : SampleType::u8;
    case GDT_UInt16: return SampleType::u16;
    case GDT_Int16: return SampleType::i16;
    case GDT_UInt32: return SampleType::u32;
    case GDT_Int32: return SampleType::i32;
    case GDT_Float32: return SampleType::f32;
    case GDT_Float64: return SampleType::f64;
    default: return std::nullopt;
  }
}

/// For files that we write; there is no i8 among them.
inline GDALDataType gdal_type_of(SampleType type) {
  switch (type) {
    case SampleType::u8: return GDT_Byte;
    case SampleType::u16: return GDT_UInt16;
    case SampleType::i8:
    case SampleType::i16: return GDT_Int16;
    case SampleType::u32: return GDT_UInt32;
    case SampleType::i32: return GDT_Int32;
    case SampleType::f32: return GDT_Float32;
    case SampleType::f64: return GDT_Float64;
  }
  return GDT_Unknown;
}

/// For reading: the samples as the file has them.
inline GDALDataType stored_type_of(SampleType type) {
#if GDAL_VERSION_NUM >= 3070000
  if (type == SampleType::i8) return GDT_Int8;
#endif
  return type == SampleType::i8 ? GDT_Byte : gdal_type_of(type);
}

}  // namespace nadir
