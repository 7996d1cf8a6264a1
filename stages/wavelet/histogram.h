// Histograms of any finite numbers, by their leading 20 bits: sign, exponent and 11 bits of the fraction. Counts are
// integers, so histograms of parts add up to that of the whole, in any order; values are known to 1 in 4096, and whole
// numbers up to 4096 exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace nadir {

class Histogram {
 public:
  /// Key and how many values; what exceeds 32 bits counts as their largest.
  using Bin = std::pair<std::uint32_t, std::uint32_t>;
  Histogram() = default;
  /// Bins that hold something, in rising order.
  explicit Histogram(std::vector<Bin> bins) : bins_(std::move(bins)) {}

  void add(const Histogram& other);
  std::uint64_t count() const;
  /// The value below which the fraction q of all values lies; 0 when empty. With `half_width` h > 0 the values of a bin
  /// count as spread evenly over v - h to v + h, or 0 to h where v is 0 (absolute values of rounded numbers).
  double quantile(double q, double half_width = 0) const;

  /// Memory of a histogram of `count` values of one sign, of which hardly any lie outside of so many octaves.
  static std::size_t most_bytes(std::size_t count, int octaves);

 private:
  std::vector<Bin> bins_;
};

/// Counts densely, 4 MiB, and gives the histogram.
class HistogramBuilder {
 public:
  HistogramBuilder();
  void count(float value);  ///< finite
  Histogram finish() const;

 private:
  std::vector<std::uint32_t> counts_;
};

}  // namespace nadir
