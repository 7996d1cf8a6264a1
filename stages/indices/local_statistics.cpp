// Mean, spread and slope of what surrounds a pixel, as further bands.
#include <algorithm>
#include <cmath>

#include "pipeline/backend/launch.h"
#include "pipeline/core/error.h"
#include "stages/indices/index_kernels.h"
#include "stages/indices/indices.h"
#include "stages/indices/local_moments.h"

namespace nadir {
namespace {

struct Params {
  int radius_px = 2;
  std::vector<std::string> statistics{"mean", "deviation"};
};
NADIR_PARAMS(Params, PARAM(radius_px, "px", range(1, 16), "Half of the square's side that is looked at."),
             PARAM(statistics, "", any(), "Which: mean, deviation, gradient; all bands of one, then of the next."))

enum class Kind { mean, deviation, gradient };

// Length of the vector of central differences, one-sided beside invalid pixels.
struct Gradient {
  ConstTileView in;
  TileView out;
  int place;  ///< band of the first result

  HD float slope(int band, int x, int y, int dx, int dy) const {
    const bool before = in.is_valid(x - dx, y - dy), after = in.is_valid(x + dx, y + dy);
    const float low = before ? in(band, x - dx, y - dy) : in(band, x, y);
    const float high = after ? in(band, x + dx, y + dy) : in(band, x, y);
    return before && after ? 0.5f * (high - low) : high - low;
  }
  HD void operator()(int band, int x, int y) const {
    const float across = slope(band, x, y, 1, 0), down = slope(band, x, y, 0, 1);
    out(place + band, x, y) = in.is_valid(x, y) ? std::sqrt(across * across + down * down) : 0.0f;
  }
};

// Over the valid pixels of the square of side 2 radius_px + 1: mean, standard deviation (local_moments.h); gradient. A
// pixel is valid where it was.
class LocalStatistics final : public TileStage {
 public:
  LocalStatistics(const Params& p, const StageContext& context) : radius_(p.radius_px), info_(*context.images[0]) {
    const std::vector<BandInfo> bands = info_.bands;
    if (p.statistics.empty()) throw Error(Fault::config, "statistics names none");
    for (const std::string& name : p.statistics) {
      if (name != "mean" && name != "deviation" && name != "gradient")
        throw Error(Fault::config, "there is no statistic '" + name + "'; known are mean, deviation, gradient");
      if (std::count(p.statistics.begin(), p.statistics.end(), name) > 1)
        throw Error(Fault::config, "statistics names " + name + " twice");
      kinds_.push_back(name == "mean" ? Kind::mean : name == "deviation" ? Kind::deviation : Kind::gradient);
      for (std::size_t b = 0; b < bands.size(); ++b) {
        const std::string band = bands[b].name.empty() ? std::to_string(b + 1) : bands[b].name;
        info_.bands.push_back({.name = name + " of " + band, .colour = ""});
      }
    }
    info_.type = SampleType::f32;
    info_.nodata = NAN;
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return grow(out, radius_); }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    for_each(exec, in[0].bands, out[0].window, CopyBands{in[0], out[0]}, "copy_bands");
    const int bands = in[0].bands;
    if (const int place = place_of(Kind::gradient); place >= 0)
      for_each(exec, bands, out[0].window, Gradient{in[0], out[0], bands * place}, "gradient");
    const int mean = place_of(Kind::mean), deviation = place_of(Kind::deviation);
    if (mean < 0 && deviation < 0) return;
    for (int b = 0; b < bands; ++b) {
      const auto result = [&](int place) { return place < 0 ? View{} : out[0].band(bands * place + b); };
      local_moments(exec, in[0], b, radius_, result(mean), result(deviation));
    }
  }

 private:
  // Of a kind among the statistics, counted from 1; -1 where it is not wanted.
  int place_of(Kind kind) const {
    const auto it = std::find(kinds_.begin(), kinds_.end(), kind);
    return it == kinds_.end() ? -1 : int(it - kinds_.begin()) + 1;
  }

  int radius_;
  ImageInfo info_;
  std::vector<Kind> kinds_;
};

}  // namespace

StageInfo local_statistics_stage() {
  return {.name = "local_statistics",
          .family = "indices",
          .doc = "Appends local mean, standard deviation or gradient of every band.",
          .inputs = {{"image", PortType::image, "Any bands."}},
          .outputs = {{"image", PortType::image, "The same bands and their statistics, as float32."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, LocalStatistics, Params>},
          .flops_per_sample = 40};
}

}  // namespace nadir
