// Removal of specks from class masks.
#include <algorithm>
#include <map>

#include "stages/segmentation/components.h"
#include "stages/segmentation/segmentation.h"

namespace nadir {
namespace {

struct Params {
  int min_px = 8;
};
NADIR_PARAMS(Params, PARAM(min_px, "px", range(2, 256), "Connected areas of fewer pixels go to their neighbours."))

// Areas of one class, connected by edges, of fewer than min_px pixels take the class that most of their neighbours have
// among areas that stay; of equals the lowest; where there is none they stay. All are replaced at once. An area that
// small reaches no farther than min_px pixels, and neither does what decides whether its neighbours stay, so a margin
// of 2 min_px gives the same result in tiles of any size. Invalid pixels belong to no area.
class SieveLabels final : public TileStage {
 public:
  SieveLabels(const Params& p, const StageContext& context) : min_(p.min_px), info_(*context.images[0]) {}
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return grow(out, 2 * min_); }
  std::size_t scratch_bytes(const Window& out) const override {
    return std::size_t(grow(out, 2 * min_).area()) * 2 * sizeof(std::int32_t);
  }
  void run(Inputs in, Outputs out, Exec& exec) const override;

 private:
  std::vector<float> replacements(ConstTileView in, const Window& w, const Components& areas) const;

  int min_;
  ImageInfo info_;
};

// By area: the class that replaces it, or -1 where it stays.
std::vector<float> SieveLabels::replacements(ConstTileView in, const Window& w, const Components& areas) const {
  std::map<std::int32_t, std::map<float, int>> neighbours;  // of small areas: how often each class borders on them
  const auto meet = [&](int x, int y, int nx, int ny) {
    if (!w.contains(nx, ny)) return;
    const std::int32_t a = areas.at(x, y), b = areas.at(nx, ny);
    if (a == b || a < 0 || b < 0) return;
    if (areas.size(a) < min_ && areas.size(b) >= min_) ++neighbours[a][in(0, nx, ny)];
  };
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); ++x) {
      if (areas.at(x, y) < 0 || areas.size(areas.at(x, y)) >= min_) continue;
      meet(x, y, x - 1, y), meet(x, y, x + 1, y), meet(x, y, x, y - 1), meet(x, y, x, y + 1);
    }
  std::vector<float> replacement(std::size_t(areas.count()), -1.0f);
  for (const auto& [area, classes] : neighbours) {
    int most = 0;
    for (const auto& [id, times] : classes)
      if (times > most) most = times, replacement[std::size_t(area)] = id;
  }
  return replacement;
}

void SieveLabels::run(Inputs in, Outputs out, Exec&) const {
  const Window w = intersect(grow(out[0].window, 2 * min_), info_.grid.window());  // not what is mirrored beyond
  const Components areas(in[0], w);
  const std::vector<float> replacement = replacements(in[0], w, areas);
  for (int y = out[0].window.y; y < out[0].window.bottom(); ++y)
    for (int x = out[0].window.x; x < out[0].window.right(); ++x) {
      const bool valid = in[0].is_valid(x, y);
      const float other = valid && w.contains(x, y) ? replacement[std::size_t(areas.at(x, y))] : -1.0f;
      out[0](0, x, y) = !valid ? 0.0f : other >= 0 ? other : in[0](0, x, y);
      for (int b = 1; b < out[0].bands; ++b) out[0](b, x, y) = in[0](b, x, y);  // a confidence stays as it was
      out[0].mask()(x, y) = valid;
    }
}

}  // namespace

StageInfo sieve_labels_stage() {
  return {.name = "sieve_labels",
          .family = "segmentation",
          .doc = "Removes specks from a class mask.",
          .inputs = {{"labels", PortType::labels, "The mask."}},
          .outputs = {{"labels", PortType::labels, "The mask without areas that are too small."}},
          .params = params_of<Params>(),
          .factory = TileFactory{make_stage<TileStage, SieveLabels, Params>},
          .flops_per_sample = 40};
}

}  // namespace nadir
