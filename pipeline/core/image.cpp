// Tiles of pixels and the little that is done to them without any stage.
#include "pipeline/core/image.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>

namespace nadir {

const char* name_of(SampleType type) {
  constexpr std::array names{"u8", "i8", "u16", "i16", "u32", "i32", "f32", "f64"};
  return names[std::size_t(type)];
}

int size_of(SampleType type) {
  constexpr std::array sizes{1, 1, 2, 2, 4, 4, 4, 8};
  return sizes[std::size_t(type)];
}

bool is_integer(SampleType type) { return type != SampleType::f32 && type != SampleType::f64; }

std::pair<double, double> limits_of(SampleType type) {
  const auto of = []<class T>(T) {
    return std::pair{double(std::numeric_limits<T>::lowest()), double(std::numeric_limits<T>::max())};
  };
  switch (type) {
    case SampleType::u8: return of(std::uint8_t{});
    case SampleType::i8: return of(std::int8_t{});
    case SampleType::u16: return of(std::uint16_t{});
    case SampleType::i16: return of(std::int16_t{});
    case SampleType::u32: return of(std::uint32_t{});
    case SampleType::i32: return of(std::int32_t{});
    case SampleType::f32: return of(float{});
    case SampleType::f64: return of(double{});
  }
  return {0, 0};
}

Tile::Tile(Window window, int bands)
    : window_(window),
      bands_(bands),
      samples_(make_pixel_array<float>(std::size_t(window.area()) * std::size_t(bands))),
      valid_(make_pixel_array<std::uint8_t>(std::size_t(window.area()))) {}

TileView Tile::view() {
  return {samples_.get(), valid_.get(), window_.width, std::ptrdiff_t(window_.area()), bands_, window_};
}

ConstTileView Tile::view() const {
  return {samples_.get(), valid_.get(), window_.width, std::ptrdiff_t(window_.area()), bands_, window_};
}

std::size_t Tile::bytes(const Window& window, int bands) {
  return std::size_t(window.area()) * (sizeof(float) * std::size_t(bands) + 1);
}

void Tile::fill(float value, bool valid) {
  std::fill_n(samples_.get(), std::size_t(window_.area()) * std::size_t(bands_), value);
  std::fill_n(valid_.get(), std::size_t(window_.area()), std::uint8_t(valid));
}

void copy_pixels(ConstTileView from, TileView to, const Window& window) {
  assert(from.window.contains(window) && to.window.contains(window) && from.bands == to.bands);
  const ConstTileView source = from.crop(window);
  const TileView target = to.crop(window);
  for (int y = window.y; y < window.bottom(); ++y) {
    for (int b = 0; b < from.bands; ++b) std::copy_n(source.band(b).row(y), window.width, target.band(b).row(y));
    std::copy_n(source.mask().row(y), window.width, target.mask().row(y));
  }
}

void mirror_edges(TileView tile, Size size) {
  const Window w = tile.window;
  const Window inside = intersect(w, whole(size));
  if (inside == w || w.empty()) return;
  // First what lies beside the image, then whole rows above and below it.
  const auto fill = [&](auto band) {
    for (int y = inside.y; y < inside.bottom(); ++y) {
      for (int x = w.x; x < inside.x; ++x) band(x, y) = band(mirror(x, size.width), y);
      for (int x = inside.right(); x < w.right(); ++x) band(x, y) = band(mirror(x, size.width), y);
    }
    for (int y = w.y; y < w.bottom(); ++y)
      if (y < inside.y || y >= inside.bottom()) std::copy_n(band.row(mirror(y, size.height)), w.width, band.row(y));
  };
  for (int b = 0; b < tile.bands; ++b) fill(tile.band(b));
  fill(tile.mask());
}

bool all_valid(ConstTileView tile, const Window& window) {
  const ConstTileView part = tile.crop(window);
  for (int y = window.y; y < window.bottom(); ++y) {
    if (std::memchr(part.mask().row(y), 0, std::size_t(window.width))) return false;
  }
  return true;
}

}  // namespace nadir
