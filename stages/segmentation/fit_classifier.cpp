// Training of a classifier on the pixels inside survey features.
#include <algorithm>
#include <cmath>

#include "pipeline/core/error.h"
#include "pipeline/core/survey_blocks.h"
#include "pipeline/core/text.h"
#include "stages/segmentation/cross_validation.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/segmentation.h"
#include "stages/segmentation/survey_pixels.h"

namespace nadir {
namespace {

struct Params {
  Method method = Method::random_forest;
  int trees = 100;
  int max_depth = 16;
  int min_samples = 1;
  std::vector<double> hidden_units{32, 32};
  Activation activation = Activation::relu;
  int steps = 3000;
  double learning_rate = 0.005;
  double weight_decay = 1e-3;
  bool early_stopping = true;
  bool curriculum = false;
  bool class_weights = true;
  double svm_c = 10;
  double svm_gamma = 0;
  double shrinkage = 0;
  int max_samples_per_class = 2000;
  Sampling sampling = Sampling::random;
  Coverage coverage = Coverage::centre;
  int texture_levels = 1;
  int texture_radius = 2;
  int folds = 5;
  int repeats = 3;
};
NADIR_PARAMS(
    Params,
    PARAM(
        method, "", choices({"random_forest", "maximum_likelihood", "network", "svm", "committee", "auto"}),
        "What is trained; committee: a forest and a network, whose probabilities are averaged; auto: the committee, or "
        "another of these that is clearly better by cross-validation within the training pixels."),
    PARAM(trees, "", range(1, 2000), "Trees of the random forest."),
    PARAM(max_depth, "", range(1, 24), "Decisions that a tree takes at most."),
    PARAM(min_samples, "px", range(1, 10000), "Nodes with no more pixels than this are not split."),
    PARAM(hidden_units, "", range(1, 128), "network: units of each hidden layer, at most 4 layers."),
    PARAM(activation, "", choices({"relu", "softplus"}), "network: what follows each hidden layer."),
    PARAM(steps, "", range(1, 1000000), "network: mini-batches of 64 pixels at most."),
    PARAM(learning_rate, "", range(1e-6, 1), "network: Adam's step at the start; it falls to 0 along a cosine."),
    PARAM(weight_decay, "", range(0, 1), "network: by how much weights shrink a step, times the learning rate."),
    PARAM(early_stopping, "", any(), "network: trains as long as pays on survey features that were held out for it."),
    PARAM(curriculum, "", any(), "network: begins with the pixels that a normal distribution a class finds easy."),
    PARAM(class_weights, "", any(), "network: every class counts the same, however many pixels it has."),
    PARAM(svm_c, "", range(1e-6, 1e6), "svm: price of a pixel on the wrong side."),
    PARAM(svm_gamma, "", range(0, 1000), "svm: of the kernel exp(-gamma d^2) of scaled features; 0: 1 / features."),
    PARAM(shrinkage, "", range(0, 1), "maximum_likelihood: share of the pooled covariance in that of each class."),
    PARAM(max_samples_per_class, "px", range(10, 100000), "Training pixels of a class."),
    PARAM(sampling, "", choices({"random", "herding"}),
          "Which pixels, where there are more: drawn in turns from the class's features, or such that their mean comes "
          "closest to the class's."),
    PARAM(coverage, "", choices({"centre", "fraction"}),
          "Which pixels of a feature: those whose centre it holds, or all that it touches, each by the share that is "
          "covered."),
    PARAM(texture_levels, "", range(0, kMaxLevels), "Subband levels that give texture energies, from the coarsest."),
    PARAM(texture_radius, "", range(0, 8), "Coefficients around a pixel's own that energies average over."),
    PARAM(folds, "", range(0, 50), "Parts of the survey, each held out once; 0: no cross-validation."),
    PARAM(repeats, "", range(1, 50), "Cross-validations with different folds, pooled."))

constexpr int kBlock = 256;           // px, anchored to the scene
constexpr int kValidationTrees = 50;  // more do not change held-out accuracy measurably, and there are many forests

class TrainingEvidence final : public Evidence {
 public:
  LabelledPixels pixels;
};

bool is_training(const Feature& f) { return !f.test; }

// Trains on all training features; accuracy is that of forests which never saw the feature they are judged on, because
// neighbouring pixels of one polygon are near copies and a split by pixel flatters (Roberts et al., Ecography 40,
// 2017). An invalid pixel is not trained on.
class FitClassifier final : public EstimateStage {
 public:
  FitClassifier(const Params& p, const StageContext& context)
      : params_(p),
        seed_(context.seed),
        scene_(context.scene_path.substr(context.scene_path.find_last_of('/') + 1)),
        grid_(context.images[0]->grid),
        extractor_(*context.images[0], context.images[2], p.texture_levels, p.texture_radius) {
    if (p.folds == 1) throw Error(Fault::config, "folds = 1 holds everything out; use 0 for none, or 2 and more");
    check_network();
    if (extractor_.spec().count() > kMaxForestFeatures)
      throw Error(Fault::config, std::to_string(extractor_.spec().count()) + " features are more than the " +
                                     std::to_string(kMaxForestFeatures) + " that a model can have");
    if (const auto* survey = std::get_if<SurveyPtr>(&context.values[1])) survey_ = *survey;
    if (!survey_) return;
    windows_.emplace(*survey_, grid_);
    if (counts_in_part(*survey_, p.coverage)) check_weights();
    for (std::size_t i = 0; i < survey_->features.size(); ++i)
      if (const Feature& f = survey_->features[i]; is_training(f))
        places_.push_back({(*windows_)[i], std::max<std::size_t>(1, f.shares.size())});
    forest_bytes_a_pixel_ = forest_bytes_a_pixel();
  }

