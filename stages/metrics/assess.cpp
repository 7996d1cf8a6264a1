// Accuracy of a class mask against a survey or another mask.
#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/core/error.h"
#include "pipeline/core/grid_check.h"
#include "pipeline/core/survey_blocks.h"
#include "pipeline/core/survey_windows.h"
#include "stages/metrics/metrics.h"
#include "stages/metrics/tally.h"

namespace nadir {
namespace {

enum class Judges { test, train, all };

struct Params {
  Judges features = Judges::test;
  bool areas = false;
};
NADIR_PARAMS(Params,
             PARAM(features, "", choices({"test", "train", "all"}),
                   "Survey features that judge: those kept out of training, those trained on, or all."),
             PARAM(areas, "", any(),
                   "Also estimates the area of every class, corrected for errors of the mask; looks at all of it."))

constexpr int kBlock = 256;  // px, anchored to the scene

// Labels, and beside them at most their confidence.
void require_labels(const ImageInfo& image, const std::string& name) {
  if (image.band_count() > 2)
    throw Error(Fault::data, "the " + name + " has " + std::to_string(image.band_count()) +
                                 " bands, a map of classes has one (a second may be its confidence)");
}

class AssessEvidence final : public Evidence {
 public:
  Tally tally;
  std::map<int, std::int64_t> mapped;  ///< pixels of the mask by class id
};

// Confusion matrix over the pixels whose centre lies in a feature, or over those that the reference knows a class of
// (Congalton, Remote Sensing of Environment 37, 1991); classes matched by name. An invalid pixel of the mask counts as
// unclassified, in no rate.
class Assess final : public EstimateStage {
 public:
  Assess(const Params& p, const StageContext& context)
      : judges_(p.features),
        areas_(p.areas),
        grid_(context.images[0]->grid),
        mask_classes_(context.images[0]->classes) {
    if (const auto* survey = std::get_if<SurveyPtr>(&context.values[1])) survey_ = *survey;
    require_labels(*context.images[0], "mask");
    if (survey_) windows_.emplace(*survey_, grid_);
    const auto kept_out = [](const Feature& f) { return f.test; };
    held_out_ = survey_ && std::any_of(survey_->features.begin(), survey_->features.end(), kept_out);
    const bool wired = context.wired.size() > 1 ? bool(context.wired[1]) : survey_ != nullptr;
    if (wired && context.images[2])
      throw Error(Fault::config, "a mask is judged by 'truth' or by 'reference', not by both");
    if (context.images[2]) set_reference(*context.images[2]);
    if (!wired && !context.images[2] && !context.wired.empty())
      throw Error(Fault::config, "there is nothing to judge by: wire 'truth' or 'reference'");
  }

  std::vector<Window> blocks() const override;
  Window needs(std::size_t input, const Window& block) const override {
    if (input == 0) return block;
    return input == 2 && has_reference_ ? translate(intersect(block, common_), -col_, -row_) : Window{};
  }
  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec& exec) const override;
  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const override;

 private:
  void set_reference(const ImageInfo& reference);
  Split split() const {
    if (judges_ == Judges::test) return held_out_ ? Split::test : Split::all;
    return judges_ == Judges::train ? Split::train : Split::all;
  }
  bool judges(const Feature& f) const { return split() == Split::all || f.test == (split() == Split::test); }
  void judge_by_survey(const Window& block, ConstTileView mask, Tally& tally) const;
  void judge_by_reference(const Window& block, ConstTileView mask, ConstTileView reference, Tally& tally) const;
  std::string why_nothing_judged() const;
  std::string warning() const;

