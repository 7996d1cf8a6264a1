// How far an image is from a reference: sums over blocks, and the figures that follow from them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core/image.h"
#include "pipeline/core/value.h"

namespace nadir {

/// What is added up over pixels; a sum over a scene is the merge of its blocks in their order.
struct ImageSums {
  std::int64_t pixels = 0;
  std::vector<double> squared_error;  ///< by band
  std::vector<double> reference;      ///< sum of reference samples, by band
  std::int64_t windows = 0;           ///< of structural similarity
  std::vector<double> ssim;           ///< by band
  std::int64_t angles = 0;
  double angle = 0;  ///< spectral angles, rad

  void merge(const ImageSums& other);
};

/// Half the side of the 11 x 11 window of structural similarity.
constexpr int kSsimRadius = 5;

/// Sums over the pixels of `block` where `usable` is 1. All three views hold `block`, in the same coordinates; windows
/// of structural similarity are those with a centre in the block that `usable` holds entirely and finds usable.
ImageSums measure(ConstTileView image, ConstTileView reference, ConstMaskView usable, const Window& block, double peak);

struct ImageScale {
  double peak = 255;      ///< largest possible difference, in sample units
  double resolution = 1;  ///< h/l of ERGAS: pixel size of the image over that of the coarse original
};

/// psnr, rmse, ssim, sam_deg, ergas and their values by band, each name after `prefix`. `psnr` follows from the squared
/// error pooled over bands; where there is no error at all it is kIdenticalPsnr and `identical` is true. What has no
/// pixel to stand on (ssim of images smaller than its window, angles of zero vectors) is left out.
Record summarize(const ImageSums& sums, const ImageScale& scale, const std::string& prefix = "");

/// Stands for an infinite PSNR, which JSON cannot say; more than any two different float32 images can have.
constexpr double kIdenticalPsnr = 999;

}  // namespace nadir
