// Timing of single stages against the machine's copy bandwidth.
#include "pipeline/app/bench.h"

#include <fmt/format.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "pipeline/app/bench_scenery.h"
#include "pipeline/app/describe_stages.h"
#include "pipeline/app/measure.h"
#include "pipeline/app/one_stage.h"
#include "pipeline/backend/run_stage.h"
#include "pipeline/core/error.h"

namespace nadir::app {
namespace {

using Clock = std::chrono::steady_clock;

// Bytes read and written a second when memory much larger than any cache is copied by as many threads.
double copy_gb_per_s(int threads) {
  const std::size_t bytes = std::size_t{256} << 20;
  const std::vector<char> from(bytes, 1);
  std::vector<char> to(bytes, 2);
  const Exec exec;
  tbb::task_arena arena(threads);
  const std::size_t part = bytes / std::size_t(threads);
  std::vector<double> rates;
  for (int repeat = 0; repeat < 7; ++repeat) {
    const auto start = Clock::now();
    arena.execute([&] {
      exec.parallel(threads,
                    [&](int i) { std::memcpy(&to[std::size_t(i) * part], &from[std::size_t(i) * part], part); });
    });
    rates.push_back(2 * double(bytes) / seconds_since(start) / 1e9);
  }
  return median(rates);
}

// One tile of the first output: its inputs are cut beforehand, so that only the stage is timed.
class OneTile {
 public:
  OneTile(const StageInfo& info, const TileStage& stage, const Wiring& wiring, const Window& window)
      : in_(info.inputs.size()), tiles_(info.inputs.size()) {
    const std::vector<ImageInfo> outputs = stage.outputs();
    for (std::size_t i = 0; i < in_.size(); ++i) {
      const Window need = wiring.images[i] && !info.inputs[i].info_only ? stage.needs(i, 0, window) : Window{};
      if (need.empty()) continue;
      tiles_[i] = read_window(*wiring.images[i], need);
      in_[i] = tiles_[i].view().crop(need);
      bytes_ += double(Tile::bytes(need, tiles_[i].bands()));
    }
    result_ = Tile(window, outputs[0].band_count());
    result_.fill(0, false);
    out_.resize(outputs.size());
    out_[0] = result_.view();
    bytes_ += double(Tile::bytes(window, result_.bands()));
  }

  double run(const TileStage& stage, Exec& exec) {
    const auto start = Clock::now();
    run_stage(stage, in_, out_, exec);
    exec.finish();
    return seconds_since(start);
  }
  double bytes() const { return bytes_; }

 private:
  std::vector<ConstTileView> in_;
  std::vector<Tile> tiles_;
  Tile result_;
  std::vector<TileView> out_;
  double bytes_ = 0;
};

std::vector<Window> tiles_of(Size size, int tile) {
  std::vector<Window> windows;
  for (int y = 0; y < size.height; y += tile)
    for (int x = 0; x < size.width; x += tile) windows.push_back(intersect({x, y, tile, tile}, whole(size)));
  return windows;
}

// What a stage goes through for a pixel that it writes: pixels of the finest image and samples of the largest, among
// the one that it writes and those that it reads.
struct Share {
  double pixels = 1;
  double samples = 1;

