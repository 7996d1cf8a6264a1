// The work of one tile, node by node.
#include "pipeline/graph/tile_run.h"

#include <algorithm>
#include <chrono>

#include "pipeline/backend/run_stage.h"
#include "pipeline/core/window_text.h"
#include "pipeline/graph/scratch_image.h"

namespace nadir {
namespace {

// On the device, or on the CPU without keeping others from the device. Says why not there.
std::string run_somewhere(const TileStage& stage, Inputs in, Outputs out, DevicePlace& place) {
  std::string missing;
  if (place) {
    missing = run_stage_if_memory_does(stage, in, out, place.execs());
    place.leave();
    if (missing.empty()) return missing;
  }
  Exec host;
  run_stage(stage, in, out, host);
  return missing;
}

}  // namespace

PassLinks::PassLinks(const Scene& scene, const PassPlan& plan) : consumers(scene.size()), producers(scene.size()) {
  for (const int n : plan.nodes) {
    if (plan.from_scratch[std::size_t(n)] || scene.bound(n).source) continue;
    for (std::size_t i = 0; i < scene.node(n).inputs.size(); ++i) {
      if (!reads_pixels(scene.node(n), i)) continue;
      const int from = scene.node(n).inputs[i]->node;
      consumers[std::size_t(from)].push_back(n);
      producers[std::size_t(n)].push_back(from);
    }
  }
}

TileRun::TileRun(Scene& scene, const PassPlan& plan, const PassLinks& links)
    : scene_(scene),
      plan_(plan),
      links_(links),
      parts_(scene.size(), 0),
      tiles_(scene.size()),
      missing_(scene.size()),
      readers_(scene.size()) {}

void TileRun::begin(std::size_t token) {
  token_ = token;
  plan_token(scene_, plan_, plan_.tokens[token], windows_);
  std::fill(parts_.begin(), parts_.end(), char{0});
  for (const int n : plan_.nodes)
    for (const OutputWindows& w : windows_[std::size_t(n)])
      if (!w.memory.empty()) parts_[std::size_t(n)] = 1;
  for (const Request& r : plan_.tokens[token].requests) parts_[std::size_t(r.root)] = 1;
  int open = 0;
  for (const int n : plan_.nodes) {
    const auto taking_part = [this](const std::vector<int>& nodes) {
      int count = 0;
      for (const int m : nodes) count += parts_[std::size_t(m)];
      return count;
    };
    missing_[std::size_t(n)] = taking_part(links_.producers[std::size_t(n)]);
    readers_[std::size_t(n)] = taking_part(links_.consumers[std::size_t(n)]);
    open += parts_[std::size_t(n)];
  }
  open_ = open;
}

void TileRun::end() {
  for (std::vector<Tile>& tiles : tiles_) tiles.clear();
}

bool TileRun::is_reader(int n) const { return plan_.from_scratch[std::size_t(n)] || scene_.bound(n).source != nullptr; }

void TileRun::ready(std::vector<int>& nodes) const {
  for (const int n : plan_.nodes)
    if (parts_[std::size_t(n)] && missing_[std::size_t(n)] == 0) nodes.push_back(n);
}

std::string TileRun::evaluate(int n, DevicePlace& place, std::vector<std::unique_ptr<Evidence>>& evidence) {
  const auto start = std::chrono::steady_clock::now();
  std::string missing;
  try {
    allocate(n);
    if (is_reader(n))
      read(n);
    else if (scene_.bound(n).tile)
      missing = run_stage_of(n, place);
    serve_requests(n, evidence);
  } catch (...) {
    const auto& windows = windows_[std::size_t(n)];
    rethrow_with(label(scene_.node(n)) + ", window " +
                 to_text(windows.empty() ? plan_.tokens[token_].requests.front().window : windows.front().inside));
  }
  NodeStats& stats = scene_.stats(n);
  ++stats.calls;
  stats.nanoseconds += std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
  return missing;
}

void TileRun::allocate(int n) {
  std::vector<Tile>& tiles = tiles_[std::size_t(n)];
  tiles.resize(windows_[std::size_t(n)].size());
  for (std::size_t o = 0; o < tiles.size(); ++o) {
    const Window& memory = windows_[std::size_t(n)][o].memory;
    if (memory.empty()) continue;
    tiles[o] = Tile(memory, scene_.bound(n).images[o].band_count());
    scene_.stats(n).bytes += std::int64_t(Tile::bytes(windows_[std::size_t(n)][o].inside, tiles[o].bands()));
  }
}

void TileRun::read(int n) {
  const BoundNode& b = scene_.bound(n);
  for (std::size_t o = 0; o < tiles_[std::size_t(n)].size(); ++o) {
    Tile& tile = tiles_[std::size_t(n)][o];
    if (tile.empty()) continue;
    const OutputWindows& w = windows_[std::size_t(n)][o];
    if (b.source)
      b.source->read(tile.view().crop(w.inside));
    else
      b.stored.at(int(o))->read(tile.view().crop(w.inside));
    mirror_edges(tile.view(), b.images[o].grid.size());
  }
}

Window TileRun::need_of(int n, std::size_t input) const {
  Window need;
  const auto& windows = windows_[std::size_t(n)];
  for (std::size_t o = 0; o < windows.size(); ++o)
    if (!windows[o].inside.empty()) need = unite(need, scene_.bound(n).tile->needs(input, o, windows[o].inside));
  return need;
}

std::string TileRun::run_stage_of(int n, DevicePlace& place) {
  const BoundNode& b = scene_.bound(n);
  const Node& node = scene_.node(n);
  std::vector<ConstTileView> in(node.inputs.size());
  for (std::size_t i = 0; i < in.size(); ++i)
    if (reads_pixels(node, i)) in[i] = pixels(*node.inputs[i], need_of(n, i));
  std::vector<TileView> out(b.images.size());
  for (std::size_t o = 0; o < out.size(); ++o)
    if (Tile& tile = tiles_[std::size_t(n)][o]; !tile.empty())
      out[o] = tile.view().crop(windows_[std::size_t(n)][o].inside);
  const std::string missing = run_somewhere(*b.tile, in, out, place);
  for (std::size_t o = 0; o < out.size(); ++o)
    if (Tile& tile = tiles_[std::size_t(n)][o]; !tile.empty()) mirror_edges(tile.view(), b.images[o].grid.size());
  return missing;
}

ConstTileView TileRun::pixels(const PortRef& ref, const Window& window) const {
  if (window.empty()) return {};
  const Tile& tile = tiles_[std::size_t(ref.node)][std::size_t(ref.output)];
  return tile.view().crop(window);
}

void TileRun::serve_requests(int n, std::vector<std::unique_ptr<Evidence>>& evidence) {
  BoundNode& b = scene_.bound(n);
  const Token& token = plan_.tokens[token_];
  std::vector<ConstTileView> in(scene_.node(n).inputs.size());
  for (const Request& r : token.requests) {
    if (r.root != n) continue;
    const ConstTileView view = pixels(r.ref, r.window);
    if (r.input < 0)
      b.stored.at(r.ref.output)->write(view);
    else if (b.sink)
      b.sink->write(view);
    else
      in[std::size_t(r.input)] = view;
  }
  if (!b.estimate) return;
  Exec exec;
  evidence[token_] = b.estimate->observe(token.block, in, exec);
}

bool TileRun::complete(int n, std::vector<int>& ready) {
  for (const int from : links_.producers[std::size_t(n)])
    if (parts_[std::size_t(from)] && --readers_[std::size_t(from)] == 0) tiles_[std::size_t(from)].clear();
  for (const int c : links_.consumers[std::size_t(n)])
    if (parts_[std::size_t(c)] && --missing_[std::size_t(c)] == 0) ready.push_back(c);
  return --open_ == 0;
}

}  // namespace nadir
