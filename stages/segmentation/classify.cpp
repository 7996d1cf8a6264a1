// Classification of pixels with a trained model.
#include <algorithm>

#include "pipeline/core/error.h"
#include "stages/segmentation/class_outputs.h"
#include "stages/segmentation/classifier.h"
#include "stages/segmentation/classify_ops.h"
#include "stages/segmentation/segmentation.h"

namespace nadir {
namespace {

constexpr int kRun = 256;  // px of a row that are classified together: features of a run stay in the L1 cache
constexpr int kRowsPerTask = 16;
// Window plan while no model is known: what fit_classifier trains by default.
constexpr int kNominalTextureLevels = 1;
constexpr int kNominalTextureRadius = 2;

std::shared_ptr<const Classifier> classifier_of(const Value& value) {
  const auto* model = std::get_if<ModelPtr>(&value);
  if (!model || !*model) return nullptr;
  auto classifier = std::dynamic_pointer_cast<const Classifier>(*model);
  if (!classifier) throw Error(Fault::data, "the model is no classifier; wire 'model' to the output of fit_classifier");
  return classifier;
}

// label = the class of the highest score, the lower id where they tie; confidence = its probability. Cost: that of the
// classifier, beside (1 + texture_levels) x bands features from subbands. Invalid pixels stay invalid.
class Classify final : public TileStage {
 public:
  explicit Classify(const StageContext& context)
      : classifier_(classifier_of(context.values[1])),
        extractor_(*context.images[0], context.images[2],
                   classifier_ ? classifier_->spec().texture_levels : kNominalTextureLevels,
                   classifier_ ? classifier_->spec().texture_radius : kNominalTextureRadius) {
    if (classifier_) classes_ = classifier_->classes();
    outputs_ = class_outputs(*context.images[0], classes_);
    if (!classifier_) return;
    require_same_features();
    flat_ = classifier_->flat_model();
    if (flat_ && !fits_kernels(*flat_)) flat_.reset();
  }

  std::vector<ImageInfo> outputs() const override { return outputs_; }
  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    return input == 0 ? out : input == 2 ? extractor_.subband_window(out) : Window{};
  }
  int alignment() const override { return 1 << extractor_.spec().subband_levels; }
  std::size_t scratch_bytes(const Window& out) const override { return extractor_.scratch_bytes(out); }
  DeviceUse device_use() const override { return flat_ ? DeviceUse::staged : DeviceUse::none; }
  std::size_t device_bytes(const Window& out) const override {
    return extractor_.scratch_bytes(out) + (flat_ ? bytes_of(*flat_) : 0);
  }
  void run(Inputs in, Outputs out, Exec& exec) const override;

 private:
  void require_same_features() const {
    const std::string why = why_unlike(classifier_->spec(), extractor_.spec());
    const Scalar* file = classifier_->facts().find("read_from");
    if (!why.empty()) throw Error(Fault::data, (file ? std::get<std::string>(*file) + ": " : "") + why);
  }
  // What one thread needs for a run of pixels.
  struct Workspace {
    AlignedFloats features, scores;
    std::vector<std::uint16_t> winners;
  };
  void classify_run(const FeatureBlock& features, const Window& run, Inputs in, Outputs out, Workspace& work) const;

  std::shared_ptr<const Classifier> classifier_;
  std::optional<FlatModel> flat_;  ///< where the classifier has kernels and they can take it
  FeatureExtractor extractor_;
  std::vector<ClassInfo> classes_;
  std::vector<ImageInfo> outputs_;
};

void Classify::run(Inputs in, Outputs out, Exec& exec) const {
  // Each output may be read by stages of its own margin.
  Window w;
  for (const TileView& view : out) w = unite(w, view.window);
  const FeatureBlock features(extractor_, w, in[0], in[2], exec);
  if (exec.on_device())
    return classify_pixels(exec, *flat_, ids_of(classes_), features.sources(),
                           {out[kLabels], out[kConfidence], out[kProbabilities], out[kRated]});
  exec.parallel(ceil_div(w.height, kRowsPerTask), [&](int task) {
    Workspace work{AlignedFloats(std::size_t(extractor_.spec().count()) * kRun), AlignedFloats(classes_.size() * kRun),
                   std::vector<std::uint16_t>(kRun)};
    const int top = w.y + task * kRowsPerTask;
    for (int y = top; y < std::min(w.bottom(), top + kRowsPerTask); ++y)
      for (int x = w.x; x < w.right(); x += kRun)
        classify_run(features, {x, y, std::min(kRun, w.right() - x), 1}, in, out, work);
  });
}

void Classify::classify_run(const FeatureBlock& features, const Window& run, Inputs in, Outputs out,
                            Workspace& work) const {
  const int classes = int(classes_.size());
  float* scores = work.scores.data();
  features.gather(run.x, run.y, run.width, work.features.data(), kRun);
  if (out[kConfidence].samples || out[kProbabilities].samples || out[kRated].samples) {
    classifier_->score(work.features.data(), run.width, kRun, scores);
    find_winners(scores, classes, run.width, kRun, work.winners.data());
    scores_to_probabilities(classifier_->link(), scores, classes, run.width, kRun);
  } else {
    classifier_->choose(work.features.data(), run.width, kRun, work.winners.data());
  }
  put_row({run, work.winners.data(), scores, kRun}, ids_of(classes_), in[0], out);
}

std::unique_ptr<TileStage> make_classify(const StageContext& context) { return std::make_unique<Classify>(context); }

}  // namespace

StageInfo classify_stage() {
  return {
      .name = "classify",
      .family = "segmentation",
      .doc = "Gives every pixel the class that a model finds most likely.",
      .inputs = {{"image", PortType::image, "Bands, as the model was trained on."},
                 {"model", PortType::model, "From fit_classifier, cluster or read_model."},
                 {"subbands", PortType::image, "Decomposition of the image, if the model was trained with one.", true}},
      .outputs = class_ports("Probability of the class; of a forest and an SVM the share of votes."),
      .params = {},
      .factory = TileFactory{make_classify},
      .flops_per_sample = 2000,
      .on_device = true};
}

}  // namespace nadir
