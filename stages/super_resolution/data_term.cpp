// The data term: images that agree with what was observed, y = A x + n.
#include "stages/super_resolution/data_term.h"

#include <algorithm>
#include <cmath>

#include "pipeline/backend/rows.h"
#include "pipeline/backend/simd.h"

namespace nadir {
namespace {

constexpr int kRowsPerTask = 64;

// Row i of one axis of A with the mirror at the edges, as weights of all fine samples.
std::vector<double> observation_row(const AxisTaps& taps, int i, int fine) {
  std::vector<double> row(std::size_t(fine), 0.0);
  for (int j = 0; j < taps.count; ++j)
    row[std::size_t(mirror(taps.factor * i + taps.first + j, fine))] += double(taps.weight[j]);
  return row;
}

// out[i] = sum_d diagonals[d][i] v[i + d], in the order of d.
NADIR_SIMD_CLONES void banded_row(const float* const* diagonals, int count, const float* v, int n, float* out) {
  constexpr int kBlock = 32;
  typedef float Block __attribute__((vector_size(sizeof(float) * kBlock), aligned(alignof(float)), may_alias));
  const auto at = [](const float* p) -> const Block& { return *reinterpret_cast<const Block*>(p); };
  int i = 0;
  for (; i + kBlock <= n; i += kBlock) {
    Block sum = {};
    for (int d = 0; d < count; ++d) sum += at(diagonals[d] + i) * at(v + i + d);
    *reinterpret_cast<Block*>(out + i) = sum;
  }
  for (; i < n; ++i) {
    out[i] = 0;
    for (int d = 0; d < count; ++d) out[i] += diagonals[d][i] * v[i + d];
  }
}

// out[i] += c v[i]
NADIR_SIMD_CLONES void scale_add(float c, const float* v, std::ptrdiff_t n, float* out) {
  for (std::ptrdiff_t i = 0; i < n; ++i) out[i] += c * v[i];
}

// p[i] = r[i] + c p[i]
NADIR_SIMD_CLONES void next_direction(float c, const float* r, std::ptrdiff_t n, float* p) {
  for (std::ptrdiff_t i = 0; i < n; ++i) p[i] = r[i] + c * p[i];
}

// The inner product in double, summed in eight interleaved parts: the same order on every machine.
NADIR_SIMD_CLONES double dot(const float* a, const float* b, std::ptrdiff_t n) {
  double part[8] = {};
  std::ptrdiff_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int l = 0; l < 8; ++l) part[l] += double(a[i + l]) * double(b[i + l]);
  for (; i < n; ++i) part[0] += double(a[i]) * double(b[i]);
  double sum = 0;
  for (const double p : part) sum += p;
  return sum;
}

}  // namespace

BandedGram::BandedGram(const AxisTaps& taps, int coarse, int fine) : size(coarse) {
  std::vector<std::vector<double>> rows;
  for (int i = 0; i < coarse; ++i) rows.push_back(observation_row(taps, i, fine));
  const auto product = [&](int i, int k) {
    double sum = 0;
    for (int j = 0; j < taps.count; ++j) {  // the samples that row i weighs, each of them once
      const int at = mirror(taps.factor * i + taps.first + j, fine);
      sum += double(taps.weight[j]) * rows[std::size_t(k)][std::size_t(at)];
    }
    return sum;
  };
  const int limit = std::min(coarse - 1, 2 * (taps.count + std::abs(taps.first)) / taps.factor + 2);
  for (int i = 0; i < coarse; ++i)
    for (int k = i; k <= std::min(coarse - 1, i + limit); ++k)
      if (product(i, k) != 0) reach = std::max(reach, k - i);
  coefficients.assign(std::size_t(2 * reach + 1) * std::size_t(coarse), 0.0f);
  for (int i = 0; i < coarse; ++i)
    for (int d = -reach; d <= reach; ++d)
      if (i + d >= 0 && i + d < coarse)
        coefficients[std::size_t(d + reach) * std::size_t(coarse) + std::size_t(i)] = float(product(i, i + d));
}

double BandedGram::row_sum() const {
  double largest = 0;
  for (int i = 0; i < size; ++i) {
    double sum = 0;
    for (int d = -reach; d <= reach; ++d) sum += std::abs(double(diagonal(d)[i]));
    largest = std::max(largest, sum);
  }
  return largest;
}

DataTerm::DataTerm(const Observation& observation, Size coarse)
    : taps_(axis_taps(observation)),
      coarse_(coarse),
      fine_{coarse.width * observation.factor, coarse.height * observation.factor},
      columns_(taps_, coarse.width, fine_.width),
      rows_(taps_, coarse.height, fine_.height) {}

