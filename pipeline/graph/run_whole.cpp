// The reference executor: one loop over the nodes, whole images.
#include "pipeline/backend/run_stage.h"
#include "pipeline/graph/passes.h"
#include "pipeline/graph/run.h"

namespace nadir {
namespace {

// A window of a whole image, mirrored where it reaches outside.
Tile cut(const Tile& image, Size size, const Window& window) {
  Tile tile(unite(window, mirror_source(window, size)), image.bands());
  copy_pixels(image.view(), tile.view(), intersect(tile.window(), whole(size)));
  mirror_edges(tile.view(), size);
  return tile;
}

class WholeRun {
 public:
  WholeRun(const Graph& graph, const SceneInputs& inputs) : scene_(graph, inputs), images_(graph.nodes.size()) {}

  SceneReport run() {
    for (int n = 0; n < int(scene_.size()); ++n) {
      scene_.bind(n);
      if (scene_.node(n).stage->as<SinkFactory>()) scene_.open_sink(n, "");
      try {
        run_node(n);
      } catch (...) {
        rethrow_with(label(scene_.node(n)));
      }
    }
    return report_of(scene_);
  }

 private:
  void run_node(int n) {
    BoundNode& b = scene_.bound(n);
    for (const ImageInfo& info : b.images) images_[std::size_t(n)].emplace_back(info.grid.window(), info.band_count());
    if (b.source) b.source->read(images_[std::size_t(n)].front().view());
    if (b.tile) run_tile_stage(n);
    if (b.estimate) run_estimate(n);
    if (b.sink) {
      b.sink->write(image(*scene_.node(n).inputs[0]).view());
      b.sink_facts = b.sink->finish();
    }
  }

  void run_tile_stage(int n) {
    const TileStage& stage = *scene_.bound(n).tile;
    for (std::size_t o = 0; o < images_[std::size_t(n)].size(); ++o) {
      Tile& result = images_[std::size_t(n)][o];
      std::vector<TileView> out(images_[std::size_t(n)].size());
      out[o] = result.view();
      const std::vector<Tile> in = gather(n, [&](std::size_t i) { return stage.needs(i, o, result.window()); });
      run_stage(stage, views(in), out, exec_);
    }
  }

  void run_estimate(int n) {
    const EstimateStage& stage = *scene_.bound(n).estimate;
    std::vector<std::unique_ptr<Evidence>> evidence;
    for (const Window& block : stage.blocks()) {
      const std::vector<Tile> in = gather(n, [&](std::size_t i) { return stage.needs(i, block); });
      evidence.push_back(stage.observe(block, views(in), exec_));
    }
    scene_.bound(n).value = stage.conclude(std::move(evidence), exec_);
  }

  template <class Needs>
  std::vector<Tile> gather(int n, Needs needs) {
    const Node& node = scene_.node(n);
    std::vector<Tile> in(node.inputs.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (!reads_pixels(node, i)) continue;
      if (const Window need = needs(i); !need.empty())
        in[i] = cut(image(*node.inputs[i]), scene_.image(*node.inputs[i]).grid.size(), need);
    }
    return in;
  }

  static std::vector<ConstTileView> views(const std::vector<Tile>& tiles) {
    std::vector<ConstTileView> v;
    for (const Tile& t : tiles) v.push_back(t.empty() ? ConstTileView{} : t.view());
    return v;
  }

  const Tile& image(const PortRef& ref) const { return images_[std::size_t(ref.node)][std::size_t(ref.output)]; }

  Scene scene_;
  std::vector<std::vector<Tile>> images_;
  Exec exec_;
};

}  // namespace

SceneReport run_whole(const Graph& graph, const SceneInputs& inputs) { return WholeRun(graph, inputs).run(); }

}  // namespace nadir
