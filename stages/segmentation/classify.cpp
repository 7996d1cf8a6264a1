// Classification of pixels with a trained model.
#include <algorithm>

#include "pipeline/core/error.h"
#include "stages/segmentation/forest.h"
#include "stages/segmentation/segmentation.h"

namespace nadir {
namespace {

constexpr int kRun = 256;  // px of a row that are classified together: features of a run stay in the L1 cache
constexpr int kRowsPerTask = 16;
// Window plan while no model is known: what fit_classifier trains by default.
constexpr int kNominalTextureLevels = 1;
constexpr int kNominalTextureRadius = 2;

std::shared_ptr<const Forest> forest_of(const Value& value) {
  const auto* model = std::get_if<ModelPtr>(&value);
  if (!model || !*model) return nullptr;
  auto forest = std::dynamic_pointer_cast<const Forest>(*model);
  if (!forest) throw Error(Fault::data, "the model is no random forest; wire 'model' to the output of fit_classifier");
  return forest;
}

std::string words(const FeatureSpec& s) {
  if (s.subband_levels == 0) return std::to_string(s.bands) + " bands without subbands";
  return std::to_string(s.bands) + " bands and " + std::to_string(s.subband_levels) + " levels of subbands of " +
         std::to_string(s.source_bands) + " bands";
}

// label = argmax_k of the votes of the trees, the lower id where they tie; confidence = its share of the votes. Trees x
// depth comparisons a pixel, beside (1 + texture_levels) x bands features from subbands. Invalid pixels stay invalid.
class Classify final : public TileStage {
 public:
  explicit Classify(const StageContext& context)
      : forest_(forest_of(context.values[1])),
        extractor_(*context.images[0], context.images[2],
                   forest_ ? forest_->spec().texture_levels : kNominalTextureLevels,
                   forest_ ? forest_->spec().texture_radius : kNominalTextureRadius) {
    describe_outputs(*context.images[0]);
    if (forest_ && extractor_.spec() != forest_->spec())
      throw Error(Fault::data, "the model was trained on " + words(forest_->spec()) + ", but the inputs have " +
                                   words(extractor_.spec()) + "; give both stages the same inputs");
  }

  std::vector<ImageInfo> outputs() const override { return {labels_, confidence_}; }
  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    return input == 0 ? out : input == 2 ? extractor_.subband_window(out) : Window{};
  }
  int alignment() const override { return 1 << extractor_.spec().subband_levels; }
  std::size_t scratch_bytes(const Window& out) const override { return extractor_.scratch_bytes(out); }
  void run(Inputs in, Outputs out, Exec& exec) const override;

 private:
  void describe_outputs(const ImageInfo& image);
  void classify_run(const FeatureBlock& features, int x, int y, int count, Inputs in, Outputs out) const;

  std::shared_ptr<const Forest> forest_;
  FeatureExtractor extractor_;
  ImageInfo labels_;
  ImageInfo confidence_;
};

void Classify::describe_outputs(const ImageInfo& image) {
  labels_.grid = confidence_.grid = image.grid;
  labels_.bands = std::vector<BandInfo>(1);
  labels_.bands[0].name = "class";
  labels_.type = SampleType::u8;
  labels_.nodata = 0;
  if (forest_) labels_.classes = forest_->classes();
  for (const ClassInfo& c : labels_.classes)
    if (c.id > 255) labels_.type = SampleType::u16;
  confidence_.bands = std::vector<BandInfo>(1);
  confidence_.bands[0].name = "confidence";
  confidence_.type = SampleType::f32;
  confidence_.nodata = -1;
}

void Classify::run(Inputs in, Outputs out, Exec& exec) const {
  const Window w = unite(out[0].window, out[1].window);  // each output may be read by stages of its own margin
  const FeatureBlock features(extractor_, w, in[0], in[2], exec);
  exec.parallel(ceil_div(w.height, kRowsPerTask), [&](int task) {
    const int top = w.y + task * kRowsPerTask;
    for (int y = top; y < std::min(w.bottom(), top + kRowsPerTask); ++y)
      for (int x = w.x; x < w.right(); x += kRun) classify_run(features, x, y, std::min(kRun, w.right() - x), in, out);
  });
}

void Classify::classify_run(const FeatureBlock& features, int x, int y, int count, Inputs in, Outputs out) const {
  const std::size_t classes = forest_->classes().size();
  std::vector<float> values(std::size_t(extractor_.spec().count()) * kRun);
  std::vector<std::uint16_t> votes(classes * kRun);
  features.gather(x, y, count, values.data(), kRun);
  forest_->vote(values.data(), count, kRun, votes.data());
  for (int i = 0; i < count; ++i) {
    const bool valid = in[0].is_valid(x + i, y);
    const std::size_t k = forest_->winner(votes.data(), kRun, i);
    const float share = float(votes[k * kRun + std::size_t(i)]) / float(forest_->trees().size());
    const auto put = [&](const TileView& view, float value) {
      if (!view.window.contains(x + i, y)) return;
      view(0, x + i, y) = valid ? value : 0.0f;
      view.mask()(x + i, y) = valid;
    };
    put(out[0], float(forest_->classes()[k].id));
    put(out[1], share);
  }
}

std::unique_ptr<TileStage> make_classify(const StageContext& context) { return std::make_unique<Classify>(context); }

}  // namespace

StageInfo classify_stage() {
  return {
      .name = "classify",
      .family = "segmentation",
      .doc = "Gives every pixel the class that most trees of a model vote for.",
      .inputs = {{"image", PortType::image, "Bands, as the model was trained on."},
                 {"model", PortType::model, "From fit_classifier."},
                 {"subbands", PortType::image, "Decomposition of the image, if the model was trained with one.", true}},
      .outputs = {{"labels", PortType::labels, "Class ids."},
                  {"confidence", PortType::image, "Share of the trees that vote for the class."}},
      .params = {},
      .factory = TileFactory{make_classify},
      .flops_per_sample = 2000};
}

}  // namespace nadir
