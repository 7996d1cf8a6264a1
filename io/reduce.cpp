// Averages and modes of 2 x 2 samples.
#include "io/reduce.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "io/nodata_step.h"
#include "io/with_type.h"

namespace nadir {
namespace {

template <class T>
using Sum = std::conditional_t<std::is_floating_point_v<T>, double,
                               std::conditional_t<sizeof(T) == 4, std::int64_t, std::int32_t>>;

template <class T>
T rounded_average(Sum<T> sum, int count) {
  if constexpr (std::is_floating_point_v<T>)
    return T(sum / count);
  else {  // half up, also below zero
    const Sum<T> twice = 2 * sum + count;
    return T(twice / (2 * count) - (twice % (2 * count) < 0));
  }
}

// All four are there and valid. Rows this short of branches become vector code.
template <class T>
__attribute__((always_inline)) inline void average_full_rows(const T* __restrict top, const T* __restrict bottom,
                                                             int count, T* __restrict out) {
  for (int i = 0; i < count; ++i) {
    const Sum<T> sum = Sum<T>(top[2 * i]) + top[2 * i + 1] + bottom[2 * i] + bottom[2 * i + 1];
    if constexpr (std::is_floating_point_v<T>)
      out[i] = T(sum / 4);
    else
      out[i] = T((sum + 2) >> 2);
  }
}

template <class T>
void average_full(const T* top, const T* bottom, int count, T* out) {
  average_full_rows(top, bottom, count, out);
}
__attribute__((target_clones("avx2", "default"))) void average_full(const std::uint16_t* top,
                                                                    const std::uint16_t* bottom, int count,
                                                                    std::uint16_t* out) {
  average_full_rows(top, bottom, count, out);
}

template <class T>
struct Reducer {
  T empty;
  bool has_empty;
  bool moves_off_empty;
  Reduction reduction;

  bool is_valid(T v) const {
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(v)) return false;
    return !has_empty || v != empty;
  }

  bool meets_empty(T v) const { return has_empty && moves_off_empty && meets(v, empty); }

  T operator()(const std::array<T, 4>& v, int count) const {
    if (count == 0) return empty;
    if (reduction == Reduction::most_frequent) return most_frequent(v, count);
    Sum<T> sum = 0;
    for (int i = 0; i < count; ++i) sum += v[std::size_t(i)];
    const T mean = rounded_average<T>(sum, count);
    return meets_empty(mean) ? neighbour(empty) : mean;
  }

  static T most_frequent(const std::array<T, 4>& v, int count) {
    int best = 0, most = 0;
    for (int i = 0; i < count; ++i) {
      int same = 0;
      for (int k = i; k < count; ++k) same += v[std::size_t(k)] == v[std::size_t(i)];
      if (same > most) {
        most = same;
        best = i;
      }
    }
    return v[std::size_t(best)];
  }

  void row(const T* top, const T* bottom, int width, T* out) const {
    for (int x = 0; x < width; x += 2) {
      std::array<T, 4> v{};
      int count = 0;
      for (const T* from : {top, bottom})
        for (int k = x; from && k < std::min(width, x + 2); ++k)
          if (is_valid(from[k])) v[std::size_t(count++)] = from[k];
      out[x / 2] = (*this)(v, count);
    }
  }

  bool all_valid(const T* from, int width) const {
    int invalid = 0;
    for (int x = 0; x < width; ++x) invalid += !is_valid(from[x]);
    return invalid == 0;
  }

  bool all_kept(const T* averages, int count) const {
    int lost = 0;
    for (int x = 0; x < count; ++x) lost += !is_valid(averages[x]) || meets_empty(averages[x]);
    return lost == 0;
  }

  void block(const T* in, int width, int height, int in_stride, T* out, int out_stride) const {
    for (int y = 0; y < height; y += 2) {
      const T* top = in + std::ptrdiff_t(y) * in_stride;
      const T* bottom = y + 1 < height ? top + in_stride : nullptr;
      T* to = out + std::ptrdiff_t(y / 2) * out_stride;
      const bool full = bottom && all_valid(top, width) && all_valid(bottom, width);
      int pairs = full && reduction == Reduction::average ? width / 2 : 0;
      average_full(top, bottom, pairs, to);
      if (!all_kept(to, pairs)) pairs = 0;  // an average met the nodata value
      if (2 * pairs < width) row(top + 2 * pairs, bottom ? bottom + 2 * pairs : nullptr, width - 2 * pairs, to + pairs);
    }
  }
};

template <class T>
void reduce_typed(const Encoding& encoding, Reduction reduction, const std::byte* in, int width, int height,
                  int in_stride, std::byte* out, int out_stride) {
  const Reducer<T> reducer{T(encoding.nodata.value_or(0)), encoding.nodata.has_value(), encoding.moves_off_nodata,
                           reduction};
  reducer.block(reinterpret_cast<const T*>(in), width, height, in_stride, reinterpret_cast<T*>(out), out_stride);
}

}  // namespace

void reduce_block(const Encoding& encoding, Reduction reduction, const std::byte* in, int width, int height,
                  int in_stride, std::byte* out, int out_stride) {
  with_type(encoding.type,
            [&]<class T>(T) { reduce_typed<T>(encoding, reduction, in, width, height, in_stride, out, out_stride); });
}

}  // namespace nadir
