// write_geotiff and write_mask: Cloud Optimized GeoTIFFs from tiles.
#include "io/geotiff_writer.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "io/cog_describe.h"
#include "io/cog_file.h"
#include "io/io.h"
#include "io/mask_style.h"

namespace nadir {
namespace {

enum class OutputType { same, u8, u16, i16, u32, i32, f32, f64 };

struct ImageParams {
  OutputType type = OutputType::same;
  Compression compression = Compression::zstd;
  int block_px = 512;
  bool overviews = true;
};
NADIR_PARAMS(ImageParams,
             PARAM(type, "", choices({"same", "u8", "u16", "i16", "u32", "i32", "f32", "f64"}),
                   "Sample type; same: that of the incoming image (i8 becomes i16). Integers are rounded and clamped."),
             PARAM(compression, "", choices({"zstd", "deflate", "lzw", "none"}),
                   "Lossless compression of blocks; none: tiles as they are computed, written once, in no COG layout."),
             PARAM(block_px, "px", multiples(16, 128, 4096), "Side of a block."),
             PARAM(overviews, "", any(), "Adds reduced images (averages) for fast display."))

struct MaskParams {
  Compression compression = Compression::zstd;
  int block_px = 512;
  bool overviews = true;
};
NADIR_PARAMS(MaskParams,
             PARAM(compression, "", choices({"zstd", "deflate", "lzw", "none"}), "Lossless compression of blocks."),
             PARAM(block_px, "px", multiples(16, 128, 4096), "Side of a block."),
             PARAM(overviews, "", any(), "Adds reduced masks (most frequent class) for fast display."))

SampleType sample_type(OutputType type, SampleType same) {
  constexpr std::array types{SampleType::u8,  SampleType::u8,  SampleType::u16, SampleType::i16,
                             SampleType::u32, SampleType::i32, SampleType::f32, SampleType::f64};
  return type == OutputType::same ? same : types[std::size_t(type)];
}

// Scene folder and node: two scenes of a run may share the working folder.
std::string scratch_name(const std::string& path) {
  const std::filesystem::path file(path);
  return file.parent_path().filename().string() + "-" + file.stem().string();
}

WorkPlace work_place(const StageContext& context) {
  return {context.work_dir + "/" + scratch_name(context.output_stem + ".tif"), context.resume_key, context.unit};
}

// Invalid pixels get the nodata value where the type can hold it, and a mask band otherwise.
class CogSink final : public Sink {
 public:
  CogSink(const StageContext& context, const ImageInfo& info, const Encoding& encoding, const CogOptions& options)
      : file_(context.output_stem + ".tif", work_place(context), info, encoding, options) {}
  void write(ConstTileView tile) override { file_.write(tile); }
  bool holds(const Window& window) const override { return file_.holds(window); }
  Record finish() override { return file_.finish(); }

 private:
  CogFile file_;
};

// A mask with, beside it, the style that QGIS shows it in. The style goes first: whoever sees the mask sees its
// colours.
class MaskSink final : public Sink {
 public:
  MaskSink(const StageContext& context, const ImageInfo& info, const Encoding& encoding, const CogOptions& options)
      : stem_(context.output_stem),
        classes_(info.classes),
        file_(stem_ + ".tif", work_place(context), info, encoding, options) {}
  void write(ConstTileView tile) override { file_.write(tile); }
  bool holds(const Window& window) const override { return file_.holds(window); }
  Record finish() override {
    if (classes_.empty())
      std::filesystem::remove(stem_ + ".qml");  // of a former run, with classes that are no more
    else
      write_style();
    return file_.finish();
  }

 private:
  void write_style() const {
    const std::string unfinished = stem_ + ".qml.part";
    std::ofstream out(unfinished, std::ios::binary);
    out << mask_style(classes_);
    out.close();
    if (!out || std::rename(unfinished.c_str(), (stem_ + ".qml").c_str()) != 0)
      throw Error(Fault::io, stem_ + ".qml: cannot be written; is the disk full?");
  }

  std::string stem_;
  std::vector<ClassInfo> classes_;
  CogFile file_;
};

std::unique_ptr<Sink> make_image_sink(const StageContext& context) {
  const auto p = context.read<ImageParams>();
  const ImageInfo& info = *context.images[0];
  const Encoding encoding = encoding_of(sample_type(p.type, info.type), info.nodata);
  // No index lies between two others.
  const Reduction reduction = holds_palette(info, encoding.type) ? Reduction::most_frequent : Reduction::average;
  return std::make_unique<CogSink>(context, info, encoding,
                                   CogOptions{p.compression, p.block_px, p.overviews, reduction});
}

SampleType mask_type(const ImageInfo& info) {
  int highest = info.classes.empty() && info.type != SampleType::u8 ? 65535 : 0;
  for (const ClassInfo& c : info.classes) highest = std::max(highest, int(c.id));
  return highest <= 255 ? SampleType::u8 : SampleType::u16;
}

std::unique_ptr<Sink> make_mask_sink(const StageContext& context) {
  const auto p = context.read<MaskParams>();
  ImageInfo info = *context.images[0];
  for (BandInfo& band : info.bands) band = {band.name.empty() ? "class" : band.name, 1, 0, ""};
  const CogOptions options{p.compression, p.block_px, p.overviews, Reduction::most_frequent, !info.classes.empty()};
  return std::make_unique<MaskSink>(context, info, Encoding{mask_type(info), 0, false}, options);
}

}  // namespace

void write_geotiff_file(const std::string& path, const ImageInfo& info, ConstTileView pixels) {
  static std::atomic<int> serial{0};
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const std::string name = scratch_name(path) + "-" + std::to_string(::getpid()) + "-" + std::to_string(++serial);
  const WorkPlace work{(folder.empty() ? "." : folder) + "/." + name, "", ""};
  CogFile file(path, work, info, encoding_of(info.type, info.nodata), {});
  file.write(pixels);
  file.finish();
}

StageInfo write_geotiff_stage() {
  return {.name = "write_geotiff",
          .family = "io",
          .doc = "Writes an image as Cloud Optimized GeoTIFF. The file appears complete or not at all.",
          .inputs = {{"image", PortType::image, "What to write."}},
          .outputs = {},
          .params = params_of<ImageParams>(),
          .factory = SinkFactory{make_image_sink}};
}

StageInfo write_mask_stage() {
  return {.name = "write_mask",
          .family = "io",
          .doc =
              "Writes a class mask as Cloud Optimized GeoTIFF with palette and class names, and a style file for QGIS. "
              "0 is "
              "unclassified.",
          .inputs = {{"labels", PortType::labels, "The class of every pixel."}},
          .outputs = {},
          .params = params_of<MaskParams>(),
          .factory = SinkFactory{make_mask_sink}};
}

}  // namespace nadir
