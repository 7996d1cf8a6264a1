// The width of the point spread function of a scene, from the scene alone.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "pipeline/backend/exec.h"
#include "stages/block_sample.h"
#include "stages/degradation/blur_fit.h"
#include "stages/degradation/degradation.h"

namespace nadir {
namespace {

struct Params {
  int max_blocks = 64;
  double max_error_px = 0.15;
  double max_misfit = 0.25;
};
NADIR_PARAMS(Params,
             PARAM(max_blocks, "", range(1, 1e6),
                   "Blocks of 512 x 512 pixels that are looked at; of larger scenes a random sample."),
             PARAM(max_error_px, "px", range(0.001, 10),
                   "Largest standard error of the width; above it the width is not reliable."),
             PARAM(max_misfit, "", range(0.001, 10),
                   "Largest relative error of the power spectrum that the width explains; above it the scene is not "
                   "alike at all scales, and the width is not reliable."))

constexpr int kBlock = 512;
constexpr int kWindow = 64;
constexpr int kSmallWindow = 32;          // of scenes smaller than 64 pixels
constexpr int kLowRings = 6;              // whose power tells a window's contrast
constexpr int kGroups = 8;                // of windows, for the jackknife
constexpr double kMostSaturated = 0.01;   // of a window's samples; more is clipped, which makes edges
constexpr double kRounding = 0.28867513;  // sqrt(1/12), of whole numbers

// Weighted sums over windows.
struct PowerSum {
  RingPower power{};
  double weight = 0;
  int windows = 0;

  void add(const PowerSum& o) {
    for (std::size_t r = 0; r < power.size(); ++r) power[r] += o.power[r];
    weight += o.weight;
    windows += o.windows;
  }
  // Power is divided by its root, so that neither a few windows of high contrast nor many of low contrast decide.
  void add(const RingPower& window) {
    double low = 0;
    int rings = 0;
    for (std::size_t r = 0; r < window.size() && rings < kLowRings; ++r)
      if (window[r] > 0) low += window[r], ++rings;
    if (rings < kLowRings) return;  // flat
    const double w = 1 / std::sqrt(low / rings);
    for (std::size_t r = 0; r < power.size(); ++r) power[r] += w * window[r];
    weight += w;
    ++windows;
  }
};

// Of one band; neighbouring windows are in one group.
using Groups = std::array<PowerSum, kGroups>;

class BlockPower final : public Evidence {
 public:
  std::vector<Groups> bands;
};

struct BandBlur {
  BlurFit fit;
  double standard_error = 0;
  int windows = 0;
  std::string failure;  ///< why it is not reliable; empty when it is
};

// Theory: blur_fit.h. Windows of 64 pixels, half of them shared with the next, that hold neither invalid nor more than
// 1 % of saturated samples; their spectra are averaged, and the standard error is what leaving out each of eight groups
// of them in turn shows (jackknife). Every band by itself; the width of the image is the (lower) median of those that
// are reliable. About 500 operations a sample.
class EstimatePsf final : public EstimateStage {
 public:
  EstimatePsf(const Params& p, const StageContext& context)
      : p_(p),
        info_(*context.images[0]),
        seed_(context.seed),
        spectrum_(std::min(info_.grid.width, info_.grid.height) >= kWindow ? kWindow : kSmallWindow) {}

  std::vector<Window> blocks() const override {
    return sampled_blocks(info_.grid.size(), kBlock, std::size_t(p_.max_blocks), seed_);
  }
  // Windows start in the block and may end beyond it.
  Window needs(std::size_t, const Window& block) const override {
    const Window reach{block.x, block.y, block.width + spectrum_.size() / 2, block.height + spectrum_.size() / 2};
    return intersect(reach, info_.grid.window());
  }
  std::size_t evidence_bytes(const Window&) const override { return std::size_t(info_.band_count()) * sizeof(Groups); }

  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec& exec) const override {
    auto evidence = std::make_unique<BlockPower>();
    evidence->bands.resize(std::size_t(in[0].bands));
    exec.parallel(in[0].bands, [&](int b) { read_band(block, in[0], b, evidence->bands[std::size_t(b)]); });
    return evidence;
  }

  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const override {
    std::vector<Groups> groups(std::size_t(info_.band_count()));
    for (const auto& part : evidence) {
      const auto& block = static_cast<const BlockPower&>(*part);
      for (std::size_t b = 0; b < groups.size(); ++b)
        for (std::size_t g = 0; g < kGroups; ++g) groups[b][g].add(block.bands[b][g]);
    }
    const BlurModel model(spectrum_.size());
    std::vector<BandBlur> bands(groups.size());
    exec.parallel(int(bands.size()), [&](int b) { bands[std::size_t(b)] = judge(groups[std::size_t(b)], model); });
    return record(bands);
  }

 private:
  void read_band(const Window& block, ConstTileView in, int band, Groups& groups) const {
    const int n = spectrum_.size();
    for (int y = block.y; y < block.bottom() && y + n <= in.window.bottom(); y += n / 2)
      for (int x = block.x; x < block.right() && x + n <= in.window.right(); x += n / 2)
        if (counts(in, band, {x, y, n, n}))
          groups[std::size_t((x / n + 3 * (y / n)) % kGroups)].add(spectrum_.power(in, band, x, y));
  }

