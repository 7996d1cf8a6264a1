// Making stages for one scene.
#include "pipeline/graph/scene.h"

#include <new>

#include "pipeline/graph/scratch_image.h"

namespace nadir {

Scene::Scene(const Graph& graph, SceneInputs inputs)
    : graph_(&graph), inputs_(std::move(inputs)), nodes_(graph.nodes.size()), stats_(graph.nodes.size()) {}

const Grid& Scene::grid() {
  if (has_grid_) return grid_;
  int chosen = -1;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (!node(int(n)).stage->as<SourceFactory>()) continue;
    const bool own_path = node(int(n)).params.contains("path");
    if (chosen < 0 || (!own_path && node(chosen).params.contains("path"))) chosen = int(n);
  }
  if (chosen < 0) throw Error(Fault::config, "the graph reads no image, so there is no scene to bring a survey to");
  bind(chosen);
  grid_ = bound(chosen).images.front().grid;
  has_grid_ = true;
  return grid_;
}

StageContext Scene::context(int n) const {
  const Node& spec = node(n);
  StageContext c;
  c.node = spec.id;
  c.params = &spec.params;
  c.images.resize(spec.inputs.size());
  c.values.resize(spec.inputs.size());
  for (std::size_t i = 0; i < spec.inputs.size(); ++i) {
    c.wired.push_back(spec.inputs[i].has_value());
    if (!spec.inputs[i]) continue;
    if (is_raster(spec.stage->inputs[i].type))
      c.images[i] = image(*spec.inputs[i]);
    else
      c.values[i] = bound(spec.inputs[i]->node).value;
  }
  c.seed = std::uint64_t(graph_->run.seed);
  c.scene_path = inputs_.path;
  c.truth_path = inputs_.truth_path;
  c.output_stem = inputs_.output_dir + "/" + spec.id;
  c.work_dir = inputs_.work_dir;
  c.unit = inputs_.unit;
  return c;
}

void Scene::bind(int n) {
  BoundNode& b = bound(n);
  const Node& spec = node(n);
  if (b.bound) return;
  try {
    StageContext c = context(n);
    if (const auto* f = spec.stage->as<SourceFactory>()) {
      b.source = f->make(c);
      b.images = {b.source->info()};
    } else if (const auto* v = spec.stage->as<ValueFactory>()) {
      c.scene_grid = &grid();
      b.value = v->make(c);
    } else if (const auto* t = spec.stage->as<TileFactory>()) {
      b.tile = t->make(c);
      b.images = b.tile->outputs();
      for (ImageInfo& info : b.images) info.palette.clear();  // what is computed is no index any more
    } else if (const auto* e = spec.stage->as<EstimateFactory>()) {
      b.estimate = e->make(c);
    }
    b.bound = true;
  } catch (...) {
    rethrow_with(label(spec));
  }
}

void Scene::open_sink(int n, const std::string& cut) {
  try {
    StageContext c = context(n);
    c.resume_key = resume_key(cut);
    bound(n).sink = node(n).stage->as<SinkFactory>()->make(c);
  } catch (...) {
    rethrow_with(label(node(n)));
  }
}

std::string Scene::resume_key(const std::string& cut) const {
  return inputs_.resume_key.empty() ? "" : inputs_.resume_key + "; " + cut;
}

std::string label(const Node& node) { return node.stage->name + " '" + node.id + "'"; }

void rethrow_with(const std::string& frame) {
  try {
    throw;
  } catch (Error& e) {
    throw e.add_frame(frame);
  } catch (const std::bad_alloc&) {
    throw Error(Fault::config, "out of memory; use a smaller run.tile, --memory or fewer --threads").add_frame(frame);
  } catch (const std::exception& e) {
    throw Error(Fault::internal, e.what()).add_frame(frame);
  }
}

}  // namespace nadir
