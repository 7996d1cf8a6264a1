// What lists of control points say about themselves and each other.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "io/control_points.h"

namespace nadir {
namespace {

constexpr double kSamePixel = 2;    // px
constexpr double kSamePlace = 0.5;  // map units; surveys are better than that

double distance(const Point& a, const Point& b) { return std::hypot(a.x - b.x, a.y - b.y); }

std::string text(double v, const char* format) {
  char t[40];
  std::snprintf(t, sizeof t, format, v);
  return t;
}

std::string of_image(const ControlPoint& p) { return p.image.empty() ? "" : " of " + p.image; }

// The number at the end of an id, or -1, and what stands before it.
std::pair<std::string, int> numbered(const std::string& id) {
  std::size_t digits = id.size();
  while (digits > 0 && std::isdigit(static_cast<unsigned char>(id[digits - 1]))) --digits;
  if (digits == id.size() || id.size() - digits > 8) return {id, -1};
  return {id.substr(0, digits), std::stoi(id.substr(digits))};
}

using Places = std::map<std::pair<std::string, int>, Point>;

Places places_of(const std::vector<ControlPoint>& points) {
  Places places;
  for (const ControlPoint& p : points) places.emplace(numbered(p.id), p.map);
  return places;
}

// Distances between points of one list and those with ids larger by `shift` in the other.
std::vector<double> distances(const Places& a, const Places& b, int shift) {
  std::vector<double> result;
  for (const auto& [id, place] : a) {
    if (id.second < 0 && shift != 0) continue;
    const auto other = b.find({id.first, id.second < 0 ? -1 : id.second + shift});
    if (other != b.end()) result.push_back(distance(place, other->second));
  }
  std::sort(result.begin(), result.end());
  return result;
}

double middle(const std::vector<double>& sorted) { return sorted.empty() ? INFINITY : sorted[sorted.size() / 2]; }

}  // namespace

std::vector<std::string> doubtful_points(const std::vector<ControlPoint>& points) {
  std::vector<std::string> found;
  std::map<std::string, const ControlPoint*> first;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const ControlPoint& p = points[i];
    const auto [known, is_new] = first.emplace(p.id, &p);
    if (!is_new && distance(known->second->map, p.map) > kSamePlace)
      found.push_back(p.id + " stands for two places that are " + text(distance(known->second->map, p.map), "%.1f") +
                      " map units apart");
    for (std::size_t j = 0; j < i; ++j) {
      const ControlPoint& q = points[j];
      if (q.image != p.image || distance(q.pixel, p.pixel) > kSamePixel) continue;
      const double apart = distance(q.map, p.map);
      if (apart > kSamePlace)
        found.push_back(q.id + " and " + p.id + " are duplicates: both at pixel (" + text(p.pixel.x, "%.0f") + ", " +
                        text(p.pixel.y, "%.0f") + ")" + of_image(p) + ", yet " + text(apart, "%.1f") +
                        " map units apart on the ground; at least one of them is wrong");
    }
  }
  return found;
}

std::vector<std::string> differences(const std::vector<ControlPoint>& points, const std::vector<ControlPoint>& other,
                                     const std::string& other_name) {
  const Places a = places_of(points), b = places_of(other);
  const std::vector<double> same = distances(a, b, 0);
  std::vector<std::string> found;
  if (middle(same) <= kSamePlace) {
    for (const auto& [id, place] : a)
      if (const auto q = b.find(id); q != b.end() && distance(place, q->second) > kSamePlace)
        found.push_back(id.first + (id.second < 0 ? "" : std::to_string(id.second)) + " lies " +
                        text(distance(place, q->second), "%.1f") + " map units away from its place in " + other_name);
    return found;
  }
  for (const int shift : {1, -1, 2, -2, 3, -3}) {
    const std::vector<double> moved = distances(a, b, shift);
    if (moved.size() < 3 || moved.size() * 2 < a.size() || middle(moved) > kSamePlace) continue;
    found.push_back(
        "ids are shifted by " + std::to_string(std::abs(shift)) + " between the lists: point k lies where " +
        other_name + " has point k" + (shift > 0 ? "+" : "-") + std::to_string(std::abs(shift)) + " (within " +
        text(moved.back(), "%.2f") + " map units), while points of the same id are " +
        (same.empty() ? "missing"
                      : text(same.front(), "%.1f") + " to " + text(same.back(), "%.1f") + " map units apart"));
    return found;
  }
  if (!same.empty())
    found.push_back("the points lie " + text(same.front(), "%.1f") + " to " + text(same.back(), "%.1f") +
                    " map units away from those of the same id in " + other_name);
  return found;
}

}  // namespace nadir
