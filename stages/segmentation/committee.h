// Several classifiers that are asked together.
#pragma once

#include "stages/segmentation/classifier.h"

namespace nadir {

/// The probability of a class is the mean of those that the members give it.
class Committee final : public Classifier {
 public:
  /// Members have the features and classes given here, and none is a committee.
  Committee(FeatureSpec spec, std::vector<ClassInfo> classes, std::vector<std::shared_ptr<Classifier>> members);
  static std::shared_ptr<Classifier> read(const FeatureSpec& spec, const std::vector<ClassInfo>& classes,
                                          ByteReader& in);

  std::string_view method() const override { return "committee"; }
  Link link() const override { return Link::share; }
  void score(const float* features, int count, std::ptrdiff_t stride, float* scores) const override;
  double flops() const override;
  void prepare() override;

 private:
  void describe_method(Record& record) const override;
  void write_body(ByteWriter& out) const override;

  std::vector<std::shared_ptr<Classifier>> members_;
};

}  // namespace nadir
