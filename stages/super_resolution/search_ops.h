// The search for similar patches where the loops run: on a device, or for tests on the CPU.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/backend/buffer.h"
#include "stages/super_resolution/matching.h"
#include "stages/super_resolution/pyramid.h"

namespace nadir {

/// The tables of a PyramidLayout, and what is done by them. Pyramids hold layout.samples() samples.
class PyramidOps {
 public:
  PyramidOps(Exec& exec, const PyramidLayout& layout);

  const PyramidLayout& layout() const { return layout_; }
  /// As PyramidLayout::fill_copies.
  void fill_copies(float* pyramid) const;
  /// As Guide::quantize.
  void quantize(const float* pyramid, std::int16_t* guide) const;
  /// As Guide::match; `matches` has room for grid.count() * settings.similar indices. Throws OutOfDeviceMemory.
  void match(const std::int16_t* guide, const ReferenceGrid& grid, const SearchSettings& settings, int iteration,
             std::int32_t* matches) const;

 private:
  struct Tables {
    Buffer<DownscaleTable::Entry> columns, rows;
  };
  template <int kPatch>
  void match_with(const std::int16_t* guide, const ReferenceGrid& grid, const SearchSettings& settings, int iteration,
                  std::int32_t* matches) const;

  Exec& exec_;
  const PyramidLayout& layout_;
  std::vector<std::unique_ptr<Tables>> tables_;  ///< of the copies
};

}  // namespace nadir
