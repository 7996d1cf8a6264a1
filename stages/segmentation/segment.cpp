// Classification of pixels by a network that sees what surrounds them.
#include <algorithm>

#include "pipeline/core/error.h"
#include "stages/segmentation/class_outputs.h"
#include "stages/segmentation/classifier.h"
#include "stages/segmentation/onnx_network.h"
#include "stages/segmentation/segmentation.h"

namespace nadir {
namespace {

constexpr int kNominalBlock = 192, kNominalOverlap = 32;  // window plan while no network is known

std::shared_ptr<const OnnxNetwork> network_of(const Value& value) {
  const auto* model = std::get_if<ModelPtr>(&value);
  if (!model || !*model) return nullptr;
  auto network = std::dynamic_pointer_cast<const OnnxNetwork>(*model);
  if (!network) throw Error(Fault::data, "the model is no ONNX network; wire 'model' to the output of read_network");
  return network;
}

std::vector<float> by_band(const std::vector<double>& values, int bands, const char* name) {
  if (values.size() != 1 && values.size() != std::size_t(bands))
    throw Error(Fault::data, std::string(name) + " of read_network has " + std::to_string(values.size()) +
                                 " numbers, must be one or one for each of the " + std::to_string(bands) + " bands");
  std::vector<float> all(static_cast<std::size_t>(bands), static_cast<float>(values[0]));
  if (values.size() > 1) std::copy(values.begin(), values.end(), all.begin());
  return all;
}

// The scene is divided into blocks that are anchored to it; the network is given each with an overlap, so that a
// pixel's class depends on neither tiles nor threads. Beyond the edge of the scene lies its mirror image. An invalid
// pixel is given as the band's mean and stays invalid.
class Segment final : public TileStage {
 public:
  explicit Segment(const StageContext& context) : network_(network_of(context.values[1])) {
    const ImageInfo& image = *context.images[0];
    if (network_) {
      block_ = network_->block_px();
      overlap_ = network_->use().overlap_px;
      mean_ = by_band(network_->use().mean, image.band_count(), "mean");
      scale_ = by_band(network_->use().scale, image.band_count(), "scale");
      network_->check(image.band_count());
      scratch_ = network_->working_bytes(image.band_count()) +
                 plane() * (std::size_t(image.band_count()) + network_->classes().size()) * sizeof(float);
    }
    outputs_ = class_outputs(image, network_ ? network_->classes() : std::vector<ClassInfo>{});
  }

  std::vector<ImageInfo> outputs() const override { return outputs_; }
  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    return input == 0 ? grow(blocks_of(out), overlap_) : Window{};
  }
  int alignment() const override { return block_; }
  std::size_t scratch_bytes(const Window&) const override { return scratch_; }
  void run(Inputs in, Outputs out, Exec&) const override;

 private:
  int edge() const { return block_ + 2 * overlap_; }
  std::size_t plane() const { return std::size_t(edge()) * std::size_t(edge()); }
  Window blocks_of(const Window& out) const {
    if (out.empty()) return {};
    return from_edges(floor_div(out.x, block_) * block_, floor_div(out.y, block_) * block_,
                      ceil_div(out.right(), block_) * block_, ceil_div(out.bottom(), block_) * block_);
  }
  void run_block(const Window& core, const Window& wanted, Inputs in, Outputs out) const;

  std::shared_ptr<const OnnxNetwork> network_;
  int block_ = kNominalBlock;
  int overlap_ = kNominalOverlap;
  std::vector<float> mean_, scale_;
  std::size_t scratch_ = 0;
  std::vector<ImageInfo> outputs_;
};

// One block after the other: tiles keep threads busy, and a network's layers may be large.
void Segment::run(Inputs in, Outputs out, Exec&) const {
  Window w;
  for (const TileView& view : out) w = unite(w, view.window);
  const Window blocks = blocks_of(w);
  for (int y = blocks.y; y < blocks.bottom(); y += block_)
    for (int x = blocks.x; x < blocks.right(); x += block_) run_block({x, y, block_, block_}, w, in, out);
}

void Segment::run_block(const Window& core, const Window& wanted, Inputs in, Outputs out) const {
  const int side = edge(), bands = in[0].bands, classes = int(network_->classes().size());
  const Window seen = grow(core, overlap_);
  std::vector<float> samples(plane() * std::size_t(bands)), answer(plane() * std::size_t(classes));
  float* to = samples.data();
  for (int b = 0; b < bands; ++b)
    for (int y = seen.y; y < seen.bottom(); ++y)
      for (int x = seen.x; x < seen.right(); ++x)
        *to++ = in[0].is_valid(x, y) ? (in[0](b, x, y) - mean_[std::size_t(b)]) * scale_[std::size_t(b)] : 0.0f;
  network_->run(samples.data(), bands, answer.data());

  const Window part = intersect(core, wanted);
  AlignedFloats scores(std::size_t(classes) * std::size_t(part.width));
  std::vector<std::uint16_t> winners(std::size_t(part.width));
  const std::vector<std::uint16_t> ids = ids_of(network_->classes());
  for (int y = part.y; y < part.bottom(); ++y) {
    const float* row = answer.data() + std::ptrdiff_t(y - seen.y) * side + (part.x - seen.x);
    for (int k = 0; k < classes; ++k)
      std::copy_n(row + std::ptrdiff_t(plane()) * k, part.width, scores.data() + k * part.width);
    find_winners(scores.data(), classes, part.width, part.width, winners.data());
    scores_to_probabilities(network_->use().logits ? Link::softmax : Link::share, scores.data(), classes, part.width,
                            part.width);
    put_row({{part.x, y, part.width, 1}, winners.data(), scores.data(), part.width}, ids, in[0], out);
  }
}

std::unique_ptr<TileStage> make_segment(const StageContext& context) { return std::make_unique<Segment>(context); }

}  // namespace

StageInfo segment_stage() {
  return {.name = "segment",
          .family = "segmentation",
          .doc = "Gives every pixel the class that an ONNX network finds most likely, in overlapping squares.",
          .inputs = {{"image", PortType::image, "Bands, as the network was trained on."},
                     {"model", PortType::model, "From read_network."}},
          .outputs = class_ports("Probability of the class."),
          .params = {},
          .factory = TileFactory{make_segment},
          .flops_per_sample = 20000};
}

}  // namespace nadir
