// Solves one rectangle of the image: alternates between what was observed and what is sparse.
#pragma once

#include <vector>

#include "stages/super_resolution/data_term.h"
#include "stages/super_resolution/matching.h"

namespace nadir {

enum class Quality { fast, balanced, best };

/// All that the nonlocal solver works with. Samples are in 8-bit units, [0, 255] for nearly all of them.
struct SolverSettings {
  Observation observation;  ///< its factor is the scale
  int iterations = 20;
  SearchSettings search;
  bool alternate_patch = false;  ///< every second iteration takes patches one pixel larger
  int keep_matches = 1;          ///< iterations that use one match list
  std::vector<float> copies;     ///< factors of the downscaled copies that are searched too
  float momentum = 0.9f;
  float strength = 1.5f;     ///< threshold t = strength s^2
  float last_step = 2;       ///< s of the last iteration
  std::vector<float> noise;  ///< of each band: rho = (noise / s)^2
};

/// The presets of sr_reference: iterations, search and schedule of a quality.
SolverSettings preset(Quality quality);

/// y = A x + n by half-quadratic splitting with the nonlocally centralised sparsity of groups of similar patches. All
/// bands share one match list. `y` lies at (0, 0), all its samples have finite values; the returned tile holds the fine
/// image.
Tile solve_nonlocal(Exec& exec, const SolverSettings& settings, ConstTileView y);

/// Iterative back-projection from the bicubic interpolation.
Tile solve_back_projection(Exec& exec, const Observation& observation, int iterations, ConstTileView y);

/// The coarse sample 0 is centred on this fine sample.
double centre_of(const Observation& observation);

/// Memory that solve_nonlocal takes for a coarse window of this size, bytes.
std::size_t solver_bytes(const SolverSettings& settings, Size coarse, int bands);

}  // namespace nadir
