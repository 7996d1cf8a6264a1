// OpenCV's support vectors, evaluated for many pixels at once.
#include "stages/segmentation/svm.h"

#include <algorithm>
#include <opencv2/ml.hpp>

#include "pipeline/backend/simd.h"
#include "stages/segmentation/elementary.h"

namespace nadir {
namespace {

constexpr int kBlock = 64;  // px whose kernel values are held at once

// values[v * kBlock + i] = exp(-gamma |x_i - s_v|^2). `x` holds a row of kBlock pixels a feature.
NADIR_SIMD_CLONES void kernel_values(const SupportVectors& s, const float* __restrict x, float* __restrict values) {
  const float* vector = s.vectors.data();
  for (std::size_t v = 0; v < s.size(); ++v, values += kBlock, vector += s.features()) {
    float squares[kBlock] = {};
    for (int f = 0; f < s.features(); ++f)
      for (int i = 0; i < kBlock; ++i) {
        const float d = x[f * kBlock + i] - vector[f];
        squares[i] += d * d;
      }
    for (int i = 0; i < kBlock; ++i) values[i] = fast_exp(-s.gamma * squares[i]);
  }
}

NADIR_SIMD_CLONES void decide(const SupportVectors::Decision& d, const float* __restrict values, float share,
                              float* __restrict first, float* __restrict second) {
  float sums[kBlock];
  for (int i = 0; i < kBlock; ++i) sums[i] = -d.rho;
  for (std::size_t n = 0; n < d.vectors.size(); ++n) {
    const float* row = values + std::ptrdiff_t(d.vectors[n]) * kBlock;
    for (int i = 0; i < kBlock; ++i) sums[i] += d.weights[n] * row[i];
  }
  for (int i = 0; i < kBlock; ++i) {
    first[i] += sums[i] > 0 ? share : 0.0f;
    second[i] += sums[i] > 0 ? 0.0f : share;
  }
}

}  // namespace

SupportVectors train_svm(const TrainingSet& set, std::size_t classes, const SvmParams& params) {
  SupportVectors s;
  s.scaling = scaling_of(set);
  s.gamma = float(params.gamma > 0 ? params.gamma : 1.0 / set.features);
  const TrainingSet z = scaled(set, s.scaling);
  const cv::Mat samples(int(z.size()), z.features, CV_32F, const_cast<float*>(z.values.data()));
  cv::Mat labels(int(z.size()), 1, CV_32S);
  std::copy(z.labels.begin(), z.labels.end(), labels.ptr<int>());
  const auto svm = cv::ml::SVM::create();
  svm->setType(cv::ml::SVM::C_SVC);
  svm->setKernel(cv::ml::SVM::RBF);
  svm->setC(params.c);
  svm->setGamma(double(s.gamma));
  svm->setTermCriteria({cv::TermCriteria::MAX_ITER + cv::TermCriteria::EPS, 100000, 1e-3});
  if (!svm->train(samples, cv::ml::ROW_SAMPLE, labels)) throw Error(Fault::internal, "OpenCV could not train an SVM");
  const cv::Mat vectors = svm->getSupportVectors();
  s.vectors.assign(vectors.begin<float>(), vectors.end<float>());
  int index = 0;
  for (std::size_t a = 0; a < classes; ++a)
    for (std::size_t b = a + 1; b < classes; ++b) {
      cv::Mat weights, places;
      const double rho = svm->getDecisionFunction(index++, weights, places);
      SupportVectors::Decision d{std::uint16_t(a), std::uint16_t(b), float(rho), {}, {}};
      for (int n = 0; n < int(places.total()); ++n) {
        d.vectors.push_back(places.at<int>(n));
        d.weights.push_back(float(weights.at<double>(n)));
      }
      s.decisions.push_back(std::move(d));
    }
  return s;
}

SvmClassifier::SvmClassifier(FeatureSpec spec, std::vector<ClassInfo> classes, SupportVectors vectors)
    : Classifier(std::move(spec), std::move(classes)), vectors_(std::move(vectors)) {}

void SvmClassifier::score(const float* features, int count, std::ptrdiff_t stride, float* scores) const {
  AlignedFloats x(std::size_t(vectors_.features()) * kBlock), values(vectors_.size() * kBlock);
  AlignedFloats votes(classes().size() * kBlock);
  const float share = 1.0f / float(vectors_.decisions.size());
  for (int first = 0; first < count; first += kBlock) {
    const int here = std::min(kBlock, count - first);
    for (int f = 0; f < vectors_.features(); ++f)
      for (int i = 0; i < kBlock; ++i)
        x.data()[f * kBlock + i] = i < here
                                       ? (features[f * stride + first + i] - vectors_.scaling.mean[std::size_t(f)]) *
                                             vectors_.scaling.inverse[std::size_t(f)]
                                       : 0.0f;
    kernel_values(vectors_, x.data(), values.data());
    std::fill_n(votes.data(), classes().size() * kBlock, 0.0f);
    for (const auto& d : vectors_.decisions)
      decide(d, values.data(), share, votes.data() + d.first * kBlock, votes.data() + d.second * kBlock);
    for (std::size_t k = 0; k < classes().size(); ++k)
      std::copy_n(votes.data() + k * kBlock, here, scores + std::ptrdiff_t(k) * stride + first);
  }
}

std::shared_ptr<Classifier> SvmClassifier::read(FeatureSpec spec, std::vector<ClassInfo> classes, ByteReader& in) {
  SupportVectors s;
  s.scaling = {in.take_list<float>(), in.take_list<float>()};
  s.gamma = in.take<float>();
  s.vectors = in.take_list<float>();
  bool fits = !s.scaling.mean.empty() && s.scaling.inverse.size() == s.scaling.mean.size();
  fits = fits && s.vectors.size() % s.scaling.mean.size() == 0;
  s.decisions.resize(in.take_count(8));
  fits = fits && s.decisions.size() == classes.size() * (classes.size() - 1) / 2;
  for (auto& d : s.decisions) {
    d.first = in.take<std::uint16_t>(), d.second = in.take<std::uint16_t>(), d.rho = in.take<float>();
    d.vectors = in.take_list<std::int32_t>();
    d.weights = in.take_list<float>();
    fits = fits && d.first < classes.size() && d.second < classes.size() && d.weights.size() == d.vectors.size();
    for (const std::int32_t v : d.vectors) fits = fits && v >= 0 && std::size_t(v) < s.size();
  }
  if (!fits) throw Error(Fault::data, "holds support vectors that do not fit its features and classes");
  return std::make_shared<SvmClassifier>(std::move(spec), std::move(classes), std::move(s));
}

void SvmClassifier::describe_method(Record& record) const {
  record.set("support_vectors", std::int64_t(vectors_.size()));
  record.set("gamma", double(vectors_.gamma));
}

void SvmClassifier::write_body(ByteWriter& out) const {
  out.put(vectors_.scaling.mean);
  out.put(vectors_.scaling.inverse);
  out.put(vectors_.gamma);
  out.put(vectors_.vectors);
  out.put(std::uint64_t(vectors_.decisions.size()));
  for (const auto& d : vectors_.decisions) {
    out.put(d.first), out.put(d.second), out.put(d.rho);
    out.put(d.vectors);
    out.put(d.weights);
  }
}

}  // namespace nadir