  Judges judges_;
  bool areas_;
  Grid grid_;
  std::vector<ClassInfo> mask_classes_;
  SurveyPtr survey_;
  std::optional<SurveyWindows> windows_;  ///< of the survey's features
  bool held_out_ = false;                 ///< the survey has features that were kept out of training
  bool has_reference_ = false;
  std::vector<ClassInfo> reference_classes_;
  Window common_;          ///< with the reference, in pixels of the mask
  int col_ = 0, row_ = 0;  ///< pixel of the mask that is the reference's first
};

void Assess::set_reference(const ImageInfo& reference) {
  require_labels(reference, "reference");
  require_same_crs(grid_, reference.grid, "the mask");
  if (!same_lattice(grid_, reference.grid, &col_, &row_))
    throw Error(Fault::data, "the pixels of mask and reference do not coincide; warp one onto the other first");
  common_ = intersect(translate(reference.grid.window(), col_, row_), grid_.window());
  if (common_.empty()) throw Error(Fault::data, "mask and reference have no pixel in common; check their extents");
  has_reference_ = true;
  reference_classes_ = reference.classes;
}

std::vector<Window> Assess::blocks() const {
  const bool all = areas_ || has_reference_;
  const auto blocks =
      survey_blocks(all ? nullptr : survey_.get(), grid_, kBlock, [this](const Feature& f) { return judges(f); });
  if (areas_ || !has_reference_) return blocks;
  std::vector<Window> shared;
  for (const Window& b : blocks)
    if (!intersect(b, common_).empty()) shared.push_back(b);
  return shared;
}

int id_at(ConstTileView mask, int x, int y, const char* name = "mask") {
  if (!mask.is_valid(x, y)) return kUnclassified;
  const float value = mask(0, x, y);
  if (value != std::floor(value))
    throw Error(Fault::data, std::string("the ") + name + " holds " + std::to_string(value) + " at pixel " +
                                 std::to_string(x) + "," + std::to_string(y) +
                                 ", a map of classes has whole numbers; give the mask, not its confidence");
  return int(value);
}

void Assess::judge_by_survey(const Window& block, ConstTileView mask, Tally& tally) const {
  std::vector<std::int32_t> index(std::size_t(block.area()));
  windows_->rasterize(block, split(), index);
  for (int y = block.y; y < block.bottom(); ++y)
    for (int x = block.x; x < block.right(); ++x) {
      const std::int32_t mark = index[std::size_t(y - block.y) * std::size_t(block.width) + std::size_t(x - block.x)];
      if (mark == 0) continue;
      const std::int32_t feature = mark - 1;
      ++tally[{feature, survey_->features[std::size_t(feature)].class_id, id_at(mask, x, y)}];
    }
}

// Neighbouring pixels are no independent draws; blocks take the place of features.
void Assess::judge_by_reference(const Window& block, ConstTileView mask, ConstTileView reference, Tally& tally) const {
  const Window w = intersect(block, common_);
  const std::int32_t number = block.y / kBlock * ceil_div(grid_.width, kBlock) + block.x / kBlock;
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) {
      const int truth = id_at(reference, x - col_, y - row_, "reference");
      if (truth != kUnclassified) ++tally[{number, truth, id_at(mask, x, y)}];
    }
}

std::unique_ptr<Evidence> Assess::observe(const Window& block, Inputs in, Exec&) const {
  auto evidence = std::make_unique<AssessEvidence>();
  if (survey_) judge_by_survey(block, in[0], evidence->tally);
  if (has_reference_) judge_by_reference(block, in[0], in[2], evidence->tally);
  if (areas_)
    for (int y = block.y; y < block.bottom(); ++y)
      for (int x = block.x; x < block.right(); ++x) ++evidence->mapped[id_at(in[0], x, y)];
  return evidence;
}

std::string Assess::why_nothing_judged() const {
  if (!survey_) return "the reference knows no class of a pixel of the mask";
  const auto lies_here = [this](const Feature& f) { return !judges(f) && !pixel_window(f, grid_).empty(); };
  const auto others = std::count_if(survey_->features.begin(), survey_->features.end(), lies_here);
  if (others == 0) return "no survey feature holds the centre of a pixel of the mask; check that they overlap";
  const bool test = split() == Split::test;
  return std::string("no feature kept for ") + (test ? "testing" : "training") + " lies on the mask, but " +
         std::to_string(others) + (test ? " training" : " test") +
         " features do; set features: all, or divide the survey otherwise: test_fraction or test_field of read_survey";
}

std::string Assess::warning() const {
  std::string text;
  if (survey_ && judges_ == Judges::test && !held_out_)
    text = "the survey has no test features, so all judge: this accuracy is not held out";
  const auto& known = survey_ ? survey_->classes : reference_classes_;
  if (mask_classes_.empty() && !known.empty())
    text += std::string(text.empty() ? "" : "; ") + "the mask carries no class names, so its numbers were taken for " +
            "those of the classes that it is judged by (1: " + known.front().name + ", …)";
  return text;
}

Value Assess::conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec&) const {
  Tally tally;
  std::map<int, std::int64_t> mapped;
  for (const auto& e : evidence) {
    const auto& part = static_cast<const AssessEvidence&>(*e);
    for (const auto& [key, pixels] : part.tally) tally[key] += pixels;
    for (const auto& [id, pixels] : part.mapped) mapped[id] += pixels;
  }
  if (tally.empty()) throw Error(Fault::data, why_nothing_judged());
  Record result = accuracy_record(tally, {survey_ ? survey_->classes : reference_classes_, mask_classes_}, mapped);
  if (survey_) {
    result.set("split", std::string(split() == Split::test ? "test" : split() == Split::train ? "train" : "all"));
    result.set("held_out", split() == Split::test);
  }
  if (const std::string text = warning(); !text.empty()) result.set("warning", text);
  return result;
}

}  // namespace

StageInfo assess_stage() {
  return {.name = "assess",
          .family = "metrics",
          .doc = "Scores a class mask against a survey or another mask.",
          .inputs = {{"labels", PortType::labels, "The mask: whole numbers, in the first band."},
                     {"truth", PortType::survey, "Features with known class.", true},
                     {"reference", PortType::labels, "A mask that is right, on the same pixels.", true}},
          .outputs = {{"statistics", PortType::statistics, "Confusion matrix and the rates that follow from it."}},
          .params = params_of<Params>(),
          .factory = EstimateFactory{make_stage<EstimateStage, Assess, Params>},
          .flops_per_sample = 5};
}

}  // namespace nadir
