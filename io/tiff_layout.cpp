// The bytes of TIFF directories.
#include "io/tiff_layout.h"

#include <cstring>

#include "io/sample_type.h"

namespace nadir {
namespace {

enum Tag : std::uint16_t {
  kNewSubfileType = 254,
  kImageWidth = 256,
  kImageLength = 257,
  kBitsPerSample = 258,
  kCompression = 259,
  kPhotometric = 262,
  kSamplesPerPixel = 277,
  kPlanarConfiguration = 284,
  kTileWidth = 322,
  kTileLength = 323,
  kTileOffsets = 324,
  kTileByteCounts = 325,
  kExtraSamples = 338,
  kSampleFormat = 339
};

constexpr std::size_t kPage = 4096;  // tiles start at pages, so that whole pages are written
constexpr std::size_t kHeaderBytes = 16;

// Unsigned integers of one tag; short ones are stored in the directory itself, long ones behind it.
struct Field {
  std::uint16_t tag;
  std::uint16_t type;  // 3: 16 bits, 16: 64 bits
  std::vector<std::uint64_t> values;
  std::size_t width() const { return type == 3 ? 2 : 8; }
  std::size_t bytes() const { return width() * values.size(); }
};

class Bytes {
 public:
  explicit Bytes(std::vector<std::byte>& to) : to_(to) {}
  void put(std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) to_.push_back(std::byte(value >> (8 * i)));
  }
  void put(const Field& field) {
    for (const std::uint64_t v : field.values) put(v, field.width());
  }
  void pad_to(std::size_t multiple) {
    while (to_.size() % multiple != 0) to_.push_back(std::byte{0});
  }
  std::size_t size() const { return to_.size(); }

 private:
  std::vector<std::byte>& to_;
};

std::uint64_t sample_format(SampleType type) {
  if (!is_integer(type)) return 3;
  return limits_of(type).first < 0 ? 2 : 1;
}

std::vector<Field> fields_of(const TiffLayout& layout, const TiffLayout::Spec& spec, int level) {
  constexpr std::uint16_t short_type = 3;
  constexpr std::uint16_t long_type = 16;
  const std::size_t bands = std::size_t(spec.bands);
  const BlockPlane plane = layout.plane(level, 0);
  std::vector<std::uint64_t> offsets;
  for (int b = 0; b < spec.bands; ++b)
    for (int row = 0; row < plane.down(); ++row)
      for (int column = 0; column < plane.across(); ++column)
        offsets.push_back(layout.plane(level, b).offset(column, row));
  const std::vector<std::uint64_t> counts(offsets.size(), plane.block_bytes());
  const std::uint64_t edge = std::uint64_t(spec.block);
  const std::size_t colours = spec.rgb ? 3 : 1;
  std::vector<Field> fields{{kNewSubfileType, long_type, {level > 0 ? 1U : 0U}},
                            {kImageWidth, long_type, {std::uint64_t(plane.size.width)}},
                            {kImageLength, long_type, {std::uint64_t(plane.size.height)}},
                            {kBitsPerSample, short_type, std::vector<std::uint64_t>(bands, 8 * plane.sample_bytes)},
                            {kCompression, short_type, {1}},
                            {kPhotometric, short_type, {spec.rgb ? 2U : 1U}},
                            {kSamplesPerPixel, short_type, {bands}},
                            {kPlanarConfiguration, short_type, {2}},
                            {kTileWidth, short_type, {edge}},
                            {kTileLength, short_type, {edge}},
                            {kTileOffsets, long_type, offsets},
                            {kTileByteCounts, long_type, counts}};
  if (bands > colours) fields.push_back({kExtraSamples, short_type, std::vector<std::uint64_t>(bands - colours, 0)});
  fields.push_back({kSampleFormat, short_type, std::vector<std::uint64_t>(bands, sample_format(spec.type))});
  return fields;
}

std::size_t directory_bytes(const std::vector<Field>& fields) { return 8 + 20 * fields.size() + 8; }

// Behind the directory its long values, each at a multiple of 8.
std::size_t bytes_with_values(const std::vector<Field>& fields) {
  std::size_t bytes = directory_bytes(fields);
  for (const Field& f : fields)
    if (f.bytes() > 8) bytes += (f.bytes() + 7) / 8 * 8;
  return (bytes + 7) / 8 * 8;
}

void put_directory(Bytes& out, const std::vector<Field>& fields, bool last) {
  const std::size_t start = out.size();
  std::size_t values_at = (start + directory_bytes(fields) + 7) / 8 * 8;
  out.put(fields.size(), 8);
  for (const Field& f : fields) {
    out.put(f.tag, 2);
    out.put(f.type, 2);
    out.put(f.values.size(), 8);
    if (f.bytes() <= 8) {
      out.put(f);
      out.put(0, 8 - f.bytes());
    } else {
      out.put(values_at, 8);
      values_at += (f.bytes() + 7) / 8 * 8;
    }
  }
  out.put(last ? 0 : start + bytes_with_values(fields), 8);
  out.pad_to(8);
  for (const Field& f : fields) {
    if (f.bytes() <= 8) continue;
    out.put(f);
    out.pad_to(8);
  }
}

}  // namespace

TiffLayout::TiffLayout(const Spec& spec) : spec_(spec) {
  sizes_.push_back(spec.size);
  for (int k = 0; k < spec.reductions; ++k)
    sizes_.push_back({ceil_div(sizes_.back().width, 2), ceil_div(sizes_.back().height, 2)});
  origins_.resize(sizes_.size(), 0);
  std::size_t head_bytes = kHeaderBytes;  // does not depend on the origins, which are not known yet
  for (int k = 0; k < levels(); ++k) head_bytes += bytes_with_values(fields_of(*this, spec, k));
  std::uint64_t at = (head_bytes + kPage - 1) / kPage * kPage;
  for (int k = 0; k < levels(); ++k) {
    origins_[std::size_t(k)] = at;
    at += plane_bytes(k) * std::uint64_t(spec.bands);
  }
  Bytes out(head_);
  out.put(0x002b4949, 4);  // "II", 43
  out.put(8, 2);
  out.put(0, 2);
  out.put(kHeaderBytes, 8);
  for (int k = 0; k < levels(); ++k) put_directory(out, fields_of(*this, spec, k), k + 1 == levels());
}

BlockPlane TiffLayout::plane(int level, int band) const {
  const std::size_t sample_bytes = std::size_t(GDALGetDataTypeSizeBytes(gdal_type_of(spec_.type)));
  BlockPlane plane{sizes_[std::size_t(level)], spec_.block, sample_bytes, origins_[std::size_t(level)]};
  plane.origin += std::uint64_t(band) * plane.bytes();
  return plane;
}

std::uint64_t TiffLayout::plane_bytes(int level) const { return plane(level, 0).bytes(); }

std::uint64_t TiffLayout::file_bytes() const {
  const int last = levels() - 1;
  return origins_[std::size_t(last)] + plane_bytes(last) * std::uint64_t(spec_.bands);
}

}  // namespace nadir
