// From float32 samples to the samples of a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "pipeline/core/image.h"

namespace nadir {

/// How samples are stored. Integers are rounded once, half to even, and clamped to the type.
struct Encoding {
  SampleType type = SampleType::f32;
  std::optional<double> nodata;  ///< what invalid pixels hold; without it they hold 0 and need a mask
  bool moves_off_nodata = true;  ///< false: valid samples may hold the nodata value (class 0 of a mask)
};

/// What encoding did to samples, for reports.
struct EncodingCounts {
  std::int64_t clipped = 0;  ///< valid samples beyond the type's range
  std::int64_t nudged = 0;   ///< valid samples that met the nodata value and were moved off it; see nodata_step.h
  std::int64_t valid = 0;    ///< pixels
  std::int64_t total = 0;    ///< pixels

  void add(const EncodingCounts& more);
};

/// The encoding that a file of this type can have: i8 becomes i16 (COG has no signed byte), and a nodata value that the
/// type cannot hold is dropped; floats without one get NaN.
Encoding encoding_of(SampleType type, std::optional<double> nodata);

/// Encodes `count` samples of one row; `valid` is null where all are valid. Adds to clipped and nudged. Returns true
/// when a valid sample was NaN: the pixel is not valid then, in any band.
bool encode_row(const Encoding& encoding, const float* samples, const std::uint8_t* valid, int count, std::byte* to,
                EncodingCounts& counts);

}  // namespace nadir
