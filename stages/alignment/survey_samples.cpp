// Drawing survey pixels.
#include "stages/alignment/survey_samples.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "pipeline/core/random.h"
#include "stages/alignment/shift_search.h"

namespace nadir {
namespace {

constexpr int kMostClasses = 16;
constexpr int kFoldCell = 16;  // px; classes of few features are dealt into folds by such cells

std::uint64_t hash(std::uint64_t seed, int x, int y) {
  return split_mix(seed ^ (std::uint64_t(std::uint32_t(y)) << 32 | std::uint32_t(x)));
}

// Keeps all pixels of rare classes and shares what is left among the frequent ones; only the largest classes take part.
std::vector<double> keep_probabilities(const std::vector<std::int64_t>& pixels, int most_samples) {
  std::vector<int> order(pixels.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return pixels[a] > pixels[b]; });
  order.resize(std::min(order.size(), std::size_t(kMostClasses)));
  std::vector<double> keep(pixels.size(), 0.0);
  double left = most_samples;
  for (std::size_t i = order.size(); i-- > 0;) {
    const double n = double(pixels[order[i]]);
    const double taken = std::min(n, left / double(i + 1));
    keep[order[i]] = n > 0 ? taken / n : 0;
    left -= taken;
  }
  return keep;
}

}  // namespace

SurveySampler::SurveySampler(const Survey& survey, const Grid& grid, const std::vector<Window>& blocks,
                             std::uint64_t seed, int most_samples, int per_pixel)
    : per_pixel_(per_pixel),
      survey_(survey, grid.scaled(per_pixel, 1, {grid.width * per_pixel, grid.height * per_pixel})),
      seed_(seed) {
  for (const Window& b : blocks)
    blocks_.push_back({b.x * per_pixel, b.y * per_pixel, b.width * per_pixel, b.height * per_pixel});
  std::map<std::uint16_t, int> index;
  for (const Feature& f : survey.features) index.emplace(f.class_id, 0);
  int next = 0;
  for (auto& [id, i] : index) i = next++;
  features_of_class_.resize(index.size());
  for (const Feature& f : survey.features) {
    const int c = index.at(f.class_id);
    members_.push_back({c, features_of_class_[c]++});
  }
  std::vector<std::int64_t> pixels(index.size());
  visit_pixels([&](int, int, const Member& m) { ++pixels[m.class_index]; });
  keep_ = keep_probabilities(pixels, most_samples);
}

template <class Visit>
void SurveySampler::visit_pixels(const Visit& visit) const {
  std::vector<std::int32_t> burned;
  for (const Window& block : blocks_) {
    burned.resize(std::size_t(block.area()));
    survey_.rasterize(block, Split::all, burned);
    for (int y = block.y, k = 0; y < block.bottom(); ++y)
      for (int x = block.x; x < block.right(); ++x, ++k)
        if (burned[k] > 0) visit(x, y, members_[std::size_t(burned[k] - 1)]);
  }
}

// Whole features where a class has enough of them, so that the halves are as independent as the survey is.
int SurveySampler::fold_of(const Member& member, int x, int y) const {
  const bool by_feature = features_of_class_[member.class_index] >= kFolds / 2;
  const int cell = by_feature ? 0 : x / (kFoldCell * per_pixel_) + 3 * (y / (kFoldCell * per_pixel_));
  return (member.rank + 3 * member.class_index + cell) % kFolds;
}

std::vector<SurveySample> SurveySampler::draw() const {
  std::vector<SurveySample> samples;
  visit_pixels([&](int x, int y, const Member& m) {
    const double draw = double(hash(seed_, x, y) >> 11) * 0x1p-53;
    if (draw < keep_[m.class_index]) samples.push_back({x, y, fold_of(m, x, y) * classes() + m.class_index});
  });
  std::stable_sort(samples.begin(), samples.end(),
                   [](const SurveySample& a, const SurveySample& b) { return a.group < b.group; });
  return samples;
}

}  // namespace nadir
