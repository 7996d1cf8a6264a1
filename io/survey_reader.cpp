// read_survey: features with a class, from vector files and tables, brought to the scene's reference system.
#include "io/survey_reader.h"

#include <filesystem>
#include <utility>

#include "io/class_raster.h"
#include "io/gdal_handle.h"
#include "io/survey_fields.h"
#include "io/survey_geometry.h"
#include "io/survey_shares.h"
#include "io/survey_split.h"
#include "pipeline/core/text.h"

namespace nadir {
namespace {

struct Params {
  std::string path;
  std::vector<std::string> layers;
  std::string class_field;
  std::vector<std::string> fraction_fields;
  double buffer_m = 0;
  std::string crs;
  std::string x_field;
  std::string y_field;
  double test_fraction = 0;
  std::string test_field;
  bool optional = false;
};
NADIR_PARAMS(
    Params, PARAM(path, "", any(), "The file; empty: the one given as --truth."),
    PARAM(layers, "", any(), "Layers to read; empty: all that hold features."),
    PARAM(class_field, "", any(),
          "Field with the class, number or text; empty: the first usual name (class, landcover, label, crop, …), "
          "else the layer's name."),
    PARAM(fraction_fields, "", any(),
          "Instead of class_field, for features of several classes: fields that hold each class's share, as parts of "
          "one, percent or areas; the classes are called like the fields."),
    PARAM(buffer_m, "m", range(0, 1e6),
          "Points and lines stand for all that is so near; 0: for the pixels they touch."),
    PARAM(crs, "", any(), "Reference system of the coordinates, where the file states none or a wrong one."),
    PARAM(x_field, "", any(), "Field of a table with x or longitude; empty: found by its name."),
    PARAM(y_field, "", any(), "Field of a table with y or latitude; empty: found by its name."),
    PARAM(test_fraction, "", range(0, 0.9), "Share of each class's features kept for testing."),
    PARAM(test_field, "", any(), "Field that keeps features for testing: those with 'test', 'true' or 1 in it."),
    PARAM(optional, "", any(), "true: without a file there is no survey; false: that is an error."))

struct Skipped {
  std::size_t without_class = 0;
  std::size_t without_geometry = 0;
  std::size_t not_projectable = 0;
};

std::string skipped_text(const Skipped& s) {
  std::string text;
  const auto add = [&text](std::size_t count, const char* why) {
    if (count > 0) text += "; skipped " + std::to_string(count) + " features " + why;
  };
  add(s.without_class, "without class");
  add(s.without_geometry, "without usable geometry");
  add(s.not_projectable, "with no position in the scene's reference system");
  return text;
}

bool is_garbled(const OGRFeature& row, const ClassSource& source) {
  const int field = row.GetFieldIndex(source.field.c_str());
  return field >= 0 && !CPLIsUTF8(row.GetFieldAsString(field), -1);
}

DatasetPtr open_survey(const std::string& path) {
  if (is_raster_file(path)) return polygons_of_classes(path);
  // GTiff has no features to open; it is named for what the message allows.
  return open_dataset(path, GDAL_OF_VECTOR, {"GPKG", "GeoJSON", "ESRI Shapefile", "CSV", "GTiff"}, "path");
}

// One reading of one file.
class SurveyReader {
 public:
  SurveyReader(Params p, std::string path, const StageContext& context)
      : p_(std::move(p)),
        path_(std::move(path)),
        grid_(context.scene_grid),
        seed_(context.seed),
        dataset_(open_survey(path_)) {}

  SurveyPtr read() {
    const std::vector<OGRLayer*> layers = choose_layers();
    shares_ = ShareFields(p_.fraction_fields, layers, path_);
    const ClassSource source = shares_.empty()
                                   ? choose_class(layers, p_.class_field, path_)
                                   : ClassSource{"", "class shares from fields " + join(p_.fraction_fields)};
    target_ = grid_ ? parse_crs(grid_->crs_wkt, "the scene") : crs_of(*layers[0]);
    if (p_.buffer_m > 0 && !target_.IsProjected())
      throw Error(Fault::config, path_ + ": buffer_m needs a scene in metres or feet, not in " + crs_name(&target_));
    if (!p_.test_field.empty())
      for (OGRLayer* layer : layers) require_field(*layer, "test_field", p_.test_field, path_);
    for (OGRLayer* layer : layers) read_layer(*layer, source, layers.size() > 1);
    if (survey_.features.empty())
      throw Error(Fault::data, path_ + ": holds no feature with a class and a position (" + source.reason +
                                   skipped_text(skipped_) + ")" +
                                   (skipped_.not_projectable > 0 ? "; " + advice_on_place(layers) : ""));
    survey_.classes = shares_.empty() ? number_classes(texts_, survey_.features) : shares_.classes();
    survey_.crs_wkt = grid_ ? grid_->crs_wkt : to_wkt(&target_);
    survey_.source = std::filesystem::path(path_).filename().string() + " (" + layer_names(layers) + "), " +
                     source.reason + assumption() + skipped_text(skipped_);
    if (const std::string skipped = skipped_text(skipped_); !skipped.empty())
      survey_.warnings.push_back(skipped.substr(2));  // without "; "
    if (garbled_)
      survey_.warnings.push_back(
          "class names hold bytes that are no UTF-8, shown as ?; save the file as UTF-8, or tell the encoding of a "
          "Shapefile: SHAPE_ENCODING=ISO-8859-1 nadir ...");
    if (grid_) check_touches(layers);
    if (p_.test_field.empty()) split_survey(survey_, p_.test_fraction, seed_);
    return std::make_shared<const Survey>(std::move(survey_));
  }

