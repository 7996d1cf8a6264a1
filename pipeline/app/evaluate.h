// Scores of images against references and of masks against surveys, by the same stages that graphs use.
#pragma once

#include <string>

#include "pipeline/core/registry.h"

namespace nadir::app {

struct CompareOptions {
  int crop = 0;      ///< pixels left out along every edge
  double scale = 1;  ///< pixel size of the coarse original over that of the image, for ERGAS
  std::string band;  ///< "luma", or empty for all bands
};

/// PSNR, SSIM, SAM and ERGAS of an image: `compare`.
Record evaluate_image(const Registry& registry, const std::string& reference, const std::string& image,
                      const CompareOptions& options);

/// Confusion matrix, accuracies and areas of a mask: `assess`, against a survey or, where `truth` is a GeoTIFF, another
/// mask (Error(Fault::usage) with a `class_field`, which may be empty).
Record evaluate_mask(const Registry& registry, const std::string& truth, const std::string& mask,
                     const std::string& class_field);

/// The same for samples that carry both classes: each feature of the file is one, its true class in `class_field` (may
/// be empty), the mapped one in `mapped_field`. Features without a mapped class count as unclassified.
Record evaluate_samples(const Registry& registry, const std::string& file, const std::string& class_field,
                        const std::string& mapped_field);

/// One line a fact; tables of numbers as aligned rows, of a confusion matrix with what rows and columns are.
std::string record_text(const Record& record);

}  // namespace nadir::app
