// write_segments: connected areas of a mask as polygons in a GeoPackage.
#include "io/segment_writer.h"

#include <gdal_alg.h>

#include <filesystem>

#include "io/geopackage.h"
#include "io/scratch_tiff.h"
#include "io/segment_layer.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

struct Params {
  int min_px = 1;
};
NADIR_PARAMS(Params, PARAM(min_px, "px", range(1, 1000000), "Smaller areas are left out."))

constexpr int kBlock = 256;

// Labels and confidences wait in the working folder, so that a run can be broken off and gone on with; finish() finds
// the areas in one pass of rows, numbers them in a second, and lets GDAL walk around them.
class SegmentSink final : public Sink {
 public:
  SegmentSink(const Params& p, const StageContext& context)
      : min_px_(p.min_px),
        stem_(context.output_stem),
        work_(context.work_dir),
        info_(*context.images[0]),
        scratch_(ready(place(context)), TiffLayout({info_.grid.size(), bands(), SampleType::f32, kBlock, 0, false}),
                 Encoding{SampleType::f32, 0, false}, Reduction::average) {}

  void write(ConstTileView tile) override { scratch_.write(tile); }
  bool holds(const Window& window) const override { return scratch_.holds(window); }

  Record finish() override {
    const GdalMessages messages;
    const std::string unfinished = scratch_name() + ".gpkg", numbers = scratch_name() + ".numbers.tif";
    std::error_code ignored;
    fs::create_directories(fs::path(stem_).parent_path());
    fs::remove(unfinished, ignored);
    try {
      scratch_.complete();
      number_pixels(numbers);
      const std::int64_t written = write_layer(unfinished, numbers);
      fs::rename(unfinished, stem_ + ".gpkg");
      fs::remove(numbers, ignored);
      scratch_.remove_files();
      return {{"path", stem_ + ".gpkg"}, {"segments", written}};
    } catch (const std::exception& e) {
      fs::remove(unfinished, ignored);
      fs::remove(numbers, ignored);
      throw Error(Fault::io, stem_ + ".gpkg: " + e.what() + (messages.text().empty() ? "" : ": " + messages.text()));
    }
  }

 private:
  int bands() const { return std::min(2, info_.band_count()); }
  std::string scratch_name() const {
    return work_ + "/" + fs::path(stem_).parent_path().filename().string() + "-" + fs::path(stem_).filename().string() +
           ".segments";
  }
  WorkPlace place(const StageContext& context) const { return {scratch_name(), context.resume_key, context.unit}; }
  static WorkPlace ready(WorkPlace place) {
    register_drivers();
    fs::create_directories(fs::path(place.stem).parent_path());
    return place;
  }

  void number_pixels(const std::string& path) {
    const DatasetPtr pixels = open_dataset(scratch_.pixels_path(), GDAL_OF_RASTER, {"GTiff"}, "drivers");
    const Size size = info_.grid.size();
    GDALDriver* tiff = GetGDALDriverManager()->GetDriverByName("GTiff");
    const DatasetPtr numbers(
        tiff->Create(path.c_str(), size.width, size.height, 1, GDT_Int32, GdalOptions().set("BIGTIFF", "YES").get()));
    if (!numbers) throw Error(Fault::io, "the working file cannot be created");
    numbers->SetGeoTransform(const_cast<double*>(info_.grid.geotransform.data()));
    const auto width = static_cast<std::size_t>(size.width);
    std::vector<std::uint16_t> labels(width);
    std::vector<float> confidence(width);
    std::vector<std::int32_t> row(width);
    SegmentFinder finder(size.width);
    const auto io = [&](GDALDataset& file, GDALRWFlag way, int band, int y, void* data, GDALDataType type) {
      if (file.GetRasterBand(band)->RasterIO(way, 0, y, size.width, 1, data, size.width, 1, type, 0, 0, nullptr) !=
          CE_None)
        throw Error(Fault::io, "the working files cannot be read or written");
    };
    for (int y = 0; y < size.height; ++y) {
      io(*pixels, GF_Read, 1, y, labels.data(), GDT_UInt16);
      if (bands() > 1) io(*pixels, GF_Read, 2, y, confidence.data(), GDT_Float32);
      finder.add_row(labels.data(), bands() > 1 ? confidence.data() : nullptr, row.data());
      io(*numbers, GF_Write, 1, y, row.data(), GDT_Int32);
    }
    const std::vector<std::int32_t> final_number = finder.finish();
    for (int y = 0; y < size.height; ++y) {
      io(*numbers, GF_Read, 1, y, row.data(), GDT_Int32);
      for (std::int32_t& n : row) n = n < 0 ? 0 : final_number[std::size_t(n)];
      io(*numbers, GF_Write, 1, y, row.data(), GDT_Int32);
    }
    segments_ = finder.segments();
  }

  std::int64_t write_layer(const std::string& path, const std::string& numbers) const {
    const DatasetPtr raster = open_dataset(numbers, GDAL_OF_RASTER, {"GTiff"}, "drivers");
    GeoPackage file(path, "segments", wkbMultiPolygon, info_.grid.crs_wkt, "the mask");
    SegmentLayer segments(file.layer(), segments_, info_, bands() > 1, min_px_);
    file.begin();
    GDALRasterBand* band = raster->GetRasterBand(1);
    if (GDALPolygonize(GDALRasterBand::ToHandle(band), GDALRasterBand::ToHandle(band), OGRLayer::ToHandle(&segments), 0,
                       nullptr, nullptr, nullptr) != CE_None)
      throw Error(Fault::io, "the areas cannot be outlined");
    file.finish();
    return segments.written();
  }

  int min_px_;
  std::string stem_;
  std::string work_;
  ImageInfo info_;
  ScratchTiff scratch_;
  std::vector<Segment> segments_;
};

std::unique_ptr<Sink> make_segment_sink(const StageContext& context) {
  return std::make_unique<SegmentSink>(context.read<Params>(), context);
}

}  // namespace

StageInfo write_segments_stage() {
  return {.name = "write_segments",
          .family = "io",
          .doc =
              "Writes connected areas of one class as polygons (GeoPackage), with class, area, bounding box and, "
              "from an output `rated`, mean confidence.",
          .inputs = {{"labels", PortType::labels, "A mask; a second band is taken as confidence."}},
          .outputs = {},
          .params = params_of<Params>(),
          .factory = SinkFactory{make_segment_sink},
          .file_ending = ".gpkg"};
}

}  // namespace nadir
