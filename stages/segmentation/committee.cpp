// Means over classifiers' probabilities.
#include "stages/segmentation/committee.h"

#include <algorithm>

#include "stages/segmentation/classifier_bodies.h"

namespace nadir {

Committee::Committee(FeatureSpec spec, std::vector<ClassInfo> classes, std::vector<std::shared_ptr<Classifier>> members)
    : Classifier(std::move(spec), std::move(classes)), members_(std::move(members)) {}

std::shared_ptr<Classifier> Committee::read(const FeatureSpec& spec, const std::vector<ClassInfo>& classes,
                                            ByteReader& in) {
  std::vector<std::shared_ptr<Classifier>> members(in.take_count(8));
  for (auto& member : members) {
    const std::string method = in.take_text();
    if (method == "committee") throw Error(Fault::data, "holds a committee within a committee");
    member = read_body(method, spec, classes, in);
  }
  if (members.empty()) throw Error(Fault::data, "holds a committee without members");
  return std::make_shared<Committee>(spec, classes, std::move(members));
}

void Committee::score(const float* features, int count, std::ptrdiff_t stride, float* scores) const {
  const std::size_t size = classes().size() * std::size_t(stride);
  AlignedFloats part(size);
  std::fill_n(scores, size, 0.0f);
  for (const auto& member : members_) {
    member->score(features, count, stride, part.data());
    scores_to_probabilities(member->link(), part.data(), int(classes().size()), count, stride);
    for (std::size_t i = 0; i < size; ++i) scores[i] += part.data()[i];
  }
  for (std::size_t i = 0; i < size; ++i) scores[i] /= float(members_.size());
}

double Committee::flops() const {
  double sum = 0;
  for (const auto& member : members_) sum += member->flops();
  return sum;
}

void Committee::prepare() {
  for (const auto& member : members_) member->prepare();
}

void Committee::describe_method(Record& record) const {
  std::vector<std::string> methods;
  for (const auto& member : members_) methods.emplace_back(member->method());
  record.set("members", methods);
}

void Committee::write_body(ByteWriter& out) const {
  out.put(std::uint64_t(members_.size()));
  for (const auto& member : members_) member->put_method(out);
}

}  // namespace nadir
