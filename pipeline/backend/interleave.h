// Rows whose samples belong to several rows in turn.
#pragma once

namespace nadir {

/// out[p][i] = in[factor i + p] for i in [0, n) and p in [0, factor).
void deinterleave(const float* in, float* const* out, int factor, int n);

/// The way back: out[factor i + p] = in[p][i].
void interleave(const float* const* in, float* out, int factor, int n);

}  // namespace nadir
