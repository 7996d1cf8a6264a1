// Lists of control points as text.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <sstream>

#include "io/control_points.h"
#include "pipeline/core/error.h"
#include "pipeline/core/text.h"

namespace nadir {
namespace {

std::vector<std::string> split(const std::string& line) {
  const bool blanks = line.find_first_of(",;\t") == std::string::npos;
  std::vector<std::string> words(1);
  for (const char c : line) {
    const bool blank = c == ' ' || c == '\t' || c == '\r';
    if (c == ',' || c == ';' || c == '\t' || (blanks && blank))
      words.emplace_back();
    else if (!blank)
      words.back() += c;
  }
  if (blanks) words.erase(std::remove(words.begin(), words.end(), ""), words.end());
  while (!words.empty() && words.back().empty()) words.pop_back();
  return words;
}

std::optional<double> number(const std::string& word) {
  double v = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), v);
  if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(v)) return std::nullopt;
  return v;
}

// "WGS84 UTM 17N" as PROJ understands it; other texts as they are.
std::string crs_from(const std::string& line) {
  std::istringstream in(line);
  std::string datum, utm, zone;
  in >> datum >> utm >> zone;
  if (lower(datum) != "wgs84" || lower(utm) != "utm" || zone.size() < 2)
    return line.substr(0, line.find_last_not_of(" \t\r") + 1);
  const bool south = lower(zone).back() == 's';
  return "+proj=utm +zone=" + zone.substr(0, zone.size() - 1) + (south ? " +south" : "") +
         " +datum=WGS84 +units=m +no_defs";
}

// Columns of a table by the names in its header.
struct Columns {
  int id = -1, x = -1, y = -1, pixel = -1, line = -1, image = -1;
};

std::optional<Columns> columns_of(const std::vector<std::string>& header) {
  const auto find = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      for (std::size_t i = 0; i < header.size(); ++i)
        if (lower(header[i]) == name) return int(i);
    return -1;
  };
  Columns c;
  c.id = find({"id", "name", "point", "gcp", "label"});
  c.x = find({"map_x", "mapx", "x", "easting", "east", "e", "lon", "longitude"});
  c.y = find({"map_y", "mapy", "y", "northing", "north", "n", "lat", "latitude"});
  c.pixel = find({"pixel", "pixel_x", "col", "column", "sample", "px", "source_x", "sourcex"});
  c.line = find({"line", "pixel_y", "row", "py", "source_y", "sourcey"});
  c.image = find({"image", "file", "photo"});
  if (c.x < 0 || c.y < 0) return std::nullopt;
  return c;
}

ControlRow from_columns(const Columns& c, const std::vector<std::string>& words, const std::string& where) {
  const auto word = [&](int i) { return i >= 0 && i < int(words.size()) ? words[std::size_t(i)] : std::string(); };
  const auto x = number(word(c.x)), y = number(word(c.y)), col = number(word(c.pixel)), row = number(word(c.line));
  if (!x || !y) throw Error(Fault::data, where + ": a point needs coordinates x and y");
  ControlRow r{word(c.id), Point{*x, *y}, {}, word(c.image)};
  if (col && row) r.pixel = Point{*col, *row};
  return r;
}

// By the kinds of words: n a number, t a text. `has_metric`: the fifth of five numbers says nothing of the place.
ControlRow from_kinds(const std::vector<std::string>& w, bool has_metric, const std::string& where) {
  std::vector<double> v;
  std::string kinds;
  for (const std::string& word : w) {
    const auto n = number(word);
    kinds += n ? 'n' : 't';
    v.push_back(n.value_or(0));
  }
  const auto is = [&](std::initializer_list<const char*> forms) {
    return std::find(forms.begin(), forms.end(), kinds) != forms.end();
  };
  const auto text = [&](std::size_t i) { return i < w.size() ? w[i] : std::string(); };
  if (kinds.starts_with("nnnnnt")) return {text(6), Point{v[0], v[1]}, Point{v[3], v[4]}, w[5]};
  if (is({"tnnnn", "tnnnnt"})) return {w[0], Point{v[1], v[2]}, Point{v[3], v[4]}, text(5)};
  if (is({"tnnnnn", "tnnnnnt"})) return {w[0], Point{v[1], v[2]}, Point{v[4], v[5]}, text(6)};
  if (is({"tnn", "tnnn"})) return {w[0], Point{v[1], v[2]}, {}, {}};
  if (is({"nnt", "nntt", "nntn"})) return {text(3), {}, Point{v[0], v[1]}, w[2]};
  if (is({"nnnn"}) || (is({"nnnnn"}) && has_metric)) return {{}, Point{v[0], v[1]}, Point{v[2], v[3]}, {}};
  if (is({"nnnnn"})) return {{}, Point{v[0], v[1]}, Point{v[3], v[4]}, {}};
  throw Error(Fault::data, where +
                               ": is no control point; expected are x y z pixel line image id, id x y pixel line, x y "
                               "pixel line, or a table with a header");
}

}  // namespace

ControlList parse_control_list(const std::string& text, const std::string& path) {
  ControlList list;
  std::optional<Columns> columns;
  const std::string mark = "\xEF\xBB\xBF";  // of UTF-8, as spreadsheets write it
  std::istringstream in(text.substr(text.starts_with(mark) ? mark.size() : 0));
  int number_of_line = 0;
  bool first = true;
  bool has_metric = false;
  for (std::string line; std::getline(in, line);) {
    ++number_of_line;
    const std::vector<std::string> words = split(line);
    const bool comment = line.starts_with('#');
    if (comment && line.find("Reference Map") != std::string::npos) has_metric = true;
    if (words.empty() || comment) continue;
    const std::string where = path + ", line " + std::to_string(number_of_line);
    if (first) {
      first = false;
      columns = columns_of(words);
      if (columns) continue;
      const bool numbers =
          std::count_if(words.begin(), words.end(), [](const auto& w) { return number(w).has_value(); }) >= 2;
      if (!numbers) {
        list.crs = crs_from(line);
        continue;
      }
    }
    list.rows.push_back(columns ? from_columns(*columns, words, where) : from_kinds(words, has_metric, where));
    if (list.rows.back().id.empty()) list.rows.back().id = "line " + std::to_string(number_of_line);
  }
  if (list.rows.empty()) throw Error(Fault::data, path + ": holds no control points");
  return list;
}

}  // namespace nadir