 private:
  bool is_table(OGRLayer& layer) const {
    return layer.GetGeomType() == wkbNone && EQUAL(dataset_->GetDriverName(), "CSV");
  }

  // Without a choice: what has features and places; styles and other tables of a GeoPackage have none.
  std::vector<OGRLayer*> choose_layers() {
    std::vector<OGRLayer*> layers;
    std::vector<std::string> names;
    for (OGRLayer* layer : dataset_->GetLayers()) {
      names.push_back(clean_text(layer->GetName()));
      const bool has_places = layer->GetGeomType() != wkbNone || is_table(*layer);
      if (p_.layers.empty() && has_places && layer->GetFeatureCount() > 0) layers.push_back(layer);
    }
    for (const std::string& wanted : p_.layers) {
      OGRLayer* layer = dataset_->GetLayerByName(wanted.c_str());
      const std::string near = nearest_name(wanted, names);
      if (!layer)
        throw Error(Fault::data, path_ + ": has no layer '" + wanted + "'; its layers are " + join(names) +
                                     (near.empty() ? "" : "; did you mean '" + near + "'?"));
      layers.push_back(layer);
    }
    if (layers.empty()) throw Error(Fault::data, path_ + ": holds no features; its layers are " + join(names));
    return layers;
  }

  std::string layer_names(const std::vector<OGRLayer*>& layers) const {
    std::vector<std::string> names;
    for (OGRLayer* layer : layers) names.push_back(clean_text(layer->GetName()));
    return (layers.size() > 1 ? "layers " : "layer ") + join(names);
  }

  CoordinateFields coordinates_of(OGRLayer& layer) const {
    if (is_table(layer)) return choose_coordinates(layer, p_.x_field, p_.y_field, path_);
    if (!p_.x_field.empty() || !p_.y_field.empty())
      throw Error(Fault::config, path_ + ": x_field and y_field are for tables; this file has geometries of its own");
    return {};
  }

  OGRSpatialReference crs_of(OGRLayer& layer) const {
    if (!p_.crs.empty()) return parse_crs(p_.crs, path_ + ", crs");
    if (is_table(layer) && coordinates_of(layer).degrees) return parse_crs("EPSG:4326", path_);
    OGRSpatialReference crs;
    if (const OGRSpatialReference* own = layer.GetSpatialRef()) crs = *own;
    crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    return crs;
  }

  std::optional<Feature> place(const OGRFeature& feature, const CoordinateFields& fields) const {
    if (fields.x < 0) return feature_from(feature.GetGeometryRef());
    const auto x = coordinate_of(feature.GetFieldAsString(fields.x));
    const auto y = coordinate_of(feature.GetFieldAsString(fields.y));
    if (!x || !y) return std::nullopt;
    const OGRPoint point(*x, *y);
    return feature_from(&point);
  }

  bool is_kept_for_testing(const OGRFeature& row) const {
    if (p_.test_field.empty()) return false;
    const char* text = row.GetFieldAsString(row.GetFieldIndex(p_.test_field.c_str()));
    return EQUAL(text, "test") || EQUAL(text, "true") || EQUAL(text, "1");
  }

  void read_layer(OGRLayer& layer, const ClassSource& source, bool name_layer) {
    const CoordinateFields fields = coordinates_of(layer);
    const OGRSpatialReference crs = crs_of(layer);
    const Reprojection reprojection(crs, target_);
    if (survey_crs_.empty()) survey_crs_ = crs_name(&crs);
    states_no_place_ = states_no_place_ || !states_place(crs);
    const GdalMessages messages;
    layer.ResetReading();
    for (const auto& row : layer) {
      const auto text = class_text(*row, source);
      garbled_ = garbled_ || (text && is_garbled(*row, source));
      auto feature = text ? place(*row, fields) : std::nullopt;
      if (!text || (feature && !shares_.empty() && !shares_.apply(*row, *feature)))
        ++skipped_.without_class;
      else if (!feature)
        ++skipped_.without_geometry;
      else if (!reprojection.apply(*feature))
        ++skipped_.not_projectable;
      else {
        feature->test = is_kept_for_testing(*row);
        feature->id = (name_layer ? clean_text(layer.GetName()) + ":" : "") + std::to_string(row->GetFID());
        if (p_.buffer_m > 0) feature = buffered(*feature, p_.buffer_m / target_.GetLinearUnits());
        survey_.features.push_back(std::move(*feature));
        texts_.push_back(*text);
      }
    }
    if (messages.failed()) throw Error(Fault::data, path_ + ": cannot be read to its end: " + messages.text());
  }

