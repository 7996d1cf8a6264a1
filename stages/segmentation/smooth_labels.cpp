// Smoothing of class masks.
#include <algorithm>
#include <set>

#include "pipeline/backend/simd.h"
#include "pipeline/core/error.h"
#include "pipeline/core/grid_check.h"
#include "stages/segmentation/classifier.h"
#include "stages/segmentation/potts.h"
#include "stages/segmentation/segmentation.h"

namespace nadir {
namespace {

enum class Smoothing { majority, potts };

struct Params {
  Smoothing method = Smoothing::majority;
  int radius_px = 2;
  double beta = 1;
  int iterations = 8;
};
NADIR_PARAMS(Params,
             PARAM(method, "", choices({"majority", "potts"}),
                   "The most frequent class around a pixel, or what a model of neighbours and probabilities favours."),
             PARAM(radius_px, "px", range(1, 32), "majority: half of the square's side that is looked at."),
             PARAM(beta, "", range(0, 20), "potts: what an equal neighbour is worth, in logarithms of probability."),
             PARAM(iterations, "", range(1, 32), "potts: how often neighbours are asked, and how far away, in pixels."))

constexpr float kTrust = 0.8f;  // probability of a label that comes without one

// counts[i] += 1 for pixels of the class.
NADIR_SIMD_CLONES void count_class(const float* __restrict labels, const std::uint8_t* __restrict valid, float id,
                                   int count, std::uint16_t* __restrict counts, bool away) {
  for (int i = 0; i < count; ++i) {
    const auto one = std::uint16_t(labels[i] == id && valid[i]);
    counts[i] = std::uint16_t(away ? counts[i] - one : counts[i] + one);
  }
}

// Twice the number, and one more for the pixel's own class, so that it keeps it where two are equally frequent.
NADIR_SIMD_CLONES void elect(const std::uint16_t* __restrict columns, int side, const float* __restrict own, float id,
                             int count, float* __restrict winner, int* __restrict most) {
  for (int i = 0; i < count; ++i) {
    int sum = own[i] == id;
    for (int j = 0; j < side; ++j) sum += 2 * columns[i + j];
    winner[i] = sum > most[i] ? id : winner[i];
    most[i] = sum > most[i] ? sum : most[i];
  }
}

std::set<float> classes_within(ConstTileView labels, const Window& w) {
  std::set<float> ids;
  float last = 0;  // the latest valid label: runs of equal ones are looked up once
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) {
      if (!labels.is_valid(x, y) || (!ids.empty() && labels(0, x, y) == last)) continue;
      last = labels(0, x, y);
      ids.insert(last);
    }
  return ids;
}

void put(Outputs out, int x, int y, bool valid, float label, float confidence) {
  for (std::size_t o = 0; o < 3; ++o) {
    if (!out[o].window.contains(x, y)) continue;
    for (int b = 0; b < out[o].bands; ++b) out[o](b, x, y) = !valid ? 0.0f : o == 1 || b == 1 ? confidence : label;
    out[o].mask()(x, y) = valid;
  }
}

// majority: the most frequent valid class within radius_px; of equals the pixel's own, then the lowest. potts: see
// potts.h. Invalid pixels stay invalid and have no say.
class SmoothLabels final : public TileStage {
 public:
  SmoothLabels(const Params& p, const StageContext& context) : p_(p), labels_(*context.images[0]) {
    if (context.images[1]) classes_ = context.images[1]->classes;
    if (classes_.empty()) classes_ = labels_.classes;
    has_probabilities_ = context.images[1].has_value();
    if (p.method == Smoothing::potts && has_probabilities_) check_probabilities(*context.images[1]);
    confidence_ = labels_;
    confidence_.bands.resize(1);
    confidence_.bands[0].name = "confidence";
    confidence_.type = SampleType::f32;
    confidence_.nodata = -1;
    confidence_.classes.clear();
    labels_.bands.resize(1);
    rated_ = labels_;
    rated_.bands.push_back(confidence_.bands[0]);
    rated_.type = SampleType::f32;
  }
  std::vector<ImageInfo> outputs() const override { return {labels_, confidence_, rated_}; }
  Window needs(std::size_t input, std::size_t, const Window& out) const override {
    if (p_.method == Smoothing::majority) return input == 0 ? grow(out, p_.radius_px) : Window{};
    return grow(out, p_.iterations);
  }
  std::size_t scratch_bytes(const Window& out) const override {
    const int classes = int(std::max<std::size_t>(classes_.size(), 8));
    if (p_.method == Smoothing::majority) return Tile::bytes(out, 1) + std::size_t(out.area()) * sizeof(int);
    return mean_field_bytes(out, classes, p_.iterations) + 2 * Tile::bytes(grow(out, p_.iterations), classes);
  }
  void run(Inputs in, Outputs out, Exec& exec) const override {
    if (p_.method == Smoothing::majority)
      by_majority(in[0], out, exec);
    else
      by_potts(in, out, exec);
  }

 private:
  void check_probabilities(const ImageInfo& info) const;
  void check_band_count(int bands) const;
  void by_majority(ConstTileView in, Outputs out, Exec& exec) const;
  void by_potts(Inputs in, Outputs out, Exec& exec) const;
  void certain(ConstTileView labels, TileView p) const;

