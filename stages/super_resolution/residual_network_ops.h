// The network that corrects the solver's result where the loops run: on a device, or for tests on the CPU.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/backend/buffer.h"
#include "stages/super_resolution/residual_network_layers.h"

namespace nadir {

struct PairWeights;

/// `network_correction` for images of one size.
class NetworkOps {
 public:
  /// Of fine images of `size`; see network_correction for scale and centre.
  NetworkOps(Exec& exec, Size size, int scale, double centre);
  ~NetworkOps();

  /// out = x plus its corrections, in all bands; out may hold more than the window of x.
  void correct(ConstTileView y, ConstTileView x, TileView out) const;

  /// Memory, bytes.
  static std::size_t bytes(Size size, int scale);

 private:
  struct Layer {
    int pairs, blocks;  ///< of inputs; of four outputs
    float leak;
    std::unique_ptr<Buffer<PairWeights>> weights;
    std::unique_ptr<Buffer<float>> scales;
  };

  Exec& exec_;
  int scale_;
  CellAxis columns_, rows_;
  std::vector<Layer> layers_;
  Buffer<std::int32_t> in_, out_;  ///< channels before and after a layer
};

}  // namespace nadir
