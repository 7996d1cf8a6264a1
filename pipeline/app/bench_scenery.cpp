// Made-up images, and their wiring to stages.
#include "pipeline/app/bench_scenery.h"

#include <fmt/format.h>

#include "pipeline/app/counter_random.h"
#include "pipeline/app/describe_stages.h"
#include "pipeline/core/error.h"

namespace nadir::app {
namespace {

MemorySource textured_image(int size, int bands) {
  ImageInfo info;
  info.grid = {size, size, {500000, 10, 0, 5000000, 0, -10}, ""};
  info.type = SampleType::u16;
  for (const char* name : {"blue", "green", "red", "nir"})
    if (info.band_count() < bands) info.bands.push_back({name, 1, 0, ""});
  Tile tile(info.grid.window(), info.band_count());
  tile.fill(0, true);
  const TileView pixels = tile.view();
  Exec().parallel(size, [&](int y) {
    for (int x = 0; x < size; ++x)
      for (int b = 0; b < pixels.bands; ++b) {
        const auto key = std::uint64_t(b);
        const double land = smooth_noise(7, x / 23.0, y / 23.0) > 0 ? 400 : -400;
        pixels(b, x, y) = float(2000 + land + 300 * smooth_noise(key, x / 3.0, y / 3.0) + 30 * gaussian(key, x, y));
      }
  });
  return {std::move(info), std::move(tile)};
}

MemorySource label_image(int size) {
  ImageInfo info;
  info.grid = {size, size, {500000, 10, 0, 5000000, 0, -10}, ""};
  info.type = SampleType::u8;
  info.bands.resize(1);
  for (std::uint16_t c = 1; c <= 6; ++c) info.classes.push_back({c, fmt::format("class {}", c), class_colour(c)});
  Tile tile(info.grid.window(), 1);
  tile.fill(0, true);
  const TileView pixels = tile.view();
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) pixels(0, x, y) = float(1 + mixed(3, x / 16, y / 16) % 6);
  return {std::move(info), std::move(tile)};
}

// An image that others own.
class Borrowed final : public Source {
 public:
  explicit Borrowed(const Source& source) : source_(source) {}
  const ImageInfo& info() const override { return source_.info(); }
  void read(TileView out) const override { source_.read(out); }

 private:
  const Source& source_;
};

}  // namespace

Scenery::Scenery(const Registry& registry, int size) : labels(label_image(size)) {
  for (const int bands : {4, 3}) images.push_back(std::make_unique<MemorySource>(textured_image(size, bands)));
  images.push_back(std::make_unique<TileSource>(stage_named(registry, "qmf_decompose"), ParamMap{},
                                                std::make_unique<Borrowed>(*images.front())));
}

Wiring wire(const Registry& registry, const StageInfo& stage, const Source& image, const Source& labels) {
  Wiring wiring = wiring_for(stage);
  for (std::size_t i = 0; i < stage.inputs.size(); ++i) {
    const Port& port = stage.inputs[i];
    if (!port.filled_by.empty()) {
      const StageInfo& filler = stage_named(registry, port.filled_by);
      Wiring source = wiring_for(filler);
      source.images[0] = &image;
      wiring.values[i] = run_estimate(filler, {}, source);
    } else if (port.optional) {
      continue;
    } else if (port.type == PortType::image) {
      wiring.images[i] = &image;
    } else if (port.type == PortType::labels) {
      wiring.images[i] = &labels;
    } else if (port.type == PortType::transform) {
      wiring.values[i] = Transform{{0.37, 1, 0, -0.62, 0, 1}, true, {}};
    } else {
      throw Error(Fault::usage, fmt::format("needs a {} and cannot run alone", name_of(port.type)));
    }
  }
  return wiring;
}

}  // namespace nadir::app
