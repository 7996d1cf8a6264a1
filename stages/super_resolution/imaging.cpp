// What the solver must know of the instrument: point spread function, sampling, noise, and range of the samples.
#include "stages/super_resolution/imaging.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

namespace nadir {
namespace {

// Where the quantiles of 8-bit images, for which the solver's constants were found, usually lie.
constexpr double kUsualLow = 28;
constexpr double kUsualHigh = 228;
constexpr double kDefaultSigma =
    0.5;  // of an image's own pixels; an MTF of 0.29 at Nyquist, as well-sampled sensors have

double variance(const std::vector<float>& taps) {
  double sum = 0, mean = 0, square = 0;
  for (std::size_t j = 0; j < taps.size(); ++j) {
    sum += double(taps[j]);
    mean += double(taps[j]) * double(j);
    square += double(taps[j]) * double(j) * double(j);
  }
  return sum != 0 ? std::max(0.0, square / sum - (mean / sum) * (mean / sum)) : 0;
}

// Sampled at whole fine pixels around a centre that is a multiple of 1/2; cut off at four sigma.
Observation gaussian_observation(int scale, double sigma, double centre) {
  const double radius = std::max(0.5, 4 * sigma);
  Observation o;
  o.factor = scale;
  o.first = int(std::ceil(centre - radius));
  const int last = int(std::floor(centre + radius));
  std::vector<double> weights;
  double sum = 0;
  for (int j = o.first; j <= last; ++j) {
    weights.push_back(std::exp(-0.5 * std::pow((j - centre) / sigma, 2)));
    sum += weights.back();
  }
  o.taps.clear();
  for (const double w : weights) o.taps.push_back(float(w / sum));
  return o;
}

// The entry of a band in one of the lists of a record.
std::optional<double> entry(const Record* record, const char* name, int band) {
  const Scalar* s = record ? record->find(name) : nullptr;
  const auto* list = s ? std::get_if<std::vector<double>>(s) : nullptr;
  if (!list || band >= int(list->size()) || !std::isfinite((*list)[std::size_t(band)])) return std::nullopt;
  return (*list)[std::size_t(band)];
}

}  // namespace

Observation observation_for(int scale, double psf_sigma_px, const std::optional<Observation>& known) {
  const bool fits = known && known->factor == scale && scale > 1;
  const double middle = 0.5 * (scale - 1);
  const double centre = fits ? known->first + 0.5 * (double(known->taps.size()) - 1) : middle;
  if (psf_sigma_px > 0) return gaussian_observation(scale, psf_sigma_px, centre);
  if (known && known->factor == scale) return *known;
  double sigma = kDefaultSigma * scale;
  if (known) {
    const double coarse_variance = variance(known->taps) / (double(known->factor) * known->factor);
    const double sampling =
        known->factor == 1 ? kDefaultSigma * kDefaultSigma : 0;  // only blurred: add the sensor's own
    sigma = std::max(0.25, scale * std::sqrt(coarse_variance + sampling));
  }
  return gaussian_observation(scale, std::min(sigma, 16.0), middle);
}

double fine_sigma(const Record* psf, int scale) {
  constexpr double kUsual = kDefaultSigma * kDefaultSigma;  // variances, pixels squared
  constexpr double kError = 0.06;                           // of estimate_psf, whatever the width
  constexpr double kErrorBelow = 0.12;                      // sharpened products look narrower than their sensor
  constexpr double kLeast = 0.25;                           // fine pixels; a narrower one is a point
  const Scalar* field = psf ? psf->find("reliable") : nullptr;
  const bool* reliable = field ? std::get_if<bool>(field) : nullptr;
  const double seen = psf ? psf->number("sigma_px", 0) : 0;
  if (!reliable || !*reliable || !(seen > 0)) return 0;
  const double beyond = seen * seen - kUsual / (scale * scale) - kUsual;
  const double error = beyond < 0 ? kErrorBelow : kError;
  const double trusted = beyond * beyond / (beyond * beyond + error * error);
  return std::max(kLeast, scale * std::sqrt(std::max(0.0, kUsual + trusted * beyond)));
}

std::vector<BandScale> band_scales(const ImageInfo& image, const Record* statistics, double noise_dn,
                                   const std::optional<Observation>& known) {
  constexpr double kRounding = 0.2887;  // sqrt(1/12)
  std::vector<BandScale> scales;
  for (int b = 0; b < image.band_count(); ++b) {
    double low = 0;
    double high = 255;
    double bottom = 0;  // what low becomes
    double top = 255;
    if (is_integer(image.type) && image.type != SampleType::u8) std::tie(low, high) = limits_of(image.type);
    const auto q01 = entry(statistics, "low", b);
    const auto q99 = entry(statistics, "high", b);
    if (image.type != SampleType::u8 && q01 && q99) {
      std::tie(low, high) = std::pair(*q01, *q99);
      std::tie(bottom, top) = std::pair(kUsualLow, kUsualHigh);
    }
    BandScale s;
    const double gain = high > low ? (top - bottom) / (high - low) : 1;
    s.offset = float(low - bottom / gain);
    s.gain = float(gain);
    double noise = noise_dn;
    if (noise < 0) noise = known ? known->noise_sigma : entry(statistics, "sigma", b).value_or(0);
    if (is_integer(image.type)) noise = std::max(noise, kRounding);
    s.noise = float(noise) * s.gain;
    scales.push_back(s);
  }
  return scales;
}

}  // namespace nadir
