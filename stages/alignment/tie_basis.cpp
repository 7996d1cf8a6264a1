// Monomials and thin plates.
#include "stages/alignment/tie_basis.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace nadir {
namespace {

constexpr int kMostKnots = 16;  // along an axis

int degree_of(TieModel model) {
  if (model == TieModel::shift) return 0;
  if (model == TieModel::polynomial2) return 2;
  return model == TieModel::polynomial3 ? 3 : 1;
}

}  // namespace

TieBasis::TieBasis(TieModel model, const TiePoints& points, Size area)
    : model_(model),
      centre_{area.width / 2.0, area.height / 2.0},
      scale_(std::max({area.width, area.height, 2}) / 2.0),
      degree_(degree_of(model)) {
  Eigen::Index terms = degree_ == 0 ? 1 : 3;
  std::vector<double> monomials;
  append_monomials(0, 0, degree_, monomials);
  terms += Eigen::Index(monomials.size());
  if (model_ == TieModel::thin_plate) choose_knots(points);
  const Eigen::Index bends = free_.cols();
  penalty_ = Eigen::MatrixXd::Zero(terms + bends, terms + bends);
  if (bends == 0) return;
  const Eigen::Index n = Eigen::Index(knots_.size());
  Eigen::MatrixXd energy(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      const double dx = knots_[std::size_t(i)].x - knots_[std::size_t(j)].x;
      const double dy = knots_[std::size_t(i)].y - knots_[std::size_t(j)].y;
      energy(i, j) = thin_plate(dx * dx + dy * dy);
    }
  penalty_.bottomRightCorner(bends, bends) = free_.transpose() * energy * free_;
}

// All points that take part or, where they are many, those nearest to the nodes of a lattice from edge to edge.
void TieBasis::choose_knots(const TiePoints& points) {
  std::vector<Point> all;
  Point low{INFINITY, INFINITY}, high{-INFINITY, -INFINITY};
  for (const TiePoint& p : points) {
    if (p.weight <= 0) continue;
    all.push_back({(p.at.x - centre_.x) / scale_, (p.at.y - centre_.y) / scale_});
    low = {std::min(low.x, all.back().x), std::min(low.y, all.back().y)};
    high = {std::max(high.x, all.back().x), std::max(high.y, all.back().y)};
  }
  std::set<std::pair<double, double>> chosen;
  for (int k = 0; k < kMostKnots * kMostKnots && !all.empty(); ++k) {
    const Point node{low.x + (high.x - low.x) * (k % kMostKnots) / (kMostKnots - 1),
                     low.y + (high.y - low.y) * (k / kMostKnots) / (kMostKnots - 1)};
    const auto distance = [&](const Point& p) { return std::hypot(p.x - node.x, p.y - node.y); };
    const Point& p = *std::min_element(all.begin(), all.end(),
                                       [&](const Point& a, const Point& b) { return distance(a) < distance(b); });
    chosen.insert({p.x, p.y});
  }
  for (const auto& [x, y] : chosen) knots_.push_back({x, y});
  const Eigen::Index n = Eigen::Index(knots_.size());
  if (n < 4) {
    knots_.clear();
    return;
  }
  Eigen::MatrixXd plane(n, 3);
  for (Eigen::Index i = 0; i < n; ++i) plane.row(i) << 1, knots_[std::size_t(i)].x, knots_[std::size_t(i)].y;
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(plane);
  const Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(n, n);
  free_ = q.rightCols(n - 3);
}

Eigen::VectorXd TieBasis::row(const Point& at) const {
  const double x = (at.x - centre_.x) / scale_, y = (at.y - centre_.y) / scale_;
  std::vector<double> terms{1};
  if (degree_ > 0) terms.insert(terms.end(), {x, y});
  append_monomials(x, y, degree_, terms);
  Eigen::VectorXd row(size());
  row.head(Eigen::Index(terms.size())) = Eigen::Map<const Eigen::VectorXd>(terms.data(), Eigen::Index(terms.size()));
  if (free_.cols() == 0) return row;
  Eigen::VectorXd plates(Eigen::Index(knots_.size()));
  for (Eigen::Index k = 0; k < plates.size(); ++k) {
    const double dx = x - knots_[std::size_t(k)].x, dy = y - knots_[std::size_t(k)].y;
    plates(k) = thin_plate(dx * dx + dy * dy);
  }
  row.tail(free_.cols()) = free_.transpose() * plates;
  return row;
}

Transform TieBasis::transform(const Eigen::MatrixXd& c) const {
  Transform t;
  const double ax = degree_ > 0 ? c(1, 0) / scale_ : 0, bx = degree_ > 0 ? c(2, 0) / scale_ : 0;
  const double ay = degree_ > 0 ? c(1, 1) / scale_ : 0, by = degree_ > 0 ? c(2, 1) / scale_ : 0;
  t.pixel = {c(0, 0) - ax * centre_.x - bx * centre_.y, 1 + ax, bx,
             c(0, 1) - ay * centre_.x - by * centre_.y, ay,     1 + by};
  if (degree_ < 2 && free_.cols() == 0) return t;
  t.bend = Bend{centre_, scale_, degree_, knots_, {}, {}};
  const Eigen::Index monomials = c.rows() - 3 - free_.cols();
  for (Eigen::Index k = 3; k < 3 + monomials; ++k) t.bend->x.push_back(c(k, 0)), t.bend->y.push_back(c(k, 1));
  if (free_.cols() == 0) return t;
  const Eigen::MatrixXd weights = free_ * c.bottomRows(free_.cols());
  for (Eigen::Index k = 0; k < weights.rows(); ++k)
    t.bend->x.push_back(weights(k, 0)), t.bend->y.push_back(weights(k, 1));
  return t;
}

}  // namespace nadir
