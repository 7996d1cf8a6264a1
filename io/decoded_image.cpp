// Groups of blocks: their shape, their decoding, and the use of their pixels.
#include "io/decoded_image.h"

#include <algorithm>
#include <thread>

#include "io/sample_type.h"
#include "pipeline/core/window_text.h"

namespace nadir {
namespace {

// Small blocks and strips are decoded several at once, so that a call's overhead is small beside its work.
constexpr std::int64_t kGroupBytes = std::int64_t{512} << 10;

// Doubles the shorter side while the image goes on there: tiles become squares, strips become bands.
Size grouped(Size block, Size image, std::int64_t pixel_bytes) {
  std::int64_t width = block.width;
  std::int64_t height = block.height;
  while (width * height * pixel_bytes * 2 <= kGroupBytes) {
    const bool more_x = width < image.width;
    const bool more_y = height < image.height;
    if (!more_x && !more_y) break;
    (more_x && (width <= height || !more_y) ? width : height) *= 2;
  }
  return {int(width), int(height)};
}

bool is_interleaved(GDALDataset& dataset) {
  const char* interleave = dataset.GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE");
  return interleave && EQUAL(interleave, "PIXEL");
}

// Every handle keeps a decoded block of its own; all of them together get a quarter of the cache.
int handle_limit(std::int64_t block_bytes) {
  const std::int64_t share = std::int64_t(BlockCache::shared().limit() / 4);
  const std::int64_t threads = std::max(1u, std::thread::hardware_concurrency());
  return int(std::clamp<std::int64_t>(share / std::max<std::int64_t>(1, block_bytes), 1, threads));
}

}  // namespace

DecodedImage::DecodedImage(DatasetPool& pool, const RasterLayout& layout)
    : pool_(pool), masks_(layout.masks), type_(layout.info.type), id_(BlockCache::shared().new_image()) {
  const DatasetPool::Lease dataset(pool);
  image_ = {(*dataset).GetRasterXSize(), (*dataset).GetRasterYSize()};
  group_bands(*dataset, layout);
  for (int p = 0; p < int(planes_.size()); ++p)
    planes_[std::size_t(p)].group = grouped(layout.block, image_, pixel_bytes(p));
  const std::int64_t together = is_interleaved(*dataset) ? (*dataset).GetRasterCount() : 1;
  pool.set_limit(handle_limit(std::int64_t{layout.block.width} * layout.block.height * together * size_of(type_)));
}

void DecodedImage::group_bands(GDALDataset& dataset, const RasterLayout& layout) {
  Plane all;
  for (std::size_t b = 0; b < layout.bands.size(); ++b) {
    all.numbers.push_back(layout.bands[b]);
    all.bands.push_back({0, int(b), layout.nodata[b]});
  }
  for (const int alpha : layout.alphas) {
    all.numbers.push_back(alpha);
    all.bands.push_back({0, StoredBand::kAlpha});
  }
  if (is_interleaved(dataset))
    planes_.push_back(all);
  else
    for (std::size_t b = 0; b < all.numbers.size(); ++b) planes_.push_back({{all.numbers[b]}, {all.bands[b]}, {}});
  planes_.push_back({{}, {}, {}});
}

std::int64_t DecodedImage::pixel_bytes(int p) const {
  return p == mask_plane() ? 1 : std::int64_t(planes_[std::size_t(p)].numbers.size()) * size_of(type_);
}

DecodedImage::~DecodedImage() { BlockCache::shared().forget(id_); }

void DecodedImage::read(const Window& file, TileView out) const {
  for (int p = 0; p < mask_plane(); ++p)
    for_each_group(p, file, [&](const Window& window, const std::byte* pixels, const Window& part) {
      std::vector<StoredBand> bands = planes_[std::size_t(p)].bands;
      const std::ptrdiff_t size = size_of(type_);
      for (std::size_t b = 0; b < bands.size(); ++b) bands[b].offset = std::ptrdiff_t(b) * window.area() * size;
      const std::ptrdiff_t skip = std::ptrdiff_t{part.y - window.y} * window.width + (part.x - window.x);
      const TileView target = out.crop(translate(part, out.window.x - file.x, out.window.y - file.y));
      refuse_rounding(pool_.choice(), decode({pixels + skip * size, size, window.width * size}, type_, bands, target));
    });
}

void DecodedImage::read_mask(const Window& file, MaskView valid) const {
  for_each_group(mask_plane(), file, [&](const Window& window, const std::byte* pixels, const Window& part) {
    for (int y = part.y; y < part.bottom(); ++y) {
      const std::byte* from = pixels + std::ptrdiff_t{y - window.y} * window.width + (part.x - window.x);
      std::uint8_t* to = valid.row(y - file.y + valid.window.y) + (part.x - file.x);
      for (int x = 0; x < part.width; ++x) to[x] &= std::uint8_t(from[x]);
    }
  });
}

template <class Use>
void DecodedImage::for_each_group(int p, const Window& file, const Use& use) const {
  const Size group = planes_[std::size_t(p)].group;
  const int columns = ceil_div(image_.width, group.width);
  for (int row = file.y / group.height; row <= (file.bottom() - 1) / group.height; ++row)
    for (int column = file.x / group.width; column <= (file.right() - 1) / group.width; ++column) {
      const Window window =
          intersect({column * group.width, row * group.height, group.width, group.height}, whole(image_));
      const DecodedBlock pixels = BlockCache::shared().get(
          {id_, p, std::uint64_t(row) * std::uint64_t(columns) + std::uint64_t(column)},
          std::size_t(window.area() * pixel_bytes(p)), [&](std::byte* to) { load(p, window, to); });
      use(window, pixels.get(), intersect(window, file));
    }
}

void DecodedImage::load(int p, const Window& window, std::byte* to) const {
  const DatasetPool::Lease dataset(pool_);
  if (p == mask_plane())
    load_mask(*dataset, window, to);
  else
    load_samples(*dataset, planes_[std::size_t(p)], window, to);
}

void DecodedImage::fail(int band, const Window& window, const GdalMessages& messages) const {
  throw Error(Fault::data, pool_.choice().path + ": band " + std::to_string(band) + ", window " + to_text(window) +
                               " cannot be read: " + messages.text());
}

void DecodedImage::load_samples(GDALDataset& dataset, const Plane& plane, const Window& window, std::byte* to) const {
  const GDALDataType type = stored_type_of(type_);
  {
    const GdalMessages quiet;  // on failure the bands are read again one by one, to name the damaged one
    const CPLErr error =
        dataset.RasterIO(GF_Read, window.x, window.y, window.width, window.height, to, window.width, window.height,
                         type, int(plane.numbers.size()), const_cast<int*>(plane.numbers.data()), 0, 0, 0, nullptr);
    if (error == CE_None && !quiet.failed()) return;
  }
  for (std::size_t b = 0; b < plane.numbers.size(); ++b) {
    const GdalMessages messages;
    const CPLErr error = dataset.GetRasterBand(plane.numbers[b])
                             ->RasterIO(GF_Read, window.x, window.y, window.width, window.height,
                                        to + std::int64_t(b) * window.area() * size_of(type_), window.width,
                                        window.height, type, 0, 0, nullptr);
    if (error != CE_None || messages.failed()) fail(plane.numbers[b], window, messages);
  }
}

// Masks come in any type and in any number; what counts is whether one of them is 0.
void DecodedImage::load_mask(GDALDataset& dataset, const Window& window, std::byte* to) const {
  const auto pixels = std::size_t(window.area());
  const auto valid = reinterpret_cast<std::uint8_t*>(to);
  std::fill_n(valid, pixels, std::uint8_t{1});
  std::vector<float> samples(pixels);
  for (const int band : masks_) {
    const GdalMessages messages;
    const CPLErr error = dataset.GetRasterBand(band)->GetMaskBand()->RasterIO(
        GF_Read, window.x, window.y, window.width, window.height, samples.data(), window.width, window.height,
        GDT_Float32, 0, 0, nullptr);
    if (error != CE_None || messages.failed()) fail(band, window, messages);
    for (std::size_t i = 0; i < pixels; ++i) valid[i] &= std::uint8_t(samples[i] != 0);
  }
}

}  // namespace nadir
