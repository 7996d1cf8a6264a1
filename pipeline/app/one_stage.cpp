// Making and running one stage by hand.
#include "pipeline/app/one_stage.h"

#include <charconv>
#include <sstream>

#include "pipeline/backend/run_stage.h"
#include "pipeline/core/error.h"
#include "pipeline/core/text.h"

namespace nadir::app {
namespace {

std::vector<std::string> words(const std::string& list) {
  std::vector<std::string> items;
  std::istringstream in(list);
  for (std::string item; std::getline(in, item, ',');) items.push_back(item);
  return items;
}

// A number where all of the text is one; else the text, which the parameter's check then refuses with its range.
ParamValue scalar(const std::string& text, ParamType type) {
  const char* end = text.data() + text.size();
  if (type == ParamType::boolean && (text == "true" || text == "false")) return text == "true";
  if (std::int64_t i = 0; type == ParamType::integer && std::from_chars(text.data(), end, i).ptr == end) return i;
  if (double d = 0; type == ParamType::number && std::from_chars(text.data(), end, d).ptr == end) return d;
  return text;
}

ParamValue value_from(const std::string& text, ParamType type) {
  if (type == ParamType::texts) return words(text);
  if (type != ParamType::numbers) return text.empty() ? ParamValue(text) : scalar(text, type);
  std::vector<double> numbers;
  for (const std::string& word : words(text)) {
    const ParamValue v = scalar(word, ParamType::number);
    if (const auto* d = std::get_if<double>(&v))
      numbers.push_back(*d);
    else
      return text;
  }
  return numbers;
}

std::string names_of(const ParamTable& params) {
  std::vector<std::string> names;
  for (const ParamSpec& s : params) names.push_back(s.name);
  return names.empty() ? "none" : join(names);
}

bool reads_pixels(const StageInfo& stage, const Wiring& wiring, std::size_t port) {
  return wiring.images[port] && !stage.inputs[port].info_only;
}

}  // namespace

TileSource::TileSource(const StageInfo& stage, const ParamMap& params, std::unique_ptr<Source> input)
    : input_(std::move(input)) {
  Wiring wiring = wiring_for(stage);
  wiring.images.at(0) = input_.get();
  stage_ = stage.as<TileFactory>()->make(context_of(stage, params, wiring));
  info_ = stage_->outputs().at(0);
}

void TileSource::read(TileView out) const {
  const Window need = stage_->needs(0, 0, out.window);
  const Tile in = read_window(*input_, need);
  const std::vector<ConstTileView> inputs{in.view().crop(need)};
  std::vector<TileView> outputs(stage_->outputs().size());
  outputs[0] = out;
  Exec exec;
  run_stage(*stage_, inputs, outputs, exec);
}

Wiring wiring_for(const StageInfo& stage) {
  return {std::vector<const Source*>(stage.inputs.size()), std::vector<Value>(stage.inputs.size())};
}

StageContext context_of(const StageInfo& stage, const ParamMap& params, const Wiring& wiring) {
  StageContext context;
  context.node = stage.name;
  context.params = &params;
  context.images.resize(stage.inputs.size());
  for (std::size_t i = 0; i < stage.inputs.size(); ++i)
    if (wiring.images[i]) context.images[i] = wiring.images[i]->info();
  context.values = wiring.values;
  return context;
}

Tile read_window(const Source& source, const Window& window) {
  const ImageInfo& info = source.info();
  const Size size = info.grid.size();
  const Window inside = mirror_source(window, size);
  Tile held(unite(window, inside), info.band_count());
  source.read(held.view().crop(inside));
  mirror_edges(held.view(), size);
  return held;
}

Value run_estimate(const StageInfo& stage, const ParamMap& params, const Wiring& wiring) {
  const auto estimate = stage.as<EstimateFactory>()->make(context_of(stage, params, wiring));
  Exec exec;
  std::vector<std::unique_ptr<Evidence>> evidence;
  for (const Window& block : estimate->blocks()) {
    std::vector<Tile> tiles(stage.inputs.size());
    std::vector<ConstTileView> in(stage.inputs.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (!reads_pixels(stage, wiring, i)) continue;
      const Window need = estimate->needs(i, block);
      if (need.empty()) continue;
      tiles[i] = read_window(*wiring.images[i], need);
      in[i] = tiles[i].view().crop(need);
    }
    evidence.push_back(estimate->observe(block, in, exec));
  }
  return estimate->conclude(std::move(evidence), exec);
}

ParamMap parse_params(const StageInfo& stage, const std::vector<std::string>& texts) {
  ParamMap params;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) throw Error(Fault::usage, "'" + text + "' must be name=value");
    const std::string name = text.substr(0, equals);
    const ParamSpec* spec = find_param(stage.params, name);
    if (!spec)
      throw Error(Fault::usage, stage.name + " has no parameter '" + name + "'; it has " + names_of(stage.params));
    ParamValue value = value_from(text.substr(equals + 1), spec->type);
    if (const auto complaint = check(*spec, value)) throw Error(Fault::usage, stage.name + ": " + *complaint);
    params[name] = std::move(value);
  }
  return params;
}

}  // namespace nadir::app
