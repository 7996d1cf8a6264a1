#include "pipeline/backend/interleave.h"

#include <gtest/gtest.h>

#include <vector>

namespace nadir {
namespace {

TEST(Interleave, takes_rows_apart_and_puts_them_together_for_any_factor_and_length) {
  for (const int factor : {1, 2, 3, 4, 5, 8})
    for (const int n : {0, 1, 15, 16, 17, 50}) {
      std::vector<float> whole(std::size_t(factor * n));
      for (std::size_t i = 0; i < whole.size(); ++i) whole[i] = float(i);
      std::vector<std::vector<float>> parts(std::size_t(factor), std::vector<float>(std::size_t(n + 1), -1.0f));
      std::vector<float*> rows;
      for (std::vector<float>& part : parts) rows.push_back(part.data());
      deinterleave(whole.data(), rows.data(), factor, n);
      for (int p = 0; p < factor; ++p) {
        for (int i = 0; i < n; ++i) ASSERT_EQ(rows[std::size_t(p)][i], float(factor * i + p)) << factor << " " << n;
        ASSERT_EQ(rows[std::size_t(p)][n], -1) << "written beyond the end";
      }
      std::vector<float> joined(whole.size() + 1, -1.0f);
      interleave(rows.data(), joined.data(), factor, n);
      whole.push_back(-1);
      ASSERT_EQ(joined, whole) << factor << " " << n;
    }
}

}  // namespace
}  // namespace nadir
