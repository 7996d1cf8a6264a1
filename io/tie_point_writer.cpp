// write_tie_points: a GeoPackage of tie points and a picture of their residuals.
#include "io/tie_point_writer.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "io/geopackage.h"
#include "pipeline/core/unshared_sink.h"

namespace nadir {
namespace {

constexpr int kThumbnailSide = 512;

struct Params {
  bool picture = true;
};
NADIR_PARAMS(Params, PARAM(picture, "", any(), "Also writes an SVG: before and after in turn, with residual arrows."))

void add_fields(OGRLayer& layer) {
  for (const char* name :
       {"moved_x_px", "moved_y_px", "residual_x_px", "residual_y_px", "correlation", "second_peak", "sigma", "weight"})
    add_field(layer, name, OFTReal);
  add_field(layer, "band", OFTInteger);
}

// At the place where the reference says that it lies.
void add_tie(GeoPackage& file, const TiePoint& t, const Grid& grid) {
  OGRFeature row(file.layer().GetLayerDefn());
  const double values[]{t.moved.x, t.moved.y, t.residual.x, t.residual.y, t.score, t.second, t.sigma, t.weight};
  for (int i = 0; i < 8; ++i) row.SetField(i, values[i]);
  row.SetField(8, t.band + 1);
  const Point from = grid.to_map(t.at.x, t.at.y);
  const OGRPoint place(from.x, from.y);
  row.SetGeometry(&place);
  file.add(row);
}

void write_layer(const std::string& path, const TiePoints& ties, const Grid& grid) {
  GeoPackage file(path, "tie_points", wkbPoint, grid.crs_wkt, "the scene");
  add_fields(file.layer());
  file.begin();
  for (const TiePoint& t : ties) add_tie(file, t, grid);
  file.finish();
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
    const std::string name = fs::path(stem_).filename().string();
    const std::string layer = work_ + "/" + name + ".gpkg", drawing = work_ + "/" + name + ".svg";
    std::string ending = ".gpkg";  // of what is being written
    std::error_code ignored;
    fs::remove(layer, ignored);
    try {
      write_layer(layer, transform_.tie_points, grid_);
      if (picture_) {
        ending = ".svg";
        write_picture(drawing);
        fs::rename(drawing, stem_ + ".svg");
      }
      fs::rename(layer, stem_ + ".gpkg");
    } catch (const std::exception& e) {
      fs::remove(layer, ignored);
      fs::remove(drawing, ignored);
      throw Error(Fault::io,
                  stem_ + ending + ": " + e.what() + (messages.text().empty() ? "" : ": " + messages.text()));
    }
    Record facts{{"path", stem_ + ".gpkg"}, {"tie_points", std::int64_t(transform_.tie_points.size())}};
    if (picture_) facts.set("picture", stem_ + ".svg");
    return facts;
  }

 private:
  void write_picture(const std::string& path) {
    std::vector<float> known;
    for (const float v : samples_)
      if (std::isfinite(v)) known.push_back(v);
    std::sort(known.begin(), known.end());
    const float low = known.empty() ? 0 : known[known.size() / 50];
    const float high = known.empty() ? 1 : known[known.size() - 1 - known.size() / 50];
    for (const float v : samples_)
      thumbnail_.grey.push_back(
          std::isfinite(v) && high > low ? std::uint8_t(std::clamp(255 * (v - low) / (high - low), 0.0f, 255.0f)) : 0);
    std::ofstream out(path, std::ios::binary);
    out << alignment_picture(thumbnail_, transform_);
    out.close();
    if (!out) throw Error(Fault::io, "the picture cannot be written; is the disk full?");
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
