// The network that corrects the solver's result where the loops run: on a device, or for tests on the CPU.
#pragma once

#include <memory>

#include "pipeline/backend/buffer.h"
#include "stages/super_resolution/residual_network_layers.h"

namespace nadir {

struct PackedNetwork;
struct PairWeights;

/// `network_correction` for images of one size.
class NetworkOps {
 public:
  /// Of fine images of `size`; see network_correction for the others.
  NetworkOps(Exec& exec, Size size, int scale, double centre, int orientations);
  ~NetworkOps();

  /// out = x plus its corrections, in all bands; out may hold more than the window of x.
  void correct(ConstTileView y, ConstTileView x, TileView out) const;

  /// Memory, bytes.
  static std::size_t bytes(Size size, int scale, int orientations);

 private:
  Exec& exec_;
  int scale_, orientations_;
  CellAxis columns_, rows_;
  const PackedNetwork& network_;
  std::unique_ptr<Buffer<PairWeights>> weights_;
  Buffer<float> scales_;
  Buffer<std::int32_t> in_, out_;  ///< channels before and after a layer
};

}  // namespace nadir
