// read_geotiff: pixels as float32 and what makes them invalid.
#include "io/geotiff_reader.h"

#include <cmath>
#include <mutex>

#include "io/io.h"

namespace nadir {
namespace {

struct Params {
  std::string path;
  std::vector<std::string> bands;
  std::string nodata;
  std::vector<std::string> drivers{"GTiff", "COG"};
  std::vector<double> bbox;
  int crop_to_multiple_px = 1;
};
NADIR_PARAMS(Params, PARAM(path, "", any(), "The file; empty: the scene of the run."),
             PARAM(bands, "", any(), "Bands by number (from 1), name or colour, in this order; empty: all but alpha."),
             PARAM(nodata, "dn", any(), "Value of invalid samples, nan, or none; empty: what the file declares."),
             PARAM(drivers, "", any(), "GDAL formats that may open the file. Some (VRT) can reach any other file."),
             PARAM(bbox, "map units", any(),
                   "Part to read: min_x, min_y, max_x, max_y, widened to whole pixels; empty: all."),
             PARAM(crop_to_multiple_px, "px", range(1, 4096),
                   "Cuts right and bottom so that both sides are multiples."))

std::string to_text(const Window& w) {
  return std::to_string(w.x) + "," + std::to_string(w.y) + " " + std::to_string(w.width) + "x" +
         std::to_string(w.height);
}

// Types whose samples float32 cannot hold exactly; nodata is compared before the conversion.
bool is_wide(SampleType type) { return type == SampleType::u32 || type == SampleType::i32 || type == SampleType::f64; }

// A pixel is invalid when any chosen band is nodata or not finite, or the file's mask or alpha is 0 there; the samples
// of invalid pixels come as 0.
class RasterSource final : public Source {
 public:
  explicit RasterSource(RasterChoice choice) : choice_(std::move(choice)) {
    DatasetPtr first = open();
    layout_ = read_layout(*first, choice_);
    signed_byte_ =
        layout_.info.type == SampleType::i8 && first->GetRasterBand(layout_.bands[0])->GetRasterDataType() == GDT_Byte;
    file_size_ = {first->GetRasterXSize(), first->GetRasterYSize()};
    idle_.push_back(std::move(first));
  }

  const ImageInfo& info() const override { return layout_.info; }

  void read(TileView out) const override {
    if (out.window.empty()) return;
    DatasetPtr dataset = acquire();
    const Window file = translate(out.window, layout_.origin_x, layout_.origin_y);
    const MaskView valid = out.mask();
    for (int y = out.window.y; y < out.window.bottom(); ++y)
      std::fill_n(valid.row(y), out.window.width, std::uint8_t{1});
    if (is_wide(layout_.info.type))
      read_wide(*dataset, file, out);
    else
      read_narrow(*dataset, file, out);
    for (const int b : layout_.masks) read_mask(*dataset->GetRasterBand(b)->GetMaskBand(), b, file, valid);
    for (const int b : layout_.alphas) read_mask(*dataset->GetRasterBand(b), b, file, valid);
    clear_invalid(out);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(dataset));
  }

 private:
  DatasetPtr open() const {
    DatasetPtr dataset = open_dataset(choice_.path, GDAL_OF_RASTER, choice_.drivers, "drivers");
    refuse_absurd(*dataset, choice_.path);
    return dataset;
  }

