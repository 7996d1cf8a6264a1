// Normalized difference of two bands, as in NDVI (nir, red), NDWI (green, nir) or NBR (nir, swir).
#include <cmath>

#include "pipeline/backend/launch.h"
#include "pipeline/core/error.h"
#include "pipeline/core/find_band.h"
#include "stages/indices/index_kernels.h"
#include "stages/indices/indices.h"

namespace nadir {
namespace {

struct Params {
  std::string band_a = "nir";
  std::string band_b = "red";
  std::string name = "ndvi";
};
NADIR_PARAMS(Params, PARAM(band_a, "", any(), "Band by name, number (from 1) or colour."),
             PARAM(band_b, "", any(), "Band by name, number (from 1) or colour."),
             PARAM(name, "", any(), "Name of the new band."))

struct AppendIndex {
  ConstTileView in;
  TileView out;
  Reflectance a, b;

  HD void operator()(int band, int x, int y) const {
    if (band == 0) out.mask()(x, y) = in.is_valid(x, y);
    if (band < in.bands) {
      out(band, x, y) = in(band, x, y);
      return;
    }
    const float sum = a(in, x, y) + b(in, x, y);
    const float ratio = sum > 0 && in.is_valid(x, y) ? (a(in, x, y) - b(in, x, y)) / sum : 0.0f;
    out(band, x, y) = ratio < -1 ? -1.0f : ratio > 1 ? 1.0f : ratio;
  }
};

// d = (a - b) / (a + b) of reflectances, in [-1, 1], appended as one more band (Rouse et al. 1974); 0 where a + b is
// not positive. Three flops a pixel. A pixel is valid where it was.
class NormalizedDifference final : public TileStage {
 public:
  NormalizedDifference(const Params& p, const StageContext& context)
      : info_(*context.images[0]), a_(reflectance(p.band_a, "band_a")), b_(reflectance(p.band_b, "band_b")) {
    info_.bands.push_back({.name = p.name, .colour = ""});
    info_.type = SampleType::f32;
    info_.nodata = NAN;  // an index may be 0, the usual nodata value of reflectances
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    for_each(exec, out[0].bands, out[0].window, AppendIndex{in[0], out[0], a_, b_}, "append_index");
  }

 private:
  Reflectance reflectance(const std::string& band, const std::string& parameter) const {
    const auto b = find_band(info_, band);
    if (!b) throw Error(Fault::data, no_such_band(info_, band, parameter));
    const BandInfo& info = info_.bands[std::size_t(*b)];
    return {*b, float(info.scale), float(info.offset)};
  }

  ImageInfo info_;
  Reflectance a_, b_;
};

}  // namespace

StageInfo normalized_difference_stage() {
  return {.name = "normalized_difference",
          .family = "indices",
          .doc = "Appends the normalized difference of two bands, such as NDVI.",
          .inputs = {{"image", PortType::image, "Bands of reflectance."}},
          .outputs = {{"image", PortType::image, "The same bands and the index, as float32."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, NormalizedDifference, Params>},
          .flops_per_sample = 3};
}

}  // namespace nadir
