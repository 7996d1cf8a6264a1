// Fields with a letter for their type; numbers as hexadecimal fractions, so that not a bit is lost.
#include "pipeline/graph/record_file.h"

#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pipeline/files/temporary_file.h"

namespace nadir {
namespace {

constexpr const char* kIsTransform = "= transform";  // no name that a stage would choose

std::string text_of(double v) {
  char text[40];
  std::snprintf(text, sizeof text, "%a", v);
  return text;
}
double number_of(const YAML::Node& node) { return std::strtod(node.as<std::string>().c_str(), nullptr); }

YAML::Node numbers_node(const std::vector<double>& values) {
  YAML::Node list(YAML::NodeType::Sequence);
  for (const double v : values) list.push_back(text_of(v));
  return list;
}
std::vector<double> numbers_of(const YAML::Node& node) {
  std::vector<double> values;
  for (const YAML::Node& v : node) values.push_back(number_of(v));
  return values;
}

struct ToNode {
  YAML::Node operator()(bool v) const { return pair("b", YAML::Node(v)); }
  YAML::Node operator()(std::int64_t v) const { return pair("i", YAML::Node(v)); }
  YAML::Node operator()(double v) const { return pair("d", YAML::Node(text_of(v))); }
  YAML::Node operator()(const std::string& v) const { return pair("s", YAML::Node(v)); }
  YAML::Node operator()(const std::vector<double>& v) const { return pair("D", numbers_node(v)); }
  YAML::Node operator()(const std::vector<std::string>& v) const { return pair("S", YAML::Node(v)); }
  YAML::Node operator()(const std::vector<std::vector<double>>& rows) const {
    YAML::Node list(YAML::NodeType::Sequence);
    for (const auto& row : rows) list.push_back(numbers_node(row));
    return pair("M", list);
  }
  static YAML::Node pair(const char* type, const YAML::Node& value) {
    YAML::Node node(YAML::NodeType::Map);
    node["type"] = type;
    node["value"] = value;
    return node;
  }
};

Scalar scalar_of(const YAML::Node& typed) {
  const std::string type = typed["type"].as<std::string>();
  const YAML::Node value = typed["value"];
  switch (type.at(0)) {
    case 'b': return value.as<bool>();
    case 'i': return value.as<std::int64_t>();
    case 'd': return number_of(value);
    case 's': return value.as<std::string>();
    case 'D': return numbers_of(value);
    case 'S': return value.as<std::vector<std::string>>();
    default: break;
  }
  std::vector<std::vector<double>> rows;
  for (const YAML::Node& row : value) rows.push_back(numbers_of(row));
  return rows;
}

constexpr const char* kReliable = "= reliable";
constexpr const char* kBend = "= bend";
constexpr const char* kTiePoints = "= tie points";

Record record_of(const Transform& t) {
  using Rows = std::vector<std::vector<double>>;
  Record record = t.facts;
  record.set(kIsTransform, std::vector<double>(t.pixel.begin(), t.pixel.end()));
  record.set(kReliable, t.reliable);
  if (t.bend) {
    const Bend& b = *t.bend;
    Rows rows{{b.centre.x, b.centre.y, b.scale, double(b.degree)}, b.x, b.y};
    for (const Point& k : b.knots) rows.push_back({k.x, k.y});
    record.set(kBend, rows);
  }
  Rows points;
  for (const TiePoint& p : t.tie_points)
    points.push_back({p.at.x, p.at.y, p.moved.x, p.moved.y, p.sigma, p.score, p.second, double(p.cell), double(p.band),
                      p.weight, p.residual.x, p.residual.y});
  if (!points.empty()) record.set(kTiePoints, points);
  return record;
}

Transform transform_of(const Record& record) {
  using Rows = std::vector<std::vector<double>>;
  Transform t;
  for (const auto& [name, value] : record.fields()) {
    if (name == kIsTransform) {
      std::copy_n(std::get<std::vector<double>>(value).begin(), t.pixel.size(), t.pixel.begin());
    } else if (name == kReliable) {
      t.reliable = std::get<bool>(value);
    } else if (name == kBend) {
      const Rows& rows = std::get<Rows>(value);
      t.bend = Bend{{rows[0][0], rows[0][1]}, rows[0][2], int(rows[0][3]), {}, rows[1], rows[2]};
      for (std::size_t k = 3; k < rows.size(); ++k) t.bend->knots.push_back({rows[k][0], rows[k][1]});
    } else if (name == kTiePoints) {
      for (const auto& r : std::get<Rows>(value))
        t.tie_points.push_back(
            {{r[0], r[1]}, {r[2], r[3]}, r[4], r[5], r[6], int(r[7]), int(r[8]), r[9], {r[10], r[11]}});
    } else {
      t.facts.set(name, value);
    }
  }
  return t;
}

}  // namespace

void save_record(const std::string& path, const std::string& key, const Record& record) {
  YAML::Node fields(YAML::NodeType::Sequence);
  for (const auto& [name, value] : record.fields()) {
    YAML::Node field = std::visit(ToNode{}, value);
    field["name"] = name;
    fields.push_back(field);
  }
  YAML::Node file;
  file["key"] = key;
  file["fields"] = fields;
  YAML::Emitter text;
  text << file;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  write_file_at_once(path, text.c_str() + std::string("\n"));
}

std::optional<Record> load_record(const std::string& path, const std::string& key) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    const YAML::Node file = YAML::LoadFile(path);
    if (file["key"].as<std::string>() != key) return std::nullopt;
    Record record;
    for (const YAML::Node& field : file["fields"]) record.set(field["name"].as<std::string>(), scalar_of(field));
    return record;
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

void save_model(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  write_file_at_once(path, bytes);
}

std::string load_model(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void save_value(const std::string& path, const std::string& key, const Value& value) {
  if (const auto* record = std::get_if<Record>(&value)) save_record(path, key, *record);
  if (const auto* transform = std::get_if<Transform>(&value)) save_record(path, key, record_of(*transform));
}

std::optional<Value> load_value(const std::string& path, const std::string& key) {
  const std::optional<Record> record = load_record(path, key);
  if (!record) return std::nullopt;
  if (record->find(kIsTransform)) return transform_of(*record);
  return *record;
}

}  // namespace nadir
