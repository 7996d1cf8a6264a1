// Classes as normal distributions: maximum likelihood, and nearest centres as a special case.
#pragma once

#include <span>

#include "stages/segmentation/classifier.h"
#include "stages/segmentation/training_set.h"

namespace nadir {

/// score_k = c_k - 1/2 |W_k (x - m_k)|^2, W_k lower triangular. With W_k the inverse of the Cholesky factor of the
/// covariance and c_k = ln prior - ln det / 2 it is the log posterior of a normal distribution up to a common constant.
struct GaussianTerms {
  std::vector<float> mean;      ///< F a class
  std::vector<float> factor;    ///< F (F + 1) / 2 a class, row by row
  std::vector<float> constant;  ///< one a class
};

enum class GaussianKind { likelihood, centres };
constexpr std::string_view name_of(GaussianKind kind) {
  return kind == GaussianKind::likelihood ? "maximum_likelihood" : "k_means";
}

class GaussianClassifier final : public Classifier {
 public:
  GaussianClassifier(FeatureSpec spec, std::vector<ClassInfo> classes, int features, GaussianTerms terms,
                     GaussianKind kind);
  static std::shared_ptr<Classifier> read(FeatureSpec spec, std::vector<ClassInfo> classes, GaussianKind kind,
                                          ByteReader& in);

  std::string_view method() const override { return name_of(kind_); }
  Link link() const override { return Link::softmax; }
  void score(const float* features, int count, std::ptrdiff_t stride, float* scores) const override;
  double flops() const override;
  const GaussianTerms& terms() const { return terms_; }

 private:
  void describe_method(Record& record) const override;
  void write_body(ByteWriter& out) const override;

  int features_;
  GaussianTerms terms_;
  GaussianKind kind_;
};

/// Weighted means and covariances of the classes (Strahler, Remote Sensing of Environment 10, 1980, without priors). A
/// covariance S is drawn by `shrinkage` towards the pooled one, (1 - s) S + s P (Friedman, JASA 84, 1989), and by 1e-4
/// towards its own diagonal, so that classes with fewer pixels than features have one too.
GaussianTerms fit_gaussian(const TrainingSet& set, std::size_t classes, double shrinkage);

}  // namespace nadir
