// write_tie_points: a GeoPackage of tie points and a picture of their residuals.
#include "io/tie_point_writer.h"

#include <ogrsf_frmts.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "io/gdal_handle.h"
#include "pipeline/core/unshared_sink.h"

namespace nadir {
namespace {

constexpr int kThumbnailSide = 512;

struct Params {
  bool picture = true;
};
NADIR_PARAMS(Params, PARAM(picture, "", any(), "Also writes an SVG: before and after in turn, with residual arrows."))

void add_fields(OGRLayer& layer) {
  for (const char* name : {"moved_x_px", "moved_y_px", "residual_x_px", "residual_y_px", "correlation", "second_peak",
                           "sigma", "weight"}) {
    OGRFieldDefn field(name, OFTReal);
    if (layer.CreateField(&field) != OGRERR_NONE) throw Error(Fault::io, "the fields cannot be created");
  }
  OGRFieldDefn band("band", OFTInteger);
  if (layer.CreateField(&band) != OGRERR_NONE) throw Error(Fault::io, "the fields cannot be created");
}

// At the place where the reference says that it lies.
void add_tie(OGRLayer& layer, const TiePoint& t, const Grid& grid) {
  OGRFeature row(layer.GetLayerDefn());
  const double values[]{t.moved.x, t.moved.y, t.residual.x, t.residual.y, t.score, t.second, t.sigma, t.weight};
  for (int i = 0; i < 8; ++i) row.SetField(i, values[i]);
  row.SetField(8, t.band + 1);
  const Point from = grid.to_map(t.at.x, t.at.y);
  const OGRPoint place(from.x, from.y);
  row.SetGeometry(&place);
  if (layer.CreateFeature(&row) != OGRERR_NONE) throw Error(Fault::io, "a tie point cannot be written");
}

void write_layer(const std::string& path, const TiePoints& ties, const Grid& grid) {
  // GeoPackages hold the time of their making; a fixed one keeps equal results equal files.
  CPLConfigOptionSetter fixed_time("OGR_CURRENT_DATE", "2000-01-01T00:00:00.000Z", false);
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GPKG");
  DatasetPtr dataset(driver ? driver->Create(path.c_str(), 0, 0, 0, GDT_Unknown, nullptr) : nullptr);
  if (!dataset) throw Error(Fault::io, "the file cannot be created");
  OGRSpatialReference crs = parse_crs(grid.crs_wkt, "the scene");
  OGRLayer* layer = dataset->CreateLayer("tie_points", crs.IsEmpty() ? nullptr : &crs, wkbPoint, nullptr);
  if (!layer) throw Error(Fault::io, "the layer cannot be created");
  add_fields(*layer);
  if (dataset->StartTransaction() != OGRERR_NONE) throw Error(Fault::io, "the file takes no transaction");
  for (const TiePoint& t : ties) add_tie(*layer, t, grid);
  if (dataset->CommitTransaction() != OGRERR_NONE) throw Error(Fault::io, "the transaction cannot be completed");
}

// Tiles leave every n-th pixel of their first band in a thumbnail; at the end it is stretched to grey.
class TiePointSink final : public UnsharedSink {
 public:
  TiePointSink(const Params& p, const StageContext& context)
      : picture_(p.picture), stem_(context.output_stem), work_(context.work_dir), grid_(context.images[0]->grid) {
    const auto* transform = std::get_if<Transform>(&context.values[1]);
    if (!transform) throw Error(Fault::config, context.node + ": needs a transform on port transform");
    transform_ = *transform;
    step_ = std::max(1, ceil_div(std::max(grid_.width, grid_.height), kThumbnailSide));
    thumbnail_.width = ceil_div(grid_.width, step_), thumbnail_.height = ceil_div(grid_.height, step_);
    thumbnail_.scale = step_;
    samples_.assign(std::size_t(thumbnail_.width) * std::size_t(thumbnail_.height), std::nanf(""));
  }

  // Every tile fills places of its own, so no lock is needed.
  void write(ConstTileView tile) override {
    const Window w = intersect(tile.window, grid_.window());
    for (int y = ceil_div(w.y, step_) * step_; y < w.bottom(); y += step_)
      for (int x = ceil_div(w.x, step_) * step_; x < w.right(); x += step_)
        if (tile.is_valid(x, y))
          samples_[std::size_t(y / step_) * std::size_t(thumbnail_.width) + std::size_t(x / step_)] = tile(0, x, y);
  }

  Record finish() override {
    namespace fs = std::filesystem;
    const GdalMessages messages;
    fs::create_directories(fs::path(stem_).parent_path());
    fs::create_directories(work_);
    const std::string unfinished = work_ + "/" + fs::path(stem_).filename().string() + ".gpkg";
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    try {
      write_layer(unfinished, transform_.tie_points, grid_);
      fs::rename(unfinished, stem_ + ".gpkg");
      if (picture_) write_picture(fs::path(stem_ + ".svg"));
    } catch (const std::exception& e) {
      fs::remove(unfinished, ignored);
      throw Error(Fault::io, stem_ + ".gpkg: " + e.what() + (messages.text().empty() ? "" : ": " + messages.text()));
    }
    Record facts{{"path", stem_ + ".gpkg"}, {"tie_points", std::int64_t(transform_.tie_points.size())}};
    if (picture_) facts.set("picture", stem_ + ".svg");
    return facts;
  }

 private:
  void write_picture(const std::filesystem::path& path) {
    std::vector<float> known;
    for (const float v : samples_)
      if (std::isfinite(v)) known.push_back(v);
    std::sort(known.begin(), known.end());
    const float low = known.empty() ? 0 : known[known.size() / 50];
    const float high = known.empty() ? 1 : known[known.size() - 1 - known.size() / 50];
    for (const float v : samples_)
      thumbnail_.grey.push_back(
          std::isfinite(v) && high > low ? std::uint8_t(std::clamp(255 * (v - low) / (high - low), 0.0f, 255.0f)) : 0);
    const std::filesystem::path unfinished = std::filesystem::path(work_) / path.filename();
    std::ofstream(unfinished, std::ios::binary) << alignment_picture(thumbnail_, transform_);
    std::filesystem::rename(unfinished, path);
  }

  bool picture_;
  std::string stem_;
  std::string work_;
  Grid grid_;
  Transform transform_;
  int step_ = 1;
  Thumbnail thumbnail_;
  std::vector<float> samples_;
};

std::unique_ptr<Sink> make_tie_point_sink(const StageContext& context) {
  register_drivers();
  return std::make_unique<TiePointSink>(context.read<Params>(), context);
}

}  // namespace

StageInfo write_tie_points_stage() {
  return {.name = "write_tie_points",
          .family = "io",
          .doc = "Writes what an alignment was measured from: a GeoPackage of tie points, and a picture of residuals.",
          .inputs = {{"image", PortType::image, "The image before it is moved."},
                     {"transform", PortType::transform, "The transform that was found for it."}},
          .outputs = {},
          .params = params_of<Params>(),
          .factory = SinkFactory{make_tie_point_sink},
          .file_ending = ".gpkg"};
}

}  // namespace nadir
