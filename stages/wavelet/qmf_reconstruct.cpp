// Reconstruction from subbands.
#include "pipeline/core/error.h"
#include "stages/wavelet/stationary_ops.h"
#include "stages/wavelet/wavelet.h"
#include "stages/wavelet/wavelet_ops.h"

namespace nadir {
namespace {

[[noreturn]] void refuse_other_images() {
  throw Error(Fault::data, "the image holds no subbands; qmf_reconstruct takes what qmf_decompose gave");
}

Filter filter_of(const SubbandOrigin& origin) {
  const auto name = filter_named(origin.filter);
  if (!name) throw Error(Fault::data, "the subbands were made with the unknown filter '" + origin.filter + "'");
  return filter_of(*name);
}

void check_margin(int margin, int expected, const SubbandOrigin& origin) {
  if (margin != expected)
    throw Error(Fault::data, "the margin of the subbands does not belong to their filter " + origin.filter);
}

// True when there is an image `like`, which then has the grid of the decomposed one.
bool has_like(const StageContext& context, const SubbandOrigin& origin) {
  if (context.images.size() < 2 || !context.images[1]) return false;
  const Grid& grid = context.images[1]->grid;
  int col = 0;
  int row = 0;
  if (grid.size() != origin.source.grid.size() || !same_lattice(origin.source.grid, grid, &col, &row) || col || row)
    throw Error(Fault::data, "`like` is not on the grid of the image that was decomposed");
  return true;
}

// True when there is an image `approximation`, which then has the grid and the bands of qmf_subband's ll.
bool has_approximation(const StageContext& context, const SubbandOrigin& origin, const SubbandLayout& layout) {
  if (context.images.size() < 3 || !context.images[2]) return false;
  const ImageInfo& image = *context.images[2];
  const int block = 1 << layout.levels;
  const Grid& scene = origin.source.grid;
  const Grid expected = scene.shifted(origin.delay_px, origin.delay_px)
                            .scaled(1, block, {ceil_div(scene.width, block), ceil_div(scene.height, block)});
  int col = 0;
  int row = 0;
  if (image.grid.size() != expected.size() || !same_lattice(expected, image.grid, &col, &row) || col || row)
    throw Error(Fault::data,
                "`approximation` is not on the grid of the subbands' own; take that with qmf_subband, "
                "subband: ll");
  if (image.band_count() != layout.source_bands)
    throw Error(Fault::data, "`approximation` has " + std::to_string(image.band_count()) + " bands, not the " +
                                 std::to_string(layout.source_bands) + " that were decomposed");
  return true;
}

// The inverse of qmf_decompose, formulas in wavelet_ops.h; filter and layout come from the subbands' metadata. Mask:
// that of `like`, else a pixel is valid where its block is.
class Reconstruct final : public TileStage {
 public:
  Reconstruct(const SubbandLayout& layout, const StageContext& context)
      : origin_(origin_of(*context.images[0], layout)),
        has_like_(has_like(context, origin_)),
        has_approximation_(has_approximation(context, origin_, layout)) {
    bank_ = {filter_of(origin_), layout};
    check_margin(layout.margin, margin_of(bank_.filter, layout.levels), origin_);
  }
  std::vector<ImageInfo> outputs() const override { return {origin_.source}; }
  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    if (input == 0) return synthesis_window(bank_, out);
    if (input == 1) return has_like_ ? out : Window{};
    if (!has_approximation_) return {};
    const int block = alignment();
    const Size& scene = bank_.layout.source_size;
    return intersect(approximation_window(bank_, out),
                     {0, 0, ceil_div(scene.width, block), ceil_div(scene.height, block)});
  }
  int alignment() const override { return 1 << bank_.layout.levels; }
  std::size_t scratch_bytes(const Window& out) const override { return synthesis_scratch(bank_, out); }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    const Subbands subbands{in[0], has_like_ ? in[1] : ConstTileView{}, has_approximation_ ? in[2] : ConstTileView{}};
    synthesize(exec, subbands, out[0], bank_);
  }

 private:
  Bank bank_;
  SubbandOrigin origin_;
  bool has_like_;
  bool has_approximation_;
};

// The inverse of the stationary transform, formulas in stationary_ops.h.
class ReconstructStationary final : public TileStage {
 public:
  ReconstructStationary(const StationaryLayout& layout, const StageContext& context)
      : origin_(origin_of(*context.images[0], layout)), has_like_(has_like(context, origin_)) {
    bank_ = {filter_of(origin_), layout};
    check_margin(layout.margin, stationary_margin(bank_.filter, layout.levels), origin_);
  }
  std::vector<ImageInfo> outputs() const override { return {origin_.source}; }
  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    if (input == 0) return stationary_synthesis_window(bank_, out);
    return has_like_ ? out : Window{};
  }
  std::size_t scratch_bytes(const Window& out) const override { return stationary_synthesis_scratch(bank_, out); }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    stationary_synthesize(exec, in[0], has_like_ ? in[1] : ConstTileView{}, out[0], bank_);
  }

 private:
  StationaryBank bank_;
  SubbandOrigin origin_;
  bool has_like_;
};

std::unique_ptr<TileStage> make_reconstruct(const StageContext& context) {
  const ImageInfo& subbands = *context.images[0];
  if (const auto layout = SubbandLayout::read_from(subbands)) return std::make_unique<Reconstruct>(*layout, context);
  if (const auto layout = StationaryLayout::read_from(subbands)) {
    if (context.images.size() > 2 && context.images[2])
      throw Error(Fault::config, "`approximation` is for decimated transforms; these subbands are stationary");
    return std::make_unique<ReconstructStationary>(*layout, context);
  }
  refuse_other_images();
}

}  // namespace

StageInfo qmf_reconstruct_stage() {
  return {
      .name = "qmf_reconstruct",
      .family = "wavelet",
      .doc = "Puts the subbands of qmf_decompose together again.",
      .inputs = {{"subbands", PortType::image, "What qmf_decompose gave, on its own grid."},
                 {"like", PortType::image, "The decomposed image, for its exact validity mask.", true},
                 {"approximation", PortType::image,
                  "Takes the place of the subbands' own: what became of qmf_subband's ll, as by more levels.", true}},
      .outputs = {{"image", PortType::image, "The image, with grid, bands and type of the decomposed one."}},
      .params = {},
      .factory = TileFactory{make_reconstruct},
      .flops_per_sample = 30,
      .on_device = true};
}

}  // namespace nadir
