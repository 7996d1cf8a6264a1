// Which field of a survey says the class, which say the coordinates, and how class texts become class ids.
#pragma once

#include <ogrsf_frmts.h>

#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/survey.h"

namespace nadir {

/// Where class texts come from: a field, or the name of the layer when `field` is empty.
struct ClassSource {
  std::string field;
  std::string reason;  ///< for the record: "field 'crop', as asked for"
};

/// `wanted` empty: the first usual name that all layers have with values, else the layer's name. Case, blanks, hyphens
/// and underscores in names do not matter: "Land Cover" is landcover.
ClassSource choose_class(const std::vector<OGRLayer*>& layers, const std::string& wanted, const std::string& path);

/// Throws Error(Fault::data) with the nearest name where the layer has no such field; `parameter` asked for it, which
/// is left out of the message where empty: options of the command line ask for classes under other names.
void require_field(OGRLayer& layer, const std::string& parameter, const std::string& name, const std::string& path);

/// Fields of a table that hold coordinates.
struct CoordinateFields {
  int x = -1;
  int y = -1;
  bool degrees = false;  ///< longitude and latitude by their names
};
CoordinateFields choose_coordinates(OGRLayer& layer, const std::string& x, const std::string& y,
                                    const std::string& path);

/// A coordinate as tables write it, with a decimal point or comma; nullopt when there is more, or less, than a number.
std::optional<double> coordinate_of(const std::string& text);

/// The class of a feature; nullopt when it has none.
std::optional<std::string> class_text(const OGRFeature& feature, const ClassSource& source);

/// Sorted by value when all are numbers, else alphabetically; ids 1 … n. Sets class_id of every feature from its text.
std::vector<ClassInfo> number_classes(std::vector<std::string>& texts, std::vector<Feature>& features);

}  // namespace nadir
