// Where polygons of segments go, with all that is known of them.
#pragma once

#include <ogrsf_frmts.h>

#include <string>
#include <vector>

#include "io/segment_writer.h"

namespace nadir {

/// Takes polygons with the number of their segment, as GDALPolygonize makes them, and hands them on with the segment's
/// attributes. Segments of fewer than `min_px` pixels are left out.
class SegmentLayer final : public OGRLayer {
 public:
  SegmentLayer(OGRLayer& target, const std::vector<Segment>& segments, const ImageInfo& info, bool has_confidence,
               int min_px);
  ~SegmentLayer() override;

  void ResetReading() override {}
  OGRFeature* GetNextFeature() override { return nullptr; }
  OGRFeatureDefn* GetLayerDefn() override { return numbers_; }
  int TestCapability(const char* what) override { return EQUAL(what, OLCSequentialWrite); }
  std::int64_t written() const { return written_; }

 protected:
  OGRErr ICreateFeature(OGRFeature* polygon) override;

 private:
  OGRLayer& target_;
  const std::vector<Segment>& segments_;
  const ImageInfo& info_;
  bool has_confidence_;
  int min_px_;
  double pixel_m2_;  ///< 0 where the grid is not in units of length
  OGRFeatureDefn* numbers_;
  std::int64_t written_ = 0;
};

/// m2 of a pixel; 0 where the grid is in degrees or says nothing.
double pixel_area_m2(const Grid& grid);

}  // namespace nadir
