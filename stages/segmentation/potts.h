// Labels that prefer to be like their neighbours.
#pragma once

#include "pipeline/backend/exec.h"

namespace nadir {

/// The Potts model: p(labels) ~ prod_i p_i(l_i) exp(beta [number of equal pairs of 8-neighbours]), approximated by mean
/// fields (Koller, Friedman, Probabilistic Graphical Models, 2009, 11.5.1): q_i(k) ~ p_i(k) exp(beta sum_j q_j(k)), all
/// pixels at once, `iterations` times. A pixel therefore depends on those within `iterations` px and on no other, so
/// tiles have no seams. `p` and `q` have a plane a class; `p` must hold the window of q grown by `iterations` px.
/// Invalid pixels have no say.
void smooth_by_mean_fields(Exec& exec, ConstTileView p, TileView q, float beta, int iterations);

/// Working memory of smooth_by_mean_fields, bytes.
std::size_t mean_field_bytes(const Window& window, int classes, int iterations);

}  // namespace nadir
