// Takes pictures of the invented landscape as a satellite would, and surveys it.
#include "pipeline/app/sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/app/counter_random.h"
#include "pipeline/app/landscape.h"
#include "pipeline/backend/exec.h"
#include "stages/degradation/degradation_ops.h"

namespace nadir::app {
namespace {

enum Purpose : std::uint64_t { kNoise = 0x91 };

constexpr Point kShiftPx{2.6, -1.3};
constexpr double kGsd = 10;                ///< metres
constexpr Point kOrigin{412000, 5334000};  ///< upper-left corner of the landscape, on the Inn in Austria
constexpr int kScene = 256;
constexpr double kDnPerReflectance = 10000;

// EPSG:32633 and EPSG:25833; as ETRS89 and WGS 84 differ by less than a metre, coordinates are the same in both.
constexpr const char* kUtm =
    R"(PROJCS["WGS 84 / UTM zone 33N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",15],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","32633"]])";
constexpr const char* kEtrs =
    R"(PROJCS["ETRS89 / UTM zone 33N",GEOGCS["ETRS89",DATUM["European_Terrestrial_Reference_System_1989",SPHEROID["GRS 1980",6378137,298.257222101,AUTHORITY["EPSG","7019"]],AUTHORITY["EPSG","6258"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4258"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",15],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","25833"]])";

struct Overpass {
  const char* name;
  Point corner;  ///< in the landscape, pixels
  double gain;   ///< illumination on the day
  double haze;   ///< path radiance in blue, as reflectance; less in longer waves
  bool collar;   ///< the edge of the orbit's swath crosses the scene
};
constexpr std::array<Overpass, 3> kOverpasses{{{"west", {0, 0}, 1.00, 0.010, false},
                                               {"east", {216, 20}, 0.97, 0.014, false},
                                               {"south", {108, 212}, 1.02, 0.008, true}}};

Grid grid_of(const Overpass& pass) {
  return {
      kScene, kScene, {kOrigin.x + kGsd * pass.corner.x, kGsd, 0, kOrigin.y - kGsd * pass.corner.y, 0, -kGsd}, kUtm};
}

ImageInfo image_info(const Overpass& pass) {
  ImageInfo info;
  info.grid = grid_of(pass);
  info.type = SampleType::u16;
  for (const auto& [name, colour] :
       {std::pair{"blue", "Blue"}, {"green", "Green"}, {"red", "Red"}, {"nir", "Undefined"}})
    info.bands.push_back({name, 1 / kDnPerReflectance, 0, colour});
  info.nodata = 0;
  return info;
}

// The optics blur by a Gaussian of half a pixel, then the detector samples: with two fine samples a pixel the taps
// below are symmetric about the pixel's centre.
Observation optics() {
  const double sigma = 0.5 * 2;
  std::vector<double> weights;
  for (int j = 0; j < 8; ++j) weights.push_back(std::exp(-0.5 * std::pow((j - 3.5) / sigma, 2)));
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  Observation o{2, -3, {}, 0};
  for (const double w : weights) o.taps.push_back(float(w / sum));
  return o;
}

Tile fine_radiance(const Landscape& land, const Overpass& pass, const Window& fine, const Exec& exec) {
  Tile tile(fine, kSampleBands);
  tile.fill(0, true);
  const TileView pixels = tile.view();
  exec.parallel(fine.height, [&](int row) {
    const int y = fine.y + row;
    for (int x = fine.x; x < fine.right(); ++x) {
      const auto r =
          land.reflectance(pass.corner.x + (x + 0.5) / 2 - kShiftPx.x, pass.corner.y + (y + 0.5) / 2 - kShiftPx.y);
      for (int b = 0; b < kSampleBands; ++b)
        pixels(b, x, y) = float(pass.gain * r[std::size_t(b)] + pass.haze / (1 + b * b));
    }
  });
  return tile;
}

// Photon noise, which grows with the signal, and read-out noise; then whole digital numbers, of which 0 is nodata.
float digitised(double reflectance, std::uint64_t key, int b, int x, int y) {
  const double sigma = std::sqrt(8e-7 + 2e-5 * reflectance);
  const double seen = reflectance + sigma * gaussian(key, b, x, y);
  return float(std::clamp(std::round(kDnPerReflectance * seen), 1.0, 65535.0));
}

Tile take_image(const Landscape& land, const Overpass& pass, std::uint64_t seed, Exec& exec) {
  const AxisTaps taps = axis_taps(optics());
  Tile tile(whole({kScene, kScene}), kSampleBands);
  const Tile fine = fine_radiance(land, pass, fine_window(taps, tile.window()), exec);
  const TileView pixels = tile.view();
  observe(exec, fine.view(), pixels, taps);
  const std::uint64_t key = mixed(seed + kNoise, std::int64_t(pass.corner.x), std::int64_t(pass.corner.y));
  exec.parallel(kScene, [&](int y) {
    for (int x = 0; x < kScene; ++x) {
      const bool outside = pass.collar && x + 0.2 * y < 30;
      pixels.mask()(x, y) = !outside;
      for (int b = 0; b < kSampleBands; ++b) pixels(b, x, y) = outside ? 0 : digitised(pixels(b, x, y), key, b, x, y);
    }
  });
  return tile;
}

void add_truth(const Landscape& land, const Overpass& pass, SampleScene& scene, const Exec& exec) {
  ImageInfo& info = scene.truth_info;
  info.grid = grid_of(pass).scaled(2, 1, {2 * kScene, 2 * kScene});
  info.type = SampleType::u8;
  info.bands = {{"class", 1, 0, "Palette"}};
  info.classes = cover_classes();
  info.nodata = 0;
  scene.truth = Tile(info.grid.window(), 1);
  scene.truth.fill(0, true);
  const TileView pixels = scene.truth.view();
  exec.parallel(2 * kScene, [&](int y) {
    for (int x = 0; x < 2 * kScene; ++x)
      pixels(0, x, y) = float(land.cover(pass.corner.x + (x + 0.5) / 2, pass.corner.y + (y + 0.5) / 2));
  });
}

Survey survey_of(const Landscape& land) {
  Survey survey;
  survey.source = "sample";
  survey.crs_wkt = kEtrs;
  survey.classes = cover_classes();
  for (const Plot& plot : land.survey()) {
    Feature f;
    f.id = std::to_string(survey.features.size() + 1);
    f.class_id = std::uint16_t(plot.cover);
    f.parts.emplace_back();
    for (const Point& p : plot.outline) f.parts[0].push_back({kOrigin.x + kGsd * p.x, kOrigin.y - kGsd * p.y});
    survey.features.push_back(std::move(f));
  }
  return survey;
}

}  // namespace

Sample make_sample(std::uint64_t seed) {
  const Landscape land(seed);
  Exec exec;
  Sample sample;
  sample.shift_px = kShiftPx;
  for (const Overpass& pass : kOverpasses) {
    SampleScene scene;
    scene.name = pass.name;
    scene.info = image_info(pass);
    scene.image = take_image(land, pass, seed, exec);
    add_truth(land, pass, scene, exec);
    sample.scenes.push_back(std::move(scene));
  }
  sample.survey = survey_of(land);
  return sample;
}

}  // namespace nadir::app
