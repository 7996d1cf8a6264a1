// Classification of pixels by kernels: on a device, or for tests on the CPU.
#pragma once

#include <span>

#include "pipeline/backend/exec.h"
#include "stages/segmentation/feature_sources.h"
#include "stages/segmentation/flat_models.h"

namespace nadir {

/// What becomes of a window of pixels; views of what nobody wants are empty, the others may have different windows.
struct ClassifiedViews {
  TileView labels;         ///< class id
  TileView confidence;     ///< probability of the class
  TileView probabilities;  ///< of every class, a band each
  TileView rated;          ///< class id and confidence
};

/// Whether the kernels can take the model: its classes, features and layers have to fit into what threads share.
bool fits_kernels(const FlatModel& model);

/// Memory that the model takes where the kernels run, bytes.
std::size_t bytes_of(const FlatModel& model);

/// Fills the views from the features of the pixels of the image, invalid ones with 0. `ids` are those of the model's
/// classes. Labels and probabilities are those of NetworkClassifier and Forest, bit for bit.
void classify_pixels(Exec& exec, const FlatModel& model, std::span<const std::uint16_t> ids,
                     const FeatureSources& features, const ClassifiedViews& out);

}  // namespace nadir
