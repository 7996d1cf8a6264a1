// Names and wavelengths of bands.
#include "stages/indices/band_roles.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

struct RoleInfo {
  const char* name;
  double low_nm, high_nm;
  std::vector<std::string> words;         ///< first its own
  std::vector<std::string> never_beside;  ///< words that make another band of it: "red edge"
};

// Ranges of the bands of Landsat 8 and Sentinel-2 that are called so.
const RoleInfo& info_of(Role role) {
  static const std::array<RoleInfo, 5> roles{
      {{"blue", 440, 520, {"blue", "b2", "b02"}, {}},
       {"green", 520, 600, {"green", "b3", "b03"}, {}},
       {"red", 620, 700, {"red", "b4", "b04"}, {"edge", "infra"}},
       {"nir",
        760,
        900,
        {"nir", "infrared", "b8", "b08"},
        {"short", "shortwave", "swir", "mid", "middle", "mir", "thermal", "tir", "far", "longwave", "long"}},
       {"swir", 1550, 1750, {"swir", "swir1", "b11"}, {}}}};
  return roles[std::size_t(role)];
}

std::vector<std::string> words_of(const std::string& name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      words.back() += char(std::tolower(static_cast<unsigned char>(c)));
    else if (!words.back().empty())
      words.emplace_back();
  }
  return words;
}

bool holds_any(const std::vector<std::string>& words, const std::vector<std::string>& of) {
  return std::any_of(words.begin(), words.end(),
                     [&of](const std::string& word) { return std::find(of.begin(), of.end(), word) != of.end(); });
}

}  // namespace

BandRoles::BandRoles(const ImageInfo& info, std::vector<double> wavelengths_nm)
    : wavelengths_(std::move(wavelengths_nm)) {
  for (const BandInfo& b : info.bands) names_.push_back(b.name);
  if (!wavelengths_.empty() && wavelengths_.size() != names_.size())
    throw Error(Fault::config, "wavelengths_nm has " + std::to_string(wavelengths_.size()) + " entries for " +
                                   std::to_string(names_.size()) + " bands");
}

int BandRoles::find(Role role) const {
  const RoleInfo& wanted = info_of(role);
  int best = -1;
  double nearest = (wanted.high_nm - wanted.low_nm) / 2;
  for (std::size_t b = 0; b < wavelengths_.size(); ++b)
    if (const double d = std::abs(wavelengths_[b] - (wanted.low_nm + wanted.high_nm) / 2); d <= nearest)
      nearest = d, best = int(b);
  if (wavelengths_.empty())
    for (std::size_t b = 0; b < names_.size() && best < 0; ++b) {
      const std::vector<std::string> words = words_of(names_[b]);
      if (holds_any(words, wanted.words) && !holds_any(words, wanted.never_beside)) best = int(b);
    }
  if (best >= 0) return best;
  std::string known;
  for (std::size_t b = 0; b < names_.size(); ++b)
    known += (b ? ", '" : "'") + names_[b] + "'" +
             (wavelengths_.empty() ? "" : " at " + std::to_string(int(wavelengths_[b])) + " nm");
  throw Error(Fault::data, std::string("no band is ") + wanted.name + " (" + std::to_string(int(wanted.low_nm)) +
                               " to " + std::to_string(int(wanted.high_nm)) + " nm) among " + known +
                               "; say where the bands lie with wavelengths_nm");
}

}  // namespace nadir
