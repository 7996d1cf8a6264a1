// What is known of an image before its pixels are read, and the tiles that carry pixels.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/grid.h"
#include "pipeline/core/pixel_memory.h"
#include "pipeline/core/view.h"

namespace nadir {

enum class SampleType { u8, i8, u16, i16, u32, i32, f32, f64 };

const char* name_of(SampleType type);
int size_of(SampleType type);  ///< bytes of a sample in files
bool is_integer(SampleType type);
/// The lowest and highest value that a type can hold.
std::pair<double, double> limits_of(SampleType type);

struct BandInfo {
  std::string name;  ///< description, may be empty
  double scale = 1;  ///< physical value = scale * sample + offset
  double offset = 0;
  std::string colour;  ///< GDAL's colour interpretation ("Red", "Gray", …), empty when undefined
};

/// One land-cover class: its code in masks, its name, and the colour that masks show it in.
struct ClassInfo {
  std::uint16_t id = 0;
  std::string name;
  std::array<std::uint8_t, 3> colour{};
  friend bool operator==(const ClassInfo&, const ClassInfo&) = default;
};

/// How an image was observed from a finer one, separably in x and y: y[i] = sum_j taps[j] x[factor i + first + j] +
/// noise. Written by degradation stages, read by super-resolution.
struct Observation {
  int factor = 1;              ///< fine samples per observed sample
  int first = 0;               ///< offset of the first tap, in fine samples
  std::vector<float> taps{1};  ///< sum 1
  double noise_sigma = 0;      ///< standard deviation of added noise, in sample units
};

struct ImageInfo {
  Grid grid;
  SampleType type = SampleType::f32;  ///< type of the file that it came from or goes to; tiles are always float32
  std::vector<BandInfo> bands;
  std::optional<double> nodata;    ///< value that stands for invalid samples in files
  std::vector<ClassInfo> classes;  ///< of a label image
  /// Red, green, blue and alpha of the values of an only band, which are indices; dropped by every stage that computes.
  std::vector<std::array<std::uint8_t, 4>> palette;
  std::optional<Observation> observation;
  std::map<std::string, std::string> metadata;  ///< free text that is written to files

  int band_count() const { return int(bands.size()); }
};

/// Pixels over one window: bands as planes of float32 and a validity mask. Labels are carried the same way, as one band
/// of whole numbers. The memory is not initialised.
class Tile {
 public:
  Tile() = default;
  Tile(Window window, int bands);
  const Window& window() const { return window_; }
  int bands() const { return bands_; }
  bool empty() const { return window_.empty(); }
  TileView view();
  ConstTileView view() const;
  /// Bytes that a tile of this size takes.
  static std::size_t bytes(const Window& window, int bands);
  void fill(float value, bool valid);

 private:
  Window window_;
  int bands_ = 0;
  PixelArray<float> samples_;
  PixelArray<std::uint8_t> valid_;
};

/// Copies the pixels of `window` from one view to the other; both must hold it and have the same bands.
void copy_pixels(ConstTileView from, TileView to, const Window& window);

/// Fills every pixel of the tile outside [0, size) from its mirror image inside, which the tile must hold.
void mirror_edges(TileView tile, Size size);

bool all_valid(ConstTileView tile, const Window& window);

}  // namespace nadir
