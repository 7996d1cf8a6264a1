// Bands by number, name and colour.
#include "pipeline/core/find_band.h"

#include <charconv>

#include "pipeline/core/text.h"

namespace nadir {
namespace {

std::optional<int> whole_number(const std::string& text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  return failure == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<int> find_band(const ImageInfo& image, const std::string& wanted) {
  if (wanted.empty()) return std::nullopt;
  if (const auto number = whole_number(wanted))
    return *number >= 1 && *number <= image.band_count() ? std::optional(*number - 1) : std::nullopt;
  for (const auto field : {&BandInfo::name, &BandInfo::colour})
    for (int b = 0; b < image.band_count(); ++b)
      if (lower(image.bands[std::size_t(b)].*field) == lower(wanted)) return b;
  return std::nullopt;
}

std::string list_bands(const ImageInfo& image) {
  std::vector<std::string> bands;
  for (const BandInfo& b : image.bands) {
    const std::string& name = b.name.empty() ? b.colour : b.name;
    bands.push_back(std::to_string(bands.size() + 1) + (name.empty() ? "" : " (" + name + ")"));
  }
  return some_of(bands);
}

std::string no_such_band(const ImageInfo& image, const std::string& wanted, const std::string& parameter) {
  return parameter + ": there is no band '" + wanted + "'; the bands are " + list_bands(image) +
         "; name one of them, or give its number";
}

}  // namespace nadir
