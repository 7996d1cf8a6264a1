// Launches of the shrinkage; compiled as C++ or as CUDA.
#include "stages/super_resolution/group_ops.h"

#include <algorithm>

#include "stages/super_resolution/aggregate_kernels.h"
#include "stages/super_resolution/group_kernels.h"
#include "stages/super_resolution/regularizer.h"

namespace nadir {
namespace {

constexpr std::size_t kMostShrunk = std::size_t{512} << 20;  // bytes; indices of samples stay within 32 bits

struct SetTo {
  float* out;
  std::ptrdiff_t stride;
  float value;
  HD void operator()(int, int x, int y) const { out[y * stride + x] = value; }
};

int strips_of(const ReferenceGrid& grid) { return ceil_div(grid.rows.count(), kRowsPerStrip); }

std::size_t samples_of_strip(std::size_t columns, const SearchSettings& s) {
  return kRowsPerStrip * columns * std::size_t(s.similar) * std::size_t(s.patch * s.patch);
}

int strips_wanted(int strips, std::size_t samples) {
  return int(std::clamp<std::size_t>(kMostShrunk / (samples * sizeof(float)), 1, std::size_t(std::max(1, strips))));
}

int tiles_across(Size size) { return ceil_div(size.width, CollectPatches::kWidth); }
int tiles_down(Size size) { return ceil_div(size.height, CollectPatches::kHeight); }
std::size_t tiles_of(Size size) { return std::size_t(tiles_across(size)) * std::size_t(tiles_down(size)); }

// Batches of references that may have patches in a tile, at most.
int most_reaching(const SearchSettings& s, int rows, int columns, int stride) {
  // References of an axis from which the search reaches this many pixels, both ends of the image among them.
  const auto most = [&](int pixels, int all) {
    return std::min(all, (pixels + s.patch - 2 + 2 * s.radius) / stride + 3);
  };
  const int across = most(CollectPatches::kWidth, columns);
  const int batches = ceil_div(across - 1, CollectPatches::kBatch) + 1;  // a row of them; it may begin within one
  return most(CollectPatches::kHeight, rows) * batches;
}

}  // namespace

GroupShrinker::GroupShrinker(Exec& exec, Size size, const ReferenceGrid& grid, const SearchSettings& settings)
    : exec_(exec),
      size_(size),
      grid_(grid),
      settings_(settings),
      sums_(exec, std::size_t(size.width) * std::size_t(size.height)),
      starts_(exec, sums_.size()),
      weights_(exec, std::size_t(grid.count())),
      most_reaching_(most_reaching(settings, grid.rows.count(), grid.columns.count(), grid.rows.stride())),
      reaching_(exec, tiles_of(size) * std::size_t(most_reaching_)),
      reaching_count_(exec, tiles_of(size)),
      shrunk_(room_for_strips()) {
  list_reaching();
}

Portion<float> GroupShrinker::room_for_strips() const {
  const std::size_t samples = samples_of_strip(grid_.columns.size(), settings_);
  return allocate_what_fits<float>(exec_, strips_wanted(strips_of(grid_), samples), samples);
}

void GroupShrinker::list_reaching() const {
  const ListReaching f{grid_.rows,          grid_.columns,  settings_.patch,  settings_.radius,
                       tiles_across(size_), most_reaching_, reaching_.data(), reaching_count_.data()};
  for_each(exec_, 1, {0, 0, tiles_across(size_), tiles_down(size_)}, f, "list_reaching");
}

int GroupShrinker::first_reference(int strip) const {
  return std::min(grid_.rows.count(), strip * kRowsPerStrip) * grid_.columns.count();
}

void GroupShrinker::shrink(const Strips& strips, const float* pyramid, const std::int32_t* matches, float t) const {
  const int first = first_reference(strips.first);
  const auto launch = [&](auto f) {
    f.pyramid = pyramid;
    f.stride = size_.width;
    f.matches = matches;
    f.similar = settings_.similar;
    f.t = t;
    f.first = first;
    f.image_end = size_.width * size_.height;
    f.shrunk = shrunk_.room->data();
    f.weights = weights_.data();
    for_each_block(exec_, first_reference(strips.end) - first, f, "shrink_group");
  };
  if (settings_.patch == 5)
    launch(ShrinkGroup<5>{});
  else
    launch(ShrinkGroup<6>{});
}

void GroupShrinker::collect(const Strips& strips, const std::int32_t* matches) const {
  CollectPatches f{};
  f.shrunk = shrunk_.room->data();
  f.weights = weights_.data();
  f.matches = matches;
  f.first = first_reference(strips.first);
  f.similar = settings_.similar, f.patch = settings_.patch;
  f.width = size_.width, f.height = size_.height;
  f.tiles_across = tiles_across(size_);
  f.reaching = reaching_.data(), f.reaching_count = reaching_count_.data(), f.most_reaching = most_reaching_;
  f.first_strip = strips.first, f.end_strip = strips.end;
  f.sums = sums_.data(), f.starts = starts_.data();
  for_each_block(exec_, int(tiles_of(size_)), f, "collect_patches");
}

void GroupShrinker::run(const float* pyramid, const std::int32_t* matches, float t, float momentum, View x) const {
  const Window all = whole(size_);
  for (const Buffer<float>* sums : {&sums_, &starts_})
    for_each(exec_, 1, all, SetTo{sums->data(), size_.width, 0}, "set_to");
  for (int first = 0; first < strips_of(grid_); first += shrunk_.count) {
    const Strips strips{first, std::min(strips_of(grid_), first + shrunk_.count)};
    shrink(strips, pyramid, matches, t);
    collect(strips, matches);
  }
  for_each(
      exec_, 1, all,
      FinishAggregate{sums_.data(), starts_.data(), pyramid, size_.width, settings_.patch, momentum, x.data, x.stride},
      "finish_aggregate");
}

std::size_t GroupShrinker::bytes(Size size, const SearchSettings& s) {
  constexpr int kStride = kReferenceStride;
  const int columns = ceil_div(size.width, kStride) + 2;
  const int rows = ceil_div(size.height, kStride) + 2;
  const std::size_t samples = samples_of_strip(std::size_t(columns), s);
  const std::size_t pixels = std::size_t(size.width) * std::size_t(size.height);
  const std::size_t reaching = std::size_t(most_reaching(s, rows, columns, kStride)) * sizeof(ReferenceBatch);
  return std::size_t(strips_wanted(ceil_div(rows, kRowsPerStrip), samples)) * samples * sizeof(float) +
         pixels * 2 * sizeof(float) + std::size_t(rows) * std::size_t(columns) * sizeof(float) +
         tiles_of(size) * (reaching + sizeof(int));
}

}  // namespace nadir
