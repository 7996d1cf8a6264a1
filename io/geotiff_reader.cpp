// read_geotiff: pixels as float32 and what makes them invalid.
#include "io/geotiff_reader.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "io/decoded_image.h"
#include "io/io.h"
#include "io/raw_image.h"

namespace nadir {
namespace {

struct Params {
  std::string path;
  std::vector<std::string> bands;
  std::string nodata;
  std::vector<std::string> drivers{"GTiff", "COG"};
  std::vector<double> bbox;
  int crop_to_multiple_px = 1;
  bool allow_rounding = false;
};
NADIR_PARAMS(
    Params, PARAM(path, "", any(), "The file; empty: the scene of the run."),
    PARAM(bands, "", any(), "Bands by number (from 1), name or colour, in this order; empty: all but alpha."),
    PARAM(nodata, "dn", any(), "Value of invalid samples, nan, or none; empty: what the file declares."),
    PARAM(drivers, "", any(), "GDAL formats that may open the file. Some (VRT) can reach any other file."),
    PARAM(bbox, "map units", any(), "Part to read: min_x, min_y, max_x, max_y, widened to whole pixels; empty: all."),
    PARAM(crop_to_multiple_px, "px", range(1, 4096), "Cuts right and bottom so that both sides are multiples."),
    PARAM(allow_rounding, "", any(),
          "Integers beyond 2^24 that float32 cannot hold come as the nearest number; otherwise the file is refused."))

// A pixel is invalid when any chosen band is nodata or not finite, or the file's mask or alpha is 0 there; the samples
// of invalid pixels come as 0.
class RasterSource final : public Source {
 public:
  explicit RasterSource(RasterChoice choice)
      : pool_(std::move(choice)),
        layout_(read_layout(*DatasetPool::Lease(pool_), pool_.choice())),
        decoded_(pool_, layout_) {}

  const ImageInfo& info() const override { return layout_.info; }

  Size block() const override { return layout_.block; }

  void read(TileView out) const override {
    if (out.window.empty()) return;
    pool_.require_unchanged();
    std::call_once(looked_at_, [&] { raw_ = find_raw(); });
    const Window file = translate(out.window, layout_.origin_x, layout_.origin_y);
    for (int y = out.window.y; y < out.window.bottom(); ++y)
      std::fill_n(out.mask().row(y), out.window.width, std::uint8_t{1});
    if (decoded_.has_mask()) decoded_.read_mask(file, out.mask());
    if (raw_)
      raw_->read(file, out);
    else
      decoded_.read(file, out);
    clear_invalid(out);
  }

 private:
  // Formats have odd corners (reversed bits, say) that no header item tells of, so both ways must agree first.
  std::unique_ptr<RawImage> find_raw() const {
    const Window& w = layout_.info.grid.window();
    if (ceil_div(w.width, layout_.block.width) * std::int64_t(ceil_div(w.height, layout_.block.height)) <= kFewBlocks)
      return nullptr;
    std::unique_ptr<RawImage> raw = RawImage::find(*DatasetPool::Lease(pool_), layout_, pool_.choice());
    if (!raw || raw->probe().empty()) return raw;
    Tile one(raw->probe(), layout_.info.band_count());
    Tile other(raw->probe(), layout_.info.band_count());
    one.fill(0, true);
    other.fill(0, true);
    raw->read(one.window(), one.view());
    decoded_.read(other.window(), other.view());
    return same_bytes(one, other) ? std::move(raw) : nullptr;
  }

  static bool same_bytes(const Tile& a, const Tile& b) {
    const auto pixels = std::size_t(a.window().area());
    return std::memcmp(a.view().samples, b.view().samples, pixels * sizeof(float) * std::size_t(a.bands())) == 0 &&
           std::memcmp(a.view().valid, b.view().valid, pixels) == 0;
  }

  static constexpr int kFewBlocks = 2;  // to compare one costs as much as it saves

  mutable DatasetPool pool_;
  RasterLayout layout_;
  DecodedImage decoded_;
  mutable std::once_flag looked_at_;
  mutable std::unique_ptr<RawImage> raw_;
};

std::unique_ptr<Source> make_source(const StageContext& context) {
  Params p = context.read<Params>();
  const std::string path = p.path.empty() ? context.scene_path : p.path;
  if (path.empty())
    throw Error(Fault::missing, context.node + ": there is no scene to read; give path, or scenes on the command line");
  return open_source({path, p.drivers, p.bands, p.nodata, p.bbox, p.crop_to_multiple_px, p.allow_rounding});
}

}  // namespace

std::unique_ptr<Source> open_source(RasterChoice choice) { return std::make_unique<RasterSource>(std::move(choice)); }

Tile read_whole(const std::string& path, ImageInfo* info) {
  RasterChoice choice;
  choice.path = path;
  choice.drivers = {"GTiff", "COG", "PNG", "JPEG", "BMP"};
  const auto source = open_source(choice);
  Tile tile(source->info().grid.window(), source->info().band_count());
  source->read(tile.view());
  if (info) *info = source->info();
  return tile;
}

StageInfo read_geotiff_stage() {
  return {
      .name = "read_geotiff",
      .family = "io",
      .doc =
          "Reads a georeferenced image. Nodata, masks, alpha and samples that are not finite become the validity mask.",
      .inputs = {},
      .outputs = {{"image", PortType::image, "The image, samples as in the file."}},
      .params = params_of<Params>(),
      .factory = SourceFactory{make_source}};
}

}  // namespace nadir
