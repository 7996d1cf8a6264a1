// `nadir plan`: what a run would do, from headers alone.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "io/io.h"
#include "pipeline/app/run_command.h"
#include "pipeline/app/run_folder.h"
#include "pipeline/app/scenes.h"
#include "pipeline/app/shell_word.h"
#include "pipeline/graph/scratch_image.h"
#include "pipeline/graph/token_plan.h"

namespace nadir::app {
namespace {

struct SceneTotals {
  std::size_t disk = 0;
  std::size_t peak = 0;
};

std::string ref_name(const Graph& graph, const PortRef& ref) {
  const Node& n = graph.producer(ref);
  return n.stage->outputs.size() > 1 ? n.id + "." + graph.port(ref).name : n.id;
}

Json grid_json(const Grid& g) { return {{"width", g.width}, {"height", g.height}, {"geotransform", g.geotransform}}; }

// Samples that sources deliver over all tiles, halos counted every time.
std::int64_t pixels_read(const Scene& scene, const PassPlan& plan) {
  std::int64_t pixels = 0;
  for (const Token& token : plan.tokens) {
    const TokenWindows windows = plan_token(scene, plan, token);
    for (const int n : plan.nodes)
      if (scene.bound(n).source)
        for (const OutputWindows& w : windows[std::size_t(n)]) pixels += w.inside.area();
  }
  return pixels;
}

// Uncompressed, with reduced images: 1 + 1/4 + 1/16 + …, and a mask where no nodata value tells.
std::size_t file_bytes(const ImageInfo& info) {
  const std::size_t pixels = std::size_t(info.grid.window().area());
  const std::size_t samples = pixels * std::size_t(info.band_count());
  return samples * std::size_t(size_of(info.type)) * 4 / 3 + (info.nodata ? 0 : pixels);
}

Json pass_json(const Scene& scene, const Pass& pass, const PassPlan& plan, SceneTotals& totals) {
  const Graph& graph = scene.graph();
  Json json{{"level", pass.level}, {"kind", pass.tiles() ? "tiles" : "estimate"}};
  if (!pass.tiles()) json["estimates"] = scene.node(pass.estimate).id;
  json["evaluates"] = Json::array();
  for (const int n : plan.nodes)
    json["evaluates"].push_back(scene.node(n).id + (plan.from_scratch[std::size_t(n)] ? " (kept)" : ""));
  json["writes"] = Json::array();
  for (const int s : pass.sinks) {
    json["writes"].push_back(scene.inputs().output_dir + "/" + scene.node(s).id + scene.node(s).stage->file_ending);
    const ImageInfo& info = scene.image(*scene.node(s).inputs[0]);
    totals.disk += 2 * file_bytes(info);  // the unfinished one and the final one
  }
  json["keeps"] = Json::array();
  for (const PortRef& k : pass.keeps) {
    const std::size_t bytes = ScratchImage::bytes(scene.image(k).grid.size(), scene.image(k).band_count());
    json["keeps"].push_back({{"output", ref_name(graph, k)}, {"bytes", bytes}});
    totals.disk += bytes;
  }
  if (pass.tiles()) json["tile_px"] = plan.tile;
  json["tiles"] = plan.tokens.size();
  json["pixels_read"] = pixels_read(scene, plan);
  json["bytes_per_tile"] = plan.token_bytes;
  json["tiles_in_flight"] = plan.tokens_in_flight;
  json["working_set_bytes"] = plan.token_bytes * std::size_t(plan.tokens_in_flight);
  json["on_device"] = Json::array();
  for (const int n : plan.on_device) json["on_device"].push_back(scene.node(n).id);
  json["device_bytes"] = plan.device_bytes;
  json["reason"] = plan.reason;
  if (!plan.warning.empty()) json["warning"] = plan.warning;
  totals.peak = std::max(totals.peak, plan.token_bytes * std::size_t(plan.tokens_in_flight));
  return json;
}

Json plan_scene(const Graph& graph, const SceneInputs& inputs, const MemoryLimits& limits) {
  Scene scene(graph, inputs);
  for (int n = 0; n < int(scene.size()); ++n) scene.bind(n);
  Json json{{"scene", inputs.name}, {"input", inputs.path}, {"grids", Json::object()}, {"passes", Json::array()}};
  for (int n = 0; n < int(scene.size()); ++n)
    for (std::size_t o = 0; o < scene.bound(n).images.size(); ++o) {
      Json grid = grid_json(scene.bound(n).images[o].grid);
      grid["bands"] = scene.bound(n).images[o].band_count();
      json["grids"][ref_name(graph, {n, int(o)})] = grid;
    }
  const std::vector<Pass> passes = plan_passes(graph);
  SceneTotals totals;
  for (std::size_t p = 0; p < passes.size(); ++p)
    json["passes"].push_back(pass_json(scene, passes[p], plan_pass(scene, passes, p, graph.run.tile, limits), totals));
  json["disk_bytes"] = totals.disk;
  json["peak_working_set_bytes"] = totals.peak;
  return json;
}

std::string join(const Json& list) {
  std::string text;
  for (const Json& item : list)
    text += (text.empty() ? "" : ", ") + (item.is_object() ? item["output"] : item).get<std::string>();
  return text.empty() ? "-" : text;
}

double mib(const Json& bytes) { return double(bytes.get<std::size_t>()) / (1 << 20); }

void print_scene(const Json& scene) {
  if (scene.contains("error")) {
    fmt::print("{} cannot be run: {}\n", scene["scene"].get<std::string>(), scene["error"].get<std::string>());
    return;
  }
  fmt::print("{} ({})\n", scene["scene"].get<std::string>(), scene["input"].get<std::string>());
  for (const auto& [name, g] : scene["grids"].items())
    fmt::print("  grid {:<20} {} x {} x {}, pixel {:g}\n", name, g["width"].get<int>(), g["height"].get<int>(),
               g["bands"].get<int>(), g["geotransform"][1].get<double>());
  int number = 0;
  for (const Json& p : scene["passes"]) {
    const std::string what = p.contains("estimates") ? "estimate " + p["estimates"].get<std::string>() : "tiles";
    fmt::print("  pass {}: {}\n    evaluates {}\n", ++number, what, join(p["evaluates"]));
    if (!p["writes"].empty()) fmt::print("    writes    {}\n", join(p["writes"]));
    if (!p["keeps"].empty()) fmt::print("    keeps     {}\n", join(p["keeps"]));
    fmt::print("    {} {}, {:.1f} Mpixel read, working set {:.1f} MiB\n    {}\n", p["tiles"].get<int>(),
               p.contains("estimates") ? "blocks" : "tiles", p["pixels_read"].get<double>() * 1e-6,
               mib(p["working_set_bytes"]), p["reason"].get<std::string>());
    if (p.contains("warning")) fmt::print("    warning: {}\n", p["warning"].get<std::string>());
    if (!p["on_device"].empty())
      fmt::print("    on a device, if there is one: {}; {:.1f} MiB of it at most\n", join(p["on_device"]),
                 mib(p["device_bytes"]));
  }
  fmt::print("  disk {:.1f} MiB at most; peak of the tiles {:.1f} MiB, without the program itself and its cache\n",
             mib(scene["disk_bytes"]), mib(scene["peak_working_set_bytes"]));
}

// Whether a tile stage follows a transform that only the run finds.
bool estimates_a_grid(const Graph& graph) {
  const auto is_found = [&graph](const std::optional<PortRef>& in) {
    return in && graph.port(*in).type == PortType::transform && graph.producer(*in).stage->as<EstimateFactory>();
  };
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) {
    return n.stage->as<TileFactory>() && std::any_of(n.inputs.begin(), n.inputs.end(), is_found);
  });
}

