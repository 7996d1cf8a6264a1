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

// Entries [first, end) of ascending positions that lie within [from, to].
struct Entries {
  int first;
  int end;
};
Entries entries_within(const std::vector<int>& positions, int from, int to) {
  const auto first = std::lower_bound(positions.begin(), positions.end(), from);
  return {int(first - positions.begin()), int(std::upper_bound(first, positions.end(), to) - positions.begin())};
}

int strips_of(const ReferenceGrid& grid) { return ceil_div(int(grid.rows.size()), kRowsPerStrip); }

std::size_t samples_of_strip(std::size_t columns, const SearchSettings& s) {
  return kRowsPerStrip * columns * std::size_t(s.similar) * std::size_t(s.patch * s.patch);
}

int strips_wanted(int strips, std::size_t samples) {
  return int(std::clamp<std::size_t>(kMostShrunk / (samples * sizeof(float)), 1, std::size_t(std::max(1, strips))));
}

std::vector<ReferenceBatch> batches_of(const ReferenceGrid& grid) {
  std::vector<ReferenceBatch> batches;
  const int columns = int(grid.columns.size());
  for (int strip = 0; strip < strips_of(grid); ++strip) {
    const int end = std::min(int(grid.rows.size()), (strip + 1) * kRowsPerStrip) * columns;
    for (int first = strip * kRowsPerStrip * columns; first < end; first += CollectPatches::kBatch)
      batches.push_back({first, std::min(CollectPatches::kBatch, end - first), strip});
  }
  return batches;
}

}  // namespace

struct GroupShrinker::Part {
  int first;  // reference
  int count;
  Buffer<int> reaching, begin;  // of CollectPatches
};

GroupShrinker::~GroupShrinker() = default;

Portion<float> GroupShrinker::room_for_strips() const {
  const std::size_t samples = samples_of_strip(grid_.columns.size(), settings_);
  return allocate_what_fits<float>(exec_, strips_wanted(strips_of(grid_), samples), samples);
}

GroupShrinker::GroupShrinker(Exec& exec, Size size, const ReferenceGrid& grid, const SearchSettings& settings)
    : exec_(exec),
      size_(size),
      grid_(grid),
      settings_(settings),
      sums_(exec, std::size_t(size.width) * std::size_t(size.height)),
      starts_(exec, sums_.size()),
      shrunk_(room_for_strips()),
      weights_(exec, std::size_t(shrunk_.count) * kRowsPerStrip * grid.columns.size()),
      batches_(exec, batches_of(grid)) {
  for (int row = 0; row < int(grid.rows.size()); row += shrunk_.count * kRowsPerStrip)
    add_part(row, std::min(int(grid.rows.size()), row + shrunk_.count * kRowsPerStrip));
}

// Lists for every tile which batches of these rows of references may have patches in it.
void GroupShrinker::add_part(int first_row, int end_row) {
  const int columns = int(grid_.columns.size());
  const int reach = settings_.radius;
  const int batches_a_strip = ceil_div(kRowsPerStrip * columns, CollectPatches::kBatch);
  std::vector<int> reaching, begin{0};
  for (int top = 0; top < size_.height; top += CollectPatches::kHeight) {
    const Entries rows =
        entries_within(grid_.rows, top - settings_.patch + 1 - reach, top + CollectPatches::kHeight - 1 + reach);
    for (int left = 0; left < size_.width; left += CollectPatches::kWidth) {
      const Entries across =
          entries_within(grid_.columns, left - settings_.patch + 1 - reach, left + CollectPatches::kWidth - 1 + reach);
      int next = 0;  // batch
      for (int row = std::max(first_row, rows.first); row < std::min(end_row, rows.end); ++row) {
        if (across.first == across.end) break;
        const int strip = row / kRowsPerStrip;
        const int before = (row - strip * kRowsPerStrip) * columns;  // references of the strip
        const int last = strip * batches_a_strip + (before + across.end - 1) / CollectPatches::kBatch;
        next = std::max(next, strip * batches_a_strip + (before + across.first) / CollectPatches::kBatch);
        for (; next <= last; ++next) reaching.push_back(next);
      }
      begin.push_back(int(reaching.size()));
    }
  }
  parts_.push_back(std::unique_ptr<Part>(
      new Part{first_row * columns, (end_row - first_row) * columns, {exec_, reaching}, {exec_, begin}}));
}

void GroupShrinker::shrink(const Part& part, const float* pyramid, const std::int32_t* matches, float t) const {
  const auto launch = [&](auto f) {
    f.pyramid = pyramid;
    f.stride = size_.width;
    f.matches = matches;
    f.similar = settings_.similar;
    f.t = t;
    f.first = part.first;
    f.image_end = size_.width * size_.height;
    f.shrunk = shrunk_.room->data();
    f.weights = weights_.data();
    for_each_block(exec_, part.count, f, "shrink_group");
  };
  if (settings_.patch == 5)
    launch(ShrinkGroup<5>{});
  else
    launch(ShrinkGroup<6>{});
}

void GroupShrinker::collect(const Part& part, const std::int32_t* matches) const {
  const int across = ceil_div(size_.width, CollectPatches::kWidth);
  CollectPatches f{};
  f.shrunk = shrunk_.room->data();
  f.weights = weights_.data();
  f.matches = matches;
  f.first = part.first;
  f.similar = settings_.similar, f.patch = settings_.patch;
  f.width = size_.width, f.height = size_.height;
  f.tiles_across = across;
  f.batches = batches_.data();
  f.reaching = part.reaching.data(), f.begin = part.begin.data();
  f.sums = sums_.data(), f.starts = starts_.data();
  for_each_block(exec_, across * ceil_div(size_.height, CollectPatches::kHeight), f, "collect_patches");
}

void GroupShrinker::run(const float* pyramid, const std::int32_t* matches, float t, float momentum, View x) const {
  const Window all = whole(size_);
  for (const Buffer<float>* sums : {&sums_, &starts_})
    for_each(exec_, 1, all, SetTo{sums->data(), size_.width, 0}, "set_to");
  for (const auto& part : parts_) {
    shrink(*part, pyramid, matches, t);
    collect(*part, matches);
  }
  for_each(
      exec_, 1, all,
      FinishAggregate{sums_.data(), starts_.data(), pyramid, size_.width, settings_.patch, momentum, x.data, x.stride},
      "finish_aggregate");
}

std::size_t GroupShrinker::bytes(Size size, const SearchSettings& s) {
  const std::size_t columns = std::size_t(ceil_div(size.width, kReferenceStride)) + 2;
  const int strips = ceil_div(ceil_div(size.height, kReferenceStride) + 2, kRowsPerStrip);
  const std::size_t samples = samples_of_strip(columns, s);
  const std::size_t pixels = std::size_t(size.width) * std::size_t(size.height);
  return std::size_t(strips_wanted(strips, samples)) * samples * sizeof(float) + pixels * 3 * sizeof(float);
}

}  // namespace nadir
