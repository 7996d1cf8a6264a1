// A segmentation network that was trained elsewhere and came as an ONNX file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/core/value.h"

namespace nadir {

/// What the file does not say.
struct OnnxUse {
  int input_px = 256;   ///< edge of the squares that the network is given
  int overlap_px = 32;  ///< by how much they reach beyond what is kept of their answer, on every side
  std::vector<double> mean{0};
  std::vector<double> scale{1};  ///< the network is given (sample - mean) * scale; one number, or one a band
  bool logits = true;            ///< false: the network gives probabilities already
};

/// Runs by OpenCV's dnn, on one thread a call: the same bits for any number of threads, on machines of one kind.
class OnnxNetwork final : public Model {
 public:
  /// Throws Error(Fault::data) where `bytes` are no network that OpenCV can read.
  OnnxNetwork(std::string bytes, std::vector<ClassInfo> classes, OnnxUse use);
  ~OnnxNetwork() override;

  const std::vector<ClassInfo>& classes() const override { return classes_; }
  Record describe() const override;
  const OnnxUse& use() const { return use_; }
  /// Edge of what is kept of an answer, px.
  int block_px() const { return use_.input_px - 2 * use_.overlap_px; }
  /// Asks it once; throws Error(Fault::data) with what is wrong where it cannot take so many bands or gives anything
  /// but a plane of input_px x input_px a class.
  void check(int bands) const;
  /// What OpenCV holds for one call, at most, beside `in` and `out` of run(): all layers and a copy of the weights.
  std::size_t working_bytes(int bands) const;
  /// Planes of input_px x input_px: `in` has a plane a band, already scaled, `out` gets one a class. Reentrant.
  void run(const float* in, int bands, float* out) const;

 private:
  struct Pool;
  std::string bytes_;
  std::vector<ClassInfo> classes_;
  OnnxUse use_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace nadir
