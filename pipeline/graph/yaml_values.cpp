// Scalars and lists of scalars.
#include "pipeline/graph/yaml_values.h"

#include <charconv>

namespace nadir {

bool is_quoted(const YAML::Node& node) { return node.Tag() == "!"; }

ParamValue scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (is_quoted(node)) return text;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  std::int64_t integer = 0;
  const char* end = text.data() + text.size();
  const char* first = text.data() + (text.size() > 1 && text[0] == '+');
  if (const auto [p, e] = std::from_chars(first, end, integer); e == std::errc{} && p == end) return integer;
  double number = 0;
  if (const auto [p, e] = std::from_chars(first, end, number);
      e == std::errc{} && p == end && text.find_first_of("0123456789") != std::string::npos)
    return number;
  return text;
}

ParamValue sequence(const YAML::Node& node) {
  std::vector<double> numbers;
  std::vector<std::string> texts;
  for (const YAML::Node& item : node) {
    const ParamValue v = scalar(item);
    if (const auto* i = std::get_if<std::int64_t>(&v))
      numbers.push_back(double(*i));
    else if (const auto* d = std::get_if<double>(&v))
      numbers.push_back(*d);
    texts.push_back(item.Scalar());
  }
  if (numbers.size() == texts.size()) return numbers;
  return texts;
}

}  // namespace nadir
