// A support vector machine with a Gaussian kernel, trained by OpenCV.
#pragma once

#include "stages/segmentation/classifier.h"
#include "stages/segmentation/scaling.h"

namespace nadir {

/// Decisions between all pairs of classes over one list of support vectors (Cortes, Vapnik, Machine Learning 20, 1995):
/// d = sum_v a_v exp(-gamma |x - s_v|^2) - rho, the first class of the pair when d > 0.
struct SupportVectors {
  struct Decision {
    std::uint16_t first = 0, second = 0;  ///< classes
    float rho = 0;
    std::vector<std::int32_t> vectors;
    std::vector<float> weights;
  };
  Scaling scaling;
  float gamma = 1;
  std::vector<float> vectors;  ///< rows of scaled features
  std::vector<Decision> decisions;

  int features() const { return int(scaling.mean.size()); }
  std::size_t size() const { return vectors.size() / std::size_t(features()); }
};

struct SvmParams {
  double c = 10;
  double gamma = 0;  ///< of scaled features; 0: one over their number
};

SupportVectors train_svm(const TrainingSet& set, std::size_t classes, const SvmParams& params);

/// Every decision is a vote; the share of votes is the score.
class SvmClassifier final : public Classifier {
 public:
  SvmClassifier(FeatureSpec spec, std::vector<ClassInfo> classes, SupportVectors vectors);
  static std::shared_ptr<Classifier> read(FeatureSpec spec, std::vector<ClassInfo> classes, ByteReader& in);

  std::string_view method() const override { return "svm"; }
  Link link() const override { return Link::share; }
  void score(const float* features, int count, std::ptrdiff_t stride, float* scores) const override;
  double flops() const override { return double(vectors_.size()) * (3 * vectors_.features() + 30); }

 private:
  void describe_method(Record& record) const override;
  void write_body(ByteWriter& out) const override;

  SupportVectors vectors_;
};

}  // namespace nadir
