// Geometric distortion of known size, to try alignment on.
#include <cmath>
#include <numbers>

#include "stages/degradation/degradation.h"
#include "stages/degradation/distort_ops.h"

namespace nadir {
namespace {

struct Params {
  double amplitude_px = 1;
  double wavelength_px = 128;
  double shift_x_px = 0;
  double shift_y_px = 0;
  double rotation_deg = 0;
  double stretch = 1;
  double radial = 0;
  std::int64_t seed = -1;
};
NADIR_PARAMS(
    Params, PARAM(amplitude_px, "px", range(0, 64), "The smooth random part moves no pixel further, by axis."),
    PARAM(wavelength_px, "px", range(4, 65536), "Distance of the knots of the smooth random part."),
    PARAM(shift_x_px, "px", range(-1000, 1000), "The distorted image shows what lies so far to the right."),
    PARAM(shift_y_px, "px", range(-1000, 1000), "The same downwards."),
    PARAM(rotation_deg, "deg", range(-45, 45), "Turn about the middle of the scene, from x towards y."),
    PARAM(stretch, "", range(0.5, 2), "Scene pixels per pixel of the distorted image, about the middle."),
    PARAM(radial, "", range(-0.2, 0.2),
          "Radial distortion: how far a corner of the scene moves, as a part of its distance from the middle."),
    PARAM(seed, "", range(-1, 9007199254740992.0), "Start of the random numbers; -1: that of the run."))

// y(p) = x(q(p)) with q of distort_ops.h, sampled with Catmull-Rom's cubic. The georeference stays, which is the point:
// the image is off by q(p) - p. nodata does not bleed; places beyond the edge see the mirrored scene.
class DistortImage final : public TileStage {
 public:
  DistortImage(const Params& p, const StageContext& context) : info_(*context.images[0]) {
    const double turn = p.rotation_deg * std::numbers::pi / 180;
    distortion_.size = info_.grid.size();
    distortion_.a[0] = distortion_.a[3] = p.stretch * std::cos(turn);
    distortion_.a[2] = p.stretch * std::sin(turn);
    distortion_.a[1] = -distortion_.a[2];
    distortion_.shift_x = p.shift_x_px;
    distortion_.shift_y = p.shift_y_px;
    distortion_.radial = p.radial;
    distortion_.amplitude = p.amplitude_px;
    distortion_.wavelength = p.wavelength_px;
    distortion_.seed = p.seed < 0 ? context.seed : std::uint64_t(p.seed);
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return distortion_.needs(out); }
  void run(Inputs in, Outputs out, Exec& exec) const override { distort(exec, in[0], out[0], distortion_); }

 private:
  ImageInfo info_;
  Distortion distortion_;
};

}  // namespace

StageInfo distort_stage() {
  return {.name = "distort",
          .family = "degradation",
          .doc = "Moves pixels: smooth random displacement, affine jitter, radial distortion.",
          .inputs = {{"image", PortType::image, "What to distort."}},
          .outputs = {{"image", PortType::image, "The distorted image, with the georeference of the true one."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, DistortImage, Params>},
          .flops_per_sample = 150,
          .on_device = true};
}

}  // namespace nadir
