// Named spectral indices, with bands found by what they are called or where they lie in the spectrum.
#include <cmath>

#include "pipeline/backend/launch.h"
#include "pipeline/core/error.h"
#include "stages/indices/band_roles.h"
#include "stages/indices/index_kernels.h"
#include "stages/indices/indices.h"

namespace nadir {
namespace {

struct Params {
  std::vector<std::string> indices{"ndvi"};
  std::vector<double> wavelengths_nm;
  double reflectance_scale = 0;
};
NADIR_PARAMS(Params, PARAM(indices, "", any(), "Which: ndvi, ndwi, ndbi, evi, in the order of the new bands."),
             PARAM(wavelengths_nm, "nm", range(300, 15000),
                   "Where each band lies, in their order; empty: bands are found by their names."),
             PARAM(reflectance_scale, "", range(0, 1),
                   "evi: what a step of one adds to reflectance, such as 0.0001, in place of the file's scale, whose "
                   "offset goes along in proportion; 0: what the file says."))

enum class Formula { difference, evi };

// difference: (a - b) / (a + b). evi: 2.5 (a - b) / (a + 6 b - 7.5 c + 1).
struct Index {
  Formula formula = Formula::difference;
  Reflectance a, b, c;

  HD float operator()(ConstTileView in, int x, int y) const {
    const float p = a(in, x, y), q = b(in, x, y);
    if (formula == Formula::difference) return within(p - q, p + q, 1);
    return within(2.5f * (p - q), p + 6 * q - 7.5f * c(in, x, y) + 1, 2.5f);
  }
  HD static float within(float top, float bottom, float most) {
    const float ratio = bottom > 0 ? top / bottom : 0.0f;
    return ratio < -most ? -most : ratio > most ? most : ratio;
  }
};

struct AppendSpectralIndex {
  ConstTileView in;
  TileView out;
  Index index;
  int place;

  HD void operator()(int, int x, int y) const { out(place, x, y) = in.is_valid(x, y) ? index(in, x, y) : 0.0f; }
};

// NDVI (nir, red), Rouse et al. 1974; NDWI (green, nir), McFeeters, International Journal of Remote Sensing 17, 1996;
// NDBI (swir, nir), Zha, Gao, Ni, the same 24, 2003; EVI (nir, red, blue), Huete et al., Remote Sensing of Environment
// 83, 2002. 0 where the denominator is not positive, cut to [-1, 1], EVI to [-2.5, 2.5]. A pixel is valid where it was.
class SpectralIndex final : public TileStage {
 public:
  SpectralIndex(const Params& p, const StageContext& context) : info_(*context.images[0]) {
    if (p.indices.empty()) throw Error(Fault::config, "indices names no index");
    const BandRoles roles(info_, p.wavelengths_nm);
    const ImageInfo source = info_;
    const auto line = [&](Role role) {
      const int b = roles.find(role);
      const BandInfo& band = source.bands[std::size_t(b)];
      return Reflectance{b, float(band.scale), float(band.offset)};
    };
    const auto reflectance = [&](Role role) {
      const Reflectance own = line(role);
      const BandInfo& band = source.bands[std::size_t(own.band)];
      if (p.reflectance_scale == 0 || band.scale == 0) return own;
      const double ratio = p.reflectance_scale / band.scale;
      return Reflectance{own.band, float(p.reflectance_scale), float(ratio * band.offset)};
    };
    for (const std::string& name : p.indices) {
      if (name == "ndvi")
        indices_.push_back({Formula::difference, line(Role::nir), line(Role::red), {}});
      else if (name == "ndwi")
        indices_.push_back({Formula::difference, line(Role::green), line(Role::nir), {}});
      else if (name == "ndbi")
        indices_.push_back({Formula::difference, line(Role::swir), line(Role::nir), {}});
      else if (name == "evi")
        indices_.push_back({Formula::evi, reflectance(Role::nir), reflectance(Role::red), reflectance(Role::blue)});
      else
        throw Error(Fault::config, "there is no index '" + name + "'; known are ndvi, ndwi, ndbi, evi");
      info_.bands.push_back({.name = name, .colour = ""});
    }
    info_.type = SampleType::f32;
    info_.nodata = NAN;  // an index may be 0, the usual nodata value of reflectances
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    for_each(exec, in[0].bands, out[0].window, CopyBands{in[0], out[0]}, "copy_bands");
    for (std::size_t i = 0; i < indices_.size(); ++i)
      for_each(exec, 1, out[0].window, AppendSpectralIndex{in[0], out[0], indices_[i], in[0].bands + int(i)},
               "spectral_index");
  }

 private:
  ImageInfo info_;
  std::vector<Index> indices_;
};

}  // namespace

StageInfo spectral_index_stage() {
  return {.name = "spectral_index",
          .family = "indices",
          .doc = "Appends spectral indices: NDVI, NDWI, NDBI, EVI.",
          .inputs = {{"image", PortType::image, "Bands of reflectance, with names or known wavelengths."}},
          .outputs = {{"image", PortType::image, "The same bands and the indices, as float32."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, SpectralIndex, Params>},
          .flops_per_sample = 8};
}

}  // namespace nadir
