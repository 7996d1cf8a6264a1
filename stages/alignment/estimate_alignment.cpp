// Where an image lies, measured against the ground truth or a reference image.
#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/core/error.h"
#include "stages/alignment/alignment.h"
#include "stages/alignment/boundary_match.h"
#include "stages/alignment/control_match.h"
#include "stages/alignment/grid_verdict.h"
#include "stages/alignment/phase_match.h"
#include "stages/alignment/survey_match.h"

namespace nadir {
namespace {

enum class Method { automatic, control_points, mutual_information, boundaries, phase, grid, none };
const std::vector<std::string>& method_names() {
  static const std::vector<std::string> names{
      "auto", "control_points", "mutual_information", "boundaries", "phase", "grid", "none"};
  return names;
}
const std::string& name_of(Method method) { return method_names()[std::size_t(method)]; }

enum class OnFailure { keep, stop };
enum class Features { train, all };

struct Params {
  Method method = Method::automatic;
  TieModel model = TieModel::automatic;
  int max_shift_px = 32;
  int window_px = 64;
  int tie_points = 0;
  double min_confidence = 0.5;
  double max_residual_px = 2;
  OnFailure on_failure = OnFailure::keep;
  Features features = Features::train;
  std::vector<double> mask_bits;
};
NADIR_PARAMS(
    Params,
    PARAM(method, "", choices(method_names()),
          "control_points: through surveyed points; mutual_information: against the classes of the survey; boundaries: "
          "outlines and lines of the survey against edges, also of a single class; phase: one shift against a "
          "reference image; grid: tie points against a reference image; none: no shift; auto: what the "
          "survey offers, without one grid."),
    PARAM(model, "", choices({"auto", "shift", "similarity", "affine", "polynomial2", "polynomial3", "thin_plate"}),
          "Transform through points; auto: the simplest that explains held-out ones as well as any. With "
          "mutual_information, similarity looks for a small rotation and change of scale beside the shift, and auto is "
          "shift; boundaries and phase find a shift only."),
    PARAM(max_shift_px, "px", range(1, 512), "Largest shift that is looked for, along each axis."),
    PARAM(window_px, "px", range(16, 256), "Side of the windows that tie points are found by."),
    PARAM(
        tie_points, "", range(0, 200),
        "Tie points along the longer side; 0: windows that overlap by half, at most 31. Fewer where memory is short."),
    PARAM(min_confidence, "", range(0, 1),
          "Least probability that the shift is right to within a pixel; below it the image is not moved."),
    PARAM(max_residual_px, "px", range(0.01, 100), "Largest error at held-out points; above it nothing is moved."),
    PARAM(on_failure, "", choices({"keep", "stop"}),
          "What happens when no reliable shift is found: the image stays where it is, or the scene fails."),
    PARAM(features, "", choices({"train", "all"}),
          "Which survey features are used; train leaves the held-out ones unseen."),
    PARAM(mask_bits, "", range(0, 23),
          "Pixels whose mask has one of these bits set (from 0) take no part; empty: those whose mask is not 0. Needs "
          "a mask."))

enum : std::size_t { kImage, kTruth, kReference, kMask };

// By method: a transform through points (tie_model.h) that were surveyed (control_match.h) or found over a grid
// (grid_match.h); or a shift, found as the maximum of a score over all whole-pixel shifts, refined between pixels, and
// judged by leaving out an eighth of the evidence at a time: the scatter is its standard error (jackknife,
// shift_search.h; scores: survey_match.h, boundary_match.h, phase_match.h). Invalid pixels take no part. The image
// moves only when the transform is reliable and significant (beyond 2.45 standard errors, 95 % of a normal distribution
// in the plane). Cost of mutual_information: (2 max_shift_px + 1)² shifts times up to 3000 survey pixels times bands².
class EstimateAlignment final : public EstimateStage {
 public:
  EstimateAlignment(const Params& p, const StageContext& context) : p_(p), image_(*context.images[kImage]) {
    choose_method(context);
    check_model(p.method == Method::automatic);
    check_mask(context, p.method == Method::automatic);
    if (p_.method == Method::phase) phase_.emplace(image_, *context.images[kReference], p.max_shift_px);
    if (p_.method == Method::grid)
      grid_.emplace(image_, *context.images[kReference],
                    GridOptions{p.max_shift_px, p.window_px, p.tie_points, p.model});
    if (needs_survey()) {
      if (!context.wired.empty() && !context.wired[kTruth]) require_survey();
      const SurveyPtr survey = has_classes_ ? std::get<SurveyPtr>(context.values[kTruth]) : nullptr;
      const Split split = p.features == Features::train ? Split::train : Split::all;
      if (p_.method == Method::boundaries)
        boundaries_.emplace(survey, image_, p.max_shift_px, split);
      else
        survey_.emplace(survey, image_, p.max_shift_px, p.model == TieModel::similarity, split, context.seed);
    }
  }

