// How strongly an image varies at each spatial frequency.
#pragma once

#include <array>
#include <vector>

#include "pipeline/core/view.h"

namespace nadir {

/// Rings of spatial frequency in which the power of all directions is averaged, cycles per pixel. Below the first the
/// window shows; above the last there are corners only.
constexpr int kFrequencyRings = 24;
constexpr double kLowestFrequency = 0.07;
constexpr double kHighestFrequency = 0.5;

/// The ring of each frequency of a transform of n x n samples, row by row; -1 outside of all, and near the axes, where
/// borders, rows and columns of detectors leave their traces.
std::vector<int> rings_of(int n);

/// Mean power in each ring, samples squared; 0 where no frequency of the transform lies in it.
using RingPower = std::array<double, kFrequencyRings>;

/// Power of windows of n x n samples under a Hann window (Welch, IEEE Transactions on Audio and Electroacoustics 15,
/// 1967), such that white noise of variance v has power v everywhere.
class WindowSpectrum {
 public:
  explicit WindowSpectrum(int n);
  int size() const { return n_; }
  /// The n x n samples of a band whose first is (x, y), all of them finite. About 5 n^2 log2(n^2) operations.
  RingPower power(ConstTileView in, int band, int x, int y) const;

 private:
  int n_;
  std::vector<float> window_;  ///< n x n, mean square 1
  std::vector<int> rings_;
  std::array<int, kFrequencyRings> counts_{};
};

}  // namespace nadir