  bool counts(ConstTileView in, int band, const Window& window) const {
    const bool whole = is_integer(info_.type);
    const auto [low, high] = whole ? limits_of(info_.type) : std::pair(0.0, 0.0);
    int saturated = 0;
    for (int y = window.y; y < window.bottom(); ++y)
      for (int x = window.x; x < window.right(); ++x) {
        const double v = double(in(band, x, y));
        if (!in.is_valid(x, y) || !std::isfinite(v)) return false;
        saturated += whole && (v <= low || v >= high);
      }
    return saturated <= kMostSaturated * double(window.area());
  }

  double least_noise() const { return is_integer(info_.type) ? kRounding : 0; }

  // The spectrum of all groups but one.
  static std::optional<RingPower> mean_without(const Groups& groups, std::size_t left_out, int n) {
    PowerSum sum;
    for (std::size_t g = 0; g < kGroups; ++g)
      if (g != left_out) sum.add(groups[g]);
    if (sum.windows == 0) return std::nullopt;
    const std::vector<int> rings = rings_of(n);
    for (std::size_t r = 0; r < sum.power.size(); ++r) {
      sum.power[r] /= sum.weight;
      const bool reached = std::find(rings.begin(), rings.end(), int(r)) != rings.end();
      if (reached && !(sum.power[r] > 0)) return std::nullopt;
    }
    return sum.power;
  }

  BandBlur judge(const Groups& groups, const BlurModel& model) const {
    BandBlur band;
    for (const PowerSum& g : groups) band.windows += g.windows;
    const auto all = mean_without(groups, kGroups, spectrum_.size());
    if (!all) {
      band.failure = "there is no window of " + std::to_string(spectrum_.size()) + " valid pixels with any detail";
      return band;
    }
    band.fit = model.fit(*all, least_noise());
    std::vector<double> without;
    for (std::size_t g = 0; g < kGroups; ++g)
      if (const auto rest = mean_without(groups, g, spectrum_.size()); rest && groups[g].windows > 0)
        without.push_back(model.fit(*rest, least_noise()).sigma_px);
    double mean = 0, square = 0;
    for (const double s : without) mean += s / double(without.size());
    for (const double s : without) square += (s - mean) * (s - mean);
    const double n = double(without.size());
    band.standard_error = n > 1 ? std::sqrt(square * (n - 1) / n) : BlurModel::kWidest;  // one group tells nothing
    band.failure = why_unreliable(band);
    return band;
  }

  std::string why_unreliable(const BandBlur& band) const {
    if (band.fit.misfit > p_.max_misfit) return "the power spectrum is not that of a scene that is alike at all scales";
    if (band.fit.sigma_px > BlurModel::kWidest - 0.05) return "the image is blurred over more than two pixels";
    if (band.standard_error > p_.max_error_px) return "parts of the scene disagree";
    return {};
  }

  static Record record(const std::vector<BandBlur>& bands) {
    std::vector<const BandBlur*> reliable;
    for (const BandBlur& b : bands)
      if (b.failure.empty()) reliable.push_back(&b);
    std::stable_sort(reliable.begin(), reliable.end(),
                     [](const BandBlur* a, const BandBlur* b) { return a->fit.sigma_px < b->fit.sigma_px; });
    Record r{{"reliable", !reliable.empty()}};
    if (reliable.empty()) {
      r.set("warning", "the width of the point spread function is not reliable, users of it take their own default: " +
                           bands[0].failure);
    } else {
      const BandBlur& middle = *reliable[(reliable.size() - 1) / 2];
      const double s = middle.fit.sigma_px;
      r.set("sigma_px", s);
      r.set("standard_error_px", middle.standard_error);
      r.set("mtf_nyquist", std::exp(-0.5 * std::numbers::pi * std::numbers::pi * s * s));
    }
    const auto each = [&bands](const auto& fact) {
      std::vector<double> values;
      for (const BandBlur& b : bands) values.push_back(double(fact(b)));
      return values;
    };
    r.set("band_sigma_px", each([](const BandBlur& b) { return b.fit.sigma_px; }));
    r.set("band_standard_error_px", each([](const BandBlur& b) { return b.standard_error; }));
    r.set("band_exponent", each([](const BandBlur& b) { return b.fit.exponent; }));
    r.set("band_misfit", each([](const BandBlur& b) { return b.fit.misfit; }));
    r.set("band_windows", each([](const BandBlur& b) { return b.windows; }));
    return r;
  }

  Params p_;
  ImageInfo info_;
  std::uint64_t seed_;
  WindowSpectrum spectrum_;
};

}  // namespace

StageInfo estimate_psf_stage() {
  return {.name = "estimate_psf",
          .family = "degradation",
          .doc = "Estimates how widely an imaging system spreads a point, from the power spectrum of the scene.",
          .inputs = {{"image", PortType::image, "What to look at."}},
          .outputs = {{"psf", PortType::statistics,
                       "sigma_px and standard_error_px of a Gaussian in pixels of the image, mtf_nyquist, whether they "
                       "are reliable, and what was found in each band."}},
          .params = params_of<Params>(),
          .factory = EstimateFactory{make_stage<EstimateStage, EstimatePsf, Params>},
          .flops_per_sample = 500};
}

}  // namespace nadir
