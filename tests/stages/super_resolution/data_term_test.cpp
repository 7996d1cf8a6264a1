#include "stages/super_resolution/data_term.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

const std::vector<Observation> kObservations{{3, -3, {0.05f, 0.1f, 0.2f, 0.3f, 0.2f, 0.1f, 0.05f}, 0},
                                             {2, -2, {0.1f, 0.15f, 0.25f, 0.25f, 0.15f, 0.1f}, 0},
                                             {4, 1, {1.0f}, 0},
                                             {1, -1, {0.25f, 0.5f, 0.25f}, 0},
                                             {2, -5, {0.5f, 0.3f, 0.2f}, 0}};

TEST(DataTerm, the_banded_operator_is_observe_after_its_adjoint) {
  for (const Observation& o : kObservations)
    for (const Size size : {Size{9, 7}, Size{1, 1}, Size{2, 5}}) {
      const DataTerm data(o, size);
      const test::Image v = test::make_texture(size.width, size.height, 1, 4);
      std::vector<float> product(std::size_t(size.width * size.height));
      data.apply_gram(v.tile.view().samples, product.data());
      Exec exec;
      const AxisTaps taps = axis_taps(o);
      Tile fine(data.padded(), 1);
      observe_adjoint(exec, v.tile.view(), fine.view().crop(whole(data.fine())), taps, data.fine(), size);
      mirror_edges(fine.view(), data.fine());
      Tile expected(whole(size), 1);
      observe(exec, fine.view(), expected.view(), taps);
      for (std::size_t i = 0; i < product.size(); ++i) EXPECT_NEAR(product[i], expected.view().samples[i], 1e-3) << i;
    }
}

TEST(DataTerm, the_projection_is_the_one_that_a_dense_solver_gives) {
  const Size size{7, 6};
  const int n = 42;
  const float rho = 0.3f;  // within 12 steps of conjugate gradients
  for (const Observation& o : kObservations) {
    const DataTerm data(o, size);
    const AxisTaps taps = axis_taps(o);
    const test::Image y = test::make_texture(7, 6, 1, 4);
    Exec exec;
    Tile x(data.padded(), 1), z(data.padded(), 1), seen(whole(size), 1), u(whole(size), 1);
    x.fill(100, true);
    u.fill(0, true);
    observe(exec, x.view(), seen.view(), taps);
    Eigen::MatrixXd gram = Eigen::MatrixXd::Identity(n, n) * double(rho);
    Eigen::VectorXd r(n);
    for (int i = 0; i < n; ++i) {
      std::vector<float> unit(n, 0.0f), column(n);
      unit[std::size_t(i)] = 1;
      data.apply_gram(unit.data(), column.data());
      for (int k = 0; k < n; ++k) gram(k, i) += double(column[std::size_t(k)]);
      r(i) = double(y.tile.view().samples[i]) - double(seen.view().samples[i]);
    }
    const Eigen::VectorXd solution = gram.ldlt().solve(r);
    for (int i = 0; i < n; ++i) u.view().samples[i] = float(solution(i));
    Tile correction(whole(data.fine()), 1);
    observe_adjoint(exec, u.view(), correction.view(), taps, data.fine(), size);
    data.project(exec, x.view(), y.tile.view(), std::vector<float>{rho}, z.view());
    for (int v = 0; v < data.fine().height; ++v)
      for (int w = 0; w < data.fine().width; ++w)
        EXPECT_NEAR(z.view()(0, w, v), 100 + correction.view()(0, w, v), 0.5) << o.factor;
  }
}

}  // namespace
}  // namespace nadir
