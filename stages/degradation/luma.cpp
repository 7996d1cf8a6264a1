// Luma of RGB images: the band that super-resolution papers degrade, restore and score.
#include <cmath>

#include "pipeline/core/error.h"
#include "stages/degradation/degradation.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {
namespace {

struct Params {
  bool round = true;
};
NADIR_PARAMS(Params, PARAM(round, "", any(), "Round to whole numbers, half to even, as the published figures do."))

// Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255 for samples in [0, 255], ITU-R BT.601. A single band passes
// unchanged. Validity does not change.
class LumaOfRgb final : public TileStage {
 public:
  LumaOfRgb(const Params& p, const StageContext& context) : info_(*context.images[0]), round_(p.round) {
    if (info_.band_count() == 1) return;
    if (info_.band_count() != 3)
      throw Error(Fault::data, "luma needs 3 bands (red, green, blue) or 1, not " + std::to_string(info_.band_count()) +
                                   "; choose them with bands of read_geotiff, or with gdal_translate -b");
    three_ = true;
    info_.bands = {BandInfo{"luma", 1, 0, "Gray"}};
    if (!round_) info_.type = SampleType::f32;
    if (info_.observation)  // white noise of equal strength in the bands
      info_.observation->noise_sigma *= std::sqrt(65.481 * 65.481 + 128.553 * 128.553 + 24.966 * 24.966) / 255;
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    if (three_)
      luma(exec, in[0], out[0], round_);
    else
      observe(exec, in[0], out[0], AxisTaps{});  // one tap of 1 copies
  }

 private:
  ImageInfo info_;
  bool round_;
  bool three_ = false;
};

}  // namespace

StageInfo luma_stage() {
  return {.name = "luma",
          .family = "degradation",
          .doc = "Luma (ITU-R BT.601) of 8-bit RGB, for comparison with published super-resolution figures.",
          .inputs = {{"image", PortType::image, "Red, green, blue in [0, 255]; a single band passes unchanged."}},
          .outputs = {{"image", PortType::image, "One band in [16, 235], on the same grid."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, LumaOfRgb, Params>},
          .flops_per_sample = 8,
          .on_device = true};
}

}  // namespace nadir
