// What sensors do to a scene, in the few numbers that a model of them needs.
#pragma once

#include <string>
#include <vector>

namespace nadir {

struct Sensor {
  std::string name;
  double mtf;  ///< of the multispectral bands at Nyquist's frequency
  double snr;  ///< at the reference radiance of a visible band
};

/// Nominal figures of one visible band, with the documents that state them. They are good for simulations of a kind of
/// sensor, not for calibration: bands differ, units of a series differ, and MTF in orbit differs from requirements.
/// Those of planetscope, and the MTF of landsat8 and landsat9, are the least certain.
///
/// sentinel2: ESA, Sentinel-2 MSI User Guide, 10 m bands; Gascon et al., Remote Sensing 9 (2017) 584.
///
/// landsat8, landsat9: Morfitt et al., Remote Sensing 7 (2015) 2208; USGS Landsat 9 Data Users Handbook.
///
/// pleiades: Gleyzes, Perret, Kubik, ISPRS Archives 39-B1 (2012) 23; Rosak et al., SPIE 10568 (2004).
///
/// worldview3: DigitalGlobe data sheet; MTF as used by Vivone et al., IEEE TGRS 53 (2015) 2565 (0.32 to 0.36 by band).
///
/// planetscope: Kim et al., USGS Open-File Report 2021-1030-F (2022); Planet Imagery Product Specifications.
const std::vector<Sensor>& sensors();

}  // namespace nadir
