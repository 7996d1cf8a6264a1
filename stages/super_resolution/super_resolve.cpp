// Super-resolution of images by an integer factor.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "pipeline/backend/for_each_row.h"
#include "pipeline/core/error.h"
#include "stages/super_resolution/block_solver.h"
#include "stages/super_resolution/fill.h"
#include "stages/super_resolution/guide_mix.h"
#include "stages/super_resolution/imaging.h"
#include "stages/super_resolution/interpolate.h"
#include "stages/super_resolution/kernel_solver.h"
#include "stages/super_resolution/residual_network.h"
#include "stages/super_resolution/residual_network_layers.h"
#include "stages/super_resolution/super_resolution.h"

namespace nadir {
namespace {

enum class Method { nonlocal, bicubic, lanczos, back_projection };

struct Params {
  int scale = 2;
  Method method = Method::nonlocal;
  Quality quality = Quality::fast;
  float psf_sigma_px = 0;
  float noise_dn = -1;
  int iterations = 0;
  float strength = 1.5f;
  int similar = 0;
  int search_px = 0;
  std::string guide = "pc1";
  bool learned_prior = true;
  int orientations = 0;
  int block_px = 320;
  int halo_px = -1;
};
NADIR_PARAMS(
    Params, PARAM(scale, "", range(1, 4), "Fine pixels per pixel and axis; 1 only sharpens and denoises."),
    PARAM(method, "", choices({"nonlocal", "bicubic", "lanczos", "back_projection"}),
          "nonlocal: inverse problem with nonlocal sparsity; the others are there to compare with."),
    PARAM(quality, "", choices({"fast", "balanced", "best"}),
          "nonlocal: iterations, search and patches; balanced costs three times fast, best five times."),
    PARAM(
        psf_sigma_px, "px", range(0, 8),
        "Sigma of a Gaussian PSF in fine pixels; 0: the observation that the degradation carries, else what psf found, "
        "else the observation that the image carries, else half a pixel of the image."),
    PARAM(noise_dn, "dn", range(-1, 1e6),
          "Standard deviation of the noise; negative: that of the observation, else the one that was estimated."),
    PARAM(iterations, "", range(0, 200), "0: by quality; 30 for back_projection."),
    PARAM(strength, "", range(0.05, 20), "nonlocal: threshold of the shrinkage; more is smoother."),
    PARAM(similar, "", range(0, 128), "nonlocal: patches a group, rounded up to a multiple of 4; 0: by quality."),
    PARAM(search_px, "px", range(0, 200), "nonlocal: radius of the search window in fine pixels; 0: by quality."),
    PARAM(guide, "", any(),
          "nonlocal: what patches are compared by: pc1, the first principal component of the scene; mean of the bands; "
          "luma of red, green and blue; or one band by number (from 1), name or colour."),
    PARAM(learned_prior, "", any(),
          "nonlocal, scale 3 and 4: whether a small network, trained on photographs, drawings and aerial images, "
          "corrects the result."),
    PARAM(orientations, "", range(0, kOrientations),
          "nonlocal, scale 3 and 4: orientations of the image, turned and mirrored, in which the learned prior "
          "corrects it; "
          "the mean is taken. 0: by quality."),
    PARAM(block_px, "px", range(8, 4096),
          "Edge of the blocks that are solved on their own, in pixels of the image; anchored to the scene."),
    PARAM(halo_px, "px", range(-1, 1024),
          "What a block sees beyond its edge, in pixels of the image; -1: 72 fine pixels."))

constexpr int kRowsPerTask = 32;
constexpr int kHaloFinePx = 72;  // beyond, an edge changes no more than chance does: README.md
constexpr float kClip = 1e4f;    // 8-bit units: samples beyond are no radiometry, and would swamp float32

SolverSettings solver_settings(const Params& p, const Observation& observation, const std::vector<BandScale>& bands,
                               GuideMix guide) {
  std::vector<float> noise;
  for (const BandScale& b : bands) noise.push_back(b.noise);
  SolverSettings s = preset(p.quality, noise, p.learned_prior && network_knows(observation.factor));
  s.observation = observation;
  s.guide = std::move(guide);
  if (p.iterations > 0) s.iterations = p.iterations;
  if (p.similar > 0) s.search.similar = ceil_div(p.similar, 4) * 4;
  if (p.orientations > 0 && s.orientations > 0) s.orientations = p.orientations;
  if (p.search_px > 0) s.search.radius = p.search_px;
  s.strength = p.strength;
  return s;
}

// nonlocal: x = argmin |y - A x|^2 / (2 n^2) + the nonlocally centralised sparsity of groups of similar patches (Dong,
// Zhang, Shi, Li, IEEE TIP 2013), by half-quadratic splitting with patches of other scales; see README.md. Solved on
// blocks that are anchored to the scene, each with a halo. bicubic, lanczos: separable interpolation. back_projection:
// Irani and Peleg 1991. About 10^4 operations a sample (fast). nodata: the fine pixels of an invalid pixel are invalid;
// what the solver sees in its place continues its surroundings smoothly.
class SuperResolve final : public TileStage {
 public:
  SuperResolve(const Params& p, const StageContext& context)
      : params_(p),
        in_(*context.images[0]),
        known_(known_observation(context)),
        observation_(observation_for(p.scale, psf_sigma(p, context), known_)),
        taps_(p.method == Method::lanczos ? Interpolation::lanczos : Interpolation::bicubic, p.scale,
              centre_of(observation_)),
        bands_(band_scales(in_, statistics(context), double(p.noise_dn), known_)),
        settings_(solver_settings(p, observation_, bands_, guide_mix(p.guide, in_, bands_, statistics(context)))),
        halo_(p.halo_px >= 0 ? p.halo_px : ceil_div(kHaloFinePx, p.scale)) {
    if (std::max(in_.grid.width, in_.grid.height) > std::numeric_limits<int>::max() / p.scale)
      throw Error(Fault::data, "the image has " + std::to_string(in_.grid.width) + " x " +
                                   std::to_string(in_.grid.height) +
                                   " pixels, too many for scale = " + std::to_string(p.scale) + "; crop it first");
  }

