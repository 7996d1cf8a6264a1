// The table of sensors; sources in sensors.h.
#include "stages/degradation/sensors.h"

namespace nadir {

const std::vector<Sensor>& sensors() {
  static const std::vector<Sensor> all{{"sentinel2", 10, 0.24, 12, 142},    {"landsat8", 30, 0.27, 12, 227},
                                       {"landsat9", 30, 0.27, 14, 227},     {"pleiades", 2.8, 0.25, 12, 150},
                                       {"worldview3", 1.24, 0.35, 11, 150}, {"planetscope", 3, 0.06, 12, 80}};
  return all;
}

}  // namespace nadir
