// The table of sensors; sources in sensors.h.
#include "stages/degradation/sensors.h"

namespace nadir {

const std::vector<Sensor>& sensors() {
  static const std::vector<Sensor> all{{"sentinel2", 0.24, 142}, {"landsat8", 0.27, 227},   {"landsat9", 0.27, 227},
                                       {"pleiades", 0.25, 150},  {"worldview3", 0.35, 150}, {"planetscope", 0.06, 80}};
  return all;
}

}  // namespace nadir
