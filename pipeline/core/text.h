// Words and lists in messages.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace nadir {

inline std::string join(const std::vector<std::string>& items, const std::string& separator = ", ") {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) text += (i ? separator : "") + items[i];
  return text;
}

/// The first `most` items, and how many there are beside: "a, b and 1241 more"; "none" where there are none.
inline std::string some_of(const std::vector<std::string>& items, std::size_t most = 20) {
  if (items.empty()) return "none";
  const std::size_t shown = std::min(most, items.size());
  const std::string text = join({items.begin(), items.begin() + std::ptrdiff_t(shown)});
  return shown == items.size() ? text : text + " and " + std::to_string(items.size() - shown) + " more";
}

/// Letters of ASCII as small ones; all others as they are.
inline std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return text;
}

}  // namespace nadir