  std::vector<ImageInfo> outputs() const override {
    ImageInfo out = in_;
    const int s = params_.scale;
    const double shift = 0.5 * (s - 1) - centre_of(observation_);
    out.grid = in_.grid.scaled(s, 1, {in_.grid.width * s, in_.grid.height * s});
    if (shift != 0) out.grid = out.grid.shifted(shift, shift);
    out.observation.reset();
    return {out};
  }

  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    if (input != 0 || out.empty()) return {};
    if (!by_blocks()) return taps_.coarse_window(out);
    Window need;
    for_each_block(out, [&](const Window& core) { need = unite(need, region(core)); });
    return need;
  }

  int alignment() const override { return by_blocks() ? params_.block_px * params_.scale : 1; }

  std::size_t scratch_bytes(const Window& out) const override {
    if (!by_blocks() || out.empty()) return 0;
    return largest_block(out, [&](const Window& r) {
      return 2 * Tile::bytes(r, in_.band_count()) + solver_bytes(settings_, {r.width, r.height}, in_.band_count());
    });
  }

  DeviceUse device_use() const override {
    return params_.method == Method::nonlocal ? DeviceUse::own : DeviceUse::none;
  }
  std::size_t device_bytes(const Window& out) const override {
    return largest_block(out, [&](const Window& r) {
      return kernel_solver_bytes(settings_, {r.width, r.height}, in_.band_count());
    });
  }

  void run(Inputs in, Outputs out, Exec& exec) const override {
    if (!by_blocks()) return interpolate(exec, in[0], out[0], taps_);
    for_each_block(out[0].window, [&](const Window& core) { run_block(in[0], core, out[0], exec); });
  }

 private:
  static std::optional<Observation> known_observation(const StageContext& context) {
    if (context.images.size() > 2 && context.images[2] && context.images[2]->observation)
      return context.images[2]->observation;
    return context.images[0]->observation;
  }

  static const Record* record(const StageContext& context, std::size_t port) {
    return context.values.size() > port ? std::get_if<Record>(&context.values[port]) : nullptr;
  }
  static const Record* statistics(const StageContext& context) { return record(context, 1); }

  // In fine pixels; 0: by the observation.
  static double psf_sigma(const Params& p, const StageContext& context) {
    const bool degraded = context.images.size() > 2 && context.images[2] && context.images[2]->observation;
    return p.psf_sigma_px > 0 || degraded ? double(p.psf_sigma_px) : fine_sigma(record(context, 3), p.scale);
  }

  bool by_blocks() const { return params_.method == Method::nonlocal || params_.method == Method::back_projection; }

