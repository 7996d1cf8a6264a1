// Records and the printable form of values.
#include "pipeline/core/value.h"

namespace nadir {

void Record::set(std::string name, Scalar value) {
  for (auto& [key, old] : fields_)
    if (key == name) {
      old = std::move(value);
      return;
    }
  fields_.emplace_back(std::move(name), std::move(value));
}

const Scalar* Record::find(const std::string& name) const {
  for (const auto& [key, value] : fields_)
    if (key == name) return &value;
  return nullptr;
}

double Record::number(const std::string& name, double fallback) const {
  const Scalar* value = find(name);
  if (!value) return fallback;
  if (const auto* d = std::get_if<double>(value)) return *d;
  if (const auto* i = std::get_if<std::int64_t>(value)) return double(*i);
  return fallback;
}

Point Transform::source(double col, double row) const {
  const Point p{pixel[0] + pixel[1] * col + pixel[2] * row, pixel[3] + pixel[4] * col + pixel[5] * row};
  if (!bend) return p;
  const Point more = bend->at(col, row);
  return {p.x + more.x, p.y + more.y};
}

namespace {

Record describe_survey(const Survey& s) {
  std::vector<std::string> names;
  for (const ClassInfo& c : s.classes) names.push_back(c.name);
  std::int64_t test = 0;
  for (const Feature& f : s.features) test += f.test;
  Record r{
      {"source", s.source}, {"features", std::int64_t(s.features.size())}, {"test_features", test}, {"classes", names}};
  if (!s.control_points.empty()) r.set("control_points", std::int64_t(s.control_points.size()));
  if (!s.warnings.empty()) r.set("warnings", s.warnings);
  return r;
}

void describe_bend(const Bend& b, Record& r) {
  std::vector<std::vector<double>> knots;
  for (const Point& k : b.knots) knots.push_back({k.x, k.y});
  r.set("bend",
        std::string("added to the matrix: with n = (pixel - bend_centre) / bend_scale, monomials of degree 2 to "
                    "bend_degree (x2, xy, y2, x3, ...), then r^2 ln r of the distance to each knot"));
  r.set("bend_centre", std::vector<double>{b.centre.x, b.centre.y});
  r.set("bend_scale", b.scale);
  r.set("bend_degree", std::int64_t(b.degree));
  if (!knots.empty()) r.set("bend_knots", knots);
  r.set("bend_x", b.x);
  r.set("bend_y", b.y);
}

Record describe_transform(const Transform& t) {
  Record r{{"convention", std::string("pixel of the aligned image -> pixel of the input image, corner origin")},
           {"reliable", t.reliable},
           {"matrix", std::vector<double>(t.pixel.begin(), t.pixel.end())}};
  for (const auto& [name, value] : t.facts.fields()) r.set(name, value);
  if (t.bend) describe_bend(*t.bend, r);
  return r;
}

}  // namespace

Record describe(const Value& value) {
  if (const auto* s = std::get_if<SurveyPtr>(&value)) return *s ? describe_survey(**s) : Record{};
  if (const auto* t = std::get_if<Transform>(&value)) return describe_transform(*t);
  if (const auto* r = std::get_if<Record>(&value)) return *r;
  if (const auto* m = std::get_if<ModelPtr>(&value)) return *m ? (*m)->describe() : Record{};
  return {};
}

}  // namespace nadir
