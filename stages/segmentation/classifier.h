// What all classifiers have in common: features in, a score for every class out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/value.h"
#include "stages/segmentation/bytes.h"
#include "stages/segmentation/features.h"
#include "stages/segmentation/flat_models.h"

namespace nadir {

/// How the scores of a pixel become probabilities: they are shares already, or logarithms up to a common term.
enum class Link { share, softmax };

/// A trained model. The class of a pixel is the one with the highest score; of equals the first.
class Classifier : public Model {
 public:
  /// Pixels are worked on in groups of this many; arrays are padded to it.
  static constexpr int kGroup = 16;

  const std::vector<ClassInfo>& classes() const override { return classes_; }
  const FeatureSpec& spec() const { return spec_; }
  /// Method, features, classes, what the method says of itself, then the facts of the training.
  Record describe() const override;
  std::string bytes() const override;
  /// The method and its own part of a model file, for read_body().
  void put_method(ByteWriter& out) const;
  /// Facts of the training that describe() tells beside the classifier's own.
  void set_facts(Record facts) { facts_ = std::move(facts); }
  const Record& facts() const { return facts_; }
  /// Bands of scenes may be called as they like from now on.
  void forget_band_names() { spec_.band_names.clear(); }

  virtual std::string_view method() const = 0;
  virtual Link link() const = 0;
  /// scores[k * stride + i] for class k at pixel i of `count`. Feature f of pixel i is features[f * stride + i];
  /// `stride` is a multiple of kGroup, at least `count`, and everything up to it may be read and written. Both arrays
  /// are aligned to 64 bytes.
  virtual void score(const float* features, int count, std::ptrdiff_t stride, float* scores) const = 0;
  /// winners[i] = index of the class of pixel i, by default from its scores; may leave out what cannot change it.
  virtual void choose(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* winners) const;
  /// Flops that a pixel takes, about.
  virtual double flops() const = 0;
  /// What kernels take, for methods that have kernels.
  virtual std::optional<FlatModel> flat_model() const { return std::nullopt; }
  /// Called once before many pixels are classified: tables that are not worth their making for few.
  virtual void prepare() {}

 protected:
  Classifier(FeatureSpec spec, std::vector<ClassInfo> classes) : spec_(std::move(spec)), classes_(std::move(classes)) {}
  virtual void describe_method(Record& record) const = 0;
  virtual void write_body(ByteWriter& out) const = 0;

 private:
  FeatureSpec spec_;
  std::vector<ClassInfo> classes_;  ///< by ascending id
  Record facts_;
};

/// A model file of this content: what it is, its checksum, the content.
std::string sealed_model(std::string_view content);
/// What Classifier::bytes() gave, as a classifier that gives the same bits. Throws Error(Fault::data) with what is
/// wrong: no model, of an earlier or a later version, cut short, changed.
std::shared_ptr<Classifier> read_classifier(std::string_view bytes);
/// The same, prepared for many pixels.
ModelPtr read_model_bytes(std::string_view bytes);

/// winners[i] = index of the class of pixel i.
void find_winners(const float* scores, int classes, int count, std::ptrdiff_t stride, std::uint16_t* winners);
/// In place; afterwards the scores of a pixel are probabilities and sum up to 1.
void scores_to_probabilities(Link link, float* scores, int classes, int count, std::ptrdiff_t stride);

/// Floats that begin at a multiple of 64 bytes.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::size_t count) : memory_(count + kPad) {}
  float* data() {
    const auto at = reinterpret_cast<std::uintptr_t>(memory_.data());
    return memory_.data() + ((64 - at % 64) % 64) / sizeof(float);
  }

 private:
  static constexpr std::size_t kPad = 16;
  std::vector<float> memory_;
};

}  // namespace nadir
