// Mean, spread and slope of what surrounds a pixel, as further bands.
#include <cmath>

#include "pipeline/backend/launch.h"
#include "pipeline/core/error.h"
#include "stages/indices/indices.h"

namespace nadir {
namespace {

struct Params {
  int radius_px = 2;
  std::vector<std::string> statistics{"mean", "deviation"};
};
NADIR_PARAMS(Params, PARAM(radius_px, "px", range(1, 16), "Half of the square's side that is looked at."),
             PARAM(statistics, "", any(), "Which: mean, deviation, gradient; all bands of one, then of the next."))

enum class Kind { mean, deviation, gradient };

struct LocalStatistic {
  ConstTileView in;
  TileView out;
  Kind kind;
  int radius;
  int place;  ///< band of the first result

  // Deviations are taken from the pixel itself, so that large samples lose no digits.
  HD float spread(int band, int x, int y, bool of_mean) const {
    const float centre = in(band, x, y);
    float sum = 0, squares = 0, count = 0;
    for (int j = y - radius; j <= y + radius; ++j)
      for (int i = x - radius; i <= x + radius; ++i) {
        if (!in.is_valid(i, j)) continue;
        const float d = in(band, i, j) - centre;
        sum += d;
        squares += d * d;
        count += 1;
      }
    const float mean = sum / count;
    if (of_mean) return centre + mean;
    const float variance = squares / count - mean * mean;
    return variance > 0 ? std::sqrt(variance) : 0.0f;
  }
  HD float slope(int band, int x, int y, int dx, int dy) const {
    const bool before = in.is_valid(x - dx, y - dy), after = in.is_valid(x + dx, y + dy);
    const float low = before ? in(band, x - dx, y - dy) : in(band, x, y);
    const float high = after ? in(band, x + dx, y + dy) : in(band, x, y);
    return before && after ? 0.5f * (high - low) : high - low;
  }
  HD void operator()(int band, int x, int y) const {
    float value = 0;
    if (in.is_valid(x, y)) {
      const float across = kind == Kind::gradient ? slope(band, x, y, 1, 0) : 0.0f;
      const float down = kind == Kind::gradient ? slope(band, x, y, 0, 1) : 0.0f;
      value =
          kind == Kind::gradient ? std::sqrt(across * across + down * down) : spread(band, x, y, kind == Kind::mean);
    }
    out(place + band, x, y) = value;
  }
};

struct CopyWithMask {
  ConstTileView in;
  TileView out;
  HD void operator()(int band, int x, int y) const {
    if (band == 0) out.mask()(x, y) = in.is_valid(x, y);
    out(band, x, y) = in(band, x, y);
  }
};

// Over the valid pixels of the square of side 2 radius_px + 1: mean, standard deviation; gradient: length of the vector
// of central differences, one-sided beside invalid pixels. (2 r + 1)^2 additions a sample. A pixel is valid where it
// was.
class LocalStatistics final : public TileStage {
 public:
  LocalStatistics(const Params& p, const StageContext& context) : radius_(p.radius_px), info_(*context.images[0]) {
    const std::vector<BandInfo> bands = info_.bands;
    if (p.statistics.empty()) throw Error(Fault::config, "statistics names none");
    for (const std::string& name : p.statistics) {
      if (name != "mean" && name != "deviation" && name != "gradient")
        throw Error(Fault::config, "there is no statistic '" + name + "'; known are mean, deviation, gradient");
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
    for_each(exec, in[0].bands, out[0].window, CopyWithMask{in[0], out[0]}, "copy_with_mask");
    for (std::size_t k = 0; k < kinds_.size(); ++k)
      for_each(exec, in[0].bands, out[0].window,
               LocalStatistic{in[0], out[0], kinds_[k], radius_, in[0].bands * int(k + 1)}, "local_statistic");
  }

 private:
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
          .flops_per_sample = 80};
}

}  // namespace nadir