  // Calls visit(core) for the blocks of the image that touch a window of the output, row by row.
  template <class Visit>
  void for_each_block(const Window& out, Visit visit) const {
    const int edge = params_.block_px;
    const int fine = edge * params_.scale;
    for (int y = floor_div(out.y, fine); y * fine < out.bottom(); ++y)
      for (int x = floor_div(out.x, fine); x * fine < out.right(); ++x)
        if (const Window core = intersect({x * edge, y * edge, edge, edge}, in_.grid.window()); !core.empty())
          visit(core);
  }

  // The largest of bytes(region) of the blocks.
  template <class Bytes>
  std::size_t largest_block(const Window& out, Bytes bytes) const {
    std::size_t most = 0;
    for_each_block(out, [&](const Window& core) { most = std::max(most, bytes(region(core))); });
    return most;
  }

  Window region(const Window& core) const { return intersect(grow(core, halo_), in_.grid.window()); }

  // The region at (0, 0), in 8-bit units, without gaps. Its mask tells where samples are valid.
  Tile load(ConstTileView in, const Window& r, const Exec& exec) const {
    Tile y({0, 0, r.width, r.height}, in.bands);
    const TileView to = y.view();
    for_each_row(exec, y.window(), kRowsPerTask, [&](int v) {
      for (int u = 0; u < r.width; ++u) {
        bool valid = in.is_valid(r.x + u, r.y + v);
        for (int b = 0; b < in.bands; ++b) {
          const BandScale& s = bands_[std::size_t(b)];
          const float sample = in(b, r.x + u, r.y + v);
          valid = valid && std::isfinite(sample);
          to(b, u, v) = std::clamp((sample - s.offset) * s.gain, -kClip, kClip);
        }
        to.mask()(u, v) = valid;
      }
    });
    fill_invalid(to);
    return y;
  }

  Tile solve(ConstTileView y, const Window& r, Exec& exec) const {
    const Origin origin{r.x * params_.scale, r.y * params_.scale};
    if (exec.on_device()) return solve_by_kernels(exec, settings_, y, origin);
    if (params_.method == Method::nonlocal) return solve_nonlocal(exec, settings_, y, origin);
    return solve_back_projection(exec, observation_, params_.iterations > 0 ? params_.iterations : 30, y);
  }

  void run_block(ConstTileView in, const Window& core, TileView out, Exec& exec) const {
    const Window r = region(core);
    const int s = params_.scale;
    const Tile y = load(in, r, exec);
    const Window target = intersect({core.x * s, core.y * s, core.width * s, core.height * s}, out.window);
    std::atomic<bool> any = false;
    for_each_row(exec, target, kRowsPerTask, [&](int v) {
      bool any_here = false;
      for (int u = target.x; u < target.right(); ++u)
        any_here |= (out.mask()(u, v) = y.view().is_valid(u / s - r.x, v / s - r.y)) != 0;
      if (any_here) any = true;
    });
    const Tile x = any ? solve(y.view(), r, exec) : Tile();
    for_each_row(exec, target, kRowsPerTask, [&](int v) {
      for (int b = 0; b < out.bands; ++b) {
        const BandScale& scale = bands_[std::size_t(b)];
        for (int u = target.x; u < target.right(); ++u)
          out(b, u, v) = out.is_valid(u, v) ? x.view()(b, u - s * r.x, v - s * r.y) / scale.gain + scale.offset : 0.0f;
      }
    });
  }

  Params params_;
  ImageInfo in_;
  std::optional<Observation> known_;
  Observation observation_;
  InterpolationTaps taps_;
  std::vector<BandScale> bands_;
  SolverSettings settings_;
  int halo_;  ///< coarse pixels
};

}  // namespace

StageInfo super_resolve_stage() {
  return {.name = "super_resolve",
          .family = "super_resolution",
          .doc = "Resolves finer detail than the sensor's pixels by solving y = A x + n with nonlocal sparsity.",
          .inputs = {{"image", PortType::image, "What to resolve."},
                     {"statistics", PortType::statistics, "Noise and range of each band.", true, "estimate_noise"},
                     {"degradation",
                      PortType::image,
                      "The degraded image whose blur and sampling are to be undone; default: what `image` carries.",
                      true,
                      {},
                      true},
                     {"psf", PortType::statistics, "Width of the point spread function, as of estimate_psf.", true}},
          .outputs = {{"image", PortType::image, "The finer image."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, SuperResolve, Params>},
          .flops_per_sample = 10000,
          .on_device = true};
}

}  // namespace nadir
