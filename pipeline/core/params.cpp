// Checking parameter values against their table.
#include "pipeline/core/params.h"

#include <cmath>
#include <cstdio>

#include "pipeline/core/error.h"
#include "pipeline/core/text.h"

namespace nadir {
namespace {

std::string number_text(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", v);
  return text;
}

template <class T>
std::string list_text(const std::vector<T>& items) {
  std::string text = "[";
  for (const T& item : items) text += (text.size() > 1 ? ", " : "") + to_text(ParamValue(item));
  return text + "]";
}

// Widens integers to numbers and single values to lists where the parameter wants those.
void widen(ParamType type, ParamValue& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) {
    if (type == ParamType::number)
      value = double(*i);
    else if (type == ParamType::numbers)
      value = std::vector<double>{double(*i)};
    else if (type == ParamType::texts)
      value = std::vector<std::string>{std::to_string(*i)};
    else if (type == ParamType::text)
      value = std::to_string(*i);
  } else if (const auto* d = std::get_if<double>(&value)) {
    if (type == ParamType::numbers)
      value = std::vector<double>{*d};
    else if (type == ParamType::text)
      value = number_text(*d);
  } else if (const auto* list = std::get_if<std::vector<double>>(&value); list && type == ParamType::texts) {
    std::vector<std::string> texts;
    for (const double v : *list) texts.push_back(number_text(v));
    value = texts;
  } else if (const auto* s = std::get_if<std::string>(&value); s && type == ParamType::texts) {
    value = std::vector<std::string>{*s};
  }
}

bool has_type(ParamType type, const ParamValue& value) {
  switch (type) {
    case ParamType::boolean: return std::holds_alternative<bool>(value);
    case ParamType::integer: return std::holds_alternative<std::int64_t>(value);
    case ParamType::number: return std::holds_alternative<double>(value);
    case ParamType::choice:
    case ParamType::text: return std::holds_alternative<std::string>(value);
    case ParamType::numbers: return std::holds_alternative<std::vector<double>>(value);
    case ParamType::texts: return std::holds_alternative<std::vector<std::string>>(value);
  }
  return false;
}

bool in_range(const Limits& limits, double v) { return v >= limits.min && v <= limits.max; }

bool is_allowed(const Limits& limits, std::int64_t v) {
  return in_range(limits, double(v)) && v % limits.multiple_of == 0;
}

}  // namespace

std::string to_text(const ParamValue& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* i = std::get_if<std::int64_t>(&value)) return std::to_string(*i);
  if (const auto* d = std::get_if<double>(&value)) return number_text(*d);
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  if (const auto* n = std::get_if<std::vector<double>>(&value)) return list_text(*n);
  return list_text(std::get<std::vector<std::string>>(value));
}

bool is_empty(const ParamValue& value) {
  if (const auto* s = std::get_if<std::string>(&value)) return s->empty();
  if (const auto* n = std::get_if<std::vector<double>>(&value)) return n->empty();
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  return texts && texts->empty();
}

std::string allowed(const ParamSpec& spec) {
  const std::string unit = spec.unit.empty() ? "" : " " + spec.unit;
  if (spec.type == ParamType::boolean) return "true or false";
  if (spec.type == ParamType::choice) return "one of " + join(spec.limits.choices);
  const int of = spec.limits.multiple_of;
  const std::string kind = spec.type == ParamType::integer
                               ? (of > 1 ? "a multiple of " + std::to_string(of) : "a whole number")
                           : spec.type == ParamType::number  ? "a number"
                           : spec.type == ParamType::numbers ? "a list of numbers"
                           : spec.type == ParamType::texts   ? "a list of texts"
                                                             : "a text";
  if (std::isinf(spec.limits.min) && std::isinf(spec.limits.max)) return kind + (unit.empty() ? "" : " in" + unit);
  return kind + " in [" + number_text(spec.limits.min) + ", " + number_text(spec.limits.max) + "]" + unit;
}

const ParamSpec* find_param(const ParamTable& table, const std::string& name) {
  for (const ParamSpec& spec : table)
    if (spec.name == name) return &spec;
  return nullptr;
}

std::optional<std::string> check(const ParamSpec& spec, ParamValue& value) {
  widen(spec.type, value);
  const std::string complaint = spec.name + " = " + to_text(value) + ", must be " + allowed(spec) +
                                (spec.type == ParamType::numbers ? ", written as [1, 2]" : "");
  if (!has_type(spec.type, value)) return complaint;
  if (const auto* i = std::get_if<std::int64_t>(&value); i && !is_allowed(spec.limits, *i)) return complaint;
  if (const auto* d = std::get_if<double>(&value); d && !in_range(spec.limits, *d)) return complaint;
  if (const auto* n = std::get_if<std::vector<double>>(&value))
    for (const double v : *n)
      if (!in_range(spec.limits, v)) return complaint;
  if (spec.type == ParamType::choice) {
    const auto& name = std::get<std::string>(value);
    for (const std::string& c : spec.limits.choices)
      if (c == name) return std::nullopt;
    const std::string near = nearest_name(name, spec.limits.choices);
    return complaint + (near.empty() ? "" : "; did you mean '" + near + "'?");
  }
  return std::nullopt;
}

}  // namespace nadir
