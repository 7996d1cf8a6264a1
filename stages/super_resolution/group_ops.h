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
  ~GroupShrinker();

  /// x := o + momentum (o - x) for the aggregate o of the groups, shrunk with threshold t. `pyramid` holds the image
  /// and its copies, `matches` the lists of all references; rows of `x` begin at its first column.
  void run(const float* pyramid, const std::int32_t* matches, float t, float momentum, View x) const;

  /// Strips that are worked on at once.
  int strips_at_once() const { return shrunk_.count; }
  /// Memory where all of an image of so many pixels is worked on at once, bytes.
  static std::size_t bytes(Size size, const SearchSettings& settings);

 private:
  struct Part;  // strips that are worked on at once

  Portion<float> room_for_strips() const;
  void add_part(int first_row, int end_row);
  void shrink(const Part& part, const float* pyramid, const std::int32_t* matches, float t) const;
  void collect(const Part& part, const std::int32_t* matches) const;

  Exec& exec_;
  Size size_;
  ReferenceGrid grid_;
  SearchSettings settings_;
  Buffer<float> sums_, starts_;
  Portion<float> shrunk_;
  Buffer<float> weights_;
  Buffer<ReferenceBatch> batches_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace nadir
