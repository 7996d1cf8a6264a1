// Counting by bit patterns: of two floats of one sign, the larger has the larger pattern.
#include "stages/wavelet/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace nadir {
namespace {

constexpr int kDropped = 12;  // bits of the fraction
constexpr std::size_t kBinsAnOctave = 1 << (23 - kDropped);
constexpr std::uint32_t kSign = 0x80000000u;
constexpr std::uint32_t kLargest = 0x7f7ff000u;  // finite, and the dropped bits zero

// Rounded to nearest, then ordered as the numbers are.
std::uint32_t key_of(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = std::min(kLargest, (bits & ~kSign) + (1u << (kDropped - 1)));
  const std::uint32_t kept = magnitude >> kDropped;
  const std::uint32_t middle = kSign >> kDropped;
  return bits & kSign ? middle - kept : middle + kept;
}

double value_of(std::uint32_t key) {
  const std::uint32_t middle = kSign >> kDropped;
  const std::uint32_t kept = key < middle ? middle - key : key - middle;
  const float magnitude = std::bit_cast<float>(kept << kDropped);
  return key < middle ? -double(magnitude) : double(magnitude);
}

}  // namespace

void Histogram::add(const Histogram& other) {
  std::vector<Bin> sum;
  sum.reserve(bins_.size() + other.bins_.size());
  auto a = bins_.begin();
  auto b = other.bins_.begin();
  while (a != bins_.end() || b != other.bins_.end()) {
    const bool take_a = b == other.bins_.end() || (a != bins_.end() && a->first <= b->first);
    const bool take_b = a == bins_.end() || (b != other.bins_.end() && b->first <= a->first);
    const std::uint64_t n = std::uint64_t{take_a ? a->second : 0} + (take_b ? b->second : 0);
    sum.emplace_back(take_a ? a->first : b->first, std::uint32_t(std::min<std::uint64_t>(n, ~std::uint32_t{0})));
    if (take_a) ++a;
    if (take_b) ++b;
  }
  bins_ = std::move(sum);
}

std::size_t Histogram::most_bytes(std::size_t count, int octaves) {
  return std::min(count, std::size_t(octaves) * kBinsAnOctave) * sizeof(bins_[0]);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (const auto& [key, n] : bins_) total += n;
  return total;
}

double Histogram::quantile(double q, double half_width) const {
  if (bins_.empty()) return 0;
  const double rank = q * double(half_width > 0 ? count() : count() - 1);
  double before = 0;
  for (const auto& [key, n] : bins_) {
    const double value = value_of(key);
    if (rank < before + double(n)) {
      const double low = value > 0 ? value - half_width : 0;
      return half_width > 0 ? low + (rank - before) / double(n) * (value + half_width - low) : value;
    }
    before += double(n);
  }
  return value_of(bins_.back().first) + half_width;
}

HistogramBuilder::HistogramBuilder() : counts_(std::size_t{1} << (32 - kDropped)) {}

void HistogramBuilder::count(float value) { ++counts_[key_of(value)]; }

Histogram HistogramBuilder::finish() const {
  std::vector<Histogram::Bin> bins;
  for (std::size_t key = 0; key < counts_.size(); ++key)
    if (counts_[key]) bins.emplace_back(std::uint32_t(key), counts_[key]);
  return Histogram(std::move(bins));
}

}  // namespace nadir
