// Records and parameter values as JSON.
#include "pipeline/app/record_json.h"

#include <cmath>

namespace nadir::app {
namespace {

template <class T>
Json value_of(const T& value) {
  return value;
}
Json value_of(double number) { return std::isfinite(number) ? Json(number) : Json(nullptr); }

template <class T>
Json value_of(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(value_of(item));
  return list;
}

}  // namespace

Json json_of(const Scalar& value) {
  return std::visit([](const auto& v) { return value_of(v); }, value);
}

Json json_of(const ParamValue& value) {
  return std::visit([](const auto& v) { return value_of(v); }, value);
}

Json json_of(const Record& record) {
  Json object = Json::object();
  for (const auto& [name, value] : record.fields()) object[name] = json_of(value);
  return object;
}

}  // namespace nadir::app
