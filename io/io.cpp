// The table of contents of readers and writers.
#include "io/io.h"

#include <algorithm>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "io/block_cache.h"
#include "io/control_points.h"
#include "io/gdal_handle.h"
#include "io/geotiff_reader.h"
#include "io/geotiff_writer.h"
#include "io/segment_writer.h"
#include "io/survey_reader.h"
#include "io/tie_point_writer.h"

namespace nadir {

std::vector<StageInfo> io_stages() {
  return {read_geotiff_stage(), read_survey_stage(),    read_control_points_stage(), write_geotiff_stage(),
          write_mask_stage(),   write_segments_stage(), write_tie_points_stage()};
}

namespace {
int threads_per_file = 1;
}

int io_threads() { return threads_per_file; }

void configure_io(std::size_t cache_bytes, int threads) {
  threads_per_file = threads;
  register_drivers();
  // GDAL needs memory for the blocks that a call decodes, no more: what is worth keeping is kept by the block cache.
  const std::size_t gdal_bytes = std::min(cache_bytes / 8, std::size_t{16} << 20);
  GDALSetCacheMax64(GIntBig(gdal_bytes));
  BlockCache::shared().set_limit(cache_bytes - gdal_bytes);
#if defined(__GLIBC__)
  // Blocks are freed by other threads than took them; with an arena a thread the heap grew to twice the cache (8192 x
  // 8192 x 4 u16 and 256 MiB of cache: 566 MiB at the peak, 355 MiB with one arena).
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace nadir
