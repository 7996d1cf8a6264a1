// The table of contents of readers and writers.
#include "io/io.h"

#include "io/gdal_handle.h"
#include "io/geotiff_reader.h"
#include "io/geotiff_writer.h"
#include "io/survey_reader.h"

namespace nadir {

std::vector<StageInfo> io_stages() {
  return {read_geotiff_stage(), read_survey_stage(), write_geotiff_stage(), write_mask_stage()};
}

void configure_io(std::size_t cache_bytes) {
  register_drivers();
  GDALSetCacheMax64(GIntBig(cache_bytes));
}

}  // namespace nadir
