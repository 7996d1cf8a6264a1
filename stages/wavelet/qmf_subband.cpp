// One subband as an image of its own.
#include <limits>

#include "pipeline/core/error.h"
#include "stages/wavelet/stationary_ops.h"
#include "stages/wavelet/wavelet.h"
#include "stages/wavelet/wavelet_ops.h"

namespace nadir {
namespace {

enum class Subband { ll, lh, hl, hh };

struct Params {
  Subband subband = Subband::hh;
  int level = 1;
};
NADIR_PARAMS(Params,
             PARAM(subband, "", choices({"ll", "lh", "hl", "hh"}),
                   "Approximation, or details: low or high in x, then in y."),
             PARAM(level, "", range(1, kMaxLevels), "Of details; the approximation is that of the coarsest level."))

constexpr const char* kNames[] = {"ll", "lh", "hl", "hh"};

std::optional<Orientation> details_of(Subband s) {
  if (s == Subband::ll) return std::nullopt;
  return Orientation(int(s) - 1);
}

int level_of(const Params& p, int levels) {
  if (p.subband == Subband::ll) return levels;
  if (p.level <= levels) return p.level;
  throw Error(Fault::config, "level = " + std::to_string(p.level) + ", but the image was split " +
                                 std::to_string(levels) + " times only");
}

// Grid and bands: pixels of 2^level source pixels for a decimated transform, from the scene's upper-left corner on; the
// approximation's lie where it belongs.
ImageInfo info_of(const SubbandOrigin& origin, const Params& p, int level, int block) {
  ImageInfo info = origin.source;
  const Size size{ceil_div(info.grid.width, block), ceil_div(info.grid.height, block)};
  const double shift = p.subband == Subband::ll ? origin.delay_px : 0;
  info.grid = info.grid.shifted(shift, shift).scaled(1, block, size);
  info.type = SampleType::f32;
  info.nodata = std::numeric_limits<double>::quiet_NaN();
  for (BandInfo& band : info.bands)
    band = {band.name + (band.name.empty() ? "" : " ") + kNames[int(p.subband)] + std::to_string(level), 1, 0, ""};
  return info;
}

class TakeDecimated final : public TileStage {
 public:
  TakeDecimated(const Params& p, const SubbandLayout& layout, const ImageInfo& subbands)
      : layout_(layout),
        level_(level_of(p, layout.levels)),
        details_(details_of(p.subband)),
        info_(info_of(origin_of(subbands, layout), p, level_, 1 << level_)) {}
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override {
    return packed_window(layout_, level_, out);
  }
  int alignment() const override { return 1 << (layout_.levels - level_); }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    take_subband(exec, in[0], out[0], layout_, level_, details_);
  }

 private:
  SubbandLayout layout_;
  int level_;
  std::optional<Orientation> details_;
  ImageInfo info_;
};

class TakeStationary final : public TileStage {
 public:
  TakeStationary(const Params& p, const StationaryLayout& layout, const ImageInfo& subbands)
      : layout_(layout), info_(info_of(origin_of(subbands, layout), p, level_of(p, layout.levels), 1)) {
    const auto details = details_of(p.subband);
    first_band_ = details ? layout.band(0, level_of(p, layout.levels), *details) : layout.ll(0);
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override {
    return translate(out, layout_.margin, layout_.margin);
  }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    stationary_subband(exec, in[0], out[0], layout_, first_band_);
  }

 private:
  StationaryLayout layout_;
  int first_band_ = 0;
  ImageInfo info_;
};

std::unique_ptr<TileStage> make_take(const StageContext& context) {
  const auto p = context.read<Params>();
  const ImageInfo& subbands = *context.images[0];
  if (const auto layout = SubbandLayout::read_from(subbands))
    return std::make_unique<TakeDecimated>(p, *layout, subbands);
  if (const auto layout = StationaryLayout::read_from(subbands))
    return std::make_unique<TakeStationary>(p, *layout, subbands);
  throw Error(Fault::data, "the image holds no subbands; qmf_subband takes what qmf_decompose gave");
}

}  // namespace

StageInfo qmf_subband_stage() {
  return {.name = "qmf_subband",
          .family = "wavelet",
          .doc = "Takes one subband of a decomposition as an image of its own pixel size.",
          .inputs = {{"subbands", PortType::image, "What qmf_decompose gave, on its own grid."}},
          .outputs = {{"image", PortType::image, "The subband, a band for each of the decomposed image."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_take},
          .flops_per_sample = 1,
          .on_device = true};
}

}  // namespace nadir
