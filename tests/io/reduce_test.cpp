#include "io/reduce.h"

#include <gdal_priv.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace nadir {
namespace {

template <class T>
std::vector<T> reduce(const Encoding& encoding, Reduction reduction, const std::vector<T>& in, int width, int height) {
  std::vector<T> out(std::size_t((width + 1) / 2) * std::size_t((height + 1) / 2));
  reduce_block(encoding, reduction, reinterpret_cast<const std::byte*>(in.data()), width, height, width,
               reinterpret_cast<std::byte*>(out.data()), (width + 1) / 2);
  return out;
}

TEST(ReduceBlock, averages_and_rounds_half_up_also_below_zero) {
  EXPECT_EQ(reduce<std::int16_t>({SampleType::i16, {}}, Reduction::average, {1, 2, 1, 2, -1, -2, -1, -2}, 2, 4),
            (std::vector<std::int16_t>{2, -1}));
  EXPECT_EQ(reduce<std::uint16_t>({SampleType::u16, {}}, Reduction::average, {65535, 65535, 65535, 65534}, 2, 2),
            (std::vector<std::uint16_t>{65535}));
}

TEST(ReduceBlock, leaves_out_nodata_and_what_lies_beyond_an_odd_edge) {
  const Encoding encoding{SampleType::u8, 9.0};
  EXPECT_EQ(reduce<std::uint8_t>(encoding, Reduction::average, {9, 3, 5, 9, 4, 6, 9, 9, 9}, 3, 3),
            (std::vector<std::uint8_t>{4, 6, 9, 9}));
}

TEST(ReduceBlock, moves_an_average_that_meets_nodata_by_one) {
  const Encoding encoding{SampleType::u8, 2.0};
  EXPECT_EQ(reduce<std::uint8_t>(encoding, Reduction::average, {1, 3, 1, 3}, 2, 2), (std::vector<std::uint8_t>{3}));
  std::vector<std::uint8_t> row;
  for (int i = 0; i < 80; ++i) row.push_back(std::uint8_t(i % 2 ? 3 : 1));
  EXPECT_EQ(reduce<std::uint8_t>(encoding, Reduction::average, row, 40, 2), std::vector<std::uint8_t>(20, 3));
}

template <class T>
void expect_average_apart_from(double nodata, SampleType type) {
  const Encoding encoding{type, nodata};
  const T low = T(nodata - 1), high = T(nodata + 1);
  const T moved = reduce<T>(encoding, Reduction::average, {low, high, low, high}, 2, 2)[0];
  EXPECT_FALSE(ARE_REAL_EQUAL(moved, T(nodata))) << nodata;
  EXPECT_NEAR(double(moved), nodata, 1e-5 * std::abs(nodata) + 1e-30);
}

TEST(ReduceBlock, moves_an_average_of_floats_beyond_what_gdal_takes_for_nodata) {
  for (const double nodata : {-9999.0, -2.0, -1.0, 0.0, 1.0, 1.75, 5.0, 1e6}) {
    expect_average_apart_from<float>(nodata, SampleType::f32);
    expect_average_apart_from<double>(nodata, SampleType::f64);
  }
}

TEST(ReduceBlock, rows_with_and_without_a_hole_agree_where_both_are_valid) {
  const Encoding encoding{SampleType::u16, 0.0};
  std::vector<std::uint16_t> full;
  for (int i = 0; i < 64 * 2; ++i) full.push_back(std::uint16_t(1 + (i * 7919) % 60000));
  std::vector<std::uint16_t> holed = full;
  holed[0] = 0;
  const auto a = reduce(encoding, Reduction::average, full, 64, 2);
  const auto b = reduce(encoding, Reduction::average, holed, 64, 2);
  EXPECT_TRUE(std::equal(a.begin() + 1, a.end(), b.begin() + 1));
}

TEST(ReduceBlock, takes_nan_for_nodata_in_floats) {
  const float none = std::nanf("");
  const auto out = reduce<float>({SampleType::f32, std::nan("")}, Reduction::average,
                                 {1, none, 2, none, none, none, none, none}, 4, 2);
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[1], 2);
}

TEST(ReduceBlock, takes_the_most_frequent_class_and_of_several_the_first) {
  const Encoding encoding{SampleType::u8, 0.0, false};
  EXPECT_EQ(reduce<std::uint8_t>(encoding, Reduction::most_frequent, {3, 1, 1, 0, 0, 0, 7, 5}, 2, 4),
            (std::vector<std::uint8_t>{1, 7}));
  EXPECT_EQ(reduce<std::uint8_t>(encoding, Reduction::most_frequent, {0, 4, 0, 0}, 2, 2),
            (std::vector<std::uint8_t>{4}))
      << "unclassified pixels have no vote";
}

}  // namespace
}  // namespace nadir