  Params p_;
  ImageInfo labels_;
  ImageInfo confidence_;
  ImageInfo rated_;
  std::vector<ClassInfo> classes_;
  bool has_probabilities_ = false;
};

// While a model is not known yet, its probabilities have bands without names, of a number that means nothing.
void SmoothLabels::check_probabilities(const ImageInfo& info) const {
  int col = 0, row = 0;
  if (info.grid.size() != labels_.grid.size() || !same_lattice(labels_.grid, info.grid, &col, &row) || col || row)
    throw Error(Fault::data, "smooth_labels: 'labels' has " + to_text(labels_.grid) + ", 'probabilities' has " +
                                 to_text(info.grid) +
                                 "; take both from the same classify, or warp one onto the other's grid");
  if (!classes_.empty() && (!info.classes.empty() || !info.bands.front().name.empty()))
    check_band_count(info.band_count());
}

void SmoothLabels::check_band_count(int bands) const {
  if (bands != int(classes_.size()))
    throw Error(Fault::data, "smooth_labels: 'probabilities' has " + std::to_string(bands) + " bands for " +
                                 std::to_string(classes_.size()) +
                                 " classes; take it from the classify that gave the labels");
}

void SmoothLabels::by_majority(ConstTileView in, Outputs out, Exec&) const {
  const Window w = unite(unite(out[0].window, out[1].window), out[2].window);
  const int r = p_.radius_px, side = 2 * r + 1, wide = w.width + 2 * r;
  const std::set<float> ids = classes_within(in, grow(w, r));
  Tile winner(w, 1);
  winner.fill(0, true);
  std::vector<int> votes(std::size_t(w.area()));
  for (const float id : ids) {
    std::vector<std::uint16_t> columns(static_cast<std::size_t>(wide));
    const auto add = [&](int y, bool away) {
      count_class(&in(0, w.x - r, y), &in.mask()(w.x - r, y), id, wide, columns.data(), away);
    };
    for (int y = w.y - r; y < w.y + r; ++y) add(y, false);
    for (int y = w.y; y < w.bottom(); ++y) {
      add(y + r, false);
      elect(columns.data(), side, &in(0, w.x, y), id, w.width, &winner.view()(0, w.x, y),
            votes.data() + std::size_t(y - w.y) * std::size_t(w.width));
      add(y - r, true);
    }
  }
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) {
      const bool valid = in.is_valid(x, y);
      const int sum = votes[std::size_t(y - w.y) * std::size_t(w.width) + std::size_t(x - w.x)];
      put(out, x, y, valid, winner.view()(0, x, y), float(sum / 2) / float(side * side));
    }
}

void SmoothLabels::certain(ConstTileView labels, TileView p) const {
  const float rest = (1 - kTrust) / float(std::max(1, p.bands - 1));
  for (int y = p.window.y; y < p.window.bottom(); ++y)
    for (int x = p.window.x; x < p.window.right(); ++x) {
      p.mask()(x, y) = labels.is_valid(x, y);
      for (int k = 0; k < p.bands; ++k)
        p(k, x, y) = labels(0, x, y) == float(classes_[std::size_t(k)].id) ? kTrust : rest;
    }
}

void SmoothLabels::by_potts(Inputs in, Outputs out, Exec& exec) const {
  if (classes_.empty())
    throw Error(Fault::data, "the labels do not say which classes there are, which potts has to know; use majority");
  if (has_probabilities_) check_band_count(in[1].bands);
  const Window w = unite(unite(out[0].window, out[1].window), out[2].window);
  const int classes = int(classes_.size());
  ScratchTile assumed(exec, has_probabilities_ ? Window{w.x, w.y, 1, 1} : grow(w, p_.iterations), classes);
  if (!has_probabilities_) certain(in[0], assumed.view());
  const ScratchTile q(exec, w, classes);
  smooth_by_mean_fields(exec, has_probabilities_ ? in[1] : ConstTileView(assumed.view()), q.view(), float(p_.beta),
                        p_.iterations);
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) {
      int best = 0;
      for (int k = 1; k < classes; ++k)
        if (q.view()(k, x, y) > q.view()(best, x, y)) best = k;
      put(out, x, y, in[0].is_valid(x, y), float(classes_[std::size_t(best)].id), q.view()(best, x, y));
    }
}

}  // namespace

StageInfo smooth_labels_stage() {
  return {.name = "smooth_labels",
          .family = "segmentation",
          .doc = "Smooths a class mask: by the majority around each pixel, or by a Potts model.",
          .inputs = {{"labels", PortType::labels, "The mask."},
                     {"probabilities", PortType::image, "From classify; potts assumes 0.8 for every label without it.",
                      true}},
          .outputs = {{"labels", PortType::labels, "The smoothed mask."},
                      {"confidence", PortType::image,
                       "majority: share of the class in the square; potts: its probability."},
                      {"rated", PortType::labels, "Both, as two bands: for write_segments."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, SmoothLabels, Params>},
          .flops_per_sample = 300};
}

}  // namespace nadir
