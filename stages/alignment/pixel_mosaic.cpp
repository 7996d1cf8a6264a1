// Standardising pixels and laying blocks out.
#include "stages/alignment/pixel_mosaic.h"

#include <Eigen/Dense>
#include <algorithm>

namespace nadir {
namespace {

constexpr int kMostComponents = 10;

struct Statistics {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;
};

Statistics measure(const std::vector<std::unique_ptr<PixelBlock>>& blocks, int bands) {
  Statistics s{Eigen::VectorXd::Zero(bands), Eigen::MatrixXd::Zero(bands, bands)};
  double count = 0;
  const auto visit = [&](const auto& body) {
    for (const auto& block : blocks)
      for (std::size_t k = 0; block && k < block->valid.size(); ++k)
        if (block->valid[k]) body(Eigen::Map<const Eigen::VectorXf>(&block->samples[k * bands], bands).cast<double>());
  };
  visit([&](const Eigen::VectorXd& v) { s.mean += v, ++count; });
  if (count == 0) return s;
  s.mean /= count;
  visit([&](const Eigen::VectorXd& v) {
    const Eigen::VectorXd d = v - s.mean;
    s.covariance.selfadjointView<Eigen::Lower>().rankUpdate(d);
  });
  s.covariance = Eigen::MatrixXd(s.covariance.selfadjointView<Eigen::Lower>()) / count;
  return s;
}

// Rows of the matrix that takes centred bands to components of unit (total) variance; bands without contrast drop out.
Eigen::MatrixXd components(const Eigen::MatrixXd& covariance) {
  std::vector<Eigen::Index> bands;
  for (Eigen::Index b = 0; b < covariance.rows(); ++b)
    if (covariance(b, b) > 0) bands.push_back(b);
  Eigen::MatrixXd scale = Eigen::MatrixXd::Zero(Eigen::Index(bands.size()), covariance.rows());
  for (std::size_t i = 0; i < bands.size(); ++i)
    scale(Eigen::Index(i), bands[i]) = 1 / std::sqrt(covariance(bands[i], bands[i]));
  if (bands.size() <= kMostComponents) return scale;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(scale * covariance * scale.transpose());
  return solver.eigenvectors().rightCols(kMostComponents).transpose() * scale;
}

void transform(PixelBlock& block, const Eigen::VectorXd& mean, const Eigen::MatrixXd& matrix) {
  const Eigen::Index side = matrix.rows() + 1;
  std::vector<float> vectors(block.valid.size() * std::size_t(side), 1.0f);
  for (std::size_t k = 0; k < block.valid.size(); ++k) {
    if (!block.valid[k]) continue;
    const Eigen::Map<const Eigen::VectorXf> in(&block.samples[k * std::size_t(block.bands)], block.bands);
    Eigen::Map<Eigen::VectorXf>(&vectors[k * std::size_t(side) + 1], side - 1) =
        (matrix * (in.cast<double>() - mean)).cast<float>();
  }
  block.samples = std::move(vectors);
}

}  // namespace

PixelBlock::PixelBlock(ConstTileView tile) : window(tile.window), bands(tile.bands) {
  samples.reserve(std::size_t(window.area() * bands));
  valid.reserve(std::size_t(window.area()));
  for (int y = window.y; y < window.bottom(); ++y)
    for (int x = window.x; x < window.right(); ++x) {
      bool finite = true;
      for (int b = 0; b < bands; ++b) {
        samples.push_back(tile(b, x, y));
        finite = finite && std::isfinite(samples.back());
      }
      valid.push_back(finite && tile.is_valid(x, y));
    }
}

PixelMosaic::PixelMosaic(std::vector<std::unique_ptr<Evidence>> evidence, Size scene)
    : scene_(scene), across_(ceil_div(scene.width, kMosaicBlock)) {
  blocks_.resize(std::size_t(across_ * ceil_div(scene.height, kMosaicBlock)));
  int bands = 0;
  for (auto& e : evidence) {
    std::unique_ptr<PixelBlock> block(static_cast<PixelBlock*>(e.release()));
    bands = block->bands;
    const std::size_t place = std::size_t(block->window.y / kMosaicBlock * across_ + block->window.x / kMosaicBlock);
    blocks_[place] = std::move(block);
  }
  const Statistics statistics = measure(blocks_, bands);
  const Eigen::MatrixXd matrix = components(statistics.covariance);
  side_ = int(matrix.rows()) + 1;
  for (auto& block : blocks_)
    if (block) transform(*block, statistics.mean, matrix);
}

const float* PixelMosaic::at(int x, int y) const {
  if (x < 0 || y < 0 || x >= scene_.width || y >= scene_.height) return nullptr;
  const auto& block = blocks_[std::size_t(y / kMosaicBlock * across_ + x / kMosaicBlock)];
  if (!block) return nullptr;
  const std::size_t k =
      std::size_t(y - block->window.y) * std::size_t(block->window.width) + std::size_t(x - block->window.x);
  return block->valid[k] ? &block->samples[k * std::size_t(side_)] : nullptr;
}

}  // namespace nadir
