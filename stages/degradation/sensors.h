// What sensors do to a scene, in the few numbers that a model of them needs.
#pragma once

#include <string>
#include <vector>

namespace nadir {

struct Sensor {
  std::string name;
  double gsd_m;  ///< of the multispectral bands, at nadir
  double mtf;    ///< of those bands at Nyquist's frequency
  int bits;      ///< of a sample
  double snr;    ///< at the reference radiance of a visible band
};

/// Nominal figures of one visible band; bands and units differ by some tenths of them.
/// sentinel2: ESA, Sentinel-2 MSI User Guide, 10 m bands (MTF required 0.15 to 0.30; SNR 142 in B4); Gascon et al.,
///   Remote Sensing 9 (2017) 584.
/// landsat8, landsat9: Morfitt et al., Remote Sensing 7 (2015) 2208 (SNR 227 in red at typical radiance); USGS Landsat
/// 9
///   Data Users Handbook (14 bits); MTF from the edge slope required in the same handbooks.
/// pleiades: Gleyzes, Perret, Kubik, ISPRS Archives XXXIX-B1 (2012) 23 (0.7 m panchromatic resampled, 2.8 m colour, 12
///   bits, SNR above 150); Rosak et al., SPIE 10568 (2004).
/// worldview3: DigitalGlobe data sheet (1.24 m, 11 bits); MTF of the toolbox of Vivone et al., IEEE TGRS 53 (2015)
/// 2565. planetscope: Kim et al., USGS Open-File Report 2021-1030-F (2022), SuperDove (about 3 m, point spread two
/// pixels wide);
///   Planet Imagery Product Specifications (12 bits).
const std::vector<Sensor>& sensors();

}  // namespace nadir
