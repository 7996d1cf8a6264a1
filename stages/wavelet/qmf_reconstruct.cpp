// Reconstruction from subbands.
#include "pipeline/core/error.h"
#include "stages/wavelet/wavelet.h"
#include "stages/wavelet/wavelet_ops.h"

namespace nadir {
namespace {

SubbandLayout layout_of(const ImageInfo& subbands) {
  if (const auto layout = SubbandLayout::read_from(subbands)) return *layout;
  throw Error(Fault::data, "the image holds no subbands; qmf_reconstruct takes what qmf_decompose gave");
}

// The inverse of qmf_decompose, formulas in wavelet_ops.h; filter and layout come from the subbands' metadata. Mask:
// that of `like`, else a pixel is valid where its block is.
class Reconstruct final : public TileStage {
 public:
  explicit Reconstruct(const StageContext& context)
      : bank_{{}, layout_of(*context.images[0])}, origin_(origin_of(*context.images[0], bank_.layout)) {
    const auto name = filter_named(origin_.filter);
    if (!name) throw Error(Fault::data, "the subbands were made with the unknown filter '" + origin_.filter + "'");
    bank_.filter = filter_of(*name);
    if (margin_of(bank_.filter, bank_.layout.levels) != bank_.layout.margin)
      throw Error(Fault::data, "the margin of the subbands does not belong to their filter " + origin_.filter);
    if (context.images.size() > 1 && context.images[1]) check_like(context.images[1]->grid);
  }
  std::vector<ImageInfo> outputs() const override { return {origin_.source}; }
  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    if (input == 0) return synthesis_window(bank_, out);
    return has_like_ ? out : Window{};
  }
  int alignment() const override { return 1 << bank_.layout.levels; }
  std::size_t scratch_bytes(const Window& out) const override { return synthesis_scratch(bank_, out); }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    synthesize(exec, in[0], has_like_ ? in[1] : ConstTileView{}, out[0], bank_);
  }

 private:
  void check_like(const Grid& grid) {
    int col = 0;
    int row = 0;
    has_like_ = true;
    if (grid.size() != bank_.layout.source_size || !same_lattice(origin_.source.grid, grid, &col, &row) || col || row)
      throw Error(Fault::data, "`like` is not on the grid of the image that was decomposed");
  }

  Bank bank_;
  SubbandOrigin origin_;
  bool has_like_ = false;
};

}  // namespace

StageInfo qmf_reconstruct_stage() {
  return {.name = "qmf_reconstruct",
          .family = "wavelet",
          .doc = "Puts the subbands of qmf_decompose together again.",
          .inputs = {{"subbands", PortType::image, "What qmf_decompose gave, on its own grid."},
                     {"like", PortType::image, "The decomposed image, for its exact validity mask.", true}},
          .outputs = {{"image", PortType::image, "The image, with grid, bands and type of the decomposed one."}},
          .params = {},
          .factory = TileFactory{[](const StageContext& context) { return std::make_unique<Reconstruct>(context); }},
          .flops_per_sample = 30,
          .on_device = true};
}

}  // namespace nadir
