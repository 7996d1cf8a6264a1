// Two-channel filter banks by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace nadir {

constexpr int kMaxFilterLength = 64;

/// Taps that apply to samples 2k + first, 2k + first + 1, …; a plain value, so that kernels take it as an argument.
template <class T>
struct Channel {
  int first = 0;
  int length = 0;
  T taps[kMaxFilterLength] = {};
};
using AnalysisChannel = Channel<float>;
using SynthesisChannel = Channel<double>;

/// Orthonormal banks and those of Johnston have the same taps in both directions.
struct Filter {
  AnalysisChannel low;
  AnalysisChannel high;
  SynthesisChannel back_low;
  SynthesisChannel back_high;
};

enum class FilterName {
  haar,
  haar_mean,
  db2,
  db3,
  db4,
  db5,
  db6,
  db7,
  db8,
  db9,
  db10,
  sym4,
  sym5,
  sym6,
  sym7,
  sym8,
  coif1,
  coif2,
  coif3,
  coif4,
  coif5,
  cdf53,
  cdf97,
  johnston_8a,
  johnston_12a,
  johnston_12b,
  johnston_16a,
  johnston_16b,
  johnston_16c,
  johnston_24b,
  johnston_24c,
  johnston_24d,
  johnston_32c,
  johnston_32d,
  johnston_32e,
  johnston_48c,
  johnston_48d,
  johnston_48e,
  johnston_64d,
  johnston_64e
};

Filter filter_of(FilterName name);

/// How far to the right the samples that an approximation of `levels` levels stands for lie from the middle of its
/// block: the centre of mass of the low channels, pixels of the scene. A ramp's approximation is a ramp at that place.
double approximation_delay(const Filter& filter, int levels);

/// Names as in configs and metadata.
const std::vector<std::string>& filter_names();
std::string name_of(FilterName name);
std::optional<FilterName> filter_named(const std::string& name);

}  // namespace nadir
