// Attributes of segments.
#include "io/segment_layer.h"

#include <cmath>

#include "io/geopackage.h"

namespace nadir {

double pixel_area_m2(const Grid& grid) {
  const OGRSpatialReference crs = parse_crs(grid.crs_wkt, "the grid");
  if (!crs.IsProjected()) return 0;
  const double unit = crs.GetLinearUnits();
  return std::abs(grid.geotransform[1] * grid.geotransform[5] - grid.geotransform[2] * grid.geotransform[4]) * unit *
         unit;
}

SegmentLayer::SegmentLayer(OGRLayer& target, const std::vector<Segment>& segments, const ImageInfo& info,
                           bool has_confidence, int min_px)
    : target_(target),
      segments_(segments),
      info_(info),
      has_confidence_(has_confidence),
      min_px_(min_px),
      pixel_m2_(pixel_area_m2(info.grid)),
      numbers_(new OGRFeatureDefn("numbers")) {
  numbers_->Reference();
  OGRFieldDefn number("number", OFTInteger);
  numbers_->AddFieldDefn(&number);
  add_field(target_, "class_id", OFTInteger);
  add_field(target_, "class", OFTString);
  add_field(target_, "pixels", OFTInteger64);
  for (const char* name : {"area_m2", "confidence", "left", "bottom", "right", "top"})
    add_field(target_, name, OFTReal);
}

SegmentLayer::~SegmentLayer() { numbers_->Release(); }

OGRErr SegmentLayer::ICreateFeature(OGRFeature* polygon) {
  const int number = polygon->GetFieldAsInteger(0);
  if (number < 1 || std::size_t(number) > segments_.size()) return OGRERR_NONE;
  const Segment& segment = segments_[std::size_t(number - 1)];
  if (segment.pixels < min_px_) return OGRERR_NONE;
  OGRFeature row(target_.GetLayerDefn());
  std::unique_ptr<OGRGeometry> shape(polygon->StealGeometry());
  if (!shape->IsValid()) shape.reset(shape->MakeValid());  // a ring that touches itself at a corner
  if (!shape) return OGRERR_CORRUPT_DATA;
  std::string name = "class " + std::to_string(segment.class_id);
  for (const ClassInfo& c : info_.classes)
    if (c.id == segment.class_id) name = c.name;
  OGREnvelope box;
  shape->getEnvelope(&box);
  row.SetField("class_id", int(segment.class_id));
  row.SetField("class", name.c_str());
  row.SetField("pixels", GIntBig(segment.pixels));
  if (pixel_m2_ > 0) row.SetField("area_m2", double(segment.pixels) * pixel_m2_);
  if (has_confidence_) row.SetField("confidence", segment.confidence / double(segment.pixels));
  row.SetField("left", box.MinX), row.SetField("bottom", box.MinY);
  row.SetField("right", box.MaxX), row.SetField("top", box.MaxY);
  row.SetGeometryDirectly(OGRGeometryFactory::forceToMultiPolygon(shape.release()));
  ++written_;
  return target_.CreateFeature(&row);
}

}  // namespace nadir
