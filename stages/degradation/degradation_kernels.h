// Functors of the degradation family.
#pragma once

#include <cmath>
#include <cstdint>

#include "pipeline/core/random.h"
#include "pipeline/core/view.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir {

/// One axis of the mask-normalised observation: weighted sums of valid samples, and the weights' own sum.
struct ObserveRows {
  ConstTileView fine;
  TileView sums;     ///< bands of the image
  TileView weights;  ///< one band; only written for band 0
  AxisTaps taps;

  HD void operator()(int b, int x, int y) const {
    const int left = taps.factor * x + taps.first;
    float sum = 0;
    float weight = 0;
    for (int j = 0; j < taps.count; ++j) {
      if (!fine.is_valid(left + j, y)) continue;
      sum += taps.weight[j] * fine(b, left + j, y);
      weight += taps.weight[j];
    }
    sums(b, x, y) = sum;
    if (b == 0) weights(0, x, y) = weight;
  }
};

struct ObserveColumns {
  ConstTileView fine;  ///< for its mask
  ConstTileView sums;
  ConstTileView weights;
  TileView coarse;
  AxisTaps taps;
  float full_weight;  ///< sum of all weights of one axis, squared, as the same loops give it
  MaskRule rule;

  HD void operator()(int b, int x, int y) const {
    const int top = taps.factor * y + taps.first;
    float sum = 0;
    float weight = 0;
    for (int j = 0; j < taps.count; ++j) {
      sum += taps.weight[j] * sums(b, x, top + j);
      weight += taps.weight[j] * weights(0, x, top + j);
    }
    const int middle = taps.count / 2;
    const bool valid = rule == MaskRule::majority
                           ? weight >= 0.5f * full_weight
                           : weight > 0 && fine.is_valid(taps.factor * x + taps.first + middle, top + middle);
    const bool complete = weight == full_weight;
    coarse(b, x, y) = !valid ? 0.0f : complete ? sum : sum / weight;
    if (b == 0) coarse.mask()(x, y) = valid;
  }
};

/// One axis of the adjoint, in gather form: what position p of a mirrored signal of `fine_size` samples collects from
/// `coarse_size` samples. Position p appears at p + 2nk and at 2n - 1 - p + 2nk in the extended signal; these are
/// visited from left to right for each of the two.
struct AdjointAxis {
  AxisTaps taps;
  int fine_size;
  int coarse_size;

  template <class Samples>
  HD float gather(const Samples& coarse, int p) const {
    if (is_alone(p)) return at(coarse, p);
    float sum = 0;
    for_each_image(p, [&](int q) { sum += at(coarse, q); });
    return sum;
  }

  /// No mirror image of the position is reached by a coarse sample.
  HD bool is_alone(int p) const { return -1 - p < low() && 2 * fine_size - 1 - p > high(); }

  /// The positions at which p appears, as far as coarse samples reach.
  template <class Visit>
  HD void for_each_image(int p, const Visit& visit) const {
    const int period = 2 * fine_size;
    for (const int image : {p, period - 1 - p})
      for (int q = image + period * ceil_div(low() - image, period); q <= high(); q += period) visit(q);
  }

 private:
  // Reach of all coarse samples in the extended signal, both ends included.
  HD int low() const { return taps.first; }
  HD int high() const { return taps.factor * (coarse_size - 1) + taps.first + taps.count - 1; }

  template <class Samples>
  HD float at(const Samples& coarse, int q) const {
    const int past = q - taps.first;
    const int begin = ceil_div(past - taps.count + 1, taps.factor);
    const int end = floor_div(past, taps.factor);
    float sum = 0;
    for (int i = begin < 0 ? 0 : begin; i <= end && i < coarse_size; ++i)
      sum += taps.weight[past - taps.factor * i] * coarse(i);
    return sum;
  }
};

struct AdjointRows {
  ConstTileView coarse;
  TileView rows;  ///< fine in x, coarse in y
  AdjointAxis axis;

  struct Samples {
    const float* row;
    int left;
    HD float operator()(int i) const { return row[i - left]; }
  };
  HD void operator()(int b, int x, int y) const {
    rows(b, x, y) = axis.gather(Samples{coarse.band(b).row(y), coarse.window.x}, x);
  }
};

struct AdjointColumns {
  ConstTileView rows;
  TileView fine;
  AdjointAxis axis;

  struct Samples {
    ConstView band;
    int x;
    HD float operator()(int i) const { return band(x, i); }
  };
  HD void operator()(int b, int x, int y) const {
    fine(b, x, y) = axis.gather(Samples{rows.band(b), x}, y);
    if (b == 0) fine.mask()(x, y) = 1;
  }
};

/// Counter-based random numbers: hash bits choose two entries of a table of 2^kNormalBits quantiles of variance 1/2,
/// whose sum is normal to 4.9 sigma. No state, so any pixel can be computed on its own, anywhere.
constexpr int kNormalBits = 12;

