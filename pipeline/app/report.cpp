// run.json as a page of HTML.
#include "pipeline/app/report.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string_view>

#include "pipeline/app/scene_files.h"
#include "pipeline/core/xml_text.h"

namespace nadir::app {
namespace {

constexpr const char* kStyle = R"(
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; } th, td { padding: .2rem .7rem; text-align: left; vertical-align: top; }
th { background: #f2f4f5; font-weight: 600; } tr { border-bottom: 1px solid #dde1e4; }
td.n { text-align: right; font-variant-numeric: tabular-nums; } td.hit { background: #e3f3e6; } td.miss { background: #fbe9e7; }
.failed { color: #b3261e; font-weight: 600; } .done { color: #1b6e34; } .warn { color: #8a5a00; } .quiet { color: #667; }
img { max-width: 100%; }
pre { background: #f7f8f8; padding: .8rem; overflow-x: auto; }
)";

std::string element(const char* tag, const std::string& html) { return fmt::format("<{0}>{1}</{0}>\n", tag, html); }
std::string cell(const std::string& html) { return "<td>" + html + "</td>"; }
std::string number_cell(const std::string& html) { return "<td class=\"n\">" + html + "</td>"; }

std::string row(const std::string& cells) { return "<tr>" + cells + "</tr>\n"; }

std::string header(std::initializer_list<const char*> titles) {
  std::string cells;
  for (const char* t : titles) cells += fmt::format("<th>{}</th>", t);
  return row(cells);
}

const Json& at(const Json& object, const char* key) {
  static const Json nothing;
  const auto it = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && it != object.end() ? *it : nothing;
}

// Paths may hold bytes that are no UTF-8.
std::string dumped(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string plain(const Json& value) {
  if (value.is_null()) return "–";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  if (!value.is_array()) return dumped(value);
  std::string text;
  for (const Json& item : value) text += (text.empty() ? "" : ", ") + plain(item);
  return text;
}

std::string text_of(const Json& object, const char* key) { return xml_escaped(plain(at(object, key))); }

std::string seconds(const Json& object) {
  const Json& s = at(object, "seconds");
  return s.is_number() ? fmt::format("{:.2f}", s.get<double>()) : "–";
}

// The page stands beside the scenes' folders, so an output is SCENE/FILE wherever the run was started from.
std::string beside_page(const std::string& path, const std::string& scene) {
  const std::filesystem::path p(path);
  return p.parent_path().filename() == scene ? scene + "/" + p.filename().string() : path;
}

// file:, javascript: and the like are no relative links; empty for such a path.
std::string reference_to(const std::string& path) {
  const bool relative = path.find(':') == std::string::npos && !path.starts_with("/");
  if (!relative) return "";
  std::string href;
  for (const char c : path) {
    const bool plain_sign = std::string_view(" %#?").find(c) == std::string_view::npos;
    href += plain_sign ? std::string(1, c) : fmt::format("%{:02X}", int(c));
  }
  return xml_escaped(href);
}

std::string link(const std::string& path) {
  const std::string href = reference_to(path);
  return href.empty() ? xml_escaped(path) : fmt::format("<a href=\"{}\">{}</a>", href, xml_escaped(path));
}

bool is_matrix(const Json& value) {
  if (!value.is_array() || value.empty()) return false;
  for (const Json& line : value)
    if (!line.is_array()) return false;
  return true;
}

bool is_count(const Json& value) { return value.is_object() && value.contains("count") && value.contains("see"); }

// Square tables of counts are confusion matrices: rows are the survey's classes, columns the mask's.
std::string matrix_table(const Json& matrix, const Json& names) {
  const bool square = matrix[0].size() == matrix.size();
  const bool named = square && names.is_array() && names.size() == matrix.size();
  std::string head = named ? "<th>truth \\ mask</th>" : "<th></th>";
  for (std::size_t c = 0; c < matrix[0].size(); ++c)
    head += fmt::format("<th>{}</th>", named ? xml_escaped(plain(names[c])) : std::to_string(c + 1));
  std::string html = row(head);
  for (std::size_t r = 0; r < matrix.size(); ++r) {
    std::string cells = fmt::format("<th>{}</th>", named ? xml_escaped(plain(names[r])) : std::to_string(r + 1));
    for (std::size_t c = 0; c < matrix[r].size(); ++c) {
      const Json& v = matrix[r][c];
      const bool some = v.is_number() && v.get<double>() > 0;
      const char* look = !square || !some ? "n" : r == c ? "n hit" : "n miss";
      cells += fmt::format("<td class=\"{}\">{}</td>", look, xml_escaped(plain(v)));
    }
    html += row(cells);
  }
  return element("table", html);
}

// Name of a reference system in WKT: PROJCRS["WGS 84 / UTM zone 32N", ...
std::string crs_text(const std::string& wkt) {
  const std::size_t first = wkt.find("[\"");
  const std::size_t last = first == std::string::npos ? first : wkt.find('"', first + 2);
  return last == std::string::npos ? wkt : wkt.substr(first + 2, last - first - 2);
}

// In place of a list that is too long for a page.
std::string count_text(const Json& list) {
  std::string count;
  const Json& sizes = at(list, "count");
  for (const Json& size : sizes.is_array() ? sizes : Json::array({sizes}))
    count += (count.empty() ? "" : " x ") + xml_escaped(plain(size));
  return count + " values, see " + link(plain(at(list, "see")));
}

std::string record_table(const Json& record) {
  std::string html;
  for (const auto& [key, value] : record.items()) {
    const std::string shown = is_matrix(value)    ? matrix_table(value, at(record, "classes"))
                              : key == "crs"      ? xml_escaped(crs_text(plain(value)))
                              : is_count(value)   ? count_text(value)
                              : value.is_object() ? record_table(value)
                                                  : xml_escaped(plain(value));
    html += row("<th>" + xml_escaped(key) + "</th>" + cell(shown));
  }
  return element("table", html);
}

std::string outputs_cell(const Json& scene) {
  std::string html;
  for (const Json& output : at(scene, "outputs")) {
    const Json& path = at(output, "path");
    html += (html.empty() ? "" : "<br>") + text_of(output, "node");
    if (path.is_string()) html += ": " + link(beside_page(path.get<std::string>(), plain(at(scene, "name"))));
  }
  return html;
}

std::string notes_cell(const Json& scene) {
  std::string html;
  if (const Json& error = at(scene, "error"); error.is_string() && !error.get<std::string>().empty())
    html += "<span class=\"failed\">" + xml_escaped(plain(error)) + "</span>";
  for (const Json& w : at(scene, "warnings"))
    html += (html.empty() ? "" : "<br>") + ("<span class=\"warn\">" + xml_escaped(plain(w)) + "</span>");
  return html;
}

std::string scenes_table(const Json& run) {
  std::string html = header({"scene", "status", "seconds", "outputs", "notes"});
  for (const Json& scene : at(run, "scenes")) {
    const bool failed = plain(at(scene, "status")) != "done";
    html +=
        row(cell(text_of(scene, "name")) +
            cell(fmt::format("<span class=\"{}\">{}</span>", failed ? "failed" : "done", text_of(scene, "status"))) +
            number_cell(seconds(scene)) + cell(outputs_cell(scene)) + cell(notes_cell(scene)));
  }
  return element("table", html);
}

std::string timing_table(const Json& stages) {
  std::string html = header({"node", "stage", "calls", "seconds", "MB"});
  for (const Json& s : stages) {
    const Json& bytes = at(s, "bytes");
    const std::string megabytes = bytes.is_number() ? fmt::format("{:.1f}", bytes.get<double>() / 1e6) : "–";
    html += row(cell(text_of(s, "node")) + cell(text_of(s, "stage")) + number_cell(text_of(s, "calls")) +
                number_cell(seconds(s)) + number_cell(megabytes));
  }
  return element("table", html);
}

// Pictures that stages drew: the flicker of an alignment, with its residuals.
std::string pictures(const Json& scene) {
  std::string html;
  for (const Json& output : at(scene, "outputs")) {
    const Json& picture = at(output, "picture");
    if (!picture.is_string()) continue;
    const std::string href = reference_to(beside_page(picture.get<std::string>(), plain(at(scene, "name"))));
    if (href.empty()) continue;
    html += element("h3", text_of(output, "node"));
    html += fmt::format("<p><a href=\"{0}\"><img src=\"{0}\" alt=\"{1}\"></a></p>\n", href, text_of(output, "node"));
  }
  return html;
}

std::string scene_section(const Json& scene) {
  std::string html = element("h2", text_of(scene, "name"));
  html += fmt::format("<p class=\"quiet\">{}</p>\n", text_of(scene, "input"));
  html += pictures(scene);
  for (const auto& [node, value] : at(scene, "values").items()) {
    const Json& record = at(value, "record");
    if (!record.is_object() || record.empty()) continue;
    html += element("h3", xml_escaped(node) + " <span class=\"quiet\">" + text_of(value, "stage") + "</span>");
    html += record_table(record);
  }
  if (const Json& stages = at(scene, "stages"); stages.is_array() && !stages.empty())
    html += element("h3", "Time by stage") + timing_table(stages);
  return html;
}

std::string summary(const Json& run) {
  std::map<std::string, int> count;
  for (const Json& scene : at(run, "scenes")) ++count[plain(at(scene, "status"))];
  std::string outcome = fmt::format("{} done", count["done"]);
  for (const char* status : {"failed", "interrupted", "not started"})
    if (count[status] > 0) outcome += fmt::format(", <span class=\"failed\">{} {}</span>", count[status], status);
  return fmt::format("<p>Scenes: {}. Started {}, took {} s on {} with {} threads; nadir {}.</p>\n", outcome,
                     text_of(run, "started"), seconds(run), text_of(run, "device"), text_of(run, "threads"),
                     text_of(run, "nadir"));
}

std::string command_line(const Json& run) {
  std::string text;
  for (const Json& word : at(run, "command")) text += (text.empty() ? "" : " ") + plain(word);
  return text.empty() ? "" : element("pre", xml_escaped(text));
}

}  // namespace

std::string report_html(const Json& run) {
  const Json& file = at(run, "config_file");
  const std::string config =
      file.is_string() ? std::filesystem::path(file.get<std::string>()).filename().string() : "run";
  std::string body =
      element("h1", "Nadir: " + xml_escaped(config)) + summary(run) + command_line(run) + scenes_table(run);
  for (const Json& scene : at(run, "scenes")) body += scene_section(with_short_lists(scene));
  if (const Json& resolved = at(run, "config"); !resolved.is_null())
    body += element("h2", "Config, with all defaults") + element("pre", xml_escaped(dumped(resolved, 2)));
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Nadir: {}</title>\n<style>{}</style>\n</head>\n"
      "<body>\n{}</body>\n</html>\n",
      xml_escaped(config), kStyle, body);
}

}  // namespace nadir::app