  Share(const ImageInfo& out, const Wiring& wiring) : samples(out.band_count()) {
    for (const Source* image : wiring.images) {
      if (!image) continue;
      const double area = double(image->info().grid.window().area()) / double(out.grid.window().area());
      pixels = std::max(pixels, area);
      samples = std::max(samples, area * image->info().band_count());
    }
  }
};

struct Sweep {
  int tiles = 0;
  double pixels = 0;  ///< written
  double bytes = 0;
  double seconds = 0;
};

Sweep sweep(const StageInfo& info, const TileStage& stage, const Wiring& wiring, const BenchOptions& options) {
  Exec exec(options.device);
  Sweep s;
  for (const Window& window : tiles_of(stage.outputs().at(0).grid.size(), options.tile)) {
    OneTile tile(info, stage, wiring, window);
    s.seconds += tile.run(stage, exec);
    s.pixels += double(window.area());
    s.bytes += tile.bytes();
    ++s.tiles;
    if (s.seconds > options.seconds) break;
  }
  return s;
}

Json measure(const StageInfo& info, const TileStage& stage, const Wiring& wiring, const BenchOptions& options,
             double copy_rate) {
  tbb::task_arena arena(options.threads);
  const ImageInfo out = stage.outputs()[0];
  const Share share(out, wiring);
  std::vector<double> mpixels;
  std::vector<double> gigabytes;
  Sweep last;
  reset_peak_memory();
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    arena.execute([&] { last = sweep(info, stage, wiring, options); });
    mpixels.push_back(share.pixels * last.pixels / last.seconds / 1e6);
    gigabytes.push_back(last.bytes / last.seconds / 1e9);
  }
  const auto [low, high] = std::minmax_element(mpixels.begin(), mpixels.end());
  const double rate = median(mpixels);
  return {{"stage", info.name},
          {"repeats", options.repeats},
          {"tiles", last.tiles},
          {"bands", out.band_count()},
          {"mpixel_s", rate},
          {"spread", (*high - *low) / rate},
          {"mpixel_bands_s", rate / share.pixels * share.samples},
          {"gb_s", median(gigabytes)},
          {"copy_fraction", median(gigabytes) / copy_rate},
          {"peak_mib", peak_memory_mib()}};
}

Json bench_one(const Registry& registry, const StageInfo& info, const Scenery& scenery, const BenchOptions& options,
               double copy_rate) {
  const ParamMap params = parse_params(info, options.params);
  std::string reason;
  for (const std::unique_ptr<Source>& image : scenery.images) try {
      if (options.device == Device::cuda && !info.on_device) throw Error(Fault::usage, "has no CUDA arithmetic");
      const Wiring wiring = wire(registry, info, *image, scenery.labels);
      const auto stage = info.as<TileFactory>()->make(context_of(info, params, wiring));
      if (options.device == Device::cuda && stage->device_use() == DeviceUse::none)
        throw Error(Fault::usage, "has no CUDA arithmetic for these parameters or this model");
      return measure(info, *stage, wiring, options, copy_rate);
    } catch (const Error& e) {
      if (e.fault() == Fault::device) throw;
      if (reason.empty()) reason = e.what();
    }
  return {{"stage", info.name}, {"skipped", reason}};
}

std::vector<const StageInfo*> chosen_stages(const Registry& registry, const BenchOptions& options) {
  std::vector<const StageInfo*> chosen;
  for (const std::string& name : options.stages) {
    const StageInfo& stage = stage_named(registry, name);
    if (!stage.as<TileFactory>())
      throw Error(Fault::usage, "'" + name + "' is not a tile stage; only those are measured alone");
    chosen.push_back(&stage);
  }
  if (!options.params.empty() && chosen.size() != 1)
    throw Error(Fault::usage, "parameters can be set for one stage only; name it with --stage");
  if (!options.params.empty()) parse_params(*chosen[0], options.params);  // complains before any time is spent
  if (chosen.empty())
    for (const StageInfo& stage : registry.stages())
      if (stage.as<TileFactory>()) chosen.push_back(&stage);
  return chosen;
}

}  // namespace

Json bench(const Registry& registry, const BenchOptions& options) {
  const std::vector<const StageInfo*> stages = chosen_stages(registry, options);
  if (options.device == Device::cuda) Exec probe(Device::cuda);  // says at once when there is no device
  const double copy_rate = copy_gb_per_s(options.threads);
  const Scenery scenery(registry, options.size);
  Json results = Json::array();
  for (const StageInfo* stage : stages) results.push_back(bench_one(registry, *stage, scenery, options, copy_rate));
  return {{"device", options.device == Device::cuda ? device_name() : "cpu"},
          {"threads", options.threads},
          {"size", options.size},
          {"tile", options.tile},
          {"copy_gb_s", copy_rate},
          {"stages", std::move(results)}};
}

std::string bench_text(const Json& result) {
  std::string text =
      fmt::format("{} x {} pixels, tiles of {}, {}, {} thread(s); copying memory: {:.1f} GB/s\n\n",
                  result["size"].get<int>(), result["size"].get<int>(), result["tile"].get<int>(),
                  result["device"].get<std::string>(), result["threads"].get<int>(), result["copy_gb_s"].get<double>());
  text += fmt::format("{:<20} {:>9} {:>7} {:>15} {:>8} {:>8} {:>9}\n", "stage", "Mpixel/s", "spread", "Mpixel-bands/s",
                      "GB/s", "of copy", "peak MiB");
  std::string skipped;
  for (const Json& s : result["stages"]) {
    const auto name = s["stage"].get<std::string>();
    if (s.contains("skipped")) {
      skipped += fmt::format("{:<20} {}\n", name, s["skipped"].get<std::string>());
      continue;
    }
    const auto value = [&s](const char* key) { return s[key].get<double>(); };
    text += fmt::format("{:<20} {:>9.3g} {:>6.0f}% {:>15.4g} {:>8.3g} {:>7.1f}% {:>9.0f}\n", name, value("mpixel_s"),
                        100 * value("spread"), value("mpixel_bands_s"), value("gb_s"), 100 * value("copy_fraction"),
                        value("peak_mib"));
  }
  return text + (skipped.empty() ? "" : "\nNot measured:\n" + skipped);
}

}  // namespace nadir::app
