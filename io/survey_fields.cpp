// Fields of surveys by their names.
#include "io/survey_fields.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "io/gdal_handle.h"
#include "pipeline/core/text.h"

namespace nadir {
namespace {

int field_index(OGRLayer& layer, const std::string& name) {
  return layer.GetLayerDefn()->GetFieldIndex(name.c_str());  // ignores case
}

std::vector<std::string> field_names(OGRLayer& layer) {
  std::vector<std::string> names;
  for (int i = 0; i < layer.GetLayerDefn()->GetFieldCount(); ++i)
    names.push_back(clean_text(layer.GetLayerDefn()->GetFieldDefn(i)->GetNameRef()));
  return names;
}

[[noreturn]] void refuse_field(OGRLayer& layer, const std::string& parameter, const std::string& name,
                               const std::string& path) {
  const std::vector<std::string> names = field_names(layer);
  const std::string near = nearest_name(name, names);
  throw Error(Fault::data, path + ": layer '" + clean_text(layer.GetName()) + "' has no field '" + name + "'" +
                               (parameter.empty() ? "" : " (" + parameter + ")") + "; its fields are " +
                               some_of(names) + (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

std::string trimmed(const std::string& text) {
  const char* blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string shortest(double value) {
  std::array<char, 32> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

std::string letters_of(const std::string& name) {
  std::string letters;
  for (const char c : name)
    if (c != ' ' && c != '_' && c != '-') letters += char(std::tolower(static_cast<unsigned char>(c)));
  return letters;
}

// A field by its name in letters alone; empty when there is none like it.
std::string field_like(OGRLayer& layer, const std::string& usual) {
  const OGRFeatureDefn& fields = *layer.GetLayerDefn();
  for (int i = 0; i < fields.GetFieldCount(); ++i)
    if (const char* name = fields.GetFieldDefn(i)->GetNameRef(); letters_of(name) == usual) return name;
  return "";
}

// Names that say "class", and names that may as well identify the feature and count only when their values repeat.
struct UsualName {
  const char* name;
  bool must_repeat;
};
constexpr std::array kUsualNames{
    UsualName{"class", false},   UsualName{"classname", false}, UsualName{"landcover", false},
    UsualName{"lulc", false},    UsualName{"label", false},     UsualName{"crop", false},
    UsualName{"landuse", false}, UsualName{"classid", false},   UsualName{"type", true},
    UsualName{"category", true}, UsualName{"code", true},       UsualName{"id", true}};

bool serves_as_class(const std::vector<OGRLayer*>& layers, const std::string& name, bool must_repeat) {
  if (name.empty()) return false;
  std::set<std::string> distinct;
  std::size_t features = 0;
  std::size_t with_class = 0;
  const ClassSource source{name, ""};
  for (OGRLayer* layer : layers) {
    if (field_index(*layer, name) < 0) return false;
    layer->ResetReading();
    for (const auto& feature : *layer) {
      ++features;
      const auto text = class_text(*feature, source);
      if (!text) continue;
      distinct.insert(*text);
      ++with_class;
    }
  }
  const bool repeats = 2 * with_class >= features && 2 * distinct.size() <= with_class;
  return with_class > 0 && (repeats || !must_repeat);
}

struct CoordinateNames {
  const char* x;
  const char* y;
  bool degrees;
};
constexpr std::array kCoordinateNames{
    CoordinateNames{"longitude", "latitude", true}, CoordinateNames{"lon", "lat", true},
    CoordinateNames{"long", "lat", true},           CoordinateNames{"x", "y", false},
    CoordinateNames{"easting", "northing", false},  CoordinateNames{"map_x", "map_y", false}};

}  // namespace

void require_field(OGRLayer& layer, const std::string& parameter, const std::string& name, const std::string& path) {
  if (field_index(layer, name) < 0) refuse_field(layer, parameter, name, path);
}

ClassSource choose_class(const std::vector<OGRLayer*>& layers, const std::string& wanted, const std::string& path) {
  if (!wanted.empty()) {
    for (OGRLayer* layer : layers) require_field(*layer, "", wanted, path);
    return {wanted, "class from field '" + wanted + "'"};
  }
  for (const UsualName& usual : kUsualNames)
    if (const std::string name = field_like(*layers[0], usual.name); serves_as_class(layers, name, usual.must_repeat))
      return {name, "class from field '" + clean_text(name.c_str()) + "' (chosen by its name)"};
  return {"", "class from the layer's name (no field with a usual name holds classes; its fields are " +
                  some_of(field_names(*layers[0])) + ")"};
}

CoordinateFields choose_coordinates(OGRLayer& layer, const std::string& x, const std::string& y,
                                    const std::string& path) {
  if (x.empty() != y.empty()) throw Error(Fault::config, path + ": give both x_field and y_field, or none of them");
  if (!x.empty()) {
    CoordinateFields fields{field_index(layer, x), field_index(layer, y), false};
    require_field(layer, "x_field", x, path);
    require_field(layer, "y_field", y, path);
    const auto are = [&](const char* first, const char* second) {  // in the file they may be exchanged
      return (EQUAL(x.c_str(), first) && EQUAL(y.c_str(), second)) ||
             (EQUAL(x.c_str(), second) && EQUAL(y.c_str(), first));
    };
    for (const CoordinateNames& names : kCoordinateNames)
      fields.degrees = fields.degrees || (names.degrees && are(names.x, names.y));
    return fields;
  }
  for (const CoordinateNames& names : kCoordinateNames)
    if (field_index(layer, names.x) >= 0 && field_index(layer, names.y) >= 0)
      return {field_index(layer, names.x), field_index(layer, names.y), names.degrees};
  throw Error(Fault::data,
              path +
                  ": has no geometry and no coordinates under a usual name (longitude, latitude; lon, lat; x, y; "
                  "easting, northing); its fields are " +
                  some_of(field_names(layer)) + "; set x_field and y_field");
}

std::optional<double> coordinate_of(const std::string& text) {
  std::string number = trimmed(text);
  if (number.starts_with('+')) number.erase(0, 1);
  if (number.find('.') == std::string::npos)
    if (const std::size_t comma = number.find(','); comma != std::string::npos) number[comma] = '.';
  return as_number(number);
}

std::optional<std::string> class_text(const OGRFeature& feature, const ClassSource& source) {
  const OGRFeatureDefn& fields = *feature.GetDefnRef();
  if (source.field.empty()) return clean_text(fields.GetName());
  const int index = fields.GetFieldIndex(source.field.c_str());
  if (index < 0 || !feature.IsFieldSetAndNotNull(index)) return std::nullopt;
  if (fields.GetFieldDefn(index)->GetType() == OFTReal) {
    const double value = feature.GetFieldAsDouble(index);
    return std::isfinite(value) ? std::optional(shortest(value)) : std::nullopt;
  }
  const std::string text = trimmed(clean_text(feature.GetFieldAsString(index)));
  return text.empty() ? std::nullopt : std::optional(text);
}

std::vector<ClassInfo> number_classes(std::vector<std::string>& texts, std::vector<Feature>& features) {
  const bool numeric = std::all_of(texts.begin(), texts.end(), [](const std::string& t) { return as_number(t); });
  if (numeric)  // "1" and "1.0" are one class
    for (std::string& text : texts) text = shortest(*as_number(text));
  std::vector<std::string> names(texts);
  std::sort(names.begin(), names.end(), [numeric](const std::string& a, const std::string& b) {
    return numeric ? *as_number(a) < *as_number(b) : a < b;
  });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.size() > 65535)
    throw Error(Fault::data, "the survey has " + std::to_string(names.size()) +
                                 " classes, at most 65535 are possible; set class_field to another field");
  std::map<std::string, std::uint16_t> ids;
  std::vector<ClassInfo> classes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    ids[names[i]] = std::uint16_t(i + 1);
    classes.push_back({std::uint16_t(i + 1), names[i], class_colour(i)});
  }
  for (std::size_t i = 0; i < features.size(); ++i) features[i].class_id = ids[texts[i]];
  return classes;
}

}  // namespace nadir
