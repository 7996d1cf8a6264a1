// Functors of shrinkage. A packed pixel and band belong to one coefficient (cx, cy) of one level and orientation.
#pragma once

#include <cmath>

#include "pipeline/core/view.h"
#include "stages/wavelet/shrink_ops.h"

namespace nadir {

constexpr int kBayesReach = 3;       ///< coefficients about the one that is shrunk
constexpr int kSureBlock = 128;      ///< pixels of the scene
constexpr int kSureCandidates = 17;  ///< thresholds, a quarter of sigma apart, from 0

/// One subband of one band of the image.
struct Subband {
  ConstTileView packed;
  SubbandLayout layout;
  int source_band;
  int level;
  Orientation orientation;
  float sigma;  ///< of the noise in it

  HD float at(int cx, int cy) const { return layout.at(packed, source_band, level, orientation, cx, cy); }
};

HD inline float soft(float v, float t) { return v > t ? v - t : v < -t ? v + t : 0.0f; }

/// Writes the coefficient at (x, y) of the subband's own pixels.
struct StoreCoefficient {
  TileView out;
  HD void operator()(const Subband& s, int x, int y, float value) const {
    const int shift = s.layout.levels - s.level;
    const int mask = (1 << shift) - 1;
    out(s.layout.band(s.source_band, s.level, s.orientation, y & mask, x & mask), (x >> shift) + s.layout.margin,
        (y >> shift) + s.layout.margin) = value;
  }
};

struct ShrinkByThreshold {
  Subband band;
  StoreCoefficient store;
  float threshold;
  bool keep_large;  ///< hard

  HD void operator()(int, int x, int y) const {
    const float v = band.at(x, y);
    store(band, x, y, !keep_large ? soft(v, threshold) : v > threshold || v < -threshold ? v : 0.0f);
  }
};

/// A subband in its own pixels.
struct GatherCoefficients {
  Subband band;
  View out;
  HD void operator()(int, int x, int y) const { out(x, y) = band.at(x, y); }
};

/// Energies of a coefficient and its neighbours in its row.
struct SumRowEnergy {
  ConstView coefficients;
  View out;
  HD void operator()(int, int x, int y) const {
    const float* d = &coefficients(x, y);
    float sum = 0;
    for (int u = -kBayesReach; u <= kBayesReach; ++u) sum += d[u] * d[u];
    out(x, y) = sum;
  }
};

struct ShrinkByBayes {
  Subband band;
  ConstView coefficients;
  ConstView row_energies;
  StoreCoefficient store;

  HD void operator()(int, int x, int y) const {
    float energy = 0;
    for (int v = -kBayesReach; v <= kBayesReach; ++v) energy += row_energies(x, y + v);
    constexpr int side = 2 * kBayesReach + 1;
    const float noise = band.sigma * band.sigma;
    const float signal = energy / (side * side) - noise;
    store(band, x, y, signal > 0 ? soft(coefficients(x, y), noise / sqrtf(signal)) : 0.0f);
  }
};

/// Thresholds of blocks; the window is in blocks.
struct FindSureThreshold {
  Subband band;
  View thresholds;

  HD void operator()(int, int bx, int by) const {
    const int side = kSureBlock >> band.level;
    float best = 0;
    float lowest = 0;
    for (int c = 0; c < kSureCandidates; ++c) {
      const float t = 0.25f * float(c) * band.sigma;
      const float risk = risk_of(bx * side, by * side, side, t);
      if (c == 0 || risk < lowest) {
        lowest = risk;
        best = t;
      }
    }
    thresholds(bx, by) = best;
  }

 private:
  // sum of min(d^2, t^2) - 2 sigma^2 #{|d| <= t}, without the constant.
  HD float risk_of(int x, int y, int side, float t) const {
    float risk = 0;
    for (int v = 0; v < side; ++v)
      for (int u = 0; u < side; ++u) {
        const float d = band.at(x + u, y + v);
        const float square = d * d;
        risk += square <= t * t ? square - 2 * band.sigma * band.sigma : t * t;
      }
    return risk;
  }
};

struct ShrinkBySure {
  Subband band;
  StoreCoefficient store;
  ConstView thresholds;

  HD void operator()(int, int x, int y) const {
    const int side = kSureBlock >> band.level;
    store(band, x, y, soft(band.at(x, y), thresholds(floor_div(x, side), floor_div(y, side))));
  }
};

struct CopyApproximation {
  ConstTileView in;
  TileView out;
  SubbandLayout layout;

  HD void operator()(int b, int x, int y) const {
    out(layout.ll(b), x, y) = in(layout.ll(b), x, y);
    if (b == 0) out.mask()(x, y) = in.is_valid(x, y);
  }
};

}  // namespace nadir
