// Solves one rectangle of the image: alternates between what was observed and what is sparse.
#pragma once

#include <span>
#include <vector>

#include "stages/super_resolution/data_term.h"
#include "stages/super_resolution/guide_units.h"
#include "stages/super_resolution/matching.h"

namespace nadir {

enum class Quality { fast, balanced, best };

/// All that the nonlocal solver works with. Samples are in 8-bit units, [0, 255] for nearly all of them.
struct SolverSettings {
  Observation observation;  ///< its factor is the scale
  int iterations = 20;
  GuideMix guide;  ///< empty: the mean of the bands
  SearchSettings search;
  int stride = kReferenceStride;  ///< pixels between reference patches
  bool alternate_patch = false;   ///< every second iteration takes patches one pixel larger
  int keep_matches = 1;           ///< iterations that use one match list
  std::vector<float> copies;      ///< factors of the downscaled copies that are searched too
  float momentum = 0.9f;
  float strength = 1.5f;     ///< threshold t = strength s^2
  float first_step = 80;     ///< s of the first iteration, grey levels
  float last_step = 1.2f;    ///< of the last
  float bend = 0.65f;        ///< s falls evenly on a log scale bent by this exponent: quickly first
  std::vector<float> noise;  ///< of each band: rho = (noise / s)^2
  std::vector<float> doubt;  ///< of each band: see `doubt_detail`; 0 where there is no noise
  /// In how many orientations the network corrects the result at last (`residual_network.h`), before another data
  /// step; 0: not at all.
  int orientations = 0;

  int largest_patch() const { return search.patch + alternate_patch; }
  /// s of iteration k, grey levels: falls from first_step to last_step, evenly on a bent log scale.
  double step(int k) const;
  float threshold(int k) const { return float(strength * step(k) * step(k)); }
  float momentum_after(int k) const { return k + 1 < iterations ? momentum : 0; }
  std::vector<float> rho(int k) const;  ///< of each band
  SearchSettings search_of(int k) const;
  GuideMix guide_of(int bands) const { return guide.weights.empty() ? mean_of_bands(bands) : guide; }
};

/// The settings of a quality for bands with noise of these standard deviations, 8-bit units; `learned_prior` asks for
/// a scale that the network knows.
SolverSettings preset(Quality quality, std::span<const float> noise, bool learned_prior);

/// y = A x + n by half-quadratic splitting with the nonlocally centralised sparsity of groups of similar patches. All
/// bands share one match list, that of the guide. `y` lies at (0, 0), all its samples have finite values; the returned
/// tile holds the fine image, whose first pixel is pixel `origin` of the scene.
Tile solve_nonlocal(Exec& exec, const SolverSettings& settings, ConstTileView y, Origin origin = {});

/// Where the solver starts: the bicubic interpolation of y, with room for what A reads beyond the edges and the mirror
/// image there.
Tile first_estimate(Exec& exec, const DataTerm& data, const Observation& observation, ConstTileView y);

/// `doubt_detail` in all bands of z.
void doubt_details(Exec& exec, const SolverSettings& settings, ConstTileView y, TileView z);

/// Iterative back-projection from the bicubic interpolation.
Tile solve_back_projection(Exec& exec, const Observation& observation, int iterations, ConstTileView y);

/// The coarse sample 0 is centred on this fine sample.
double centre_of(const Observation& observation);

/// Memory that solve_nonlocal takes for a coarse window of this size, bytes.
std::size_t solver_bytes(const SolverSettings& settings, Size coarse, int bands);

}  // namespace nadir
