// Which band, or mix of bands, patches are compared by.
#include "stages/super_resolution/guide_mix.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "pipeline/core/error.h"
#include "pipeline/core/find_band.h"
#include "pipeline/core/text.h"
#include "stages/indices/band_roles.h"

namespace nadir {
namespace {

constexpr float kMiddle = 128;  // grey levels; where a mix of both signs is put

GuideMix one_band(int bands, int band) {
  GuideMix mix{std::vector<float>(std::size_t(bands)), 0};
  mix.weights[std::size_t(band)] = 1;
  return mix;
}

int band_of(const ImageInfo& image, Role role, const char* colour) {
  if (const auto b = find_band(image, colour)) return *b;
  try {
    return BandRoles(image, {}).find(role);
  } catch (const Error&) {
    throw Error(Fault::data, std::string("guide: luma needs a band that is ") + lower(colour) +
                                 " by colour or name; the bands are " + list_bands(image) +
                                 "; choose mean, pc1 or one of them, by name or number");
  }
}

GuideMix luma_mix(const ImageInfo& image) {
  GuideMix mix{std::vector<float>(std::size_t(image.band_count())), 0};
  mix.weights[std::size_t(band_of(image, Role::red, "Red"))] = 0.299f;
  mix.weights[std::size_t(band_of(image, Role::green, "Green"))] = 0.587f;
  mix.weights[std::size_t(band_of(image, Role::blue, "Blue"))] = 0.114f;
  return mix;
}

GuideMix principal_mix(const std::vector<BandScale>& scales, const Record* statistics) {
  const int n = int(scales.size());
  const Scalar* field = statistics ? statistics->find("covariance") : nullptr;
  const auto* rows = field ? std::get_if<std::vector<std::vector<double>>>(field) : nullptr;
  if (!rows || int(rows->size()) != n || n == 1) return mean_of_bands(n);
  Eigen::MatrixXd c(n, n);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      c(i, j) = (*rows)[std::size_t(i)][std::size_t(j)] * double(scales[std::size_t(i)].gain) *
                double(scales[std::size_t(j)].gain);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(c);
  Eigen::VectorXd v = solver.eigenvectors().col(n - 1);
  if (!(solver.eigenvalues()(n - 1) > 0) || !v.allFinite()) return mean_of_bands(n);
  v /= v.lpNorm<1>() * (v.sum() < 0 ? -1 : 1);
  GuideMix mix{{}, kMiddle * float(1 - v.sum())};
  for (int i = 0; i < n; ++i) mix.weights.push_back(float(v(i)));
  return mix;
}

}  // namespace

GuideMix guide_mix(const std::string& choice, const ImageInfo& image, const std::vector<BandScale>& scales,
                   const Record* statistics) {
  if (choice == "mean") return mean_of_bands(image.band_count());
  if (choice == "luma") return luma_mix(image);
  if (choice == "pc1") return principal_mix(scales, statistics);
  const auto band = find_band(image, choice);
  if (!band)
    throw Error(Fault::data, "guide: '" + choice + "' is neither mean, luma, pc1 nor a band; the bands are " +
                                 list_bands(image) + "; name one of them, or give its number");
  return one_band(image.band_count(), *band);
}

}  // namespace nadir
