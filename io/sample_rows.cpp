// The loops over stored samples, one instance a sample type.
#include "io/sample_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "io/with_type.h"

namespace nadir {
namespace {

// Infinity, NaN, and what overflows float32; in a form that vectorises.
bool is_finite(float value) { return std::abs(value) <= std::numeric_limits<float>::max(); }

// `step` is a constant where samples lie close together, so that the compiler can use vectors.
template <class T>
void convert(const T* __restrict from, std::ptrdiff_t step, float* __restrict to, int width) {
  for (int x = 0; x < width; ++x) to[x] = float(from[x * step]);
}

template <class T>
void check_nodata(const T* __restrict from, std::ptrdiff_t step, T nodata, std::uint8_t* __restrict valid, int width) {
  for (int x = 0; x < width; ++x) valid[x] &= std::uint8_t(from[x * step] != nodata);
}

void check_finite(const float* __restrict samples, std::uint8_t* __restrict valid, int width) {
  for (int x = 0; x < width; ++x) valid[x] &= std::uint8_t(is_finite(samples[x]));
}

// Up to 2^24 integers are exact in float32.
template <class T>
constexpr bool kCanBeRounded = std::is_integral_v<T> && sizeof(T) > 2;

template <class T>
std::optional<double> find_rounded(const T* from, std::ptrdiff_t step, const std::uint8_t* valid, int width) {
  for (int x = 0; x < width; ++x)
    if (valid[x] && double(from[x * step]) != double(float(from[x * step]))) return double(from[x * step]);
  return std::nullopt;
}

// All bands of a pixel at once: loads are shuffled instead of gathered.
template <int kBands, class T>
void split(const T* __restrict from, float* __restrict a, float* __restrict b, float* __restrict c, float* __restrict d,
           int width) {
  for (int x = 0; x < width; ++x) {
    a[x] = float(from[x * kBands]);
    b[x] = float(from[x * kBands + 1]);
    if constexpr (kBands > 2) c[x] = float(from[x * kBands + 2]);
    if constexpr (kBands > 3) d[x] = float(from[x * kBands + 3]);
  }
}

// True when the bands are all bands of the stored pixels, two to four of them.
template <class T>
bool can_split(const StoredPixels& pixels, std::span<const StoredBand> bands) {
  if (bands.size() < 2 || bands.size() > 4 || pixels.pixel_step != std::ptrdiff_t(bands.size() * sizeof(T)))
    return false;
  for (std::size_t b = 0; b < bands.size(); ++b)
    if (bands[b].offset != std::ptrdiff_t(b * sizeof(T)) || bands[b].target == StoredBand::kAlpha) return false;
  return true;
}

template <class T>
void split_row(const T* from, std::span<const StoredBand> bands, TileView out, int y) {
  float* rows[4] = {};
  for (std::size_t b = 0; b < bands.size(); ++b) rows[b] = out.band(bands[b].target).row(y);
  const int width = out.window.width;
  if (bands.size() == 2) split<2>(from, rows[0], rows[1], rows[2], rows[3], width);
  if (bands.size() == 3) split<3>(from, rows[0], rows[1], rows[2], rows[3], width);
  if (bands.size() == 4) split<4>(from, rows[0], rows[1], rows[2], rows[3], width);
}

template <class T>
std::optional<double> validate_row(const T* from, std::ptrdiff_t step, const StoredBand& band, const float* samples,
                                   std::uint8_t* valid, int width) {
  if constexpr (std::is_floating_point_v<T>) check_finite(samples, valid, width);
  if (band.nodata && !std::isnan(*band.nodata)) {
    const T nodata = T(*band.nodata);
    if (step == 1)
      check_nodata(from, 1, nodata, valid, width);
    else
      check_nodata(from, step, nodata, valid, width);
  }
  if constexpr (kCanBeRounded<T>) return find_rounded(from, step, valid, width);
  return std::nullopt;
}

template <class T>
std::optional<double> decode_row(const T* from, std::ptrdiff_t step, const StoredBand& band, TileView out, int y) {
  std::uint8_t* valid = out.mask().row(y);
  const int width = out.window.width;
  if (band.target == StoredBand::kAlpha) {
    check_nodata(from, step, T(0), valid, width);
    return std::nullopt;
  }
  float* to = out.band(band.target).row(y);
  if (step == 1)
    convert(from, 1, to, width);
  else
    convert(from, step, to, width);
  return validate_row(from, step, band, to, valid, width);
}

template <class T>
std::optional<double> decode_rows(const StoredPixels& pixels, std::span<const StoredBand> bands, TileView out) {
  const std::ptrdiff_t step = pixels.pixel_step / std::ptrdiff_t(sizeof(T));
  const bool together = can_split<T>(pixels, bands);
  std::optional<double> rounded;
  for (int row = 0; row < out.window.height; ++row) {
    const std::byte* stored = pixels.first + row * pixels.row_step;
    const auto samples_of = [&](const StoredBand& band) { return reinterpret_cast<const T*>(stored + band.offset); };
    const int y = out.window.y + row;
    if (together) split_row(samples_of(bands[0]), bands, out, y);
    for (const StoredBand& band : bands) {
      const T* from = samples_of(band);
      const auto found =
          together ? validate_row(from, step, band, out.band(band.target).row(y), out.mask().row(y), out.window.width)
                   : decode_row(from, step, band, out, y);
      if (found) rounded = found;
    }
  }
  return rounded;
}

}  // namespace

std::optional<double> decode(const StoredPixels& pixels, SampleType type, std::span<const StoredBand> bands,
                             TileView out) {
  return with_type(type, [&]<class T>(T) { return decode_rows<T>(pixels, bands, out); });
}

void clear_invalid(TileView out) {
  const auto width = std::size_t(out.window.width);
  for (int y = out.window.y; y < out.window.bottom(); ++y) {
    const std::uint8_t* valid = out.mask().row(y);
    if (!std::memchr(valid, 0, width)) continue;
    for (int b = 0; b < out.bands; ++b) {
      float* row = out.band(b).row(y);
      for (std::size_t x = 0; x < width; ++x) row[x] = valid[x] ? row[x] : 0.0f;
    }
  }
}

}  // namespace nadir
