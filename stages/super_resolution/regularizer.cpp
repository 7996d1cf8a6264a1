// The nonlocal sparsity prior applied to an image: groups of similar patches are shrunk and put back.
#include "stages/super_resolution/regularizer.h"

#include <algorithm>

#include "pipeline/backend/simd.h"
#include "stages/super_resolution/shrinkage.h"

namespace nadir {
namespace {

constexpr int kRowSamples = 8;  // that a row of a patch may rewrite

// Sums over the patches of one strip of references.
struct Strip {
  int top = 0;
  int bottom = 0;
  int spare = 0;               ///< samples at the end of `sums`, where patches of the copies go
  std::vector<float> sums;     ///< of weighted samples
  std::vector<float> weights;  ///< of the patches that start here
};

// Gathers, shrinks and adds up groups.
class StripShrinker {
 public:
  StripShrinker(const PyramidLayout& layout, const std::vector<float>& pyramid, const MatchList& matches,
                const SearchSettings& settings)
      : layout_(layout),
        pyramid_(pyramid),
        matches_(matches),
        settings_(settings),
        batch_(settings.patch, settings.similar, settings.simd) {}

  // References [from, to) in the order of the grid.
  void run(int from, int to, float t, Strip& strip) {
    for (int first = from; first < to; first += kLanes) {
      const int lanes = std::min(kLanes, to - first);
      gather(first, lanes);
      const int used = used_patches(first, lanes);
      batch_.shrink(t, used);
      scatter(first, lanes, used, strip);
    }
  }

 private:
  const std::int32_t* matches_of(int reference) const {
    return &matches_[std::size_t(reference) * std::size_t(settings_.similar)];
  }

  // Lanes without a reference repeat the last one.
  void gather(int first, int lanes) {
    const float* from[kLanes];
    for (int j = 0; j < settings_.similar; ++j) {
      for (int l = 0; l < kLanes; ++l) from[l] = &pyramid_[std::size_t(matches_of(first + std::min(l, lanes - 1))[j])];
      batch_.gather(j, from, layout_.stride());
    }
  }

  // Patches of the original scale lead each list, unless it repeats itself.
  int used_patches(int first, int lanes) const {
    const int end_of_image = layout_.size().height * layout_.stride();
    int used = 0;
    for (int l = 0; l < lanes; ++l) {
      int j = settings_.similar;
      while (j > used && matches_of(first + l)[j - 1] >= end_of_image) --j;
      used = j;
    }
    return used;
  }

  void scatter(int first, int lanes, int used, Strip& strip) const {
    const int stride = layout_.stride();
    const int end_of_image = layout_.size().height * stride;
    float* const nowhere = &strip.sums[strip.sums.size() - std::size_t(strip.spare)];
    float* to[kLanes];
    std::fill_n(to, kLanes, nowhere);
    for (int j = 0; j < used; ++j) {
      for (int l = 0; l < lanes; ++l) {
        const std::int32_t at = matches_of(first + l)[j];
        to[l] = nowhere;
        if (at >= end_of_image) continue;
        const std::size_t target = std::size_t(at - strip.top * stride);
        strip.weights[target] += batch_.weights()[l];
        to[l] = &strip.sums[target];
      }
      batch_.scatter(j, to, stride);
    }
  }

  const PyramidLayout& layout_;
  const std::vector<float>& pyramid_;
  const MatchList& matches_;
  const SearchSettings& settings_;
  GroupBatch batch_;
};

NADIR_SIMD_CLONES void add_row(const float* from, int count, float* to) {
  for (int x = 0; x < count; ++x) to[x] += from[x];
}

// The rows of all strips added up: weighted samples, and the weight over each of them, which is the sum over the
// patches that start up to patch - 1 samples before.
class StripSums {
 public:
  StripSums(const std::vector<Strip>& strips, int width, int patch)
      : strips_(strips),
        width_(width),
        patch_(patch),
        sums_(std::size_t(width)),
        starts_(std::size_t(width)),
        weights_(std::size_t(width)) {}

