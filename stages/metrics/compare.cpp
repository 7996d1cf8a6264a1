// Quality of an image against a reference on the same lattice.
#include <algorithm>
#include <cmath>

#include "pipeline/backend/exec.h"
#include "pipeline/core/error.h"
#include "pipeline/core/grid_check.h"
#include "stages/metrics/image_metrics.h"
#include "stages/metrics/metrics.h"

namespace nadir {
namespace {

struct Params {
  double peak = 0;
  int crop_px = 0;
  double scale = 1;
};
NADIR_PARAMS(Params,
             PARAM(peak, "dn", range(0, 1e12),
                   "Value range that PSNR and SSIM refer to; 0: 255 for 8-bit images, else that of the reference."),
             PARAM(crop_px, "px", range(0, 1000), "Border of the common area that is left out."),
             PARAM(scale, "", range(1, 64), "Pixel size of the coarse original over that of the image, for ERGAS."))

constexpr int kBlock = 256;  // px, anchored to the scene
// Samples that may be kept (2 GiB) where the value range is known only after the last block.
constexpr double kMaxKeptSamples = double(1 << 29);

/// An input on the image's lattice: its pixel (0, 0) is the image's (col, row).
struct Placed {
  std::size_t port;
  Window area;  ///< in the image's pixels
};

/// What one block sees, all views in the image's pixels.
struct BlockPixels {
  Window block;
  Tile image, reference, baseline;
};

struct Range {
  double low = INFINITY;
  double high = -INFINITY;
  void add(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  void merge(const Range& other) {  // a block without a valid pixel has none to give
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

class CompareEvidence final : public Evidence {
 public:
  ImageSums image;
  ImageSums baseline;
  std::unique_ptr<BlockPixels> kept;  ///< where the value range is not known yet
  Range range;                        ///< of the reference, then
};

// RMSE, PSNR = 10 log10(peak^2 / MSE), SSIM (Wang et al. 2004: 11 x 11 Gaussian window of sigma 1.5, K1 = 0.01,
// K2 = 0.03), SAM (Kruse et al. 1993), ERGAS (Wald 2000), over pixels that are valid in all inputs; SSIM over windows
// without an invalid pixel. About 120 multiply-adds a sample.
class Compare final : public EstimateStage {
 public:
  Compare(const Params& p, const StageContext& context) : params_(p), image_(*context.images[0]) {
    overlap_ = image_.grid.window();
    place(1, "reference", *context.images[1]);
    if (context.images[2]) place(2, "baseline", *context.images[2]);
    overlap_ = grow(overlap_, -p.crop_px);
    if (overlap_.empty())
      throw Error(Fault::data, "image and reference have no pixel in common" +
                                   std::string(p.crop_px > 0 ? " inside crop_px" : "") + "; check their extents");
    peak_ = p.peak > 0 ? p.peak : context.images[1]->type == SampleType::u8 ? 255 : 0;
    const double kept = double(overlap_.area()) * image_.band_count() * double(1 + placed_.size());
    if (peak_ == 0 && kept > kMaxKeptSamples)
      throw Error(Fault::config,
                  "peak = 0 needs the reference's value range, for which this scene is too large; set "
                  "peak to the largest value that samples can have");
  }

  std::vector<Window> blocks() const override;
  Window needs(std::size_t input, const Window& block) const override {
    const Window seen = seen_from(block);
    if (input == 0) return seen;
    for (const Placed& p : placed_)
      if (p.port == input) return translate(seen, -p.area.x, -p.area.y);
    return {};
  }
  std::size_t evidence_bytes(const Window& block) const override {
    return peak_ > 0 ? 0 : Tile::bytes(seen_from(block), image_.band_count()) * (1 + placed_.size());
  }
  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec& exec) const override;
  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const override;

 private:
  void place(std::size_t port, const std::string& name, const ImageInfo& info);
  bool has_baseline() const { return placed_.size() > 1; }
  Window seen_from(const Window& block) const { return intersect(grow(block, kSsimRadius), overlap_); }
  ConstTileView on_image(std::size_t placed, Inputs in) const;
  void measure_block(const Window& block, ConstTileView image, ConstTileView reference, ConstTileView baseline,
                     double peak, CompareEvidence& result) const;
  double measure_kept(const std::vector<std::unique_ptr<Evidence>>& evidence, Exec& exec) const;
  Record report(const ImageSums& image, const ImageSums& baseline, double peak) const;

  Params params_;
  ImageInfo image_;
  std::vector<Placed> placed_;
  Window overlap_;  ///< of all inputs, cropped, in the image's pixels
  double peak_ = 0;
};

void Compare::place(std::size_t port, const std::string& name, const ImageInfo& info) {
  require_same_crs(image_.grid, info.grid, "the image", "the " + name);
  int col = 0;
  int row = 0;
  if (!same_lattice(image_.grid, info.grid, &col, &row))
    throw Error(Fault::data, "the pixels of 'image' (" + to_text(image_.grid) + ") and '" + name + "' (" +
                                 to_text(info.grid) + ") do not coincide; warp one onto the other's grid first");
  if (info.band_count() != image_.band_count())
    throw Error(Fault::data, "'image' has " + std::to_string(image_.band_count()) + " bands, '" + name + "' has " +
                                 std::to_string(info.band_count()) +
                                 "; choose the same: bands of read_geotiff, --band of nadir evaluate");
  placed_.push_back({port, {col, row, info.grid.width, info.grid.height}});
  overlap_ = intersect(overlap_, placed_.back().area);
}

std::vector<Window> Compare::blocks() const {
  std::vector<Window> blocks;
  for (int y = 0; y < image_.grid.height; y += kBlock)
    for (int x = 0; x < image_.grid.width; x += kBlock) {
      const Window block = intersect({x, y, kBlock, kBlock}, overlap_);
      if (!block.empty()) blocks.push_back(block);
    }
  return blocks;
}

ConstTileView Compare::on_image(std::size_t placed, Inputs in) const {
  ConstTileView view = in[placed_[placed].port];
  view.window = translate(view.window, placed_[placed].area.x, placed_[placed].area.y);
  return view;
}

bool usable(ConstTileView image, ConstTileView reference, ConstTileView baseline, int x, int y) {
  return image.is_valid(x, y) && reference.is_valid(x, y) && (baseline.window.empty() || baseline.is_valid(x, y));
}

void Compare::measure_block(const Window& block, ConstTileView image, ConstTileView reference, ConstTileView baseline,
                            double peak, CompareEvidence& result) const {
  const Window seen = seen_from(block);
  std::vector<std::uint8_t> flags(std::size_t(seen.area()));
  const MaskView mask{flags.data(), seen.width, seen};
  for (int y = seen.y; y < seen.bottom(); ++y)
    for (int x = seen.x; x < seen.right(); ++x) mask(x, y) = usable(image, reference, baseline, x, y);
  result.image = measure(image, reference, mask, block, peak);
  if (has_baseline()) result.baseline = measure(baseline, reference, mask, block, peak);
}

Tile copy_of(ConstTileView view, const Window& seen) {
  Tile tile(seen, view.bands);
  copy_pixels(view, tile.view(), seen);
  return tile;
}

std::unique_ptr<Evidence> Compare::observe(const Window& block, Inputs in, Exec&) const {
  auto evidence = std::make_unique<CompareEvidence>();
  const ConstTileView reference = on_image(0, in);
  const ConstTileView baseline = has_baseline() ? on_image(1, in) : ConstTileView{};
  if (peak_ > 0) {
    measure_block(block, in[0], reference, baseline, peak_, *evidence);
    return evidence;
  }
  const Window seen = seen_from(block);
  for (int b = 0; b < reference.bands; ++b)
    for (int y = block.y; y < block.bottom(); ++y)
      for (int x = block.x; x < block.right(); ++x)
        if (usable(in[0], reference, baseline, x, y)) evidence->range.add(reference(b, x, y));
  evidence->kept = std::make_unique<BlockPixels>(BlockPixels{block, copy_of(in[0], seen), copy_of(reference, seen),
                                                             copy_of(baseline, has_baseline() ? seen : Window{})});
  return evidence;
}

// The second look at what was kept, now that the value range is known; returns the range.
double Compare::measure_kept(const std::vector<std::unique_ptr<Evidence>>& evidence, Exec& exec) const {
  Range all;
  for (const auto& e : evidence) all.merge(static_cast<const CompareEvidence&>(*e).range);
  const double peak = all.high > all.low ? all.high - all.low : 1;
  exec.parallel(int(evidence.size()), [&](int i) {
    auto& e = static_cast<CompareEvidence&>(*evidence[std::size_t(i)]);
    const BlockPixels& kept = *e.kept;
    measure_block(kept.block, kept.image.view(), kept.reference.view(), kept.baseline.view(), peak, e);
  });
  return peak;
}

Value Compare::conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const {
  const double peak = peak_ > 0 ? peak_ : measure_kept(evidence, exec);
  ImageSums image;
  ImageSums baseline;
  for (const auto& e : evidence) {
    image.merge(static_cast<const CompareEvidence&>(*e).image);
    baseline.merge(static_cast<const CompareEvidence&>(*e).baseline);
  }
  return report(image, baseline, peak);
}

Record Compare::report(const ImageSums& image, const ImageSums& baseline, double peak) const {
  if (image.pixels == 0) throw Error(Fault::data, "no pixel is valid in both image and reference; nothing to compare");
  const ImageScale scale{peak, 1 / params_.scale};
  Record r{{"pixels", image.pixels}, {"peak", peak}};
  const Record figures = summarize(image, scale);
  for (const auto& [name, value] : figures.fields()) r.set(name, value);
  if (!has_baseline()) return r;
  const Record of_baseline = summarize(baseline, scale, "baseline_");
  for (const auto& [name, value] : of_baseline.fields()) r.set(name, value);
  r.set("psnr_gain_db", r.number("psnr", 0) - r.number("baseline_psnr", 0));
  return r;
}

}  // namespace

StageInfo compare_stage() {
  return {.name = "compare",
          .family = "metrics",
          .doc = "Scores an image against a reference on the same lattice.",
          .inputs = {{"image", PortType::image, "What is judged."},
                     {"reference", PortType::image, "What it should be."},
                     {"baseline", PortType::image, "Another attempt at the same, to be judged beside it.", true}},
          .outputs = {{"statistics", PortType::statistics, "PSNR, RMSE, SSIM, SAM, ERGAS, by band and in all."}},
          .params = params_of<Params>(),
          .factory = EstimateFactory{make_stage<EstimateStage, Compare, Params>},
          .flops_per_sample = 250};
}

}  // namespace nadir
