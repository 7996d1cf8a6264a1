// Files of classifiers, and what is done with scores.
#include "stages/segmentation/classifier.h"

#include <algorithm>

#include "pipeline/backend/simd.h"
#include "stages/segmentation/classifier_bodies.h"
#include "stages/segmentation/elementary.h"

namespace nadir {
namespace {

// A file: this line, the checksum of what follows it, method, features, classes, facts, and the method's own part.
constexpr std::string_view kMagic = "NADIR MODEL 2\n";
constexpr std::string_view kMagicWithoutFilter = "NADIR MODEL 1\n";

std::vector<std::string> names_of(const std::vector<ClassInfo>& classes) {
  std::vector<std::string> names;
  for (const ClassInfo& c : classes) names.push_back(c.name);
  return names;
}

void put(ByteWriter& out, const FeatureSpec& spec) {
  for (const int number :
       {spec.bands, spec.subband_levels, spec.source_bands, spec.texture_levels, spec.texture_radius})
    out.put(std::int32_t(number));
  out.put(spec.band_names);
  out.put(spec.filter);
}

FeatureSpec take_spec(ByteReader& in) {
  FeatureSpec spec;
  for (int* number :
       {&spec.bands, &spec.subband_levels, &spec.source_bands, &spec.texture_levels, &spec.texture_radius})
    *number = in.take<std::int32_t>();
  spec.band_names = in.take_texts();
  spec.filter = in.take_text();
  return spec;
}

void put(ByteWriter& out, const std::vector<ClassInfo>& classes) {
  out.put(names_of(classes));
  for (const ClassInfo& c : classes) {
    out.put(c.id);
    for (const std::uint8_t part : c.colour) out.put(part);
  }
}

std::vector<ClassInfo> take_classes(ByteReader& in) {
  std::vector<ClassInfo> classes;
  for (const std::string& name : in.take_texts()) classes.push_back({0, name, {}});
  for (ClassInfo& c : classes) {
    c.id = in.take<std::uint16_t>();
    for (std::uint8_t& part : c.colour) part = in.take<std::uint8_t>();
  }
  return classes;
}

NADIR_SIMD_CLONES void winners_of(const float* __restrict scores, int classes, int count, std::ptrdiff_t stride,
                                  std::uint16_t* __restrict winners, float* __restrict best) {
  for (int i = 0; i < count; ++i) winners[i] = 0, best[i] = scores[i];
  for (int k = 1; k < classes; ++k) {
    const float* __restrict row = scores + k * stride;
    for (int i = 0; i < count; ++i) {
      const bool better = row[i] > best[i];
      winners[i] = better ? std::uint16_t(k) : winners[i];
      best[i] = better ? row[i] : best[i];
    }
  }
}

NADIR_SIMD_CLONES void softmax(float* __restrict scores, int classes, int count, std::ptrdiff_t stride,
                               float* __restrict work) {
  for (int i = 0; i < count; ++i) work[i] = scores[i];
  for (int k = 1; k < classes; ++k)
    for (int i = 0; i < count; ++i) work[i] = std::max(work[i], scores[k * stride + i]);
  for (int k = 0; k < classes; ++k)
    for (int i = 0; i < count; ++i) scores[k * stride + i] = fast_exp(scores[k * stride + i] - work[i]);
  for (int i = 0; i < count; ++i) work[i] = 0;
  for (int k = 0; k < classes; ++k)
    for (int i = 0; i < count; ++i) work[i] += scores[k * stride + i];
  for (int k = 0; k < classes; ++k)
    for (int i = 0; i < count; ++i) scores[k * stride + i] /= work[i];
}

}  // namespace

Record Classifier::describe() const {
  Record r{{"method", std::string(method())}};
  describe_method(r);
  r.set("features", spec_.names());
  r.set("classes", names_of(classes_));
  for (const auto& [name, value] : facts_.fields()) r.set(name, value);
  return r;
}

std::string Classifier::bytes() const {
  ByteWriter out;
  out.put(std::string(method()));
  put(out, spec_);
  put(out, classes_);
  Record facts;
  for (const auto& [name, value] : facts_.fields())
    if (name != "read_from") facts.set(name, value);  // read_model's: where a file lies is not part of it
  out.put(facts);
  write_body(out);
  return sealed_model(out.bytes());
}

std::string sealed_model(std::string_view content) {
  ByteWriter sum;
  sum.put(checksum(content));
  return std::string(kMagic) + sum.bytes() + std::string(content);
}

void Classifier::put_method(ByteWriter& out) const {
  out.put(std::string(method()));
  write_body(out);
}

void Classifier::choose(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* winners) const {
  AlignedFloats scores(classes_.size() * std::size_t(stride));
  score(features, count, stride, scores.data());
  find_winners(scores.data(), int(classes_.size()), count, stride, winners);
}

std::shared_ptr<Classifier> read_classifier(std::string_view bytes) {
  if (!bytes.starts_with(kMagic.substr(0, kMagic.size() - 2)))
    throw Error(Fault::data, "is no model of nadir's, or is cut short");
  if (bytes.starts_with(kMagicWithoutFilter))
    throw Error(Fault::data,
                "was written by an earlier version of nadir, whose models do not tell the filter of their subbands; "
                "train it again");
  if (!bytes.starts_with(kMagic)) throw Error(Fault::data, "was written by a later version of nadir");
  ByteReader head(bytes.substr(kMagic.size()));
  const auto wanted = head.take<std::uint64_t>();
  const std::string_view content = bytes.substr(kMagic.size() + sizeof wanted);
  if (checksum(content) != wanted) throw Error(Fault::data, "is damaged: its checksum does not fit its content");
  ByteReader in(content);
  const std::string method = in.take_text();
  FeatureSpec spec = take_spec(in);
  std::vector<ClassInfo> classes = take_classes(in);
  Record facts = in.take_record();
  auto classifier = read_body(method, std::move(spec), std::move(classes), in);
  classifier->set_facts(std::move(facts));
  return classifier;
}

ModelPtr read_model_bytes(std::string_view bytes) {
  auto classifier = read_classifier(bytes);
  classifier->prepare();
  return classifier;
}

void find_winners(const float* scores, int classes, int count, std::ptrdiff_t stride, std::uint16_t* winners) {
  constexpr int kPart = 256;
  float best[kPart];
  for (int i = 0; i < count; i += kPart)
    winners_of(scores + i, classes, std::min(kPart, count - i), stride, winners + i, best);
}

void scores_to_probabilities(Link link, float* scores, int classes, int count, std::ptrdiff_t stride) {
  if (link == Link::share) return;
  constexpr int kPart = 256;
  float work[kPart];
  for (int i = 0; i < count; i += kPart) softmax(scores + i, classes, std::min(kPart, count - i), stride, work);
}

}  // namespace nadir
