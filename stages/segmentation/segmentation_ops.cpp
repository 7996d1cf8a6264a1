// Launches of the segmentation family; compiled as C++ or as CUDA.
#include "stages/segmentation/segmentation_ops.h"

#include "pipeline/backend/launch.h"
#include "stages/segmentation/segmentation_kernels.h"

namespace nadir {

Size level_size(const SubbandLayout& layout, int level) {
  const int step = 1 << level;
  return {ceil_div(layout.source_size.width, step), ceil_div(layout.source_size.height, step)};
}

Window level_window(const Window& pixels, int level) {
  if (pixels.empty()) return {};
  const int step = 1 << level;
  return from_edges(floor_div(pixels.x, step), floor_div(pixels.y, step), ceil_div(pixels.right(), step),
                    ceil_div(pixels.bottom(), step));
}

Window subband_window(const SubbandLayout& layout, const Window& pixels, int radius) {
  const Window blocks = grow(level_window(pixels, layout.levels), radius);
  const Window scene = whole(level_size(layout, layout.levels));
  return translate(intersect(blocks, scene), layout.margin, layout.margin);
}

void texture_energy(Exec& exec, ConstTileView packed, TileView out, const SubbandLayout& layout, int level,
                    int radius) {
  for_each(exec, layout.source_bands, out.window,
           TextureEnergy{packed, out, layout, level_size(layout, level), level, radius}, "texture_energy");
}

void local_mean(Exec& exec, ConstTileView packed, TileView out, const SubbandLayout& layout, int radius) {
  for_each(exec, layout.source_bands, out.window,
           LocalMean{packed, out, layout, level_size(layout, layout.levels), radius}, "local_mean");
}

}  // namespace nadir
