// Views of pixels that belong to somebody else, addressed in the pixel coordinates of the image they are part of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "pipeline/core/window.h"

namespace nadir {

/// One band over a window. view(x, y) takes image coordinates, not offsets into the window.
template <class T>
struct BandView {
  T* data = nullptr;
  std::ptrdiff_t stride = 0;  ///< samples from one row to the next
  Window window;

  HD T& operator()(int x, int y) const { return data[(y - window.y) * stride + (x - window.x)]; }
  HD T* row(int y) const { return data + (y - window.y) * stride; }  ///< its first element is at x = window.x
  operator BandView<const T>() const requires(!std::is_const_v<T>) { return {data, stride, window}; }
};

/// All bands of an image over a window, each band a plane of its own, with one validity mask (1 valid, 0 nodata).
template <class T, class M>
struct BasicTileView {
  T* samples = nullptr;
  M* valid = nullptr;
  std::ptrdiff_t stride = 0;  ///< samples from one row to the next, the same for bands and mask
  std::ptrdiff_t plane = 0;   ///< samples from one band to the next
  int bands = 0;
  Window window;

  HD BandView<T> band(int b) const { return {samples + b * plane, stride, window}; }
  HD BandView<M> mask() const { return {valid, stride, window}; }
  HD T& operator()(int b, int x, int y) const { return samples[b * plane + (y - window.y) * stride + (x - window.x)]; }
  HD bool is_valid(int x, int y) const { return valid[(y - window.y) * stride + (x - window.x)] != 0; }
  /// The same pixels seen through a smaller window.
  BasicTileView crop(const Window& w) const {
    const std::ptrdiff_t skip = (w.y - window.y) * stride + (w.x - window.x);
    return {samples + skip, valid + skip, stride, plane, bands, w};
  }
  operator BasicTileView<const T, const M>() const requires(!std::is_const_v<T>) {
    return {samples, valid, stride, plane, bands, window};
  }
};

using View = BandView<float>;
using ConstView = BandView<const float>;
using MaskView = BandView<std::uint8_t>;
using ConstMaskView = BandView<const std::uint8_t>;
using TileView = BasicTileView<float, std::uint8_t>;
using ConstTileView = BasicTileView<const float, const std::uint8_t>;

}  // namespace nadir