// The tile size is fixed for all units, so that machines of any size cut alike.
void print_units(const RunRequest& request) {
  if (request.out.empty()) throw Error(Fault::usage, "--units needs --out DIR, the folder that all units share");
  std::string arguments = shell_word(request.config);
  for (const std::string& input : request.inputs) arguments += " " + shell_word(input);
  if (!request.truth.empty()) arguments += " --truth " + shell_word(request.truth);
  for (const std::string& o : request.overrides) arguments += " --set " + shell_word(o);
  if (request.threads > 0) arguments += " --threads " + std::to_string(request.threads);
  if (!request.memory.empty()) arguments += " --memory " + shell_word(request.memory);
  arguments += " --out " + shell_word(request.out);
  Json commands = Json::array();
  for (int k = 1; k <= request.units; ++k)
    commands.push_back(fmt::format("{} run {} --unit {}/{}", request.program, arguments, k, request.units));
  const std::string finish = request.program + " finish " + arguments;
  if (request.json)
    fmt::print("{}\n", Json{{"units", commands}, {"finish", finish}}.dump(2));
  else
    fmt::print("{}\n{}\n", fmt::join(commands.get<std::vector<std::string>>(), "\n"), finish);
}

}  // namespace

int plan_command(const RunRequest& request, const Registry& registry) {
  if (request.units > 0) {
    configured_graph(request, registry);  // complaints belong here, not on a thousand machines
    print_units(request);
    return 0;
  }
  const Graph graph = configured_graph(request, registry);
  RunOptions options;
  options.threads = thread_count(graph);
  options.memory = *parse_bytes(graph.run.memory);
  configure_io(cache_share(options.memory));
  const std::string out = request.out.empty() ? "OUT" : request.out;
  Json plans = Json::array();
  int failed = 0;
  for (const SceneFile& s : find_scenes(request.inputs, warn_of_scenes())) {
    const SceneInputs inputs{s.name, s.path, request.truth, out + "/" + s.name, out + "/.nadir/" + s.name};
    try {
      plans.push_back(plan_scene(graph, inputs, memory_limits(options)));
    } catch (const Error& e) {
      ++failed;
      plans.push_back({{"scene", s.name}, {"input", s.path}, {"error", e.what()}});
    }
  }
  if (request.json) {
    fmt::print("{}\n", plans.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    for (const Json& plan : plans) print_scene(plan);
    if (estimates_a_grid(graph)) fmt::print("Grids behind an alignment are planned as if nothing had to be moved.\n");
  }
  return failed == 0 ? 0 : int(Fault::scenes);
}

}  // namespace nadir::app
