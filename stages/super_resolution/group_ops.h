// Shrinking groups of similar patches and putting them back, where the loops run: on a device, or for tests on the CPU.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pipeline/backend/buffer.h"
#include "stages/super_resolution/matching.h"

namespace nadir {

/// References that GroupBatch would shrink together: they share one order of additions.
struct ReferenceBatch {
  int first;
  int count;
  int strip;  ///< of shrink_groups; each is summed up on its own first
};

/// shrink_groups for one grid of references, with the same bits. As many strips of references are worked on at once as
/// there is memory for; that changes no bit either.
class GroupShrinker {
 public:
  /// Throws OutOfDeviceMemory where there is not enough for one strip.
  GroupShrinker(Exec& exec, Size size, const ReferenceGrid& grid, const SearchSettings& settings);

  /// x := o + momentum (o - x) for the aggregate o of the groups, shrunk with threshold t. `pyramid` holds the image
  /// and its copies, `matches` the lists of all references; rows of `x` begin at its first column.
  void run(const float* pyramid, const std::int32_t* matches, float t, float momentum, View x) const;

  /// Strips that are worked on at once.
  int strips_at_once() const { return shrunk_.count; }
  /// Memory where all of an image of so many pixels is worked on at once, bytes.
  static std::size_t bytes(Size size, const SearchSettings& settings);

 private:
  struct Strips {
    int first, end;
  };
  Portion<float> room_for_strips() const;
  void list_reaching() const;
  int first_reference(int strip) const;
  void shrink(const Strips& strips, const float* pyramid, const std::int32_t* matches, float t) const;
  void collect(const Strips& strips, const std::int32_t* matches) const;

  Exec& exec_;
  Size size_;
  ReferenceGrid grid_;
  SearchSettings settings_;
  Buffer<float> sums_, starts_, weights_;
  int most_reaching_;                ///< batches that a tile has room for
  Buffer<ReferenceBatch> reaching_;  ///< of all tiles; see ListReaching
  Buffer<int> reaching_count_;
  Portion<float> shrunk_;  ///< takes what is left
};

}  // namespace nadir
