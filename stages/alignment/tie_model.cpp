// Robust fits and their cross-validation.
#include "stages/alignment/tie_model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "pipeline/core/random.h"
#include "stages/alignment/median.h"
#include "stages/alignment/tie_basis.h"

namespace nadir {
namespace {

constexpr int kFitFolds = 8;
constexpr int kRounds = 6;
constexpr int kRoundOfChoice = 1;      // of the smoothness, when the worst outliers are out
constexpr double kBiweight = 4.685;    // 95 % efficient on normal residuals
constexpr double kLeastCutoff = 0.05;  // px
constexpr double kAsGood = 1.1;
constexpr double kWorthBending = 1.1;  // ratio of squared errors below which a richer model gains nothing
constexpr const char* kNames[]{"auto", "shift", "similarity", "affine", "polynomial2", "polynomial3", "thin_plate"};

// Points known to be noisy count less; the others' noise is not of the match alone, so it does not vanish.
std::vector<double> precision_of(const TiePoints& points) {
  std::vector<double> squares;
  for (const TiePoint& p : points) squares.push_back(p.sigma * p.sigma);
  const double middle = std::max(1e-12, median(squares));
  for (double& s : squares) s = 1.25 / (s / middle + 0.25);
  return squares;
}

int fold_of(const Point& p, double cluster) {
  const auto x = std::uint32_t(std::int32_t(std::floor(p.x / cluster)));
  const auto y = std::uint32_t(std::int32_t(std::floor(p.y / cluster)));
  return int(split_mix(std::uint64_t(y) << 32 | x) % kFitFolds);
}

class Fitter {
 public:
  Fitter(TieModel model, const TiePoints& points, const FitTask& task)
      : model_(model),
        points_(points),
        area_(task.area),
        basis_(model, points, task.area),
        precision_(precision_of(points)) {
    const Eigen::Index n = Eigen::Index(points.size());
    rows_.resize(n, basis_.size());
    moved_.resize(n, 2);
    for (Eigen::Index i = 0; i < n; ++i) {
      const TiePoint& p = points[std::size_t(i)];
      rows_.row(i) = basis_.row(p.at).transpose();
      moved_.row(i) << p.moved.x, p.moved.y;
      folds_.push_back(fold_of(p.at, task.cluster_px));
      weights_.push_back(p.weight > 0 ? 1 : 0);
    }
  }

  ModelFit fit(double truncation) {
    ModelFit result;
    result.model = model_;
    Eigen::MatrixXd c;
    for (int round = 0; round < kRounds; ++round) {
      accumulate();
      if (round == kRoundOfChoice) choose_smoothness();
      c = solve(-1);
      reweigh(c);
    }
    accumulate();
    c = solve(-1);
    result.transform = basis_.transform(c);
    result.scale = scale_;
    result.cutoff = cutoff_;
    result.weights = weights_;
    const Eigen::MatrixXd left = moved_ - rows_ * c;
    for (Eigen::Index i = 0; i < left.rows(); ++i) result.residuals.push_back({left(i, 0), left(i, 1)});
    judge(truncation > 0 ? truncation : cutoff_, result);
    result.uncertainty = jackknife(c);
    return result;
  }

 private:
  // Normal equations by fold, and their sum.
  void accumulate() {
    const Eigen::Index m = basis_.size();
    normal_.assign(kFitFolds + 1, Eigen::MatrixXd::Zero(m, m));
    right_.assign(kFitFolds + 1, Eigen::MatrixXd::Zero(m, 2));
    for (int f = 0; f < kFitFolds; ++f) {
      std::vector<Eigen::Index> own;
      for (std::size_t i = 0; i < folds_.size(); ++i)
        if (folds_[i] == f && weights_[i] > 0) own.push_back(Eigen::Index(i));
      if (own.empty()) continue;
      Eigen::MatrixXd a(Eigen::Index(own.size()), m), b(Eigen::Index(own.size()), 2);
      for (std::size_t k = 0; k < own.size(); ++k) {
        const double root = std::sqrt(weights_[std::size_t(own[k])] * precision_[std::size_t(own[k])]);
        a.row(Eigen::Index(k)) = root * rows_.row(own[k]);
        b.row(Eigen::Index(k)) = root * moved_.row(own[k]);
      }
      Eigen::MatrixXd& normal = normal_[std::size_t(f)];
      normal.selfadjointView<Eigen::Lower>().rankUpdate(a.transpose());
      normal.triangularView<Eigen::StrictlyUpper>() = normal.transpose();
      right_[std::size_t(f)].noalias() = a.transpose() * b;
      normal_.back() += normal_[std::size_t(f)];
      right_.back() += right_[std::size_t(f)];
    }
  }