  std::vector<Window> blocks() const override;
  Window needs(std::size_t input, const Window& block) const override {
    return input == 0 ? block : input == 2 ? extractor_.subband_window(block) : Window{};
  }
  std::size_t evidence_bytes(const Window& block) const override;
  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec& exec) const override;
  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const override;

 private:
  void check_network() const {
    if (params_.hidden_units.empty() || params_.hidden_units.size() > 4)
      throw Error(Fault::config,
                  "hidden_units has " + std::to_string(params_.hidden_units.size()) + " layers, must have 1 to 4");
    for (const double n : params_.hidden_units)
      if (n < 1 || n > 128 || n != std::floor(n))
        throw Error(Fault::config, "hidden_units must be whole numbers in [1, 128]");
  }
  void check_weights() const {
    const std::string why =
        params_.coverage == Coverage::fraction ? "coverage: fraction" : "a survey of mixed features (fraction_fields)";
    if (params_.method == Method::svm)
      throw Error(Fault::config, "svm takes whole pixels only, " + why + " gives them weights; take another method");
    if (params_.sampling == Sampling::herding)
      throw Error(Fault::config,
                  "herding takes whole pixels only, " + why + " gives them weights; use sampling: random");
  }
  TrainingPlan plan() const {
    const Params& p = params_;
    return {p.method,
            {p.trees, p.max_depth, p.min_samples},
            {p.hidden_units, p.activation, p.steps, p.learning_rate, p.weight_decay, p.early_stopping, p.curriculum,
             p.class_weights},
            {p.svm_c, p.svm_gamma},
            p.shrinkage};
  }
  LabelledPixels merge(std::vector<std::unique_ptr<Evidence>> evidence) const;
  std::vector<ClassInfo> number_classes(LabelledPixels& pixels) const;
  std::string classes_without(const std::vector<ClassInfo>& with_pixels) const;
  Record validate(const LabelledPixels& pixels, const std::vector<ClassInfo>& classes, Exec& exec) const;

  Params params_;
  std::uint64_t seed_;
  std::string scene_;
  Grid grid_;
  FeatureExtractor extractor_;
  SurveyPtr survey_;
  std::optional<SurveyWindows> windows_;  ///< of the survey's features
  struct Place {
    Window pixels;  ///< that a training feature may touch
    std::size_t classes;
  };
  std::size_t most_pixels(const Place& p, const Window& touched) const {
    return std::min(std::size_t(touched.area()) * p.classes, std::size_t(params_.max_samples_per_class));
  }
  double forest_bytes_a_pixel() const;

