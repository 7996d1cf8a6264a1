// Residual arrows over a flickering thumbnail.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "io/gdal_handle.h"
#include "io/tie_point_writer.h"

namespace nadir {
namespace {

std::string base64(const std::vector<std::uint8_t>& bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t v = 0;
    for (std::size_t k = 0; k < 3; ++k) v = v << 8 | (i + k < bytes.size() ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? kDigits[v >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

// Encoded by GDAL in memory.
std::string png(const Thumbnail& t) {
  GDALDriver* memory = GetGDALDriverManager()->GetDriverByName("MEM");
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("PNG");
  if (!memory || !driver) return {};
  const DatasetPtr pixels(memory->Create("", t.width, t.height, 1, GDT_Byte, nullptr));
  auto* samples = const_cast<std::uint8_t*>(t.grey.data());
  if (!pixels || pixels->RasterIO(GF_Write, 0, 0, t.width, t.height, samples, t.width, t.height, GDT_Byte, 1, nullptr,
                                  0, 0, 0, nullptr) != CE_None)
    return {};
  const std::string path = "/vsimem/nadir_thumbnail_" + std::to_string(std::uintptr_t(&t)) + ".png";
  DatasetPtr encoded(driver->CreateCopy(path.c_str(), pixels.get(), false, nullptr, nullptr, nullptr));
  encoded.reset();
  vsi_l_offset size = 0;
  const GByte* data = VSIGetMemFileBuffer(path.c_str(), &size, false);
  const std::vector<std::uint8_t> bytes(data, data + (data ? size : 0));
  VSIUnlink(path.c_str());
  return base64(bytes);
}

Thumbnail moved(const Thumbnail& t, const Transform& transform) {
  Thumbnail result = t;
  for (int y = 0; y < t.height; ++y)
    for (int x = 0; x < t.width; ++x) {
      const Point p = transform.source((x + 0.5) * t.scale, (y + 0.5) * t.scale);
      const double u = p.x / t.scale, v = p.y / t.scale;
      const bool inside = u >= 0 && v >= 0 && u < t.width && v < t.height;
      result.grey[std::size_t(y * t.width + x)] = inside ? t.grey[std::size_t(int(v) * t.width + int(u))] : 0;
    }
  return result;
}

std::string text(const char* format, auto... values) {
  char t[400];
  std::snprintf(t, sizeof t, format, values...);
  return t;
}

// The power of two by which residuals are drawn larger, so that a middling one of those that count is 12 px long.
double magnification(const TiePoints& ties, double scale) {
  std::vector<double> lengths;
  for (const TiePoint& t : ties)
    if (t.weight > 0) lengths.push_back(std::hypot(t.residual.x, t.residual.y) / scale);
  if (lengths.empty()) return 1;
  std::nth_element(lengths.begin(), lengths.begin() + std::ptrdiff_t(lengths.size() / 2), lengths.end());
  const double middle = lengths[lengths.size() / 2];
  return middle > 0 ? std::exp2(std::clamp(std::round(std::log2(12 / middle)), -4.0, 12.0)) : 1;
}

std::string arrow(const TiePoint& t, double scale, double larger) {
  const double x = t.at.x / scale, y = t.at.y / scale;
  const double dx = t.residual.x / scale * larger, dy = t.residual.y / scale * larger;
  const double shorten = std::min(1.0, 40 / std::max(1e-9, std::hypot(dx, dy)));  // rejected ones can be of any length
  return text(
      "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s'/><circle cx='%.1f' cy='%.1f' r='1.5' fill='%s'/>\n", x,
      y, x + dx * shorten, y + dy * shorten, t.weight > 0 ? "#ffd400" : "#ff3030", x, y,
      t.weight > 0 ? "#ffd400" : "#ff3030");
}

}  // namespace

std::string alignment_picture(const Thumbnail& before, const Transform& transform) {
  const double larger = magnification(transform.tie_points, before.scale);
  std::string svg = text(
      "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' viewBox='0 0 %d %d' font-family='sans-serif' "
      "font-size='12'>\n<rect width='100%%' height='100%%' fill='#fff'/>\n",
      before.width, before.height + 20, before.width, before.height + 20);
  const auto image = [&](const Thumbnail& t, const char* inner) {
    return text("<image width='%d' height='%d' href='data:image/png;base64,", t.width, t.height) + png(t) + "'>" +
           inner + "</image>\n";
  };
  svg += image(before, "");
  svg += image(moved(before, transform),
               "<animate attributeName='opacity' values='1;0' calcMode='discrete' dur='2s' repeatCount='indefinite'/>");
  std::size_t used = 0;
  for (const TiePoint& t : transform.tie_points) {
    svg += arrow(t, before.scale, larger);
    used += t.weight > 0;
  }
  svg += text(
      "<text x='4' y='%d'>before and after in turn; residuals x %g; %zu tie points, %zu rejected "
      "(red)</text>\n</svg>\n",
      before.height + 15, larger, transform.tie_points.size(), transform.tie_points.size() - used);
  return svg;
}

}  // namespace nadir
