// Timing of whole graphs, sweeps over parameters, and comparisons with earlier results.
#include "pipeline/app/bench_graph.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>

#include "io/io.h"
#include "pipeline/app/measure.h"
#include "pipeline/app/scenes.h"
#include "pipeline/core/error.h"
#include "pipeline/core/text.h"
#include "pipeline/graph/run.h"

namespace nadir::app {
namespace {

namespace fs = std::filesystem;
using Variant = std::vector<std::string>;  // overrides

// Every combination of the values, the first parameter slowest.
std::vector<Variant> variants_of(const std::vector<std::string>& sweeps) {
  std::vector<Variant> variants{{}};
  for (const std::string& sweep : sweeps) {
    const std::size_t equals = sweep.find('=');
    if (equals == std::string::npos || equals + 1 == sweep.size())
      throw Error(Fault::usage, "--sweep " + sweep + ": a sweep reads node.parameter=a,b,c");
    std::vector<Variant> next;
    for (const Variant& v : variants)
      for (std::size_t from = equals + 1; from <= sweep.size();) {
        const std::size_t comma = std::min(sweep.find(',', from), sweep.size());
        next.push_back(v);
        next.back().push_back(sweep.substr(0, equals + 1) + sweep.substr(from, comma - from));
        from = comma + 1;
      }
    variants = std::move(next);
  }
  return variants;
}

// A folder that is gone when the measurement is over.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(fs::temp_directory_path() / ("nadir_bench_" + std::to_string(getpid()))) {}
  ~TemporaryFolder() { clear(); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  SceneInputs scene(const SceneFile& file, const std::string& truth) {
    clear();
    fs::create_directories(path_ / "out");
    fs::create_directories(path_ / "work");
    return {file.name, file.path, truth, (path_ / "out").string(), (path_ / "work").string()};
  }

 private:
  void clear() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path path_;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + 1e-6 * double(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// What graphs report of their own quality, best first; the first one found is what a sweep is judged by.
constexpr std::array kQualities{"psnr", "overall_accuracy", "held_out_accuracy"};

Json quality_of(const SceneReport& report) {
  Json quality = Json::object();
  for (const char* name : kQualities)
    for (const auto& [node, record] : report.values)
      if (const Scalar* value = record.find(name)) quality[node + "." + name] = json_of(*value);
  return quality;
}

struct Repetitions {
  std::vector<double> wall, cpu;
  std::map<std::string, std::vector<double>> nodes;
};

Json measure_variant(const Graph& graph, const SceneFile& scene, const GraphBenchOptions& options, double pixels) {
  RunOptions run;
  run.device = options.run.device == "cuda" ? Device::cuda : Device::cpu;
  run.threads = thread_count(graph);
  run.tile = graph.run.tile;
  run.memory = *parse_bytes(graph.run.memory);
  TemporaryFolder folder;
  Repetitions all;
  Json quality;
  reset_peak_memory();
  for (int r = 0; r < options.repeats; ++r) {
    const SceneInputs inputs = folder.scene(scene, options.run.truth);
    const auto start = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds();
    const SceneReport report = run_tiled(graph, inputs, run);
    all.wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    all.cpu.push_back(cpu_seconds() - cpu);
    for (const NodeReport& n : report.nodes) all.nodes[n.node].push_back(n.seconds);
    quality = quality_of(report);
  }
  const auto [fastest, slowest] = std::minmax_element(all.wall.begin(), all.wall.end());
  Json json{{"seconds", median(all.wall)},    {"spread", (*slowest - *fastest) / median(all.wall)},
            {"cpu_seconds", median(all.cpu)}, {"mpixel_s", pixels / median(all.wall) / 1e6},
            {"peak_mib", peak_memory_mib()},  {"quality", quality},
            {"nodes", Json::object()}};
  for (const auto& [node, seconds] : all.nodes) json["nodes"][node] = median(seconds);
  return json;
}

double quality_number(const Json& variant) {
  if (variant["quality"].empty() || !variant["quality"].begin()->is_number()) return 0;
  return variant["quality"].begin()->get<double>();
}

// A variant is on the front when no other one is at least as good and as fast, and better in one of the two.
void mark_pareto_front(Json& variants) {
  for (Json& v : variants) {
    bool beaten = false;
    for (const Json& o : variants) {
      const double gain = quality_number(o) - quality_number(v);
      const double saving = v["seconds"].get<double>() - o["seconds"].get<double>();
      beaten = beaten || (gain >= 0 && saving >= 0 && (gain > 0 || saving > 0));
    }
    v["pareto"] = !beaten;
  }
}

double scene_pixels(const Graph& graph, const SceneFile& file, const std::string& truth) {
  Scene scene(graph, {file.name, file.path, truth, "", ""});
  return double(scene.grid().window().area());
}

}  // namespace

Json bench_graph(const Registry& registry, const GraphBenchOptions& options) {
  const std::vector<SceneFile> scenes = find_scenes(options.run.inputs, warn_of_scenes());
  Json variants = Json::array();
  for (const Variant& overrides : variants_of(options.sweep)) {
    RunRequest request = options.run;
    request.overrides.insert(request.overrides.end(), overrides.begin(), overrides.end());
    const Graph graph = configured_graph(request, registry);
    configure_io(cache_share(*parse_bytes(graph.run.memory)));
    Json variant{{"variant", overrides.empty() ? "as it is" : join(overrides, " ")}};
    variant.update(
        measure_variant(graph, scenes.front(), options, scene_pixels(graph, scenes.front(), options.run.truth)));
    variants.push_back(std::move(variant));
  }
  mark_pareto_front(variants);
  return {{"config", options.run.config},
          {"scene", scenes.front().path},
          {"repeats", options.repeats},
          {"variants", std::move(variants)}};
}

std::string bench_graph_text(const Json& result) {
  std::string text = fmt::format("{} on {}, medians of {}\n\n", result["config"].get<std::string>(),
                                 result["scene"].get<std::string>(), result["repeats"].get<int>());
  text += fmt::format("{:<36} {:>9} {:>7} {:>9} {:>10} {:>9}  {}\n", "variant", "seconds", "spread", "CPU s",
                      "Mpixel/s", "peak MiB", "quality (* on the Pareto front)");
  for (const Json& v : result["variants"]) {
    std::string quality;
    for (const auto& [name, value] : v["quality"].items())
      quality +=
          fmt::format("{}{} {:.5g}", quality.empty() ? "" : ", ", name, value.is_number() ? value.get<double>() : 0);
    text += fmt::format("{:<36} {:>9.3f} {:>6.0f}% {:>9.3f} {:>10.3g} {:>9.0f}  {}{}\n",
                        v["variant"].get<std::string>(), v["seconds"].get<double>(), 100 * v["spread"].get<double>(),
                        v["cpu_seconds"].get<double>(), v["mpixel_s"].get<double>(), v["peak_mib"].get<double>(),
                        v["pareto"].get<bool>() && result["variants"].size() > 1 ? "* " : "", quality);
  }
  text += "\nSeconds in each node of the first variant:\n";
  for (const auto& [node, seconds] : result["variants"][0]["nodes"].items())
    text += fmt::format("  {:<20} {:>9.3f}\n", node, seconds.get<double>());
  return text;
}

std::string compare_bench(const Json& before, const Json& now) {
  const char* list = now.contains("variants") ? "variants" : "stages";
  const char* key = now.contains("variants") ? "variant" : "stage";
  if (!before.is_object() || !before.contains(list))
    throw Error(Fault::data, std::string("the earlier result holds no ") + list + "; compare results of the same kind");
  std::string text = fmt::format("\n{:<36} {:>14} {:>14} {:>8}\n", "Mpixel/s", "before", "now", "ratio");
  for (const Json& n : now[list])
    for (const Json& b : before[list])
      if (b[key] == n[key] && b.contains("mpixel_s") && n.contains("mpixel_s"))
        text +=
            fmt::format("{:<36} {:>14.4g} {:>14.4g} {:>8.3f}\n", n[key].get<std::string>(), b["mpixel_s"].get<double>(),
                        n["mpixel_s"].get<double>(), n["mpixel_s"].get<double>() / b["mpixel_s"].get<double>());
  return text;
}

}  // namespace nadir::app