  std::vector<Window> blocks() const override {
    if (phase_) return phase_->blocks();
    if (grid_) return grid_->blocks();
    if (boundaries_) return boundaries_->blocks();
    return survey_ ? survey_->blocks() : std::vector<Window>{};
  }
  Window needs(std::size_t input, const Window& block) const override {
    if (input == kMask) return needs(kImage, block);
    if (phase_) return phase_->needs(input == kReference, block);
    if (grid_) return input == kReference ? grid_->of_reference(block) : grid_->of_image(block);
    if (input != kImage) return {};
    return boundaries_ ? boundaries_->needs(block) : block;
  }
  std::size_t evidence_bytes(const Window& block) const override {
    if (phase_) return phase_->evidence_bytes(block);
    if (grid_) return grid_->evidence_bytes(block);
    if (boundaries_) return boundaries_->evidence_bytes(block);
    return survey_ ? survey_->evidence_bytes(block) : 0;
  }
  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec& exec) const override {
    if (grid_) return grid_->observe(block, in[kImage], in[kReference], usable(in), exec);
    std::vector<std::uint8_t> valid;
    const ConstTileView image = unmasked(in, valid);
    if (phase_) return phase_->observe(block, image, in[kReference]);
    require_survey();
    if (boundaries_) return boundaries_->observe(block, image);
    return survey_->observe(image);
  }
  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const override {
    Transform transform;
    transform.facts.set("method", name_of(p_.method));
    transform.facts.set("crs", image_.grid.crs_wkt);
    if (!method_reason_.empty()) transform.facts.set("method_reason", method_reason_);
    switch (p_.method) {
      case Method::grid: decide(grid_->conclude(std::move(evidence), exec), transform); break;
      case Method::phase: decide(phase_->conclude(std::move(evidence), exec), transform); break;
      case Method::control_points: decide_points(transform); break;
      case Method::none: transform.facts.set("reason", std::string("alignment is switched off")); break;
      case Method::boundaries:
        require_survey();
        decide(boundaries_->conclude(std::move(evidence), exec), transform);
        break;
      default: require_survey(); decide(survey_->conclude(std::move(evidence), exec), transform);
    }
    return transform;
  }

 private:
  // What the survey holds is known only once it is read; a wired one counts as one of classes until then.
  void choose_method(const StageContext& context) {
    const auto* survey = std::get_if<SurveyPtr>(&context.values[kTruth]);
    const bool known = survey && *survey;
    has_classes_ = known && !(*survey)->features.empty();
    if (known && !(*survey)->control_points.empty()) points_ = *survey;
    const bool expected = !survey && context.wired.size() > kTruth && context.wired[kTruth];
    const bool has_reference = context.images[kReference].has_value();
    if (p_.method == Method::automatic) {
      const bool use_reference = has_reference && !has_classes_ && !expected;
      const bool one_class = has_classes_ && has_one_class(**survey);
      p_.method = points_         ? Method::control_points
                  : use_reference ? Method::grid
                  : one_class     ? Method::boundaries
                                  : Method::mutual_information;
      method_reason_ = points_         ? "the survey holds control points"
                       : use_reference ? "there is a reference image and no survey"
                       : one_class     ? "the survey holds a single class, so only outlines and lines can tell"
                                       : "the survey holds classes";
    }
    if ((p_.method == Method::grid || p_.method == Method::phase) && !has_reference)
      throw Error(Fault::config, "estimate_alignment: method " + name_of(p_.method) +
                                     " needs a reference image; wire one to port reference, or choose method "
                                     "mutual_information or none");
    if (p_.method == Method::control_points && known && !points_)
      throw Error(Fault::config,
                  "estimate_alignment: method control_points needs control points on port truth; read them with "
                  "read_control_points");
  }

