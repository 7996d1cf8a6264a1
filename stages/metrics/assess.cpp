// Accuracy of a class mask against a survey.
#include <algorithm>
#include <map>
#include <set>

#include "pipeline/core/error.h"
#include "pipeline/core/survey_blocks.h"
#include "stages/metrics/confusion.h"
#include "stages/metrics/metrics.h"

namespace nadir {
namespace {

enum class Judges { test, train, all };

struct Params {
  Judges features = Judges::test;
};
NADIR_PARAMS(Params, PARAM(features, "", choices({"test", "train", "all"}),
                           "Survey features that judge: those kept out of training, those trained on, or all."))

constexpr int kBlock = 256;  // px, anchored to the scene
constexpr int kUnclassified = 0;

/// Pixels by survey feature and by class id in the mask.
using Tally = std::map<std::pair<std::int32_t, int>, std::int64_t>;

class AssessEvidence final : public Evidence {
 public:
  Tally tally;
};

// Confusion matrix over the pixels whose centre lies in a feature (Congalton, Remote Sensing of Environment 37, 1991),
// classes of mask and survey matched by name. An invalid pixel of the mask counts as unclassified, in no rate.
class Assess final : public EstimateStage {
 public:
  Assess(const Params& p, const StageContext& context)
      : judges_(p.features), grid_(context.images[0]->grid), label_classes_(context.images[0]->classes) {
    if (const auto* survey = std::get_if<SurveyPtr>(&context.values[1])) survey_ = *survey;
    const auto kept_out = [](const Feature& f) { return f.test; };
    held_out_ = survey_ && std::any_of(survey_->features.begin(), survey_->features.end(), kept_out);
  }

  std::vector<Window> blocks() const override;
  Window needs(std::size_t input, const Window& block) const override { return input == 0 ? block : Window{}; }
  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec& exec) const override;
  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const override;

 private:
  Split split() const {
    if (judges_ == Judges::test) return held_out_ ? Split::test : Split::all;
    return judges_ == Judges::train ? Split::train : Split::all;
  }
  bool judges(const Feature& f) const { return split() == Split::all || f.test == (split() == Split::test); }
  std::vector<std::string> class_names(const Tally& tally) const;
  std::string name_of_label(int id) const;

  Judges judges_;
  Grid grid_;
  std::vector<ClassInfo> label_classes_;
  SurveyPtr survey_;
  bool held_out_ = false;  ///< the survey has features that were kept out of training
};

std::vector<Window> Assess::blocks() const {
  return survey_blocks(survey_.get(), grid_, kBlock, [this](const Feature& f) { return judges(f); });
}

std::unique_ptr<Evidence> Assess::observe(const Window& block, Inputs in, Exec&) const {
  std::vector<std::int32_t> index(std::size_t(block.area()));
  rasterize(*survey_, grid_, block, split(), index);
  auto evidence = std::make_unique<AssessEvidence>();
  for (int y = block.y; y < block.bottom(); ++y)
    for (int x = block.x; x < block.right(); ++x) {
      const std::int32_t mark = index[std::size_t(y - block.y) * std::size_t(block.width) + std::size_t(x - block.x)];
      if (mark == 0) continue;
      const int id = in[0].is_valid(x, y) ? int(in[0](0, x, y)) : kUnclassified;
      ++evidence->tally[{mark - 1, id}];
    }
  return evidence;
}

// A mask without class names is matched by id.
std::string Assess::name_of_label(int id) const {
  for (const ClassInfo& c : label_classes_)
    if (c.id == id) return c.name;
  if (label_classes_.empty()) {
    // Of masks without names: a survey whose classes are numbers means the labels, else its first class is label 1.
    for (const ClassInfo& c : survey_->classes)
      if (c.name == std::to_string(id)) return c.name;
    for (const ClassInfo& c : survey_->classes)
      if (c.id == id) return c.name;
  }
  return "class " + std::to_string(id);
}

// The survey's classes, then those that only the mask knows.
std::vector<std::string> Assess::class_names(const Tally& tally) const {
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const ClassInfo& c : survey_->classes) add(c.name);
  const std::size_t of_survey = names.size();
  std::set<std::string> of_mask;
  for (const ClassInfo& c : label_classes_) of_mask.insert(c.name);
  for (const auto& [key, pixels] : tally)
    if (key.second != kUnclassified) of_mask.insert(name_of_label(key.second));
  const auto shared = [&](const std::string& n) { return of_mask.contains(n); };
  if (!of_mask.empty() && std::none_of(names.begin(), names.begin() + std::ptrdiff_t(of_survey), shared))
    throw Error(
        Fault::data,
        "mask and survey have no class name in common ('" + *of_mask.begin() + "', … and '" + names.front() +
            "', …); name the survey's field of classes: class_field of read_survey, --class-field of nadir evaluate");
  for (const std::string& n : of_mask) add(n);
  return names;
}

Value Assess::conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec&) const {
  Tally tally;
  for (const auto& e : evidence)
    for (const auto& [key, pixels] : static_cast<const AssessEvidence&>(*e).tally) tally[key] += pixels;
  if (tally.empty())
    throw Error(Fault::data, "no survey feature holds the centre of a pixel of the mask; check that they overlap");
  Confusion confusion(class_names(tally));
  const auto index_of = [&](const std::string& name) {
    const auto& names = confusion.classes();
    return std::size_t(std::find(names.begin(), names.end(), name) - names.begin());
  };
  std::map<std::int32_t, Cluster> clusters;
  for (const auto& [key, pixels] : tally) {
    const ClassInfo* truth = survey_->find_class(survey_->features[std::size_t(key.first)].class_id);
    const std::size_t t = index_of(truth ? truth->name : "");
    if (t == confusion.size()) continue;
    if (key.second == kUnclassified) {
      confusion.add_unclassified(t, pixels);
      continue;
    }
    const std::size_t m = index_of(name_of_label(key.second));
    confusion.add(t, m, pixels);
    clusters[key.first].samples += double(pixels);
    clusters[key.first].correct += t == m ? double(pixels) : 0.0;
  }
  std::vector<Cluster> by_feature;
  for (const auto& [feature, cluster] : clusters) by_feature.push_back(cluster);
  const Interval interval = clustered_interval(by_feature);
  Record result = summarize(confusion);
  result.set("overall_accuracy_95_by_feature", std::vector<double>{interval.low, interval.high});
  result.set("features", std::int64_t(by_feature.size()));
  result.set("split", std::string(split() == Split::test ? "test" : split() == Split::train ? "train" : "all"));
  result.set("held_out", split() == Split::test);
  std::string warning;
  if (judges_ == Judges::test && !held_out_)
    warning = "the survey has no test features, so all judge: this accuracy is not held out";
  if (label_classes_.empty())
    warning += std::string(warning.empty() ? "" : "; ") +
               "the mask carries no class names, so its numbers were taken for those of the survey's classes (1: " +
               survey_->classes.front().name + ", …)";
  if (!warning.empty()) result.set("warning", warning);
  return result;
}

}  // namespace

StageInfo assess_stage() {
  return {
      .name = "assess",
      .family = "metrics",
      .doc = "Scores a class mask against a survey.",
      .inputs = {{"labels", PortType::labels, "The mask."}, {"truth", PortType::survey, "Features with known class."}},
      .outputs = {{"statistics", PortType::statistics, "Confusion matrix and the rates that follow from it."}},
      .params = params_of<Params>(),
      .factory = EstimateFactory{make_stage<EstimateStage, Assess, Params>},
      .flops_per_sample = 5};
}

}  // namespace nadir
