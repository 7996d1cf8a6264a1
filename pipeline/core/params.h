// Parameters of stages, said once: a plain struct, and one table that gives reading, ranges, units, schema and help.
//
//   struct Params { float sigma_px = 1.2f; Border border = Border::mirror; };
//   NADIR_PARAMS(Params, PARAM(sigma_px, "px", range(0.05, 20), "Standard deviation of the Gaussian."),
//                        PARAM(border, "", choices({"mirror", "zero"}), "What lies beyond the edge."))
//
// The default of a parameter is the struct's member initialiser and stands nowhere else. Enumerations number their
// values 0, 1, … in the order of the choices.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace nadir {

using ParamValue = std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;
using ParamMap = std::map<std::string, ParamValue>;

enum class ParamType { boolean, integer, number, choice, text, numbers, texts };

/// Allowed values: a closed interval for numbers, of which whole ones may have to be multiples; a list for choices; for
/// texts and lists that there must be one.
struct Limits {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};
  int multiple_of = 1;
  bool required = false;
};

inline Limits range(double min, double max) { return {.min = min, .max = max}; }
inline Limits multiples(int of, double min, double max) { return {.min = min, .max = max, .multiple_of = of}; }
inline Limits choices(std::vector<std::string> names) { return {.min = 0, .max = 0, .choices = std::move(names)}; }
inline Limits any() { return {}; }
inline Limits required() {
  Limits limits;
  limits.required = true;
  return limits;
}

struct ParamSpec {
  std::string name;
  std::string unit;  ///< "px", "m", "dn" (units of the samples), … or empty
  std::string doc;
  ParamType type;
  Limits limits;
  ParamValue initial;
  std::function<void(void*, const ParamValue&)> assign;
};

using ParamTable = std::vector<ParamSpec>;

/// Brings a value into the type of the parameter and checks it. Returns what is wrong, with what is allowed.
std::optional<std::string> check(const ParamSpec& spec, ParamValue& value);

/// Whether a value, as given or by default, leaves a required parameter open: an empty text or list.
bool is_empty(const ParamValue& value);

/// Allowed values in words: "[0.05, 20] px", "one of mirror, zero".
std::string allowed(const ParamSpec& spec);
std::string to_text(const ParamValue& value);
const ParamSpec* find_param(const ParamTable& table, const std::string& name);

/// The struct filled from checked values; what is not named keeps its default.
template <class Params>
Params read_params(const ParamMap& values) {
  Params params{};
  for (const ParamSpec& spec : param_table(&params))
    if (const auto it = values.find(spec.name); it != values.end()) spec.assign(&params, it->second);
  return params;
}

template <class Params>
const ParamTable& params_of() {
  return param_table(static_cast<const Params*>(nullptr));
}

template <class T>
constexpr ParamType param_type() {
  if constexpr (std::is_same_v<T, bool>)
    return ParamType::boolean;
  else if constexpr (std::is_enum_v<T>)
    return ParamType::choice;
  else if constexpr (std::is_integral_v<T>)
    return ParamType::integer;
  else if constexpr (std::is_floating_point_v<T>)
    return ParamType::number;
  else if constexpr (std::is_same_v<T, std::string>)
    return ParamType::text;
  else if constexpr (std::is_same_v<T, std::vector<double>>)
    return ParamType::numbers;
  else
    return ParamType::texts;
}

template <class T>
ParamValue to_param_value(const T& v, const Limits& limits) {
  if constexpr (std::is_enum_v<T>)
    return limits.choices.at(std::size_t(v));
  else if constexpr (std::is_same_v<T, bool>)
    return v;
  else if constexpr (std::is_integral_v<T>)
    return std::int64_t(v);
  else if constexpr (std::is_same_v<T, float>)
    return std::stod(std::to_string(v));  // 1.2f prints as 1.2
  else if constexpr (std::is_floating_point_v<T>)
    return double(v);
  else
    return v;
}

template <class T>
void assign_param(T& member, const ParamValue& value, const Limits& limits) {
  if constexpr (std::is_enum_v<T>) {
    const auto& name = std::get<std::string>(value);
    for (std::size_t i = 0; i < limits.choices.size(); ++i)
      if (limits.choices[i] == name) member = static_cast<T>(i);
  } else if constexpr (std::is_same_v<T, bool>) {
    member = std::get<bool>(value);
  } else if constexpr (std::is_integral_v<T>) {
    member = static_cast<T>(std::get<std::int64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    member = static_cast<T>(std::get<double>(value));
  } else {
    member = std::get<T>(value);
  }
}

template <class P, class T>
ParamSpec make_param(const char* name, T P::*member, const char* unit, Limits limits, const char* doc) {
  const ParamValue initial = to_param_value(P{}.*member, limits);
  return {name, unit, doc, param_type<T>(), limits, initial, [member, limits](void* p, const ParamValue& v) {
            assign_param(static_cast<P*>(p)->*member, v, limits);
          }};
}

#define PARAM(member, unit, limits, doc) ::nadir::make_param<P>(#member, &P::member, unit, ::nadir::limits, doc)
#define NADIR_PARAMS(Struct, ...)                                                 \
  [[maybe_unused]] inline const ::nadir::ParamTable& param_table(const Struct*) { \
    using P = Struct;                                                             \
    static const ::nadir::ParamTable table{__VA_ARGS__};                          \
    return table;                                                                 \
  }

}  // namespace nadir
