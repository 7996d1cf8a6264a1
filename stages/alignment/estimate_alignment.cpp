// Where an image lies, measured against the ground truth or a reference image.
#include <cmath>
#include <optional>

#include "pipeline/core/error.h"
#include "stages/alignment/alignment.h"
#include "stages/alignment/phase_match.h"
#include "stages/alignment/survey_match.h"

namespace nadir {
namespace {

enum class Method { mutual_information, phase, none };
enum class OnFailure { keep, stop };
enum class Features { train, all };

struct Params {
  Method method = Method::mutual_information;
  int max_shift_px = 32;
  double min_confidence = 0.5;
  OnFailure on_failure = OnFailure::keep;
  Features features = Features::train;
};
NADIR_PARAMS(
    Params,
    PARAM(method, "", choices({"mutual_information", "phase", "none"}),
          "mutual_information: against the classes of the survey; phase: against a reference image; none: no shift."),
    PARAM(max_shift_px, "px", range(1, 512), "Largest shift that is looked for, along each axis."),
    PARAM(min_confidence, "", range(0, 1),
          "Least probability that the shift is right to within a pixel; below it the image is not moved."),
    PARAM(on_failure, "", choices({"keep", "stop"}),
          "What happens when no reliable shift is found: the image stays where it is, or the scene fails."),
    PARAM(features, "", choices({"train", "all"}),
          "Which survey features are used; train leaves the held-out ones unseen."))

constexpr const char* kMethodNames[]{"mutual_information", "phase", "none"};
enum : std::size_t { kImage, kTruth, kReference };

// A shift is found as the maximum of a score over all whole-pixel shifts, refined below a pixel, and judged by six
// half-samples of the evidence: their scatter is its standard error (McCarthy 1969). Scores: survey_match.h and
// phase_match.h. Invalid pixels take no part. The image moves only when the shift is reliable (confidence, inside the
// search) and significant (beyond 2.45 standard errors, 95 % of a normal distribution in the plane).
class EstimateAlignment final : public EstimateStage {
 public:
  EstimateAlignment(const Params& p, const StageContext& context) : p_(p), image_(*context.images[kImage]) {
    if (p.method == Method::phase) {
      if (!context.images[kReference])
        throw Error(Fault::config,
                    "estimate_alignment: method phase needs a reference image; wire one to port reference, or choose "
                    "method mutual_information or none");
      phase_.emplace(image_, *context.images[kReference], p.max_shift_px);
    }
    if (p.method == Method::mutual_information) {
      const auto* survey = std::get_if<SurveyPtr>(&context.values[kTruth]);
      has_survey_ = survey && *survey;
      if (!context.wired.empty() && !context.wired[kTruth]) require_survey();
      survey_.emplace(has_survey_ ? *survey : nullptr, image_, p.max_shift_px,
                      p.features == Features::train ? Split::train : Split::all, context.seed);
    }
  }

  std::vector<Window> blocks() const override {
    if (phase_) return phase_->blocks();
    return survey_ ? survey_->blocks() : std::vector<Window>{};
  }
  Window needs(std::size_t input, const Window& block) const override {
    if (phase_) return phase_->needs(input == kReference, block);
    return input == kImage ? block : Window{};
  }
  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec&) const override {
    if (phase_) return phase_->observe(block, in[kImage], in[kReference]);
    require_survey();
    return survey_->observe(in[kImage]);
  }
  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const override {
    Transform transform;
    transform.facts.set("method", std::string(kMethodNames[int(p_.method)]));
    if (p_.method == Method::none) {
      transform.facts.set("reason", std::string("alignment is switched off"));
      return transform;
    }
    if (survey_) require_survey();
    decide(phase_ ? phase_->conclude(std::move(evidence), exec) : survey_->conclude(std::move(evidence), exec),
           transform);
    return transform;
  }

 private:
  void require_survey() const {
    if (!has_survey_)
      throw Error(Fault::config,
                  "estimate_alignment: method mutual_information needs a survey; wire one to port truth, or choose "
                  "method phase with a reference image, or none");
  }

  std::string why_unreliable(const ShiftEstimate& e) const {
    if (!e.failure.empty()) return e.failure;
    if (e.on_border)
      return "the best shift lies on the edge of the search; raise max_shift_px if it may be larger than " +
             std::to_string(p_.max_shift_px) + " px";
    if (confidence(standard_error(e)) < p_.min_confidence)
      return "halves of the evidence disagree about the shift: the probability that it is right to within a pixel is "
             "below min_confidence";
    return {};
  }

  void record(const ShiftEstimate& e, Record& facts) const {
    if (e.failure.empty()) {
      const double dx = e.shift[0].x, dy = e.shift[0].y;
      const auto& g = image_.grid.geotransform;
      facts.set("shift_px", std::vector<double>{dx, dy});
      facts.set("shift_map", std::vector<double>{-(g[1] * dx + g[2] * dy), -(g[4] * dx + g[5] * dy)});
      facts.set("standard_error_px", standard_error(e));
      facts.set("confidence", confidence(standard_error(e)));
      facts.set("peak", e.peak);
      if (std::isfinite(e.second_peak)) facts.set("second_peak", e.second_peak);
      facts.set("z_score", e.z_score);
    }
    facts.set("samples", e.samples);
  }

  void decide(const ShiftEstimate& e, Transform& transform) const {
    constexpr double kSignificant = 2.45;  // sqrt of the 95 % point of chi-square with 2 degrees of freedom
    record(e, transform.facts);
    const std::string reason = why_unreliable(e);
    transform.reliable = reason.empty();
    const bool significant =
        transform.reliable && std::hypot(e.shift[0].x, e.shift[0].y) > kSignificant * standard_error(e);
    transform.facts.set("moved", significant);
    if (!transform.reliable) {
      if (p_.on_failure == OnFailure::stop)
        throw Error(Fault::data, "estimate_alignment: no reliable shift was found: " + reason +
                                     "; set on_failure: keep to go on without alignment");
      transform.facts.set("reason", "not reliable, the image is not moved: " + reason);
    } else if (!significant) {
      transform.facts.set("reason",
                          std::string("the shift is not larger than its own uncertainty, the image is not moved"));
    } else {
      transform.pixel[0] = e.shift[0].x;
      transform.pixel[3] = e.shift[0].y;
    }
  }

  Params p_;
  ImageInfo image_;
  bool has_survey_ = false;
  std::optional<SurveyMatch> survey_;
  std::optional<PhaseMatch> phase_;
};

}  // namespace

StageInfo estimate_alignment_stage() {
  return {
      .name = "estimate_alignment",
      .family = "alignment",
      .doc = "Finds the shift of an image against a survey or a reference image, or says that none can be relied on.",
      .inputs = {{"image", PortType::image, "The image to be aligned."},
                 {"truth", PortType::survey, "The survey that stays, for method mutual_information.", true},
                 {"reference", PortType::image, "The image that stays, for method phase.", true}},
      .outputs = {{"transform", PortType::transform, "Where pixels of the aligned image come from."}},
      .params = params_of<Params>(),
      .factory = EstimateFactory{make_stage<EstimateStage, EstimateAlignment, Params>},
      .flops_per_sample = 100};
}

}  // namespace nadir
