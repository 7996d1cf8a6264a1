// What the executor itself costs: time per tile and stage in chains of stages that do nothing.
#include <algorithm>
#include <cstdio>
#include <string>

#include "pipeline/graph/run.h"

namespace nadir {
namespace {

constexpr int kEdge = 2048;

ImageInfo empty_image() {
  ImageInfo info;
  info.grid.width = kEdge;
  info.grid.height = kEdge;
  info.bands.resize(1);
  return info;
}

class Nothing final : public Source {
 public:
  const ImageInfo& info() const override { return info_; }
  void read(TileView) const override {}

 private:
  ImageInfo info_ = empty_image();
};

class Pass final : public TileStage {
 public:
  std::vector<ImageInfo> outputs() const override { return {empty_image()}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs, Outputs, Exec&) const override {}
};

class Nowhere final : public Sink {
 public:
  void write(ConstTileView) override {}
  Record finish() override { return {}; }
};

Registry idle_stages() {
  const Port image{"image", PortType::image, ""};
  StageInfo read{"read",
                 "bench",
                 "",
                 {},
                 {image},
                 {},
                 SourceFactory{[](const StageContext&) {
                   return std::make_unique<Nothing>(); }}};
  StageInfo pass{"pass",
                 "bench",
                 "",
                 {image},
                 {image},
                 {},
                 TileFactory{[](const StageContext&) {
                   return std::make_unique<Pass>(); }}};
  StageInfo write{"write",
                  "bench",
                  "",
                  {image},
                  {},
                  {},
                  SinkFactory{[](const StageContext&) {
                    return std::make_unique<Nowhere>(); }}};
  return Registry({read, pass, write});
}

double seconds_of(const Graph& graph, int threads, int tile) {
  RunOptions options;
  options.threads = threads;
  options.tile = tile;
  double best = 1e9;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    run_tiled(graph, {"scene", "", "", "/nowhere", "/nowhere"}, options);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

Graph chain(const Registry& registry, int stages) {
  std::string text = "nadir: 1\ngraph:\n  n0: {stage: read}\n";
  for (int k = 1; k <= stages; ++k)
    text += "  n" + std::to_string(k) + ": {stage: pass, in: n" + std::to_string(k - 1) + "}\n";
  return parse_graph(text + "  out: {stage: write, in: n" + std::to_string(stages) + "}\n", "bench", registry);
}

}  // namespace
}  // namespace nadir

int main() {
  using namespace nadir;
  const Registry registry = idle_stages();
  const int tile = 16;
  const double tiles = double(kEdge / tile) * (kEdge / tile);
  std::printf("%d x %d pixels in tiles of %d, best of 5\n\n%8s %10s %26s\n", kEdge, kEdge, tile, "threads", "stages",
              "thread-us a tile and stage");
  for (const int threads : {1, 2})
    for (const int stages : {1, 10}) {
      const double seconds = seconds_of(chain(registry, stages), threads, tile);
      std::printf("%8d %10d %26.3f\n", threads, stages + 2, 1e6 * seconds * threads / tiles / (stages + 2));
    }
  return 0;
}
