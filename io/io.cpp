// The table of contents of readers and writers.
#include "io/io.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "io/control_points.h"
#include "io/gdal_handle.h"
#include "io/geotiff_reader.h"
#include "io/geotiff_writer.h"
#include "io/survey_reader.h"
#include "io/tie_point_writer.h"

namespace nadir {

std::vector<StageInfo> io_stages() {
  return {read_geotiff_stage(),  read_survey_stage(), read_control_points_stage(),
          write_geotiff_stage(), write_mask_stage(),  write_tie_points_stage()};
}

void configure_io(std::size_t cache_bytes) {
  register_drivers();
  GDALSetCacheMax64(GIntBig(cache_bytes));
#if defined(__GLIBC__)
  // Blocks are freed by other threads than took them; with an arena a thread the heap grew to twice the cache (8192 x
  // 8192 x 4 u16 and 256 MiB of cache: 566 MiB at the peak, 355 MiB with one arena).
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace nadir
