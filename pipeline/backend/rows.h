// The inner loops of separable filters on the CPU: weighted sums of rows, with the widest vectors of the machine.
//
// A horizontal filter is the same sum over shifted copies of one row; with a step, over the phases that
// `deinterleave` makes. Every sample is computed as the functors of the families do it, `sum = 0; sum += weights[j] *
// rows[j][x]` for j = 0, 1, …, so that results are the same bits on every instruction set and on CUDA. Outputs overlap
// no input.
#pragma once

namespace nadir {

/// A row that will be read soon: fetching it while sums are made hides that hardware does not look beyond the page that
/// a row ends in.
struct Soon {
  const float* row = nullptr;
  int samples = 1;  ///< of it for each sum
};

/// out[x] = sum_j weights[j] rows[j][x] for x in [0, n).
void weighted_sum(float* out, const float* const* rows, const float* weights, int count, int n, Soon soon = {});

/// out[x] = about[x] + (sum_j weights[j] (rows[j][x] - about[x])) / divisor, so that constants stay exact; summed in
/// groups of `group` rows, whose sums are added.
void weighted_mean_about(float* out, const float* about, const float* const* rows, const float* weights, int count,
                         int group, float divisor, int n);

/// weighted_sum as four sums over j mod 4, (s0 + s1) + (s2 + s3): rounding errors grow with a quarter of the count.
void balanced_sum(float* out, const float* const* rows, const float* weights, int count, int n, Soon soon = {});

/// Two balanced sums of the same rows.
void balanced_sums(float* out_a, float* out_b, const float* const* rows, const float* weights_a, const float* weights_b,
                   int count, int n, Soon soon = {});

/// weighted_sum in double, rounded once, to float.
void exact_sum(float* out, const double* const* rows, const double* weights, int count, int n);
/// The same, for sums of sums.
void exact_sum(double* out, const double* const* rows, const double* weights, int count, int n);

/// Four sums at once, which read each row once: out[r][x] = sum_j weights[j] rows[step r + j][x].
void four_weighted_sums(float* const* out, const float* const* rows, const float* weights, int count, int step, int n);

/// Both directions of a bank of two taps, for n pairs of samples of two rows. With a and b the samples 2i and 2i + 1 of
/// a row, the sums are low[0] a + low[1] b and high[0] a + high[1] b along x; along y it is the same of the sums of
/// `top` and `bottom`.
struct QuadRows {
  float* ll;
  float* lh;
  float* hl;
  float* hh;
};
void two_tap_bank(const float* top, const float* bottom, const float* low, const float* high, const QuadRows& out,
                  int n, Soon soon = {});

}  // namespace nadir
