// Scores of images against references and of masks against surveys, by the same stages that graphs use.
#pragma once

#include <string>

#include "pipeline/core/registry.h"

namespace nadir::app {

struct CompareOptions {
  int crop = 0;      ///< pixels left out along every edge
  std::string band;  ///< "luma", or empty for all bands
};

/// PSNR, SSIM, SAM and ERGAS of an image: `compare`.
Record evaluate_image(const Registry& registry, const std::string& reference, const std::string& image,
                      const CompareOptions& options);

/// Confusion matrix and accuracies of a mask: `assess`. `class_field` may be empty.
Record evaluate_mask(const Registry& registry, const std::string& truth, const std::string& mask,
                     const std::string& class_field);

/// One line a fact; tables of numbers as aligned rows.
std::string record_text(const Record& record);

}  // namespace nadir::app
