// Rounding, clamping, and the nodata value.
#include "io/encode.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace nadir {
namespace {

template <class F>
void with_type(SampleType type, const F& f) {
  switch (type) {
    case SampleType::u8: return f(std::uint8_t{});
    case SampleType::u16: return f(std::uint16_t{});
    case SampleType::i8:
    case SampleType::i16: return f(std::int16_t{});
    case SampleType::u32: return f(std::uint32_t{});
    case SampleType::i32: return f(std::int32_t{});
    case SampleType::f32: return f(float{});
    case SampleType::f64: return f(double{});
  }
}

template <class T>
T clamp_round(double value, EncodingCounts& counts) {
  constexpr double low = double(std::numeric_limits<T>::lowest());
  constexpr double high = double(std::numeric_limits<T>::max());
  const double whole = std::nearbyint(value);
  const bool inside = whole >= low && whole <= high;
  counts.clipped += !inside;
  return inside ? T(whole) : whole < low ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max();
}

template <class T>
T neighbour(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return std::nextafter(value, T(0) == value ? T(1) : T(0));
  else
    return value == std::numeric_limits<T>::max() ? T(value - 1) : T(value + 1);
}

template <class T>
struct Encoder {
  bool moves_off_nodata;
  T nodata;

  T operator()(float value, EncodingCounts& counts) const {
    T sample;
    if constexpr (std::is_floating_point_v<T>)
      sample = T(value);
    else
      sample = clamp_round<T>(value, counts);
    if (!moves_off_nodata || sample != nodata) return sample;
    ++counts.nudged;
    return neighbour(sample);
  }
};

template <class T>
void encode_band(ConstView band, const Encoding& encoding, EncodedTile& out, std::size_t first) {
  const Encoder<T> encoder{encoding.nodata && encoding.moves_off_nodata, T(encoding.nodata.value_or(0))};
  const T empty = encoder.nodata;
  const Window& w = out.window;
  std::vector<T> row(std::size_t(w.width));
  for (int y = w.y; y < w.bottom(); ++y) {
    const float* from = band.row(y);
    const std::uint8_t* valid = out.mask.data() + std::size_t(y - w.y) * std::size_t(w.width);
    for (int x = 0; x < w.width; ++x) row[std::size_t(x)] = valid[x] ? encoder(from[x], out.counts) : empty;
    const std::size_t at = (first + std::size_t(y - w.y) * std::size_t(w.width)) * sizeof(T);
    std::memcpy(out.samples.data() + at, row.data(), row.size() * sizeof(T));
  }
}

void encode_mask(ConstTileView tile, EncodedTile& out) {
  const Window& w = out.window;
  for (int y = w.y; y < w.bottom(); ++y) {
    std::uint8_t* mask = out.mask.data() + std::size_t(y - w.y) * std::size_t(w.width);
    const std::uint8_t* valid = tile.mask().row(y);
    for (int x = 0; x < w.width; ++x) mask[x] = valid[x] ? 255 : 0;
    for (int b = 0; b < tile.bands; ++b) {
      const float* row = tile.band(b).row(y);
      for (int x = 0; x < w.width; ++x) mask[x] = std::isnan(row[x]) ? 0 : mask[x];
    }
    for (int x = 0; x < w.width; ++x) out.counts.valid += mask[x] != 0;
  }
  out.counts.total += w.area();
}

bool fits(double value, SampleType type) {
  if (std::isnan(value)) return !is_integer(type);
  const auto [low, high] = limits_of(type);
  return value >= low && value <= high && (!is_integer(type) || value == std::nearbyint(value));
}

}  // namespace

void EncodingCounts::add(const EncodingCounts& more) {
  clipped += more.clipped;
  nudged += more.nudged;
  valid += more.valid;
  total += more.total;
}

Encoding encoding_of(SampleType type, std::optional<double> nodata) {
  Encoding encoding{type == SampleType::i8 ? SampleType::i16 : type, nodata};
  if (encoding.nodata && !fits(*encoding.nodata, encoding.type)) encoding.nodata.reset();
  if (encoding.nodata && encoding.type == SampleType::f32) encoding.nodata = double(float(*encoding.nodata));
  if (!encoding.nodata && !is_integer(encoding.type)) encoding.nodata = std::nan("");
  return encoding;
}

EncodedTile encode(ConstTileView tile, const Encoding& encoding) {
  EncodedTile out;
  out.window = tile.window;
  const std::size_t pixels = std::size_t(tile.window.area());
  out.mask.resize(pixels);
  encode_mask(tile, out);
  with_type(encoding.type, [&]<class T>(T) {
    out.samples.resize(pixels * std::size_t(tile.bands) * sizeof(T));
    for (int b = 0; b < tile.bands; ++b) encode_band<T>(tile.band(b), encoding, out, pixels * std::size_t(b));
  });
  return out;
}

}  // namespace nadir
