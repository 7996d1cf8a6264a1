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

namespace {

Record describe_survey(const Survey& s) {
  std::vector<std::string> names;
  for (const ClassInfo& c : s.classes) names.push_back(c.name);
  std::int64_t test = 0;
  for (const Feature& f : s.features) test += f.test;
  return {
      {"source", s.source}, {"features", std::int64_t(s.features.size())}, {"test_features", test}, {"classes", names}};
}

Record describe_transform(const Transform& t) {
  Record r{{"convention", std::string("pixel of the aligned image -> pixel of the input image, corner origin")},
           {"reliable", t.reliable},
           {"matrix", std::vector<double>(t.pixel.begin(), t.pixel.end())}};
  for (const auto& [name, value] : t.facts.fields()) r.set(name, value);
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
