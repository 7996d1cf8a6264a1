// Complaints about grids.
#include "pipeline/core/grid_check.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

struct Keyword {
  const char* word;
  char kind;
};
// Compound and bound systems hold the horizontal one, which is looked for; a projected one holds a geographic one.
constexpr std::array<Keyword, 8> kSystems{{{"PROJCRS[", 'p'},
                                           {"PROJCS[", 'p'},
                                           {"GEODCRS[", 'g'},
                                           {"GEOGCRS[", 'g'},
                                           {"GEOGCS[", 'g'},
                                           {"GEOCCS[", 'c'},
                                           {"ENGCRS[", 'l'},
                                           {"LOCAL_CS[", 'l'}}};
// Their numbers say nothing of where a point lies.
constexpr std::array<const char*, 11> kAside{"ID",     "AUTHORITY", "USAGE",   "ORDER",     "ENSEMBLEACCURACY", "CS",
                                             "REMARK", "DYNAMIC",   "TOWGS84", "EXTENSION", "CITATION"};

// A node of WKT: KEYWORD["text", number, CHILD[…], …].
struct WktNode {
  std::string keyword;
  std::vector<std::string> texts;  // quoted
  std::vector<double> numbers;
  std::vector<WktNode> children;
};

class WktReader {
 public:
  explicit WktReader(const std::string& text) : text_(text) {}

  WktNode node(int depth = 0) {
    WktNode n;
    n.keyword = word();
    if (take() != '[') return n;
    while (at_ < text_.size() && depth < kDeepest) {
      skip_space();
      const char c = text_[at_];
      if (c == '"')
        n.texts.push_back(quoted());
      else if (std::isalpha(static_cast<unsigned char>(c)))
        n.children.push_back(node(depth + 1));
      else if (c == ',' || c == ']')
        ++at_;
      else
        n.numbers.push_back(number());
      if (c == ']') break;
    }
    return n;
  }

 private:
  static constexpr int kDeepest = 32;

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  char take() {
    skip_space();
    const bool opens = at_ < text_.size() && text_[at_] == '[';
    at_ += opens;
    return opens ? '[' : ' ';
  }
  std::string word() {
    const std::size_t from = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    return text_.substr(from, at_ - from);
  }
  std::string quoted() {  // a quote within is written twice; the name then comes in two parts
    const std::size_t end = std::min(text_.find('"', at_ + 1), text_.size());
    const std::string inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = std::min(end + 1, text_.size());
    return inside;
  }
  double number() {
    char* end = nullptr;
    const double v = std::strtod(text_.c_str() + at_, &end);
    at_ = std::max(at_ + 1, std::size_t(end - text_.c_str()));
    return v;
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

struct Crs {
  char kind = 0;  // 0: not understood
  std::string name, authority, code;
  std::vector<double> numbers;  // sorted, each once
};

void collect(const WktNode& node, std::vector<double>& numbers) {
  if (std::find(kAside.begin(), kAside.end(), node.keyword) != kAside.end()) return;
  for (const double v : node.numbers)
    if (v != 0 && v != 1) numbers.push_back(v);  // parameters at rest and units of one, which not all writers state
  for (const WktNode& child : node.children) collect(child, numbers);
}

bool nearly_equal(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b)); }

// ID["EPSG",32632] or AUTHORITY["EPSG","32632"].
void read_code(const WktNode& node, Crs& crs) {
  for (const WktNode& child : node.children) {
    if ((child.keyword != "ID" && child.keyword != "AUTHORITY") || child.texts.empty()) continue;
    crs.authority = child.texts[0];
    crs.code = child.texts.size() > 1  ? child.texts[1]
               : child.numbers.empty() ? ""
                                       : std::to_string(std::int64_t(child.numbers[0]));
  }
}

Crs read_crs(const std::string& wkt) {
  Crs crs;
  std::size_t from = std::string::npos;
  for (const Keyword& k : kSystems)
    if (const std::size_t at = wkt.find(k.word); at < from) from = at, crs.kind = k.kind;
  if (crs.kind == 0) return crs;
  const std::string horizontal = wkt.substr(from);
  const WktNode node = WktReader(horizontal).node();
  crs.name = node.texts.empty() ? "" : node.texts[0];
  read_code(node, crs);
  collect(node, crs.numbers);
  std::sort(crs.numbers.begin(), crs.numbers.end());
  crs.numbers.erase(std::unique(crs.numbers.begin(), crs.numbers.end(), nearly_equal), crs.numbers.end());
  return crs;
}

}  // namespace

bool may_be_same_crs(const std::string& wkt_a, const std::string& wkt_b) {
  if (wkt_a.empty() || wkt_b.empty() || wkt_a == wkt_b) return true;
  const Crs a = read_crs(wkt_a), b = read_crs(wkt_b);
  if (a.kind != b.kind || a.kind == 0) return false;
  if (!a.code.empty() && !b.code.empty() && a.authority == b.authority) return a.code == b.code;
  return std::equal(a.numbers.begin(), a.numbers.end(), b.numbers.begin(), b.numbers.end(), nearly_equal);
}

std::string crs_in_words(const std::string& wkt) {
  if (wkt.empty()) return "no reference system";
  const Crs crs = read_crs(wkt);
  const std::string name = crs.kind == 0 ? wkt.substr(0, 60) : crs.name.empty() ? "an unnamed system" : crs.name;
  return crs.code.empty() ? name : name + " (" + crs.authority + ":" + crs.code + ")";
}

void require_same_crs(const Grid& image, const Grid& reference, const std::string& image_name,
                      const std::string& reference_name) {
  if (!may_be_same_crs(image.crs_wkt, reference.crs_wkt))
    throw Error(Fault::data, image_name + " is in " + crs_in_words(image.crs_wkt) + ", " + reference_name + " in " +
                                 crs_in_words(reference.crs_wkt) +
                                 "; reproject one of them, for example with gdalwarp -t_srs");
}

std::string to_text(const Grid& grid) {
  const auto& t = grid.geotransform;
  char text[160];
  std::snprintf(text, sizeof text, "%d x %d pixels of %.10g x %.10g at %.10g, %.10g", grid.width, grid.height,
                grid.gsd_x(), grid.gsd_y(), t[0], t[3]);
  return text;
}

}  // namespace nadir
