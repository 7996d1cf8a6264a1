// read_control_points: from lists, from point layers and from the tags of a TIFF.
#include "io/control_points.h"

#include <ogrsf_frmts.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/gdal_handle.h"

namespace nadir {
namespace {

struct Params {
  std::string path;
  std::string image;
  std::string crs;
  std::string match_crs;
  std::string compare;
};
NADIR_PARAMS(
    Params,
    PARAM(path, "", any(),
          "A list (CSV, gcp_list.txt), a point layer with fields x_match and y_match, or a TIFF with control points in "
          "it; empty: the one given as --truth."),
    PARAM(image, "", any(), "The image whose points are wanted, of a list that names several; empty: all."),
    PARAM(crs, "", any(), "Reference system of the map coordinates, where the file states none or a wrong one."),
    PARAM(match_crs, "", any(),
          "Reference system of x_match and y_match of a point layer, where the true places stand; empty: that of the "
          "scene. The geometries say where the scene shows them."),
    PARAM(compare, "", any(), "A second list of the same points; differences are reported."))

using Points = std::vector<ControlPoint>;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(Fault::missing, path + ": cannot be opened");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool has_ending(const std::string& path, std::initializer_list<const char*> endings) {
  const std::string own = std::filesystem::path(path).extension().string();
  for (const char* e : endings)
    if (EQUAL(own.c_str(), e)) return true;
  return false;
}

class ControlReader {
 public:
  ControlReader(Params p, const StageContext& context) : p_(std::move(p)), grid_(context.scene_grid) {
    if (grid_) scene_ = parse_crs(grid_->crs_wkt, "the scene");
  }

  SurveyPtr read(const std::string& path) {
    Survey survey;
    const Points all = points_of(path);
    for (const ControlPoint& p : all)
      if (p_.image.empty() || std::filesystem::path(p.image).stem() == std::filesystem::path(p_.image).stem())
        survey.control_points.push_back(p);
    survey.source = std::filesystem::path(path).filename().string();
    survey.crs_wkt = grid_ ? grid_->crs_wkt : "";
    survey.warnings = doubtful_points(all);
    if (!p_.compare.empty()) {
      const std::string name = std::filesystem::path(p_.compare).filename().string();
      for (std::string& s : differences(all, points_of(p_.compare), name)) survey.warnings.push_back(std::move(s));
    }
    check_axes(survey);
    if (survey.control_points.empty())
      throw Error(Fault::data, path + ": holds no control points" + (p_.image.empty() ? "" : " of image " + p_.image));
    return std::make_shared<const Survey>(std::move(survey));
  }

 private:
  Points points_of(const std::string& path) {
    if (has_ending(path, {".tif", ".tiff"})) return from_tags(path);
    if (has_ending(path, {".geojson", ".json", ".gpkg", ".shp"})) return from_layer(path);
    return from_list(path);
  }

  // Without a scene the first list's own system is kept, so that a second one can be compared with it.
  void to_scene(Points& points, const OGRSpatialReference& from) {
    if (!states_place(scene_)) {
      scene_ = from;
      return;
    }
    if (!states_place(from) || from.IsSame(&scene_)) return;
    const std::unique_ptr<OGRCoordinateTransformation> transformation(
        OGRCreateCoordinateTransformation(&from, &scene_));
    if (!transformation) throw Error(Fault::data, "control points cannot be brought to the scene's reference system");
    for (ControlPoint& p : points)
      if (!transformation->Transform(1, &p.map.x, &p.map.y)) p.map = {HUGE_VAL, HUGE_VAL};
  }

  Points from_list(const std::string& path) {
    const ControlList list = parse_control_list(text_of(path), path);
    Points points;
    for (const ControlRow& r : list.rows)
      if (r.map) points.push_back({r.id, *r.map, r.pixel.value_or(Point{NAN, NAN}), r.image});
    to_scene(points, parse_crs(p_.crs.empty() ? list.crs : p_.crs, path));
    return points;
  }

