// Fitting and evaluating normal distributions.
#include "stages/segmentation/gaussian.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "pipeline/backend/simd.h"

namespace nadir {
namespace {

constexpr double kOwnDiagonal = 1e-4;

struct Run {
  const float* features;
  float* scores;
  std::ptrdiff_t stride;
  int count;
};

// 16 pixels at a time; their differences from the class's mean stay in registers, or at least in the nearest cache.
// kFeatures 0: not known when this is compiled.
template <int kFeatures>
NADIR_INLINE void score_class(const Run& run, int features, const float* mean, const float* factor, float constant,
                              Lanes* difference) {
  const int n = kFeatures > 0 ? kFeatures : features;
  for (int i = 0; i < run.count; i += kLanes) {
    Lanes square = {};
    const float* w = factor;
    for (int f = 0; f < n; ++f) {
      difference[f] = *reinterpret_cast<const Lanes*>(run.features + f * run.stride + i) - mean[f];
      Lanes sum = {};
      for (int g = 0; g <= f; ++g) sum += difference[g] * *w++;
      square += sum * sum;
    }
    *reinterpret_cast<Lanes*>(run.scores + i) = constant - 0.5f * square;
  }
}

template <int kFeatures>
NADIR_INLINE void score_classes(const GaussianTerms& t, int features, Run run, Lanes* difference) {
  const int factors = features * (features + 1) / 2;
  for (std::size_t k = 0; k < t.constant.size(); ++k, run.scores += run.stride)
    score_class<kFeatures>(run, features, t.mean.data() + int(k) * features, t.factor.data() + int(k) * factors,
                           t.constant[k], difference);
}

NADIR_SIMD_CLONES void score_all(const GaussianTerms& terms, int features, const Run& run, LaneStorage* scratch) {
  Lanes few[8];
  switch (features) {
    case 3: return score_classes<3>(terms, features, run, few);
    case 4: return score_classes<4>(terms, features, run, few);
    case 5: return score_classes<5>(terms, features, run, few);
    case 6: return score_classes<6>(terms, features, run, few);
    case 7: return score_classes<7>(terms, features, run, few);
    case 8: return score_classes<8>(terms, features, run, few);
    default: return score_classes<0>(terms, features, run, features < 8 ? few : reinterpret_cast<Lanes*>(scratch));
  }
}

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

struct Moments {
  double count = 0;  ///< sum of weights
  Vector mean;
  Matrix scatter;  ///< sum of squared deviations
};

Moments moments_of(const TrainingSet& set, std::size_t k) {
  Moments m{0, Vector::Zero(set.features), Matrix::Zero(set.features, set.features)};
  const auto row = [&](std::size_t i) {
    return Eigen::Map<const Eigen::VectorXf>(set.row(i), set.features).cast<double>();
  };
  for (std::size_t i = 0; i < set.size(); ++i)
    if (set.labels[i] == k) m.mean += set.weight(i) * row(i), m.count += set.weight(i);
  if (m.count > 0) m.mean /= m.count;
  for (std::size_t i = 0; i < set.size(); ++i)
    if (set.labels[i] == k) {
      const Vector d = row(i) - m.mean;
      m.scatter += set.weight(i) * d * d.transpose();
    }
  return m;
}

// The inverse of the Cholesky factor of a covariance; what is still singular gets ever more of its diagonal.
Matrix whitening_of(const Matrix& covariance) {
  const Vector diagonal = covariance.diagonal().cwiseMax(1e-12 * std::max(1.0, covariance.diagonal().maxCoeff()));
  for (double share = kOwnDiagonal;; share *= 10) {
    Matrix steady = covariance * (1 - std::min(1.0, share));
    steady.diagonal() += std::min(1.0, share) * diagonal;
    const Eigen::LLT<Matrix> factor(steady);
    if (factor.info() == Eigen::Success || share >= 1)
      return factor.matrixL().solve(Matrix::Identity(covariance.rows(), covariance.cols()));
  }
}

}  // namespace

GaussianTerms fit_gaussian(const TrainingSet& set, std::size_t classes, double shrinkage) {
  std::vector<Moments> moments;
  Matrix pooled = Matrix::Zero(set.features, set.features);
  for (std::size_t k = 0; k < classes; ++k) {
    moments.push_back(moments_of(set, k));
    pooled += moments.back().scatter;
  }
  double count = 0;
  for (const Moments& m : moments) count += m.count;
  pooled /= std::max(1.0, count - double(classes));
  GaussianTerms terms;
  for (const Moments& m : moments) {
    const Matrix own = m.count > 1 ? Matrix(m.scatter / (m.count - 1)) : pooled;
    const Matrix whitening = whitening_of((1 - shrinkage) * own + shrinkage * pooled);
    double constant = 0;
    for (int f = 0; f < set.features; ++f) {
      terms.mean.push_back(float(m.mean[f]));
      for (int g = 0; g <= f; ++g) terms.factor.push_back(float(whitening(f, g)));
      constant += std::log(whitening(f, f));
    }
    terms.constant.push_back(float(constant));
  }
  return terms;
}

GaussianClassifier::GaussianClassifier(FeatureSpec spec, std::vector<ClassInfo> classes, int features,
                                       GaussianTerms terms, GaussianKind kind)
    : Classifier(std::move(spec), std::move(classes)), features_(features), terms_(std::move(terms)), kind_(kind) {}

std::shared_ptr<Classifier> GaussianClassifier::read(FeatureSpec spec, std::vector<ClassInfo> classes,
                                                     GaussianKind kind, ByteReader& in) {
  const auto features = std::size_t(in.take<std::int32_t>());
  GaussianTerms terms{in.take_list<float>(), in.take_list<float>(), in.take_list<float>()};
  if (terms.mean.size() != features * classes.size() || terms.constant.size() != classes.size() ||
      terms.factor.size() != classes.size() * features * (features + 1) / 2)
    throw Error(Fault::data, "holds distributions that do not fit its features and classes");
  return std::make_shared<GaussianClassifier>(std::move(spec), std::move(classes), int(features), std::move(terms),
                                              kind);
}

void GaussianClassifier::score(const float* features, int count, std::ptrdiff_t stride, float* scores) const {
  std::vector<LaneStorage> scratch(features_ > 8 ? std::size_t(features_) : 0);
  score_all(terms_, features_, {features, scores, stride, count}, scratch.data());
}

double GaussianClassifier::flops() const {
  return double(classes().size()) * (double(features_) * (features_ + 1) + 3 * features_);
}

void GaussianClassifier::describe_method(Record& record) const {
  std::vector<std::vector<double>> means;
  for (std::size_t k = 0; k < classes().size(); ++k) {
    const auto first = terms_.mean.begin() + std::ptrdiff_t(k) * features_;
    means.emplace_back(first, first + features_);
  }
  record.set("means", means);
}

void GaussianClassifier::write_body(ByteWriter& out) const {
  out.put(std::int32_t(features_));
  out.put(terms_.mean);
  out.put(terms_.factor);
  out.put(terms_.constant);
}

}  // namespace nadir
