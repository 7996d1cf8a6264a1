// Sizes of memory as people write them.
#include <algorithm>
#include <string>

#include "pipeline/core/text.h"
#include "pipeline/graph/config.h"

namespace nadir {

std::optional<std::size_t> parse_bytes(const std::string& text) {
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  std::string unit = lower(text.substr(used));
  unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
  const std::string prefixes = "kmgt";
  double factor = 1;
  if (!unit.empty() && unit != "b") {
    const std::size_t power = prefixes.find(unit[0]);
    const std::string rest = unit.substr(1);
    if (power == std::string::npos || (rest != "ib" && rest != "b" && !rest.empty())) return std::nullopt;
    for (std::size_t i = 0; i <= power; ++i) factor *= rest == "b" ? 1000 : 1024;
  }
  const double bytes = value * factor;
  if (!(bytes >= 1) || bytes > 1e18) return std::nullopt;
  return std::size_t(bytes);
}

}  // namespace nadir