struct PixelRandom {
  const float* normal;
  std::uint64_t seed;

  HD std::uint64_t bits(int b, int x, int y) const {
    const std::uint64_t pixel = std::uint64_t(std::uint32_t(y)) << 32 | std::uint32_t(x);
    return split_mix(split_mix(split_mix(seed) + std::uint64_t(b)) ^ pixel);
  }
  HD float normal_of(std::uint64_t bits) const {
    return normal[bits >> (64 - kNormalBits)] + normal[bits & ((1u << kNormalBits) - 1)];
  }
};

struct AddNoise {
  ConstTileView in;
  TileView out;
  PixelRandom random;
  float sigma;

  HD void operator()(int b, int x, int y) const {
    const float n = random.normal_of(random.bits(b, x, y));
    const bool valid = in.is_valid(x, y);
    out(b, x, y) = valid ? in(b, x, y) + sigma * n : in(b, x, y);
    if (b == 0 && out.valid != in.valid) out.mask()(x, y) = valid;  // in place, other bands are reading it
  }
};

/// gain k + sigma n with k a Poisson number of mean x / gain. Below kFewElectrons k is found by inversion of the
/// distribution function, with exp(-mean) from two tables, at means rounded to 1/64; above it is normal.
constexpr int kFewElectrons = 64;
constexpr int kPartsOfElectron = 64;

struct AddPoissonNoise {
  ConstTileView in;
  TileView out;
  PixelRandom random;
  const float* exponentials;  ///< exp(-i) for i < kFewElectrons, then exp(-i / kPartsOfElectron)
  float sigma;
  float gain;

  HD void operator()(int b, int x, int y) const {
    const bool valid = in.is_valid(x, y);
    const float signal = in(b, x, y);
    const std::uint64_t bits = random.bits(b, x, y);
    out(b, x, y) = valid ? shot(signal, bits) + sigma * random.normal_of(split_mix(bits)) : signal;
    if (b == 0 && out.valid != in.valid) out.mask()(x, y) = valid;
  }

 private:
  HD float shot(float signal, std::uint64_t bits) const {
    if (!(signal > 0)) return signal;
    const float mean = signal / gain;
    if (mean >= kFewElectrons) return signal + sqrtf(signal * gain) * random.normal_of(bits);
    const int parts = int(mean * kPartsOfElectron + 0.5f);
    float chance = exponentials[parts / kPartsOfElectron] * exponentials[kFewElectrons + 1 + parts % kPartsOfElectron];
    float left = float(bits >> 40) * 0x1p-24f - chance;
    const float rounded = float(parts) / kPartsOfElectron;
    int k = 0;
    for (; left >= 0 && k < 4 * kFewElectrons; left -= chance) chance *= rounded / float(++k);
    return float(k) * gain;
  }
};

struct AddStripes {
  ConstTileView in;
  TileView out;
  PixelRandom random;
  float sigma;
  bool along_y;

  HD void operator()(int b, int x, int y) const {
    const float n = random.normal_of(random.bits(b, along_y ? x : y, along_y));
    const bool valid = in.is_valid(x, y);
    out(b, x, y) = valid ? in(b, x, y) + sigma * n : in(b, x, y);
    if (b == 0 && out.valid != in.valid) out.mask()(x, y) = valid;
  }
};

struct SaltAndPepper {
  ConstTileView in;
  TileView out;
  PixelRandom random;
  float fraction;
  float low;
  float high;

  HD void operator()(int b, int x, int y) const {
    const std::uint64_t bits = random.bits(b, x, y);
    const bool valid = in.is_valid(x, y);
    const bool lost = valid && float(bits >> 40) * 0x1p-24f < fraction;
    out(b, x, y) = !lost ? in(b, x, y) : bits & 1 ? high : low;
    if (b == 0 && out.valid != in.valid) out.mask()(x, y) = valid;
  }
};

struct Quantize {
  ConstTileView in;
  TileView out;
  float step;
  float low;
  float high;

  HD void operator()(int b, int x, int y) const {
    const bool valid = in.is_valid(x, y);
    const float whole = rintf(in(b, x, y) / step) * step;
    out(b, x, y) = !valid ? in(b, x, y) : whole < low ? low : whole > high ? high : whole;
    if (b == 0 && out.valid != in.valid) out.mask()(x, y) = valid;
  }
};

struct Luma {
  ConstTileView rgb;
  TileView out;
  bool round;

  /// In double, as the published evaluations compute it: a sum that lies on one half must round the same way.
  HD void operator()(int, int x, int y) const {
    const bool valid = rgb.is_valid(x, y);
    const double sum = 65.481 * double(rgb(0, x, y)) + 128.553 * double(rgb(1, x, y)) + 24.966 * double(rgb(2, x, y));
    const double value = 16 + sum / 255;
    out(0, x, y) = !valid ? 0.0f : float(round ? rint(value) : value);
    out.mask()(x, y) = valid;
  }
};

}  // namespace nadir
