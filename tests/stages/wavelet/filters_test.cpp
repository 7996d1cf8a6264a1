// The banks themselves.
#include "stages/wavelet/filters.h"

#include <gtest/gtest.h>

#include <Eigen/QR>
#include <cmath>
#include <map>

namespace nadir {
namespace {

// <f(. - 2m), g> of taps at their places.
double inner(const SynthesisChannel& a, const AnalysisChannel& b, int shift) {
  double sum = 0;
  for (int i = 0; i < a.length; ++i) {
    const int j = a.first + i + 2 * shift - b.first;
    if (j >= 0 && j < b.length) sum += a.taps[i] * double(b.taps[j]);
  }
  return sum;
}

bool is_nearly_perfect(FilterName name) { return name_of(name).starts_with("johnston"); }

TEST(Filters, synthesis_and_analysis_are_biorthogonal) {
  for (const std::string& text : filter_names()) {
    const FilterName name = *filter_named(text);
    if (is_nearly_perfect(name)) continue;
    const Filter f = filter_of(name);
    for (int m = -32; m <= 32; ++m) {
      EXPECT_NEAR(inner(f.back_low, f.low, m), m == 0, 2e-7) << text << " " << m;
      EXPECT_NEAR(inner(f.back_high, f.high, m), m == 0, 2e-7) << text << " " << m;
      EXPECT_NEAR(inner(f.back_low, f.high, m), 0, 2e-7) << text << " " << m;
      EXPECT_NEAR(inner(f.back_high, f.low, m), 0, 2e-7) << text << " " << m;
    }
  }
}

TEST(Filters, orthonormal_tables_are_exact_to_double_precision) {
  for (const std::string& text : filter_names()) {
    if (text.starts_with("johnston") || text.starts_with("cdf") || text == "haar_mean") continue;
    const SynthesisChannel h = filter_of(*filter_named(text)).back_low;
    double sum = 0;
    for (int j = 0; j < h.length; ++j) sum += h.taps[j];
    EXPECT_NEAR(sum, std::sqrt(2.0), 1e-14) << text;
    for (int shift = 0; shift < h.length; shift += 2) {
      double product = 0;
      for (int j = 0; j + shift < h.length; ++j) product += h.taps[j] * h.taps[j + shift];
      EXPECT_NEAR(product, shift == 0, 1e-14) << text;
    }
  }
}

TEST(Filters, wavelets_have_the_vanishing_moments_that_their_names_promise) {
  const auto moment = [](const SynthesisChannel& g, int power) {
    double sum = 0;
    for (int j = 0; j < g.length; ++j)
      sum += g.taps[j] * std::pow((j - 0.5 * (g.length - 1)) / double(g.length), power);
    return sum;
  };
  const std::vector<std::pair<FilterName, int>> promises{
      {FilterName::db2, 2},  {FilterName::db4, 4},   {FilterName::db10, 10}, {FilterName::sym4, 4},
      {FilterName::sym8, 8}, {FilterName::coif1, 2}, {FilterName::coif5, 10}};
  for (const auto& [name, count] : promises)
    for (int power = 0; power < count; ++power)
      EXPECT_NEAR(moment(filter_of(name).back_high, power), 0, 1e-12) << name_of(name) << " " << power;
}

// 10 log10 of |H(w)|^2 + |H(pi - w)|^2, whose distance from 0 is the ripple of analysis and synthesis together.
double ripple_db(const SynthesisChannel& h) {
  double low = 1e9, high = -1e9;
  for (int i = 0; i <= 2000; ++i) {
    double power = 0;
    for (const double w : {M_PI * i / 2000, M_PI - M_PI * i / 2000}) {
      double real = 0, imaginary = 0;
      for (int j = 0; j < h.length; ++j) {
        real += h.taps[j] * std::cos(w * j);
        imaginary += h.taps[j] * std::sin(w * j);
      }
      power += (real * real + imaginary * imaginary) / 2;
    }
    low = std::min(low, 10 * std::log10(power));
    high = std::max(high, 10 * std::log10(power));
  }
  return high - low;
}

TEST(Filters, johnston_banks_stay_within_the_published_ripple) {
  const std::vector<std::pair<FilterName, double>> published{
      {FilterName::johnston_8a, 0.065},  {FilterName::johnston_12a, 0.025}, {FilterName::johnston_12b, 0.045},
      {FilterName::johnston_16a, 0.012}, {FilterName::johnston_16b, 0.025}, {FilterName::johnston_16c, 0.07},
      {FilterName::johnston_32c, 0.013}, {FilterName::johnston_64d, 0.007}};
  for (const auto& [name, db] : published) {
    EXPECT_LE(ripple_db(filter_of(name).back_low), db) << name_of(name);
    EXPECT_GT(ripple_db(filter_of(name).back_low), db / 3) << name_of(name);
  }
}

// Johnston's criterion, squared: the ripple's energy and `weight` times that beyond `edge` (in sampling rates), for the
// right half h of a filter. One step of Gauss and Newton towards its minimum.
Eigen::VectorXd step_to_minimum(const Eigen::VectorXd& h, double edge, double weight) {
  const int places = 16 * int(h.size());
  const auto cosines = [&](double frequency) {
    Eigen::RowVectorXd row(h.size());
    for (int k = 0; k < h.size(); ++k) row[k] = 2 * std::cos(2 * M_PI * frequency * (k + 0.5));
    return row;
  };
  Eigen::MatrixXd slopes(2 * places, h.size());
  Eigen::VectorXd errors(2 * places);
  for (int i = 0; i < places; ++i) {
    const double place = (i + 0.5) / places;
    const Eigen::RowVectorXd low = cosines(0.25 * place), mirrored = cosines(0.5 - 0.25 * place);
    const double a = low.dot(h), b = mirrored.dot(h);
    const double whole = std::sqrt(2 * 0.25);
    errors[i] = whole * (a * a + b * b - 1);
    slopes.row(i) = whole * 2 * (a * low + b * mirrored);
    const Eigen::RowVectorXd stop = cosines(edge + (0.5 - edge) * place);
    const double share = std::sqrt(weight * (0.5 - edge));
    errors[places + i] = share * stop.dot(h);
    slopes.row(places + i) = share * stop;
  }
  return slopes.colPivHouseholderQr().solve(-errors);
}

TEST(Filters, johnston_banks_minimise_the_criterion) {
  const std::map<char, double> edges{{'a', 0.3876}, {'b', 0.3487}, {'c', 0.3097}, {'d', 0.2902}, {'e', 0.2705}};
  int banks = 0;
  for (const std::string& text : filter_names()) {
    if (!text.starts_with("johnston")) continue;
    const SynthesisChannel taps = filter_of(*filter_named(text)).back_low;
    Eigen::VectorXd half(taps.length / 2);
    for (int k = 0; k < half.size(); ++k) half[k] = taps.taps[half.size() + k] / std::sqrt(2.0);
    double least = 1;
    for (double weight = 1.3; weight < 2.6; weight += 0.1)
      least = std::min(least, step_to_minimum(half, edges.at(text.back()), weight).lpNorm<Eigen::Infinity>());
    EXPECT_LT(least, 1.2e-4) << text;
    half[half.size() / 2] += 3e-4;
    EXPECT_GT(step_to_minimum(half, edges.at(text.back()), 2).lpNorm<Eigen::Infinity>(), 1.2e-4) << text;
    ++banks;
  }
  EXPECT_EQ(banks, 17);
}

}  // namespace
}  // namespace nadir