  std::vector<Place> places_;
  double forest_bytes_a_pixel_ = 0;
};

// A tree and its share of the boxes (forest_cells.h) take fewer than four nodes for every pixel that it is trained on:
// three where 40 % of the labels are random, a tenth of that where classes are clear. Spread over all pixels that are
// kept, of which only so many a class count.
double FitClassifier::forest_bytes_a_pixel() const {
  if (params_.method == Method::maximum_likelihood || params_.method == Method::network ||
      params_.method == Method::svm)
    return 0;
  std::size_t kept = 0;
  for (const Place& p : places_) kept += most_pixels(p, p.pixels);
  if (kept == 0) return 0;
  const std::size_t trained = std::min(kept, survey_->classes.size() * std::size_t(params_.max_samples_per_class));
  const double pixel_bytes = 4.0 * params_.trees * (sizeof(ForestNode) + sizeof(std::uint16_t));
  return pixel_bytes * double(trained) / double(kept);
}

// What is kept, and once more while it is merged; then the forest. Of a feature no more than the cap; of the pixels
// that it may touch all, though it may hold few of them.
std::size_t FitClassifier::evidence_bytes(const Window& block) const {
  const std::size_t features = std::size_t(extractor_.spec().count());
  const std::size_t pixel_bytes =
      features * sizeof(float) + sizeof(std::uint16_t) + sizeof(std::int32_t) + sizeof(float) + sizeof(std::uint64_t);
  std::size_t pixels = 0, classes = 1;
  for (const Place& p : places_) {
    const Window touched = intersect(p.pixels, block);
    if (touched.empty()) continue;
    pixels += most_pixels(p, touched);
    classes = std::max(classes, p.classes);
  }
  if (params_.coverage == Coverage::centre) pixels = std::min(pixels, std::size_t(block.area()) * classes);
  return 2 * pixels * pixel_bytes + std::size_t(double(pixels) * forest_bytes_a_pixel_);
}

std::vector<Window> FitClassifier::blocks() const {
  return survey_blocks(survey_.get(), grid_, kBlock, [](const Feature& f) { return is_training(f); });
}

std::unique_ptr<Evidence> FitClassifier::observe(const Window& block, Inputs in, Exec& exec) const {
  const bool weighted = counts_in_part(*survey_, params_.coverage);
  const FeatureBlock features(extractor_, block, in[0], in[2], exec);
  LabelledPixels seen;
  seen.set.features = extractor_.spec().count();
  std::vector<float> values(std::size_t(seen.set.features));
  for (const SurveyPixel& p : survey_pixels(*windows_, block, params_.coverage)) {
    if (!in[0].is_valid(p.x, p.y)) continue;
    features.gather(p.x, p.y, 1, values.data(), 1);
    seen.set.values.insert(seen.set.values.end(), values.begin(), values.end());
    seen.set.labels.push_back(p.class_id);
    seen.set.groups.push_back(p.feature);
    if (weighted) seen.set.weights.push_back(p.weight);
    seen.rank.push_back(mix(seed_, std::uint64_t(p.x), std::uint64_t(p.y)));
  }
  auto evidence = std::make_unique<TrainingEvidence>();
  evidence->pixels = capped_by_feature(seen, std::size_t(params_.max_samples_per_class));
  return evidence;
}

LabelledPixels FitClassifier::merge(std::vector<std::unique_ptr<Evidence>> evidence) const {
  LabelledPixels all;
  all.set.features = extractor_.spec().count();
  for (auto& e : evidence) {
    const LabelledPixels& part = static_cast<const TrainingEvidence&>(*e).pixels;
    for (std::size_t i = 0; i < part.size(); ++i) all.append(part, i);
    e.reset();
  }
  return capped_by_feature(all, std::size_t(params_.max_samples_per_class));
}

// Turns class ids into indices of the classes that have pixels.
std::vector<ClassInfo> FitClassifier::number_classes(LabelledPixels& pixels) const {
  std::vector<std::uint16_t> ids = pixels.set.labels;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<ClassInfo> classes;
  for (const std::uint16_t id : ids) {
    const ClassInfo* known = survey_->find_class(id);
    classes.push_back(known ? *known : ClassInfo{id, "class " + std::to_string(id), class_colour(id - 1u)});
  }
  for (std::uint16_t& label : pixels.set.labels)
    label = std::uint16_t(std::lower_bound(ids.begin(), ids.end(), label) - ids.begin());
  return classes;
}

// Names of the survey's classes that are not among those with pixels.
std::string FitClassifier::classes_without(const std::vector<ClassInfo>& with_pixels) const {
  std::vector<std::string> names;
  for (const ClassInfo& c : survey_->classes) {
    const auto same = [&c](const ClassInfo& other) { return other.id == c.id; };
    if (std::none_of(with_pixels.begin(), with_pixels.end(), same)) names.push_back("'" + c.name + "'");
  }
  return names.empty() ? "" : some_of(names);
}

Record FitClassifier::validate(const LabelledPixels& pixels, const std::vector<ClassInfo>& classes, Exec& exec) const {
  ValidationPlan validation{
      plan(), params_.folds, params_.repeats, std::size_t(params_.max_samples_per_class), params_.sampling, seed_};
  validation.training.forest.trees = std::min(params_.trees, kValidationTrees);
  return facts_of(cross_validate(pixels, classes, validation, exec), validation, *survey_);
}

Value FitClassifier::conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const {
  LabelledPixels pixels = merge(std::move(evidence));
  if (pixels.size() == 0)
    throw Error(Fault::data,
                "no training feature of the survey holds a valid pixel; check that survey and scene "
                "overlap and that features are left for training");
  const std::vector<ClassInfo> classes = number_classes(pixels);
  const std::string lost = classes_without(classes);
  if (classes.size() < 2)
    throw Error(Fault::data, "all training pixels are of one class, '" + classes[0].name +
                                 "'; a classifier needs at least two. " +
                                 (lost.empty() ? "If the survey has more, name their field: class_field of read_survey"
                                               : "Without a pixel are " + lost) +
                                 " (survey: " + survey_->source + ")");
  const std::vector<char> everything(pixels.size(), 1);
  const TrainingSet set = balanced(pixels, everything, std::size_t(params_.max_samples_per_class), params_.sampling);
  auto classifier = train_classifier(set, extractor_.spec(), classes, plan(), mix(seed_, 3), exec);
  Record facts = classifier->facts();
  facts.set("trained_on", scene_);
  facts.set("survey", survey_->source);
  if (!lost.empty())
    facts.set("warnings", std::vector<std::string>{"no training feature of these classes holds a valid pixel, so the "
                                                   "mask will not have them: " +
                                                   lost});
  facts.set("seed", std::int64_t(seed_));
  facts.set("samples", std::int64_t(pixels.size()));
  facts.set("training_samples", std::int64_t(set.size()));
  if (params_.folds > 0) {
    const Record held_out = validate(pixels, classes, exec);
    for (const auto& [name, value] : held_out.fields()) facts.set(name, value);
  }
  classifier->set_facts(std::move(facts));
  classifier->prepare();
  return ModelPtr(std::move(classifier));
}

}  // namespace

StageInfo fit_classifier_stage() {
  return {.name = "fit_classifier",
          .family = "segmentation",
          .doc =
              "Trains a classifier on the pixels inside survey features. Reports its accuracy on features that "
              "were held out.",
          .inputs = {{"image", PortType::image, "Bands to classify by."},
                     {"truth", PortType::survey, "Features with known class."},
                     {"subbands", PortType::image, "Decomposition of the image, for local means and textures.", true}},
          .outputs = {{"model", PortType::model, "The classifier, with its held-out accuracy."}},
          .params = params_of<Params>(),
          .factory = EstimateFactory{make_stage<EstimateStage, FitClassifier, Params>},
          .flops_per_sample = 20,
          .read_model = read_model_bytes};
}

}  // namespace nadir