  // Coefficients without one fold, or of all for -1.
  Eigen::MatrixXd solve(int without) const {
    Eigen::MatrixXd n = normal_.back(), b = right_.back();
    if (without >= 0) n -= normal_[std::size_t(without)], b -= right_[std::size_t(without)];
    if (model_ == TieModel::similarity) return solve_similarity(n, b);
    n += smoothness_ * basis_.penalty();
    n.diagonal().array() += 1e-9 * (1 + n.diagonal().array().abs().maxCoeff());
    return n.llt().solve(b);
  }

  // The affine normal equations under c_x(1) = c_y(2) and c_x(2) = -c_y(1): unknowns a, b, t_x, t_y.
  static Eigen::MatrixXd solve_similarity(const Eigen::MatrixXd& n, const Eigen::MatrixXd& b) {
    Eigen::Matrix<double, 6, 4> expand;  // (c_x, c_y) from the unknowns
    expand << 0, 0, 1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0;
    Eigen::Matrix<double, 6, 6> both = Eigen::Matrix<double, 6, 6>::Zero();
    both.topLeftCorner<3, 3>() = n;
    both.bottomRightCorner<3, 3>() = n;
    Eigen::Matrix<double, 6, 1> right;
    right << b.col(0), b.col(1);
    Eigen::Matrix4d reduced = expand.transpose() * both * expand;
    reduced.diagonal().array() += 1e-9;
    const Eigen::Matrix<double, 6, 1> c = expand * reduced.ldlt().solve(expand.transpose() * right).eval();
    Eigen::MatrixXd result(3, 2);
    result << c(0), c(3), c(1), c(4), c(2), c(5);
    return result;
  }

  void reweigh(const Eigen::MatrixXd& c) {
    const Eigen::MatrixXd left = moved_ - rows_ * c;
    std::vector<double> lengths;
    for (std::size_t i = 0; i < points_.size(); ++i)
      if (points_[i].weight > 0) lengths.push_back(standardised(i, left.row(Eigen::Index(i)).norm()));
    scale_ = robust_sigma(lengths);
    cutoff_ = std::max(kLeastCutoff, kBiweight * scale_);
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const double t = standardised(i, left.row(Eigen::Index(i)).norm()) / cutoff_;
      weights_[i] = t < 1 ? (1 - t * t) * (1 - t * t) : 0;
    }
  }

  // A residual as that of a point of middling precision: more may be asked of sharp points than of blurred ones.
  double standardised(std::size_t point, double length) const { return length * std::sqrt(precision_[point]); }

  // Standardised.
  std::vector<double> held_out_lengths() const {
    std::vector<double> lengths(points_.size());
    for (int f = 0; f < kFitFolds; ++f) {
      const Eigen::MatrixXd c = solve(f);
      for (std::size_t i = 0; i < points_.size(); ++i)
        if (folds_[i] == f)
          lengths[i] = standardised(i, (moved_.row(Eigen::Index(i)) - rows_.row(Eigen::Index(i)) * c).norm());
    }
    return lengths;
  }

  double score_of(const std::vector<double>& lengths, double truncation, std::vector<double>* squares) const {
    double sum = 0;
    for (const double length : lengths) {
      const double r = std::min(length, truncation);
      if (squares) squares->push_back(r * r);
      sum += r * r;
    }
    return lengths.empty() ? 0 : sum / double(lengths.size());
  }

  // Powers of 10 in the smoothness of a thin plate, a weight in normalised units; the least smooth of those that are as
  // good, because what is smoothed away is missed most where points are sparse.
  void choose_smoothness() {
    if (model_ != TieModel::thin_plate) return;
    const double truncation = std::max(0.3, cutoff_);
    std::vector<std::pair<double, double>> scores;
    for (double candidate = 1e-6; candidate < 2; candidate *= 10) {
      smoothness_ = candidate;
      scores.emplace_back(candidate, score_of(held_out_lengths(), truncation, nullptr));
    }
    const auto by_score = [](const auto& a, const auto& b) { return a.second < b.second; };
    const double best = std::min_element(scores.begin(), scores.end(), by_score)->second;
    smoothness_ =
        std::find_if(scores.begin(), scores.end(), [&](const auto& s) { return s.second <= kAsGood * best; })->first;
  }