  // Models that the method cannot find; `open`: which method it will be is not known before the survey is read.
  void check_model(bool automatic) const {
    const bool open = automatic && !has_classes_ && !points_;
    const bool shift_only = p_.method == Method::boundaries || p_.method == Method::phase;
    if (open || (!shift_only && p_.method != Method::mutual_information)) return;
    if (p_.model == TieModel::automatic || p_.model == TieModel::shift) return;
    if (p_.model == TieModel::similarity && !shift_only) return;
    throw Error(Fault::config, "estimate_alignment: method " + name_of(p_.method) + " finds " +
                                   (shift_only ? "a shift only" : "a shift or a similarity") + ", no " +
                                   name_of(p_.model) +
                                   "; choose model: auto, or a method that fits models through points (grid with a "
                                   "reference image, control_points)");
  }

  void check_mask(const StageContext& context, bool automatic) {
    if (context.images.size() <= kMask || !context.images[kMask]) {
      if (!p_.mask_bits.empty())
        throw Error(Fault::config, "estimate_alignment: mask_bits needs a mask; wire one to port mask");
      return;
    }
    require_same_pixels(context.images[kMask]->grid);
    if (p_.method != Method::control_points) return;
    if (!automatic)
      throw Error(Fault::config,
                  "estimate_alignment: a mask takes no part in method control_points, whose points are given; unwire "
                  "port mask, or choose another method");
    method_reason_ += ", in which the mask takes no part";
  }

  static bool has_one_class(const Survey& survey) {
    return std::all_of(survey.features.begin(), survey.features.end(),
                       [&](const Feature& f) { return f.class_id == survey.features[0].class_id; });
  }

  bool needs_survey() const { return p_.method == Method::mutual_information || p_.method == Method::boundaries; }

  void require_survey() const {
    if (!has_classes_)
      throw Error(Fault::config, "estimate_alignment: method " + name_of(p_.method) +
                                     " needs a survey; wire one to port truth, or choose "
                                     "method grid or phase with a reference image, or none");
  }

  void require_same_pixels(const Grid& mask) const {
    int col = 0, row = 0;
    if (mask.size() != image_.grid.size() || !same_lattice(image_.grid, mask, &col, &row) || col != 0 || row != 0)
      throw Error(Fault::data, "estimate_alignment: the mask must have the pixels of the image");
  }

  // Where the mask lets the image count; empty without one.
  std::vector<std::uint8_t> usable(Inputs in) const {
    if (in.size() <= kMask || in[kMask].window.empty()) return {};
    std::uint32_t bits = 0;
    for (const double b : p_.mask_bits) bits |= std::uint32_t{1} << int(b);
    const ConstTileView mask = in[kMask];
    std::vector<std::uint8_t> result;
    for (int y = mask.window.y; y < mask.window.bottom(); ++y)
      for (int x = mask.window.x; x < mask.window.right(); ++x) {
        const float v = mask(0, x, y);
        const bool out = bits == 0 ? v != 0 : (std::uint32_t(std::max(0.0f, v)) & bits) != 0;
        result.push_back(mask.is_valid(x, y) && !out);
      }
    return result;
  }

  // The image with masked pixels invalid; `valid` is what the view then refers to.
  ConstTileView unmasked(Inputs in, std::vector<std::uint8_t>& valid) const {
    ConstTileView image = in[kImage];
    const std::vector<std::uint8_t> counts = usable(in);
    if (counts.empty()) return image;
    const Window& w = image.window;
    valid.resize(std::size_t(image.stride) * std::size_t(w.height));
    for (int y = 0, k = 0; y < w.height; ++y)
      for (int x = 0; x < w.width; ++x, ++k)
        valid[std::size_t(y) * std::size_t(image.stride) + std::size_t(x)] =
            counts[std::size_t(k)] && image.is_valid(w.x + x, w.y + y);
    image.valid = valid.data();
    return image;
  }

  std::string why_unreliable(const ShiftEstimate& e) const {
    if (!e.failure.empty()) return e.failure;
    if (e.on_border)
      return "the best shift lies on the edge of the search; raise max_shift_px if it may be larger than " +
             std::to_string(p_.max_shift_px) + " px";
    if (confidence(standard_error(e)) < p_.min_confidence)
      return "parts of the evidence disagree about the shift: the probability that it is right to within a pixel is "
             "below min_confidence";
    return {};
  }