  void finish_row(int y, const float* uncovered, float* out) {
    std::fill(sums_.begin(), sums_.end(), 0.0f);
    std::fill(starts_.begin(), starts_.end(), 0.0f);
    for (const Strip& s : strips_) {
      if (y >= s.top && y < s.bottom) add_row(row(s, s.sums, y), width_, sums_.data());
      for (int r = std::max(s.top, y - patch_ + 1); r <= std::min(y, s.bottom - 1); ++r)
        add_row(row(s, s.weights, r), width_, starts_.data());
    }
    std::fill(weights_.begin(), weights_.end(), 0.0f);
    for (int p = 0; p < patch_ && p < width_; ++p) add_row(starts_.data(), width_ - p, weights_.data() + p);
    for (int x = 0; x < width_; ++x) {
      const auto i = std::size_t(x);
      out[x] = weights_[i] > 0 ? sums_[i] / weights_[i] : uncovered[x];
    }
  }

 private:
  const float* row(const Strip& s, const std::vector<float>& v, int y) const {
    return v.data() + std::ptrdiff_t(y - s.top) * width_;
  }

  const std::vector<Strip>& strips_;
  int width_;
  int patch_;
  std::vector<float> sums_, starts_, weights_;
};

Strip empty_strip(const ReferenceGrid& grid, int index, Size size, const SearchSettings& settings) {
  const auto first = std::size_t(index) * kRowsPerStrip;
  const auto last = std::min(grid.rows.size(), first + kRowsPerStrip) - 1;
  Strip strip;
  strip.top = std::max(0, grid.rows[first] - settings.radius);
  strip.bottom = std::min(size.height, grid.rows[last] + settings.radius + settings.patch);
  const std::size_t samples = std::size_t(strip.bottom - strip.top) * std::size_t(size.width);
  strip.spare = size.width * settings.patch + kRowSamples;
  strip.sums.assign(samples + std::size_t(strip.spare), 0.0f);
  strip.weights.assign(samples, 0.0f);
  return strip;
}

}  // namespace

void shrink_groups(const Exec& exec, const PyramidLayout& layout, const std::vector<float>& pyramid,
                   const ReferenceGrid& grid, const MatchList& matches, const SearchSettings& settings, float t,
                   std::vector<float>& out) {
  const int columns = int(grid.columns.size());
  std::vector<Strip> strips(std::size_t(ceil_div(int(grid.rows.size()), kRowsPerStrip)));
  exec.parallel(int(strips.size()), [&](int i) {
    Strip strip = empty_strip(grid, i, layout.size(), settings);
    const int end = std::min(int(grid.rows.size()), (i + 1) * kRowsPerStrip);
    const int from = i * kRowsPerStrip * columns;
    StripShrinker(layout, pyramid, matches, settings).run(from, end * columns, t, strip);
    strips[std::size_t(i)] = std::move(strip);
  });
  constexpr int kRowsPerTask = 32;
  const Size size = layout.size();
  exec.parallel(ceil_div(size.height, kRowsPerTask), [&](int task) {
    StripSums sums(strips, size.width, settings.patch);
    for (int y = task * kRowsPerTask; y < std::min(size.height, (task + 1) * kRowsPerTask); ++y) {
      const std::size_t at = std::size_t(y) * std::size_t(size.width);
      sums.finish_row(y, &pyramid[at], &out[at]);
    }
  });
}

std::size_t shrink_groups_bytes(Size size, const SearchSettings& settings) {
  const double overlap = 1 + 2.0 * (settings.radius + settings.patch) / (kRowsPerStrip * kReferenceStride);
  const double pixels = double(size.width) * size.height;
  return std::size_t(pixels * overlap * 2 * sizeof(float)) + GroupBatch::bytes(settings.patch, settings.similar);
}

}  // namespace nadir