  void judge(double truncation, ModelFit& result) const {
    const std::vector<double> lengths = held_out_lengths();
    result.held_out_score = score_of(lengths, truncation, &result.held_out);
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i)
      if (weights_[i] > 0) sum += lengths[i] * lengths[i], count += precision_[i];
    result.held_out_rmse = count > 0 ? std::sqrt(sum / count) : 0;
  }

  // Scatter of the displacement over the area when folds are left out, for one axis.
  double jackknife(const Eigen::MatrixXd& c) const {
    std::vector<Eigen::VectorXd> places;
    for (int y = 1; y < 10; y += 2)
      for (int x = 1; x < 10; x += 2) places.push_back(basis_.row({area_.width * x / 10.0, area_.height * y / 10.0}));
    double sum = 0;
    for (int f = 0; f < kFitFolds; ++f) {
      const Eigen::MatrixXd change = solve(f) - c;
      for (const auto& row : places) sum += (row.transpose() * change).squaredNorm();
    }
    return std::sqrt((kFitFolds - 1.0) / kFitFolds * sum / double(places.size()) / 2);
  }

  TieModel model_;
  const TiePoints& points_;
  Size area_;
  TieBasis basis_;
  std::vector<double> precision_;
  Eigen::MatrixXd rows_;
  Eigen::MatrixXd moved_;
  std::vector<int> folds_;
  std::vector<double> weights_;
  double smoothness_ = 1e-3;
  double scale_ = 0;
  double cutoff_ = 0;
  std::vector<Eigen::MatrixXd> normal_;
  std::vector<Eigen::MatrixXd> right_;
};

// Whether the first model is worse than the second by more than the standard error of the difference.
bool clearly_worse(const ModelFit& a, const ModelFit& b) {
  const double n = double(a.held_out.size());
  double mean = 0, squares = 0;
  for (std::size_t i = 0; i < a.held_out.size(); ++i) {
    const double d = a.held_out[i] - b.held_out[i];
    mean += d / n, squares += d * d / n;
  }
  const double error = std::sqrt(std::max(0.0, squares - mean * mean) / n);
  return mean > error && a.held_out_score > kWorthBending * b.held_out_score;
}

}  // namespace

const char* name_of(TieModel model) { return kNames[int(model)]; }

std::size_t least_points(TieModel model) {
  constexpr std::size_t least[]{1, 1, 2, 3, 6, 10, 10};
  return least[int(model)];
}

ModelFit fit_model(TieModel model, const TiePoints& points, const FitTask& task, double truncation) {
  return Fitter(model, points, task).fit(truncation);
}

ModelFit choose_model(const TiePoints& points, const FitTask& task, std::string* why,
                      std::span<const TieModel> candidates) {
  const double truncation = std::max(2 * kLeastCutoff, kBiweight * neighbour_noise(points));
  const auto used =
      std::size_t(std::count_if(points.begin(), points.end(), [](const TiePoint& p) { return p.weight > 0; }));
  std::vector<ModelFit> fits;
  for (const TieModel m : candidates)
    if (fits.empty() || used >= 2 * least_points(m)) fits.push_back(fit_model(m, points, task, truncation));
  const auto best = std::min_element(fits.begin(), fits.end(), [](const ModelFit& a, const ModelFit& b) {
    return a.held_out_score < b.held_out_score;
  });
  const auto chosen =
      std::find_if(fits.begin(), fits.end(), [&](const ModelFit& f) { return !clearly_worse(f, *best); });
  std::string scores;
  for (const ModelFit& f : fits) {
    char text[64];
    std::snprintf(text, sizeof text, "%s%s %.4f px", scores.empty() ? "" : ", ", name_of(f.model),
                  std::sqrt(f.held_out_score));
    scores += text;
  }
  *why = std::string(name_of(chosen->model)) + " is the simplest model whose error at held-out tie points (" + scores +
         ") is within one standard error of the least";
  return *chosen;
}

}  // namespace nadir