  static Transform transform_of(const ShiftEstimate& e) {
    Transform t;
    t.pixel[0] = e.shift[0].x, t.pixel[3] = e.shift[0].y;
    if (e.turn == 0 && e.scale == 1) return t;
    const double c = e.scale * std::cos(e.turn), s = e.scale * std::sin(e.turn);
    const double x = e.centre.x + 0.5, y = e.centre.y + 0.5;
    t.pixel = {x + e.shift[0].x - c * x + s * y, c, -s, y + e.shift[0].y - s * x - c * y, s, c};
    return t;
  }

  void decide(const ShiftEstimate& e, Transform& transform) const {
    constexpr double kSignificant = 2.45;  // sqrt of the 95 % point of chi-square with 2 degrees of freedom
    record(e, image_.grid, transform.facts);
    const std::string reason = why_unreliable(e);
    const Transform found = transform_of(e);
    const Size size = image_.grid.size();
    double farthest = 0;
    for (const double col : {0.0, double(size.width)})
      for (const double row : {0.0, double(size.height)}) {
        const Point from = found.source(col, row);
        farthest = std::max(farthest, std::hypot(from.x - col, from.y - row));
      }
    finish(reason, farthest > kSignificant * standard_error(e), found, transform);
  }

  void decide(GridEstimate e, Transform& transform) const {
    record(e, image_.grid, transform.facts);
    const std::string reason = ::nadir::why_unreliable(e, {p_.min_confidence, p_.max_residual_px});
    finish(reason, e.failure.empty() && moves(e.fit, image_.grid.size()), e.fit.transform, transform);
    transform.tie_points = std::move(e.ties);
  }

  void decide_points(Transform& transform) const {
    if (!points_) throw Error(Fault::config, "estimate_alignment: method control_points needs points on port truth");
    ControlEstimate e = match_control_points(*points_, image_.grid, p_.model);
    record(e, image_.grid, transform.facts);
    const std::string reason = ::nadir::why_unreliable(e, {p_.min_confidence, p_.max_residual_px});
    finish(reason, e.failure.empty() && moves(e.fit, image_.grid.size()), e.fit.transform, transform);
    transform.tie_points = std::move(e.ties);
  }

  void finish(const std::string& reason, bool significant, const Transform& found, Transform& transform) const {
    transform.reliable = reason.empty();
    transform.facts.set("moved", transform.reliable && significant);
    if (!transform.reliable) {
      if (p_.on_failure == OnFailure::stop)
        throw Error(Fault::data, "estimate_alignment: no reliable shift was found: " + reason +
                                     "; set on_failure: keep to go on without alignment");
      const std::string text = "not reliable, the image is not moved: " + reason;
      transform.facts.set("reason", text);
      const Scalar* earlier = transform.facts.find("warning");
      transform.facts.set("warning", earlier ? std::get<std::string>(*earlier) + "; " + text : text);
    } else if (!significant) {
      transform.facts.set("reason",
                          std::string("the shift is not larger than its own uncertainty, the image is not moved"));
    } else {
      transform.pixel = found.pixel;
      transform.bend = found.bend;
    }
  }

  Params p_;
  ImageInfo image_;
  bool has_classes_ = false;
  SurveyPtr points_;
  std::string method_reason_;
  std::optional<SurveyMatch> survey_;
  std::optional<BoundaryMatch> boundaries_;
  std::optional<PhaseMatch> phase_;
  std::optional<GridMatch> grid_;
};

}  // namespace

StageInfo estimate_alignment_stage() {
  return {
      .name = "estimate_alignment",
      .family = "alignment",
      .doc = "Finds where an image lies against a survey or a reference image, or says that nothing can be relied on.",
      .inputs = {{"image", PortType::image, "The image to be aligned."},
                 {"truth", PortType::survey, "The survey that stays: classes, or control points.", true},
                 {"reference", PortType::image, "The image that stays, for methods grid and phase.", true},
                 {"mask", PortType::image, "Pixels of the image that take no part: clouds. Not for control points.",
                  true}},
      .outputs = {{"transform", PortType::transform, "Where pixels of the aligned image come from."}},
      .params = params_of<Params>(),
      .factory = EstimateFactory{make_stage<EstimateStage, EstimateAlignment, Params>},
      .flops_per_sample = 100};
}

}  // namespace nadir
