// libFuzzer target: whatever stands in a model file whose checksum fits, either it is refused, or pixels can be
// classified with it and it is written again as it was read.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stages/segmentation/classifier.h"

namespace {

void require(bool fact) {
  if (!fact) std::abort();
}

void classify_some(const nadir::Classifier& model) {
  constexpr int kPixels = 32;
  const std::size_t features = model.spec().names().size();
  nadir::AlignedFloats samples(features * kPixels);
  for (std::size_t i = 0; i < features * kPixels; ++i) samples.data()[i] = float(i % 977) - 300;
  std::vector<std::uint16_t> winners(kPixels);
  model.choose(samples.data(), kPixels, kPixels, winners.data());
  for (const std::uint16_t w : winners) require(w < model.classes().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file = nadir::sealed_model({reinterpret_cast<const char*>(data), size});
  try {
    const auto model = nadir::read_classifier(file);
    classify_some(*model);
    require(nadir::read_classifier(model->bytes())->bytes() == model->bytes());
  } catch (const nadir::Error&) {  // a model that is no good must be refused like this
  }
  return 0;
}
