// Evaluations without a graph: sources are opened and one estimate stage is streamed over them.
#include "pipeline/app/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "pipeline/app/describe_stages.h"
#include "pipeline/app/one_stage.h"
#include "pipeline/core/error.h"
#include "pipeline/core/text.h"
#include "stages/metrics/tally.h"

namespace nadir::app {
namespace {

std::unique_ptr<Source> open_image(const Registry& registry, const std::string& path, const std::string& band) {
  const StageInfo& reader = stage_named(registry, "read_geotiff");
  // Pictures as well, as a run takes them from folders.
  ParamMap params{{"path", path}, {"drivers", std::vector<std::string>{"GTiff", "COG", "BMP", "PNG", "JPEG"}}};
  if (!band.empty() && band != "luma") params["bands"] = std::vector<std::string>{band};
  auto source = reader.as<SourceFactory>()->make(context_of(reader, params, wiring_for(reader)));
  if (band != "luma") return source;
  const StageInfo& luma = stage_named(registry, "luma");
  return std::make_unique<TileSource>(luma, ParamMap{}, std::move(source));
}

std::size_t port_named(const StageInfo& stage, const std::string& name) {
  for (std::size_t i = 0; i < stage.inputs.size(); ++i)
    if (stage.inputs[i].name == name) return i;
  throw Error(Fault::internal, stage.name + " has no input '" + name + "'");
}

// Without a grid the survey stays where it is.
Value read_survey(const Registry& registry, const std::string& path, const std::string& class_field, const Grid* grid) {
  const StageInfo& reader = stage_named(registry, "read_survey");
  ParamMap params{{"path", path}};
  if (!class_field.empty()) params["class_field"] = class_field;
  StageContext context = context_of(reader, params, wiring_for(reader));
  context.scene_grid = grid;
  return reader.as<ValueFactory>()->make(context);
}

bool is_geotiff(const std::string& path) {
  const std::string extension = lower(std::filesystem::path(path).extension().string());
  return extension == ".tif" || extension == ".tiff";
}

// Numbers under each other, as in a confusion matrix.
std::string matrix_text(const std::vector<std::vector<double>>& rows) {
  std::size_t width = 1;
  const auto shown = [](double v) { return fmt::format("{:.6g}", v); };
  for (const auto& row : rows)
    for (const double v : row) width = std::max(width, shown(v).size());
  std::string text;
  for (const auto& row : rows) {
    text += "\n   ";
    for (const double v : row) text += fmt::format(" {:>{}}", shown(v), width);
  }
  return text;
}

struct ScalarText {
  std::string operator()(bool v) const { return v ? "yes" : "no"; }
  std::string operator()(std::int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return fmt::format("{:.6g}", v); }
  std::string operator()(const std::string& v) const { return v; }
  std::string operator()(const std::vector<std::vector<double>>& v) const { return matrix_text(v); }
  template <class T>
  std::string operator()(const std::vector<T>& items) const {
    std::string text;
    for (const T& item : items) text += (text.empty() ? "" : ", ") + (*this)(item);
    return text;
  }
};

}  // namespace

Record evaluate_image(const Registry& registry, const std::string& reference, const std::string& image,
                      const CompareOptions& options) {
  const auto wanted = open_image(registry, reference, options.band);
  const auto given = open_image(registry, image, options.band);
  const StageInfo& compare = stage_named(registry, "compare");
  Wiring wiring = wiring_for(compare);
  wiring.images[port_named(compare, "image")] = given.get();
  wiring.images[port_named(compare, "reference")] = wanted.get();
  const ParamMap params =
      parse_params(compare, {fmt::format("crop_px={}", options.crop), fmt::format("scale={}", options.scale)});
  return describe(run_estimate(compare, params, wiring));
}

Record evaluate_mask(const Registry& registry, const std::string& truth, const std::string& mask,
                     const std::string& class_field) {
  const bool is_raster = is_geotiff(truth);
  if (is_raster && !class_field.empty())
    throw Error(Fault::usage, truth + " is a mask and has no fields; leave --class-field out");
  const auto labels = open_image(registry, mask, "");
  const StageInfo& assess = stage_named(registry, "assess");
  Wiring wiring = wiring_for(assess);
  wiring.images[port_named(assess, "labels")] = labels.get();
  const auto reference = is_raster ? open_image(registry, truth, "") : nullptr;
  if (is_raster)
    wiring.images[port_named(assess, "reference")] = reference.get();
  else
    wiring.values[port_named(assess, "truth")] = read_survey(registry, truth, class_field, &labels->info().grid);
  return describe(run_estimate(assess, {{"areas", true}}, wiring));
}

Record evaluate_samples(const Registry& registry, const std::string& file, const std::string& class_field,
                        const std::string& mapped_field) {
  const Value truth = read_survey(registry, file, class_field, nullptr);
  const Value mapped = read_survey(registry, file, mapped_field, nullptr);
  const Survey& wanted = *std::get<SurveyPtr>(truth);
  const Survey& given = *std::get<SurveyPtr>(mapped);
  std::map<std::string, int> class_of;
  for (const Feature& f : given.features) class_of[f.id] = f.class_id;
  Tally tally;
  for (std::size_t i = 0; i < wanted.features.size(); ++i) {
    const auto found = class_of.find(wanted.features[i].id);
    ++tally[{std::int32_t(i), wanted.features[i].class_id, found == class_of.end() ? kUnclassified : found->second}];
  }
  return accuracy_record(tally, {wanted.classes, given.classes}, {});
}

std::string record_text(const Record& record) {
  const auto title = [](const std::string& name) {
    return name == "confusion" ? name + " (rows: truth, columns: mask)" : name;
  };
  std::size_t width = 0;
  for (const auto& [name, value] : record.fields()) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : record.fields())
    text += fmt::format("{:<{}}  {}\n", title(name), width, std::visit(ScalarText{}, value));
  return text;
}

}  // namespace nadir::app
