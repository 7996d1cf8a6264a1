// QGIS's style of paletted rasters.
#include "io/mask_style.h"

#include <cstdio>

#include "pipeline/core/xml_text.h"

namespace nadir {

std::string mask_style(const std::vector<ClassInfo>& classes) {
  std::string text =
      "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
      "<qgis version=\"3.22\" styleCategories=\"Symbology\">\n <pipe>\n"
      "  <rasterrenderer type=\"paletted\" band=\"1\" opacity=\"1\" alphaBand=\"-1\" nodataColor=\"\">\n"
      "   <colorPalette>\n";
  for (const ClassInfo& c : classes) {
    char colour[8];
    std::snprintf(colour, sizeof colour, "#%02x%02x%02x", c.colour[0], c.colour[1], c.colour[2]);
    text += "    <paletteEntry value=\"" + std::to_string(c.id) + "\" label=\"" + xml_escaped(c.name) + "\" color=\"" +
            colour + "\" alpha=\"255\"/>\n";
  }
  return text + "   </colorPalette>\n  </rasterrenderer>\n </pipe>\n</qgis>\n";
}

}  // namespace nadir