  // A GDAL handle serves one thread at a time, so there are as many as threads read at once.
  DatasetPtr acquire() const {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        DatasetPtr dataset = std::move(idle_.back());
        idle_.pop_back();
        return dataset;
      }
    }
    DatasetPtr dataset = open();
    if (Size{dataset->GetRasterXSize(), dataset->GetRasterYSize()} != file_size_)
      throw Error(Fault::data, choice_.path + ": was replaced while it was read");
    return dataset;
  }

  [[noreturn]] void fail(int band, const Window& file, const GdalMessages& messages) const {
    throw Error(Fault::data, choice_.path + ": band " + std::to_string(band) + ", window " + to_text(file) +
                                 " cannot be read: " + messages.text());
  }

  void read_band(GDALDataset& dataset, int band, const Window& file, void* to, GDALDataType type,
                 std::ptrdiff_t row_bytes) const {
    const GdalMessages messages;
    const CPLErr error = dataset.GetRasterBand(band)->RasterIO(GF_Read, file.x, file.y, file.width, file.height, to,
                                                               file.width, file.height, type, 0, row_bytes, nullptr);
    if (error != CE_None || messages.failed()) fail(band, file, messages);
  }

  void read_narrow(GDALDataset& dataset, const Window& file, TileView out) const {
    bool done = false;
    {
      const GdalMessages quiet;  // on failure the bands are read again one by one, to name the damaged one
      done = dataset.RasterIO(GF_Read, file.x, file.y, file.width, file.height, out.samples, file.width, file.height,
                              GDT_Float32, out.bands, const_cast<int*>(layout_.bands.data()), 0,
                              GSpacing(out.stride) * 4, GSpacing(out.plane) * 4, nullptr) == CE_None &&
             !quiet.failed();
    }
    for (int b = 0; b < out.bands; ++b) {
      const View band = out.band(b);
      const int number = layout_.bands[std::size_t(b)];
      if (!done) read_band(dataset, number, file, band.data, GDT_Float32, band.stride * 4);
      const auto nodata = layout_.nodata[std::size_t(b)];
      const float empty = nodata ? float(*nodata) : std::nanf("");
      for (int y = out.window.y; y < out.window.bottom(); ++y) {
        float* row = band.row(y);
        std::uint8_t* valid = out.mask().row(y);
        if (signed_byte_)
          for (int x = 0; x < file.width; ++x) row[x] -= row[x] > 127 ? 256.0f : 0.0f;
        for (int x = 0; x < file.width; ++x) valid[x] &= std::uint8_t(std::isfinite(row[x]) && row[x] != empty);
      }
    }
  }

  void read_wide(GDALDataset& dataset, const Window& file, TileView out) const {
    std::vector<double> samples(std::size_t(file.area()));
    for (int b = 0; b < out.bands; ++b) {
      read_band(dataset, layout_.bands[std::size_t(b)], file, samples.data(), GDT_Float64,
                std::ptrdiff_t{file.width} * 8);
      const double empty = layout_.nodata[std::size_t(b)].value_or(std::nan(""));
      for (int y = 0; y < file.height; ++y) {
        const double* from = samples.data() + std::size_t(y) * std::size_t(file.width);
        float* row = out.band(b).row(out.window.y + y);
        std::uint8_t* valid = out.mask().row(out.window.y + y);
        for (int x = 0; x < file.width; ++x) {
          row[x] = float(from[x]);
          valid[x] &= std::uint8_t(std::isfinite(row[x]) && from[x] != empty);
        }
      }
    }
  }

  void read_mask(GDALRasterBand& mask, int band, const Window& file, MaskView valid) const {
    std::vector<float> samples(std::size_t(file.area()));
    const GdalMessages messages;
    const CPLErr error = mask.RasterIO(GF_Read, file.x, file.y, file.width, file.height, samples.data(), file.width,
                                       file.height, GDT_Float32, 0, 0, nullptr);
    if (error != CE_None || messages.failed()) fail(band, file, messages);
    for (int y = 0; y < file.height; ++y) {
      const float* from = samples.data() + std::size_t(y) * std::size_t(file.width);
      std::uint8_t* row = valid.row(valid.window.y + y);
      for (int x = 0; x < file.width; ++x) row[x] &= std::uint8_t(from[x] != 0);
    }
  }

  static void clear_invalid(TileView out) {
    for (int y = out.window.y; y < out.window.bottom(); ++y) {
      const std::uint8_t* valid = out.mask().row(y);
      for (int b = 0; b < out.bands; ++b) {
        float* row = out.band(b).row(y);
        for (int x = 0; x < out.window.width; ++x) row[x] = valid[x] ? row[x] : 0.0f;
      }
    }
  }

  RasterChoice choice_;
  RasterLayout layout_;
  bool signed_byte_ = false;
  Size file_size_;
  mutable std::mutex mutex_;
  mutable std::vector<DatasetPtr> idle_;
};

std::unique_ptr<Source> make_source(const StageContext& context) {
  Params p = context.read<Params>();
  const std::string path = p.path.empty() ? context.scene_path : p.path;
  if (path.empty())
    throw Error(Fault::missing, context.node + ": there is no scene to read; give path, or scenes on the command line");
  return open_source({path, p.drivers, p.bands, p.nodata, p.bbox, p.crop_to_multiple_px});
}

}  // namespace

std::unique_ptr<Source> open_source(RasterChoice choice) { return std::make_unique<RasterSource>(std::move(choice)); }

Tile read_whole(const std::string& path, ImageInfo* info) {
  RasterChoice choice;
  choice.path = path;
  choice.drivers = {"GTiff", "COG", "PNG", "JPEG", "BMP"};
  const auto source = open_source(choice);
  Tile tile(source->info().grid.window(), source->info().band_count());
  source->read(tile.view());
  if (info) *info = source->info();
  return tile;
}

StageInfo read_geotiff_stage() {
  return {
      .name = "read_geotiff",
      .family = "io",
      .doc =
          "Reads a georeferenced image. Nodata, masks, alpha and samples that are not finite become the validity mask.",
      .inputs = {},
      .outputs = {{"image", PortType::image, "The image, samples as in the file."}},
      .params = params_of<Params>(),
      .factory = SourceFactory{make_source}};
}

}  // namespace nadir