  // For the record, where one side states no reference system.
  std::string assumption() const {
    if (!grid_ || states_no_place_ == !states_place(target_)) return "";
    return std::string("; the ") + (states_no_place_ ? "survey" : "scene") +
           " states no reference system, so the coordinates were taken for the " +
           (states_no_place_ ? "scene's, in " + crs_name(&target_) : "survey's, in " + survey_crs_);
  }

  // Whether a point of the survey would lie on the scene if x and y were exchanged.
  bool meets_when_exchanged(const std::vector<OGRLayer*>& layers) const {
    const Extent scene = grid_->extent();
    const GdalMessages quiet;
    for (OGRLayer* layer : layers) {
      const CoordinateFields fields = coordinates_of(*layer);
      const Reprojection reprojection(crs_of(*layer), target_);
      layer->ResetReading();
      for (const auto& row : *layer) {
        auto feature = place(*row, fields);
        if (!feature) continue;
        for (auto& part : feature->parts)
          for (Point& p : part) std::swap(p.x, p.y);
        if (!reprojection.apply(*feature)) continue;
        for (const auto& part : feature->parts)
          for (const Point& p : part)
            if (scene.intersects({p.x, p.y, p.x, p.y})) return true;
      }
    }
    return false;
  }

  // Why the survey may lie beside the scene, and what to do.
  std::string advice_on_place(const std::vector<OGRLayer*>& layers) const {
    if (grid_ && grid_->geotransform == Grid{}.geotransform)
      return "the scene has no geotransform, so its pixels lie nowhere on the map; give it one: gdal_translate -a_ullr "
             "MIN_X MAX_Y MAX_X MIN_Y IN OUT";
    if (grid_ && meets_when_exchanged(layers))
      return std::string("they meet when x and y are exchanged; ") +
             (is_table(*layers[0]) ? "set x_field and y_field to each other's columns"
                                   : "write x before y, longitude before latitude");
    return "if its reference system is missing or wrong, set crs of read_survey";
  }

  // Also the test of the assumption that a survey without reference system has the scene's.
  void check_touches(const std::vector<OGRLayer*>& layers) const {
    const Extent mine = survey_.extent();
    const Extent scene = grid_->extent();
    if (mine.intersects(scene)) return;
    throw Error(Fault::data, path_ + ": the survey (" + to_text(mine) + ", read as " + survey_crs_ +
                                 ") does not touch the scene (" + to_text(scene) + ", " + crs_name(&target_) + "); " +
                                 advice_on_place(layers));
  }

  Params p_;
  std::string path_;
  const Grid* grid_;
  std::uint64_t seed_;
  DatasetPtr dataset_;
  OGRSpatialReference target_;
  std::string survey_crs_;
  bool states_no_place_ = false;  ///< a layer has no reference system
  Survey survey_;
  ShareFields shares_{{}, {}, ""};
  std::vector<std::string> texts_;
  bool garbled_ = false;
  Skipped skipped_;
};

Value make_survey(const StageContext& context) {
  Params p = context.read<Params>();
  if (!p.class_field.empty() && !p.fraction_fields.empty())
    throw Error(Fault::config, context.node + ": give class_field or fraction_fields, not both");
  if (!p.test_field.empty() && p.test_fraction > 0)
    throw Error(Fault::config,
                context.node + ": give test_field or test_fraction, not both; test_fraction: 0 switches it off");
  const std::string path = p.path.empty() ? context.truth_path : p.path;
  if (path.empty() && p.optional) return SurveyPtr{};
  if (path.empty())
    throw Error(Fault::missing, context.node + ": there is no survey to read; give --truth FILE, or set path");
  return SurveyReader(std::move(p), path, context).read();
}

}  // namespace

StageInfo read_survey_stage() {
  return {
      .name = "read_survey",
      .family = "io",
      .doc =
          "Reads a ground survey (GeoPackage, GeoJSON, Shapefile, CSV, or a class map as GeoTIFF, whose areas become "
          "polygons) and brings it to the scene's reference system.",
      .inputs = {},
      .outputs = {{"survey", PortType::survey, "Features with class, in map units of the scene."}},
      .params = params_of<Params>(),
      .factory = ValueFactory{make_survey}};
}

}  // namespace nadir