Window DataTerm::padded() const { return unite(whole(fine_), fine_window(taps_, whole(coarse_))); }

void DataTerm::apply_gram(const float* v, float* out) const {
  const int w = coarse_.width;
  const int h = coarse_.height;
  std::vector<float> across(std::size_t(w) * std::size_t(h));
  std::vector<float> padded_row(std::size_t(w + 2 * columns_.reach), 0.0f);
  std::vector<const float*> diagonals;
  for (int d = -columns_.reach; d <= columns_.reach; ++d) diagonals.push_back(columns_.diagonal(d));
  for (int y = 0; y < h; ++y) {
    std::copy_n(v + std::ptrdiff_t(y) * w, w, padded_row.begin() + columns_.reach);
    banded_row(diagonals.data(), int(diagonals.size()), padded_row.data(), w, &across[std::size_t(y) * std::size_t(w)]);
  }
  std::vector<const float*> rows;
  std::vector<float> weights;
  for (int y = 0; y < h; ++y) {
    rows.clear(), weights.clear();
    for (int d = std::max(-rows_.reach, -y); d <= std::min(rows_.reach, h - 1 - y); ++d) {
      rows.push_back(&across[std::size_t(y + d) * std::size_t(w)]);
      weights.push_back(rows_.diagonal(d)[y]);
    }
    weighted_sum(out + std::ptrdiff_t(y) * w, rows.data(), weights.data(), int(rows.size()), w);
  }
}

// r := (A A' + rho I)^-1 r
void DataTerm::solve(float* r, float rho) const {
  const auto n = std::ptrdiff_t(coarse_.width) * coarse_.height;
  std::vector<float> u(std::size_t(n), 0.0f);
  std::vector<float> p(r, r + n);
  std::vector<float> q(static_cast<std::size_t>(n));
  double squared = dot(r, r, n);
  const double enough = kSquaredResidual * squared;
  for (int k = 0; k < kMostProjectionSteps && squared > enough && squared > 0; ++k) {
    apply_gram(p.data(), q.data());
    scale_add(rho, p.data(), n, q.data());
    const double curvature = dot(p.data(), q.data(), n);
    if (!(curvature > 0)) break;
    const auto step = float(squared / curvature);
    scale_add(step, p.data(), n, u.data());
    scale_add(-step, q.data(), n, r);
    const double next = dot(r, r, n);
    next_direction(float(next / squared), r, n, p.data());
    squared = next;
  }
  std::copy(u.begin(), u.end(), r);
}

Tile DataTerm::residual(Exec& exec, TileView x, ConstTileView y) const {
  mirror_edges(x, fine_);
  Tile r(whole(coarse_), y.bands);
  observe(exec, x, r.view(), taps_);
  exec.parallel(y.bands, [&](int b) {
    for (int row = 0; row < coarse_.height; ++row) {
      float* to = r.view().band(b).row(row);
      const float* from = y.band(b).row(row);
      for (int i = 0; i < coarse_.width; ++i) to[i] = from[i] - to[i];
    }
  });
  return r;
}

void DataTerm::add_adjoint(Exec& exec, const Tile& r, float step, ConstTileView x, TileView z) const {
  const ScratchTile correction(exec, whole(fine_), 1);  // of one band at a time, for the sake of memory
  for (int b = 0; b < z.bands; ++b) {
    const ConstTileView all = r.view();
    const ConstTileView one{all.samples + b * all.plane, all.valid, all.stride, all.plane, 1, all.window};
    observe_adjoint(exec, one, correction.view(), taps_, fine_, coarse_);
    exec.parallel(ceil_div(fine_.height, kRowsPerTask), [&](int task) {
      for (int row = task * kRowsPerTask; row < std::min(fine_.height, (task + 1) * kRowsPerTask); ++row) {
        const float* from = x.band(b).row(row) - x.window.x;
        const float* add = correction.view().band(0).row(row);
        float* to = z.band(b).row(row) - z.window.x;
        for (int i = 0; i < fine_.width; ++i) to[i] = from[i] + step * add[i];
      }
    });
  }
}

void DataTerm::project(Exec& exec, TileView x, ConstTileView y, std::span<const float> rho, TileView z) const {
  Tile r = residual(exec, x, y);
  exec.parallel(y.bands, [&](int b) { solve(r.view().band(b).data, rho[std::size_t(b)]); });
  add_adjoint(exec, r, 1, x, z);
}

void DataTerm::back_project(Exec& exec, TileView x, ConstTileView y) const {
  const Tile r = residual(exec, x, y);
  add_adjoint(exec, r, float(1 / (columns_.row_sum() * rows_.row_sum())), x, x);
}

}  // namespace nadir
