// Filter banks from their tables.
#include "stages/wavelet/filters.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "stages/wavelet/johnston_tables.h"
#include "stages/wavelet/wavelet_tables.h"

namespace nadir {
namespace {

using Taps = std::span<const double>;

constexpr double kSqrt2 = 1.41421356237309504880;

using Exact = Channel<double>;

Exact channel(int first, const std::vector<double>& taps) {
  Exact c{first, int(taps.size()), {}};
  std::copy(taps.begin(), taps.end(), c.taps);
  return c;
}

AnalysisChannel rounded(const Exact& c) {
  AnalysisChannel r{c.first, c.length, {}};
  for (int j = 0; j < c.length; ++j) r.taps[j] = float(c.taps[j]);
  return r;
}

// The mirror image about the middle between samples 0 and 1, with alternating signs.
Exact mirrored(const Exact& low) {
  Exact high{2 - low.length - low.first, low.length, {}};
  for (int j = 0; j < low.length; ++j) high.taps[j] = (j % 2 ? -1 : 1) * low.taps[low.length - 1 - j];
  return high;
}

// Bank whose high channel mirrors the low one and whose synthesis is the analysis turned round, times a gain.
Filter quadrature_mirror(const Exact& low, double gain = 1) {
  Filter filter{rounded(low), rounded(mirrored(low)), low, mirrored(low)};
  for (int j = 0; j < low.length; ++j) {
    filter.back_low.taps[j] *= gain;
    filter.back_high.taps[j] *= gain;
  }
  return filter;
}

// The even start that brings the centre of mass of the taps nearest to the middle between samples 0 and 1. Even, so
// that samples are paired as in other programs at every level.
Filter orthonormal(Taps h) {
  double sum = 0;
  double moment = 0;
  for (std::size_t j = 0; j < h.size(); ++j) {
    sum += h[j];
    moment += double(j) * h[j];
  }
  const int first = 2 * int(std::lround((0.5 - moment / sum) / 2));
  return quadrature_mirror(channel(first, {h.begin(), h.end()}));
}

// From the right half of an even symmetric filter of sum 1.
Filter johnston(Taps half) {
  std::vector<double> h(half.rbegin(), half.rend());
  h.insert(h.end(), half.begin(), half.end());
  for (double& v : h) v *= kSqrt2;
  return quadrature_mirror(channel(1 - int(half.size()), h));
}

// From the middle and right taps of odd symmetric low filters: analysis about sample 0, its high channel about 1.
Filter biorthogonal(Taps low, Taps back) {
  const auto whole = [](Taps half, bool alternate) {
    const int reach = int(half.size()) - 1;
    std::vector<double> taps;
    for (int j = -reach; j <= reach; ++j)
      taps.push_back((alternate && j % 2 ? -1 : 1) * half[std::size_t(std::abs(j))]);
    return taps;
  };
  const auto negated = [](std::vector<double> taps) {
    for (double& t : taps) t = -t;
    return taps;
  };
  const auto about = [](int middle, Taps half) { return middle + 1 - int(half.size()); };
  return {rounded(channel(about(0, low), whole(low, false))),
          rounded(channel(about(1, back), negated(whole(back, true)))), channel(about(0, back), whole(back, false)),
          channel(about(1, low), negated(whole(low, true)))};
}

struct Entry {
  std::string name;
  Filter filter;
};

// In the order of FilterName.
const std::vector<Entry>& entries() {
  static const std::vector<Entry> all{
      {"haar", orthonormal(kHaar)},
      {"haar_mean", quadrature_mirror(channel(0, {kHaarMean.begin(), kHaarMean.end()}), 2)},
      {"db2", orthonormal(kDb2)},
      {"db3", orthonormal(kDb3)},
      {"db4", orthonormal(kDb4)},
      {"db5", orthonormal(kDb5)},
      {"db6", orthonormal(kDb6)},
      {"db7", orthonormal(kDb7)},
      {"db8", orthonormal(kDb8)},
      {"db9", orthonormal(kDb9)},
      {"db10", orthonormal(kDb10)},
      {"sym4", orthonormal(kSym4)},
      {"sym5", orthonormal(kSym5)},
      {"sym6", orthonormal(kSym6)},
      {"sym7", orthonormal(kSym7)},
      {"sym8", orthonormal(kSym8)},
      {"coif1", orthonormal(kCoif1)},
      {"coif2", orthonormal(kCoif2)},
      {"coif3", orthonormal(kCoif3)},
      {"coif4", orthonormal(kCoif4)},
      {"coif5", orthonormal(kCoif5)},
      {"cdf53", biorthogonal(kCdf53Low, kCdf53Back)},
      {"cdf97", biorthogonal(kCdf97Low, kCdf97Back)},
      {"johnston_8a", johnston(kJohnston8a)},
      {"johnston_12a", johnston(kJohnston12a)},
      {"johnston_12b", johnston(kJohnston12b)},
      {"johnston_16a", johnston(kJohnston16a)},
      {"johnston_16b", johnston(kJohnston16b)},
      {"johnston_16c", johnston(kJohnston16c)},
      {"johnston_24b", johnston(kJohnston24b)},
      {"johnston_24c", johnston(kJohnston24c)},
      {"johnston_24d", johnston(kJohnston24d)},
      {"johnston_32c", johnston(kJohnston32c)},
      {"johnston_32d", johnston(kJohnston32d)},
      {"johnston_32e", johnston(kJohnston32e)},
      {"johnston_48c", johnston(kJohnston48c)},
      {"johnston_48d", johnston(kJohnston48d)},
      {"johnston_48e", johnston(kJohnston48e)},
      {"johnston_64d", johnston(kJohnston64d)},
      {"johnston_64e", johnston(kJohnston64e)}};
  return all;
}

}  // namespace

Filter filter_of(FilterName name) { return entries().at(std::size_t(name)).filter; }

double approximation_delay(const Filter& filter, int levels) {
  const AnalysisChannel& low = filter.low;
  const double middle = 0.5 * (low.length - 1);  // sums about it are exactly 0 for symmetric taps
  double sum = 0;
  double moment = 0;
  for (int j = 0; j < low.length; ++j) {
    sum += double(low.taps[j]);
    moment += double(low.taps[j]) * (j - middle);
  }
  const double of_first_level = low.first + middle + moment / sum - 0.5;
  return of_first_level * ((1 << levels) - 1);
}

const std::vector<std::string>& filter_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Entry& e : entries()) list.push_back(e.name);
    return list;
  }();
  return names;
}

std::string name_of(FilterName name) { return entries().at(std::size_t(name)).name; }

std::optional<FilterName> filter_named(const std::string& name) {
  const auto& names = filter_names();
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) return std::nullopt;
  return FilterName(it - names.begin());
}

}  // namespace nadir
