// The functions that a model is a sum of.
#pragma once

#include <Eigen/Dense>

#include "stages/alignment/tie_model.h"

namespace nadir {

/// Linear models over normalised coordinates n = (p - centre) / scale.
class TieBasis {
 public:
  TieBasis(TieModel model, const TiePoints& points, Size area);
  Eigen::Index size() const { return penalty_.rows(); }
  Eigen::VectorXd row(const Point& at) const;
  /// The bending energy of a thin plate as a quadratic form; zero for other models.
  const Eigen::MatrixXd& penalty() const { return penalty_; }
  /// Columns x and y of `coefficients` as a transform.
  Transform transform(const Eigen::MatrixXd& coefficients) const;

 private:
  void choose_knots(const TiePoints& points);

  TieModel model_;
  Point centre_;
  double scale_;
  int degree_ = 1;
  std::vector<Point> knots_;
  Eigen::MatrixXd free_;  ///< knot weights = free_ * coefficients: those that vanish against 1, x and y
  Eigen::MatrixXd penalty_;
};

}  // namespace nadir