  Points from_tags(const std::string& path) {
    const DatasetPtr dataset = open_dataset(path, GDAL_OF_RASTER, {"GTiff", "COG"}, "path");
    Points points;
    for (int i = 0; i < dataset->GetGCPCount(); ++i) {
      const GDAL_GCP& g = dataset->GetGCPs()[i];
      points.push_back({g.pszId && *g.pszId ? clean_text(g.pszId) : std::to_string(i + 1),
                        {g.dfGCPX, g.dfGCPY},
                        {g.dfGCPPixel, g.dfGCPLine},
                        {}});
    }
    to_scene(points, parse_crs(p_.crs.empty() ? to_wkt(dataset->GetGCPSpatialRef()) : p_.crs, path));
    return points;
  }

  Points from_layer(const std::string& path) {
    if (!grid_)
      throw Error(Fault::data, path + ": a point layer tells places by the scene's georeference; give a scene");
    const DatasetPtr dataset = open_dataset(path, GDAL_OF_VECTOR, {"GPKG", "GeoJSON", "ESRI Shapefile"}, "path");
    OGRLayer* layer = dataset->GetLayer(0);
    const int x = layer ? layer->FindFieldIndex("x_match", false) : -1;
    const int y = layer ? layer->FindFieldIndex("y_match", false) : -1;
    if (x < 0 || y < 0) throw Error(Fault::data, path + ": has no fields x_match and y_match with the true places");
    Points shown, points;  // by the scene's own georeference; in truth
    for (const auto& row : *layer) {
      const OGRGeometry* g = row->GetGeometryRef();
      if (!g || wkbFlatten(g->getGeometryType()) != wkbPoint) continue;
      const std::string id = "feature " + std::to_string(row->GetFID());
      const OGRPoint* place = g->toPoint();
      shown.push_back({id, {place->getX(), place->getY()}, {}, {}});
      points.push_back({id, {row->GetFieldAsDouble(x), row->GetFieldAsDouble(y)}, {}, {}});
    }
    to_scene(shown, parse_crs(p_.crs.empty() ? to_wkt(layer->GetSpatialRef()) : p_.crs, path));
    to_scene(points, parse_crs(p_.match_crs, path + ", match_crs"));
    for (std::size_t i = 0; i < points.size(); ++i) points[i].pixel = grid_->to_pixel(shown[i].map.x, shown[i].map.y);
    return points;
  }

  // All points beside the scene: on it with x and y exchanged, or in another reference system than was said.
  void check_axes(Survey& survey) const {
    if (!grid_) return;
    const Extent e = grid_->extent();
    const auto on_scene = [&](double x, double y) {
      return x >= e.min_x && x <= e.max_x && y >= e.min_y && y <= e.max_y;
    };
    std::size_t right = 0, swapped = 0;
    for (const ControlPoint& p : survey.control_points) {
      right += on_scene(p.map.x, p.map.y);
      swapped += on_scene(p.map.y, p.map.x);
    }
    if (right == 0 && swapped > 0)
      survey.warnings.push_back("map coordinates are swapped: no point lies on the scene as x, y, but " +
                                std::to_string(swapped) + " do as y, x; exchange the columns");
    else if (right == 0 && !survey.control_points.empty() && !grid_->crs_wkt.empty())
      survey.warnings.push_back("no point lies on the scene (" + to_text(e) +
                                "); if their reference system is missing or wrong, set crs or match_crs");
  }

  Params p_;
  const Grid* grid_;
  OGRSpatialReference scene_;
};

Value make_control_points(const StageContext& context) {
  Params p = context.read<Params>();
  const std::string path = p.path.empty() ? context.truth_path : p.path;
  if (path.empty())
    throw Error(Fault::missing, context.node + ": there are no control points to read; give --truth FILE, or set path");
  register_drivers();
  return ControlReader(std::move(p), context).read(path);
}

}  // namespace

StageInfo read_control_points_stage() {
  return {.name = "read_control_points",
          .family = "io",
          .doc = "Reads surveyed points with their places in the image, and says which of them look wrong.",
          .inputs = {},
          .outputs = {{"points", PortType::survey, "Control points, in map units of the scene."}},
          .params = params_of<Params>(),
          .factory = ValueFactory{make_control_points}};
}

}  // namespace nadir
